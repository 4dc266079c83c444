import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// The models on this computer, recent ones first. Type to filter, arrows and Enter to choose.
Popup {
    id: switcher

    required property AppContext app
    signal libraryWanted()
    signal fileWanted()

    objectName: "modelSwitcher"
    focus: true
    padding: Theme.space2
    width: Math.min(Theme.switcherWidth, parent ? parent.width - 2 * Theme.space3 : Theme.switcherWidth)
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside

    onOpened: {
        field.forceActiveFocus(Qt.PopupFocusReason);
        list.currentIndex = 0;
    }
    onClosed: field.clear()

    function choose(index: int) {
        const row = list.itemAtIndex(index) as ModelRow;
        if (!row || row.problem !== "" || row.missing)
            return;
        switcher.app.models.load(row.modelId);
        switcher.close();
    }

    component ModelRow: T.ItemDelegate {
        id: row

        required property int index
        required property string modelId
        required property string name
        required property string quantization
        required property string detailText
        required property string speedText
        required property string problem
        required property bool missing
        required property bool isCurrent
        readonly property bool usable: problem === "" && !missing

        width: ListView.view ? ListView.view.width : 0
        implicitHeight: Math.round(56 * Math.max(1, Theme.textScale))
        focusPolicy: Qt.NoFocus
        hoverEnabled: true
        Accessible.role: Accessible.ListItem
        Accessible.name: name
        Accessible.description: usable ? qsTr("%1, %2, %3").arg(quantization).arg(detailText).arg(speedText) : problem
        Accessible.selected: isCurrent

        background: Rectangle {
            radius: Theme.radiusField
            color: row.ListView.isCurrentItem || row.hovered ? Theme.hover : "transparent"
        }
        contentItem: Item {
            Column {
                anchors.left: parent.left
                anchors.leftMargin: 10
                anchors.right: figures.left
                anchors.rightMargin: Theme.space3
                anchors.verticalCenter: parent.verticalCenter
                spacing: 3

                Row {
                    width: parent.width
                    spacing: 6

                    Label {
                        width: Math.min(implicitWidth, parent.width - (row.isCurrent ? 22 : 0))
                        text: row.name
                        elide: Text.ElideRight
                        horizontalAlignment: Text.AlignLeft
                        font.weight: Font.Medium
                        color: row.usable ? Theme.text : Theme.secondary
                        Accessible.ignored: true
                    }
                    Icon {
                        anchors.verticalCenter: parent.verticalCenter
                        visible: row.isCurrent
                        glyph: "check"
                        size: Theme.iconSmall
                        color: Theme.success
                    }
                }
                Label {
                    width: parent.width
                    text: row.missing ? qsTr("The file is gone") : row.usable ? row.detailText : row.problem
                    elide: Text.ElideRight
                    horizontalAlignment: Text.AlignLeft
                    font.pixelSize: Theme.small
                    color: row.usable ? Theme.secondary : Theme.danger
                    Accessible.ignored: true
                }
            }
            Column {
                id: figures

                anchors.right: parent.right
                anchors.rightMargin: 10
                anchors.verticalCenter: parent.verticalCenter
                spacing: 3
                visible: row.usable

                Label {
                    anchors.right: parent.right
                    text: row.quantization
                    font.pixelSize: Theme.small
                    color: Theme.secondary
                    Accessible.ignored: true
                }
                Label {
                    anchors.right: parent.right
                    visible: text !== ""
                    text: row.speedText
                    font.pixelSize: Theme.small
                    color: Theme.secondary
                    Accessible.ignored: true
                }
            }
        }
    }

    contentItem: Column {
        spacing: 6

        TextField {
            id: field

            width: parent.width
            objectName: "switcherField"
            glyph: "search"
            placeholderText: qsTr("Switch model")
            onTextChanged: {
                switcher.app.models.filter = text;
                list.currentIndex = 0;
            }
            onAccepted: switcher.choose(list.currentIndex)
            Keys.onDownPressed: list.incrementCurrentIndex()
            Keys.onUpPressed: list.decrementCurrentIndex()
        }
        ListView {
            id: list

            width: parent.width
            height: Math.min(contentHeight, 6.5 * 56 * Math.max(1, Theme.textScale))
            clip: true
            model: switcher.app.models
            boundsBehavior: Flickable.StopAtBounds
            highlightMoveDuration: 0
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Models on this computer")
            T.ScrollBar.vertical: ScrollBar {}
            delegate: ModelRow {
                onClicked: switcher.choose(index)
            }
        }
        Label {
            width: parent.width
            visible: list.count === 0
            leftPadding: 10
            rightPadding: 10
            topPadding: 6
            bottomPadding: 6
            text: switcher.app.models.scanning ? qsTr("Looking for models…")
                : switcher.app.models.filter !== "" ? qsTr("No model is called “%1”.").arg(switcher.app.models.filter)
                : qsTr("There is no model on this computer yet. Open a model file to begin.")
            font.pixelSize: Theme.small
            color: Theme.secondary
            wrapMode: Text.Wrap
            lineHeight: Theme.lineHeight
        }
        Divider {
            width: parent.width
        }
        Column {
            width: parent.width

            NavRow {
                width: parent.width
                text: qsTr("Open a model file…")
                trailing: Keymap.label("openFile")
                onClicked: {
                    switcher.close();
                    switcher.fileWanted();
                }
            }
            NavRow {
                width: parent.width
                text: qsTr("Get more models")
                trailing: Keymap.label("library")
                onClicked: {
                    switcher.close();
                    switcher.libraryWanted();
                }
            }
        }
    }
}

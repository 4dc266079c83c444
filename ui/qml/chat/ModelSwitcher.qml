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
        // The list may not have laid out what the search has just left.
        list.forceLayout();
        const row = list.itemAtIndex(Math.max(0, index)) as SwitcherRow;
        if (!row || row.problem !== "" || row.missing)
            return;
        switcher.app.models.load(row.modelId);
        switcher.close();
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
            delegate: SwitcherRow {
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
            horizontalAlignment: Text.AlignLeft
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

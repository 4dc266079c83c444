import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A model in the switcher: its name, what it takes, how fast it was here.
T.ItemDelegate {
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

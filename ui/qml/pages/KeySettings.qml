import QtQuick
import Kinglet.Ui

/// Every shortcut.
Column {
    id: section

    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Keys")
    spacing: 0

    Repeater {
        model: Keymap.groups

        Column {
            id: group

            required property var modelData

            width: section.width
            topPadding: 14

            Label {
                anchors.left: parent.left
                text: group.modelData.title
                font.pixelSize: Theme.small
                font.weight: Font.DemiBold
                color: Theme.secondary
                bottomPadding: 4
                Accessible.role: Accessible.Heading
            }
            Repeater {
                model: group.modelData.rows

                Item {
                    id: row

                    required property var modelData

                    width: group.width
                    height: Math.max(36, label.implicitHeight + 14)

                    Label {
                        id: label

                        anchors.left: parent.left
                        anchors.right: caps.left
                        anchors.rightMargin: Theme.space3
                        anchors.verticalCenter: parent.verticalCenter
                        text: row.modelData.label
                        wrapMode: Text.Wrap
                        horizontalAlignment: Text.AlignLeft
                    }
                    Row {
                        id: caps

                        anchors.right: parent.right
                        anchors.verticalCenter: parent.verticalCenter
                        spacing: 4

                        Repeater {
                            model: Keymap.mac ? [Keymap.readable(row.modelData.keys)] : row.modelData.keys.split(/\+(?=.)/)

                            Rectangle {
                                id: cap

                                required property string modelData

                                width: Math.max(height, capLabel.implicitWidth + 14)
                                height: capLabel.implicitHeight + 9
                                radius: Theme.radiusControl
                                color: Theme.surface
                                border.width: Theme.hairlineWidth
                                border.color: Theme.hairline

                                Label {
                                    id: capLabel
                                    anchors.centerIn: parent
                                    text: cap.modelData
                                    font.pixelSize: Theme.caption
                                    font.weight: Font.Medium
                                    color: Theme.secondary
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// F1: every shortcut at a glance.
Dialog {
    id: sheet

    objectName: "shortcutsSheet"
    title: qsTr("Keys")
    rejectLabel: qsTr("Close")
    wide: T.Overlay.overlay && T.Overlay.overlay.width < 760 ? 460 : 760

    Flickable {
        id: scroll

        width: parent.width
        height: Math.min(flow.implicitHeight, (sheet.T.Overlay.overlay ? sheet.T.Overlay.overlay.height : 600) - 200)
        contentWidth: width
        contentHeight: flow.implicitHeight
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        activeFocusOnTab: contentHeight > height
        Accessible.role: Accessible.Pane
        Accessible.name: qsTr("Keys")
        Keys.onUpPressed: contentY = Math.max(0, contentY - 40)
        Keys.onDownPressed: contentY = Math.max(0, Math.min(contentHeight - height, contentY + 40))
        T.ScrollBar.vertical: ScrollBar {}

        Flow {
            id: flow

            width: scroll.contentHeight > scroll.height ? scroll.width - Theme.space3 : scroll.width
            spacing: Theme.space6

            Repeater {
                model: Keymap.groups

                Column {
                    id: group

                    required property var modelData

                    width: flow.width < 560 ? flow.width : (flow.width - Theme.space6) / 2
                    spacing: 2

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
                            height: Math.max(28, label.implicitHeight + 8)

                            Label {
                                id: label
                                anchors.left: parent.left
                                anchors.right: keys.left
                                anchors.rightMargin: Theme.space2
                                anchors.verticalCenter: parent.verticalCenter
                                text: row.modelData.label
                                wrapMode: Text.Wrap
                                horizontalAlignment: Text.AlignLeft
                            }
                            Label {
                                id: keys
                                anchors.right: parent.right
                                anchors.verticalCenter: parent.verticalCenter
                                text: Keymap.readable(row.modelData.keys)
                                font.pixelSize: Theme.small
                                color: Theme.secondary
                            }
                        }
                    }
                }
            }
        }
    }
}

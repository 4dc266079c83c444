import QtQuick
import Kinglet.Ui

/// Short notices at the foot of the page, at most three, each with at most one action.
Item {
    id: stack

    signal actionChosen(int actionId)
    property alias count: notices.count

    implicitWidth: column.implicitWidth
    implicitHeight: column.implicitHeight

    function show(message: string, actionLabel: string, actionId: int) {
        if (notices.count > 2)
            notices.remove(0);
        notices.append({ "message": message, "actionLabel": actionLabel, "actionId": actionId });
    }

    ListModel {
        id: notices
    }
    Column {
        id: column

        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: parent.bottom
        spacing: Theme.space2

        Repeater {
            model: notices

            Rectangle {
                id: toast

                required property int index
                required property string message
                required property string actionLabel
                required property int actionId

                anchors.horizontalCenter: parent ? parent.horizontalCenter : undefined
                width: Math.min(row.implicitWidth + Theme.space4 + Theme.space2, stack.width)
                height: row.implicitHeight + 12
                radius: Theme.radiusCard
                color: Theme.surface
                border.width: Theme.hairlineWidth
                border.color: Theme.hairline
                Accessible.role: Accessible.AlertMessage
                Accessible.name: message

                SoftShadow {
                    z: -1
                    high: true
                }
                Row {
                    id: row

                    anchors.left: parent.left
                    anchors.leftMargin: Theme.space4
                    anchors.verticalCenter: parent.verticalCenter
                    spacing: Theme.space2

                    Label {
                        anchors.verticalCenter: parent.verticalCenter
                        text: toast.message
                        width: Math.min(implicitWidth, stack.width - 130)
                        wrapMode: Text.Wrap
                        lineHeight: lineCount > 1 ? Theme.lineHeight : 1
                        font.pixelSize: Theme.small
                    }
                    Button {
                        visible: toast.actionLabel !== ""
                        anchors.verticalCenter: parent.verticalCenter
                        objectName: "toastAction"
                        ink: Theme.accent
                        text: toast.actionLabel
                        quiet: true
                        onClicked: {
                            stack.actionChosen(toast.actionId);
                            notices.remove(toast.index);
                        }
                    }
                    IconButton {
                        anchors.verticalCenter: parent.verticalCenter
                        glyph: "close"
                        glyphSize: Theme.iconSmall
                        text: qsTr("Dismiss")
                        onClicked: notices.remove(toast.index)
                    }
                }
                HoverHandler {
                    id: hover
                }
                Timer {
                    interval: toast.actionLabel !== "" ? 10000 : 5000
                    running: !hover.hovered
                    onTriggered: notices.remove(toast.index)
                }
            }
        }
    }
}

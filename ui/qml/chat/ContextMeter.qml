import QtQuick
import Kinglet.App
import Kinglet.Ui

/// A thin line that fills with the context, with the speed at its left.
Item {
    id: meter

    required property Conversation conversation
    readonly property bool warning: conversation.contextWarning !== ""
    readonly property bool known: conversation.contextLimit > 0 && conversation.contextUsed > 0

    implicitHeight: labels.height + 10
    visible: known || conversation.generating

    Accessible.role: Accessible.ProgressBar
    Accessible.name: used.text
    Accessible.description: conversation.contextWarning

    Item {
        id: labels

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: 14
        anchors.rightMargin: 14
        height: Math.max(left.implicitHeight, used.implicitHeight)

        Label {
            id: left

            anchors.left: parent.left
            anchors.right: used.left
            anchors.rightMargin: Theme.space4
            anchors.bottom: parent.bottom
            horizontalAlignment: Text.AlignLeft
            text: {
                if (meter.warning)
                    return meter.conversation.contextWarning;
                if (meter.conversation.phase === Conversation.Writing && meter.conversation.tokensPerSecond > 0)
                    return qsTr("%1 tokens/s").arg(meter.conversation.tokensPerSecond.toLocaleString(Qt.locale(), "f", 1));
                return "";
            }
            wrapMode: Text.Wrap
            maximumLineCount: 2
            elide: Text.ElideRight
            font.pixelSize: Theme.caption
            color: meter.warning ? Theme.accent : Theme.secondary

            HoverHandler {
                id: speedHover
                enabled: !meter.warning
            }
            ToolTip {
                visible: speedHover.hovered && left.text !== "" && !meter.warning
                text: qsTr("A token is about three quarters of a word. This is how many the model writes in a second.")
                y: -implicitHeight - Theme.space1
            }
        }
        Label {
            id: used

            anchors.right: parent.right
            anchors.bottom: parent.bottom
            visible: meter.known
            text: qsTr("Context %1 of %2").arg(meter.conversation.contextUsed.toLocaleString(Qt.locale(), "f", 0))
                .arg(meter.conversation.contextLimit.toLocaleString(Qt.locale(), "f", 0))
            font.pixelSize: Theme.caption
            color: Theme.secondary

            HoverHandler {
                id: usedHover
            }
            ToolTip {
                visible: usedHover.hovered
                text: meter.conversation.isText ? qsTr("How much of this text the model can keep in view, counted in tokens.")
                    : qsTr("How much of this chat the model can keep in view, counted in tokens.")
                y: -implicitHeight - Theme.space1
            }
        }
    }
    Item {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: 14
        anchors.rightMargin: 14
        anchors.top: labels.bottom
        anchors.topMargin: 6
        height: 2
        visible: meter.known

        Rectangle {
            anchors.fill: parent
            radius: 1
            color: Theme.hairline
        }
        Rectangle {
            anchors.left: parent.left
            width: parent.width * Math.min(1, Math.max(0, meter.conversation.contextFraction))
            height: parent.height
            radius: 1
            color: Theme.accent
        }
    }
}

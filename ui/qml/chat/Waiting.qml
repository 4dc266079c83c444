import QtQuick
import Kinglet.App
import Kinglet.Ui

/// What happens before the first word of an answer.
Row {
    id: waiting

    required property Conversation conversation

    topPadding: 3
    spacing: Theme.space3

    Rectangle {
        id: caret

        anchors.verticalCenter: words.verticalCenter
        width: 9
        height: Math.round(Theme.body * 1.15)
        radius: 2
        color: Theme.accent

        SequentialAnimation on opacity {
            running: caret.visible && !Theme.reducedMotion
            loops: Animation.Infinite
            NumberAnimation { to: 0.3; duration: 600; easing.type: Easing.InOutQuad }
            NumberAnimation { to: 1; duration: 600; easing.type: Easing.InOutQuad }
        }
    }
    Label {
        id: words

        font.pixelSize: Theme.ui
        color: Theme.secondary
        text: {
            switch (waiting.conversation.phase) {
            case Conversation.WaitingForModel:
                return qsTr("The model is loading…");
            case Conversation.ReadingPrompt:
                return waiting.conversation.promptProgress > 0.01 && waiting.conversation.promptProgress < 1
                    ? qsTr("Reading the chat, %1 %").arg(Math.round(waiting.conversation.promptProgress * 100))
                    : qsTr("Reading the chat…");
            default:
                return "";
            }
        }
    }
}

import QtQuick
import Kinglet.App
import Kinglet.Ui

/// One message of the transcript, in the middle of the page.
Item {
    id: message

    required property int index
    required property string messageId
    required property int author
    required property string text
    required property var blocks
    required property bool streaming
    required property bool stopped
    required property int branchIndex
    required property int branchCount
    required property string modelName
    required property string switchedTo
    required property bool fromStarter
    required property date createdAt
    required property double tokensPerSecond
    required property int answerTokens
    required property string thinkingText
    required property int thinkingSeconds
    required property bool thinking
    required property bool inContext
    required property string noteText
    required property bool isError
    required property string errorTitle
    required property string errorText
    required property string errorDetails
    required property string errorActionLabel
    required property string errorAction
    required property string secondActionLabel
    required property string secondAction

    required property Conversation conversation
    property bool wrapCode: false
    property bool isLast: false
    property bool afterBoundary: false
    property string findText: ""
    property bool editing: false
    /// Its buttons come after the words, when the list has time for them.
    property bool dressed: false
    signal linkChosen(string address)
    signal wrapToggled()
    /// Wants the message `rowsBefore` rows before this one edited (0: this one).
    signal editWanted(int rowsBefore)
    signal editEnded()
    signal exportWanted()
    signal libraryWanted()

    readonly property bool fromUser: author === MessageListModel.User
    readonly property real column: Math.min(Theme.measure, width - 2 * (width < 500 ? Theme.space4 : Theme.space6))
    readonly property int inset: 40
    readonly property string stamp: createdAt.toLocaleString(Qt.locale(), Locale.LongFormat)

    Accessible.role: Accessible.ListItem
    Accessible.name: fromUser ? qsTr("You wrote") : isError ? errorTitle : qsTr("Answer")
    Accessible.description: stamp

    implicitHeight: frame.height
    height: implicitHeight
    // Columns lay themselves out with the next frame; the list needs the height now, or it guesses where its end is.
    Component.onCompleted: frame.forceLayout()

    Column {
        id: frame

        anchors.horizontalCenter: parent.horizontalCenter
        width: message.column
        spacing: 0

        Loader {
            width: parent.width
            active: message.afterBoundary
            visible: active
            sourceComponent: Item {
                implicitHeight: 34

                BoundaryRule {
                    text: qsTr("The model no longer sees what is above")
                    anchors.left: parent.left
                    anchors.right: parent.right
                    anchors.verticalCenter: parent.verticalCenter
                    anchors.verticalCenterOffset: -8
                }
            }
        }
        Loader {
            width: parent.width
            active: message.switchedTo !== ""
            visible: active
            sourceComponent: Item {
                implicitHeight: 34

                BoundaryRule {
                    objectName: "switchedRule"
                    text: qsTr("%1 answers from here").arg(message.switchedTo)
                    anchors.left: parent.left
                    anchors.right: parent.right
                    anchors.verticalCenter: parent.verticalCenter
                    anchors.verticalCenterOffset: -8
                }
            }
        }
        Loader {
            width: parent.width
            sourceComponent: message.fromUser ? userComponent : answerComponent
        }
    }

    Component {
        id: userComponent

        Item {
            id: user

            readonly property bool hot: bubble.hovered || userBar.inUse

            // Beside the bubble where there is room, so that a hidden row of buttons takes no space.
            readonly property bool below: message.branchCount > 1

            implicitHeight: bubble.implicitHeight + (below && !message.editing ? 42 : 18)

            UserBubble {
                id: bubble

                width: parent.width
                text: message.text
                faint: !message.inContext
                editing: message.editing
                findText: message.findText
                onEditSent: text => {
                    message.editEnded();
                    message.conversation.edit(message.messageId, text);
                }
                onEditCancelled: message.editEnded()
            }
            Loader {
                id: userBar

                readonly property bool inUse: (item as MessageBar)?.inUse === true

                anchors.right: parent.right
                anchors.rightMargin: user.below ? -4 : bubble.cardWidth + 6
                y: user.below ? bubble.implicitHeight + 4 : bubble.implicitHeight - 36
                active: message.dressed && !message.editing
                sourceComponent: MessageBar {
                    room: message.column - bubble.cardWidth - 6
                    shown: user.hot || message.branchCount > 1
                    alignRight: true
                    branchIndex: message.branchIndex
                    branchCount: message.branchCount
                    stamp: message.stamp
                    stampShown: user.hot
                    forUser: true
                    onBranchChosen: delta => message.conversation.selectBranch(message.messageId, delta)
                    onCopyWanted: message.conversation.copyMessage(message.messageId)
                    onEditWanted: message.editWanted(0)
                }
            }
        }
    }

    Component {
        id: answerComponent

        Item {
            id: answer

            readonly property bool hot: hover.hovered || bar.inUse
            readonly property bool waiting: message.streaming && !message.thinking && message.text === ""

            Component.onCompleted: {
                running.forceLayout();
                content.forceLayout();
            }

            implicitHeight: content.height + (!bar.wanted ? (message.isError ? 30 : 14) : bar.kept ? 68 : 38)

            HoverHandler {
                id: hover
            }
            Mark {
                y: -1
                faint: !message.inContext
                visible: !message.isError || message.text !== ""
                anchors.left: parent.left
            }
            Column {
                id: content

                anchors.left: parent.left
                anchors.leftMargin: message.inset
                anchors.right: parent.right
                spacing: Theme.space3

                Loader {
                    width: parent.width
                    active: message.thinkingText !== "" || message.thinking
                    visible: active
                    sourceComponent: Thinking {
                        text: message.thinkingText
                        seconds: message.thinkingSeconds
                        active: message.thinking
                    }
                }
                Loader {
                    width: parent.width
                    active: answer.waiting
                    visible: active
                    sourceComponent: Waiting {
                        conversation: message.conversation
                    }
                }
                Column {
                    id: running

                    width: parent.width
                    visible: message.text !== ""
                    topPadding: 2

                    Repeater {
                        id: blocks

                        model: message.blocks

                        AnswerBlock {
                            faint: !message.inContext
                            wrapCode: message.wrapCode
                            last: index === blocks.count - 1
                            streaming: message.streaming
                            findText: message.findText
                            onLinkChosen: address => message.linkChosen(address)
                            onCopyWanted: code => message.conversation.copyText(code)
                            onWrapToggled: message.wrapToggled()
                        }
                    }
                }
                Loader {
                    width: parent.width
                    active: message.noteText !== "" && !message.streaming
                    visible: active
                    sourceComponent: Label {
                        text: message.noteText
                        font.pixelSize: Theme.small
                        color: Theme.secondary
                        wrapMode: Text.Wrap
                        horizontalAlignment: Text.AlignLeft
                    }
                }
                Loader {
                    width: parent.width
                    active: message.fromStarter && !message.streaming && message.text !== ""
                    visible: active
                    sourceComponent: StarterTag {
                        inviting: message.isLast || answer.hot
                        onLibraryWanted: message.libraryWanted()
                    }
                }
                Loader {
                    width: parent.width
                    active: message.isError
                    visible: active
                    sourceComponent: ErrorCard {
                        title: message.errorTitle
                        text: message.errorText
                        details: message.errorDetails
                        actionLabel: message.errorActionLabel
                        secondLabel: message.secondActionLabel
                        onActionChosen: message.conversation.errorAction(message.messageId, message.errorAction)
                        onSecondChosen: message.conversation.errorAction(message.messageId, message.secondAction)
                    }
                }
            }
            Loader {
                id: bar

                anchors.left: parent.left
                anchors.leftMargin: message.inset - 2
                anchors.right: parent.right
                anchors.top: content.bottom
                anchors.topMargin: kept ? 18 : 4

                // Always shown under the last answer; under the others it takes no more than the gap there is.
                readonly property bool kept: message.isLast || message.branchCount > 1
                readonly property bool wanted: !message.streaming && message.text !== ""
                readonly property bool inUse: (item as MessageBar)?.inUse === true
                active: message.dressed && wanted
                sourceComponent: MessageBar {
                    shown: answer.hot || bar.kept
                    branchIndex: message.branchIndex
                    branchCount: message.branchCount
                    busy: message.conversation.generating
                    stamp: message.modelName !== "" ? qsTr("%1, %2").arg(message.modelName).arg(message.stamp) : message.stamp
                    stampShown: answer.hot
                    speed: message.tokensPerSecond
                    tokens: message.answerTokens
                    onBranchChosen: delta => message.conversation.selectBranch(message.messageId, delta)
                    onCopyWanted: message.conversation.copyMessage(message.messageId)
                    onEditWanted: message.editWanted(1)
                    onRegenerateWanted: message.conversation.regenerate(message.messageId)
                    onExportWanted: message.exportWanted()
                }
            }
        }
    }
}

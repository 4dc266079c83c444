import QtQuick
import Kinglet.App
import Kinglet.Ui

/// In the place of a conversation and its composer, where a text is written together with the model.
FocusScope {
    id: workspace

    required property AppContext app
    readonly property Conversation conversation: app.conversation
    readonly property TextPage textPage: conversation.textPage
    readonly property real column: Math.min(Theme.textMeasure, width - 2 * (width < 500 ? Theme.space4 : Theme.space6))
    readonly property alias editor: editor
    readonly property real barSpace: height - editor.height
    signal escaped()

    function focusField() {
        editor.edit.forceActiveFocus(Qt.OtherFocusReason);
    }

    // Where the text itself has the focus, it hears these keys first.
    component Key: Shortcut {
        required property string name

        sequence: Keymap.keys(name)
        enabled: workspace.activeFocus && !editor.edit.activeFocus && !workspace.conversation.generating
    }
    Key { name: "undo"; onActivated: editor.edit.undo() }
    Key { name: "redo"; onActivated: editor.edit.redo() }
    Key { name: "sendAlways"; sequences: ["Ctrl+Return"]; onActivated: editor.goOn() }

    TextEditor {
        id: editor

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.bottom: below.top
        app: workspace.app
        column: workspace.column
        onEscaped: workspace.escaped()
    }
    Rectangle {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: editor.bottom
        anchors.rightMargin: 10
        height: 20
        visible: !editor.atEnd
        gradient: Gradient {
            GradientStop { position: 0; color: Qt.alpha(Theme.background, 0) }
            GradientStop { position: 1; color: Theme.background }
        }
    }
    JumpPill {
        objectName: "jumpPill"
        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: editor.bottom
        anchors.bottomMargin: Theme.space2
        wanted: workspace.conversation.generating && !editor.following && !editor.atEnd
        onClicked: editor.toEnd()
    }
    Column {
        id: below

        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: parent.bottom
        anchors.bottomMargin: 18
        width: workspace.column
        spacing: Theme.space2

        Loader {
            width: parent.width
            active: workspace.textPage.unseenLength > 0
            visible: active
            sourceComponent: Item {
                implicitHeight: Math.max(words.implicitHeight, show.height)

                Label {
                    id: words

                    anchors.left: parent.left
                    anchors.leftMargin: 14
                    anchors.right: show.left
                    anchors.verticalCenter: parent.verticalCenter
                    text: qsTr("The model no longer sees the grey beginning.")
                    wrapMode: Text.Wrap
                    horizontalAlignment: Text.AlignLeft
                    font.pixelSize: Theme.caption
                    color: Theme.secondary
                }
                Button {
                    id: show

                    objectName: "showSeen"
                    anchors.right: parent.right
                    quiet: true
                    text: qsTr("Show where it begins")
                    font.pixelSize: Theme.caption
                    onClicked: editor.reveal(workspace.textPage.unseenLength)
                }
            }
        }
        ContextMeter {
            objectName: "textMeter"
            width: parent.width
            conversation: workspace.conversation
        }
        TextBar {
            width: parent.width
            conversation: workspace.conversation
            edit: editor.edit
            onGoOnWanted: {
                editor.goOn();
                workspace.focusField();
            }
            onAnotherWanted: {
                editor.tryAnother();
                workspace.focusField();
            }
        }
    }
}

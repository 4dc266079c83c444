import QtQuick
import Kinglet.App
import Kinglet.Ui

/// What can be done with a text: go on, stop, take back, and choose among what the model wrote.
Rectangle {
    id: bar

    required property Conversation conversation
    required property TextEdit edit
    readonly property TextPage textPage: conversation.textPage
    readonly property bool busy: conversation.generating
    /// Words and keys on the buttons, where there is room for them.
    readonly property bool wide: width >= 580 * Math.max(1, Theme.textScale)
    readonly property bool showsKeys: width >= 400 * Math.max(1, Theme.textScale)
    signal goOnWanted()
    signal anotherWanted()

    implicitHeight: Math.max(goOn.height, Theme.iconButton) + 2 * Theme.space2
    radius: Theme.radiusComposer
    color: Theme.surface
    border.width: Theme.hairlineWidth
    border.color: Theme.hairline
    Accessible.role: Accessible.ToolBar
    Accessible.name: qsTr("Writing")

    SoftShadow {
        z: -1
    }
    Row {
        id: start

        anchors.left: parent.left
        anchors.leftMargin: Theme.space2
        anchors.verticalCenter: parent.verticalCenter
        spacing: 2

        IconButton {
            objectName: "undoButton"
            glyph: "undo"
            mirrorable: true
            text: qsTr("Undo")
            shortcut: Keymap.label("undo")
            enabled: bar.edit.canUndo && !bar.busy
            onClicked: bar.edit.undo()
        }
        IconButton {
            objectName: "redoButton"
            glyph: "redo"
            mirrorable: true
            text: qsTr("Redo")
            shortcut: Keymap.label("redo")
            enabled: bar.edit.canRedo && !bar.busy
            onClicked: bar.edit.redo()
        }
        Loader {
            active: bar.textPage.versionCount > 1
            visible: active
            anchors.verticalCenter: parent.verticalCenter
            sourceComponent: VersionArrows {
                leftPadding: Theme.space2
                at: bar.textPage.versionIndex
                count: bar.textPage.versionCount
                busy: bar.busy
                onChosen: delta => bar.textPage.selectVersion(delta)
            }
        }
    }
    Label {
        anchors.left: start.right
        anchors.right: end.left
        anchors.margins: Theme.space3
        anchors.verticalCenter: parent.verticalCenter
        horizontalAlignment: Text.AlignRight
        elide: Text.ElideRight
        font.pixelSize: Theme.caption
        color: Theme.secondary
        text: {
            switch (bar.conversation.phase) {
            case Conversation.WaitingForModel:
                return qsTr("The model is loading…");
            case Conversation.ReadingPrompt:
                return bar.conversation.promptProgress > 0.01 && bar.conversation.promptProgress < 1
                    ? qsTr("Reading the text, %1 %").arg(Math.round(bar.conversation.promptProgress * 100))
                    : qsTr("Reading the text…");
            default:
                return bar.conversation.canSend || bar.busy ? "" : bar.conversation.sendBlockedReason;
            }
        }
    }
    Row {
        id: end

        anchors.right: parent.right
        anchors.rightMargin: Theme.space2
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.space2

        Loader {
            anchors.verticalCenter: parent.verticalCenter
            active: !bar.busy && bar.textPage.canTryAnother
            visible: active
            sourceComponent: bar.wide ? anotherWords : anotherIcon
        }
        Button {
            id: goOn

            objectName: bar.busy ? "stopButton" : "goOnButton"
            primary: !bar.busy
            glyph: bar.busy ? "stop" : ""
            text: bar.busy ? qsTr("Stop") : qsTr("Continue")
            keys: !bar.showsKeys ? "" : bar.busy ? Keymap.label("stop") : Keymap.label("sendAlways")
            hint: bar.busy || bar.textPage.canGoOn ? "" : bar.textPage.blockedReason
            opacity: bar.busy || bar.textPage.canGoOn ? 1 : Theme.disabledOpacity
            onClicked: {
                if (bar.busy)
                    bar.conversation.stop();
                else
                    bar.goOnWanted();
            }
        }
    }
    Component {
        id: anotherWords

        Button {
            objectName: "anotherButton"
            quiet: true
            glyph: "refresh"
            text: qsTr("Another continuation")
            hint: qsTr("In the place of the last one, which stays as a version. %1").arg(Keymap.label("regenerate"))
            onClicked: bar.anotherWanted()
        }
    }
    Component {
        id: anotherIcon

        IconButton {
            objectName: "anotherButton"
            glyph: "refresh"
            text: qsTr("Another continuation")
            shortcut: Keymap.label("regenerate")
            onClicked: bar.anotherWanted()
        }
    }
}

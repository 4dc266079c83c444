import QtQuick
import Kinglet.App
import Kinglet.Ui

/// The conversation with its header, its composer, and this chat's settings at the side.
FocusScope {
    id: page

    required property AppContext app
    property bool sidebarButton: false
    property bool panelOpen: false
    property real toastInset: (chat.isText && workspace.item ? (workspace.item as TextWorkspace).barSpace : composerBox.height) + Theme.space4
    readonly property Conversation chat: app.conversation
    readonly property alias composer: composer
    readonly property alias transcript: transcript
    readonly property alias findBar: findBar
    readonly property bool panelBeside: width - Theme.panelWidth >= Theme.panelBeside
    readonly property real column: Math.min(Theme.measure, body.width - 2 * (body.width < 500 ? Theme.space4 : Theme.space6))
    signal sidebarWanted()
    signal libraryWanted()
    signal fileWanted()
    signal attachWanted()
    signal renameWanted()
    signal exportWanted(string chatId)
    signal panelToggled()

    // The page of a new chat follows the model; whoever was writing goes on writing.
    readonly property bool isText: chat.isText
    onIsTextChanged: if (activeFocus) focusTimer.restart()

    Timer {
        id: focusTimer
        interval: 0
        onTriggered: page.focusComposer()
    }

    Accessible.role: Accessible.Pane
    Accessible.name: chat.title !== "" ? chat.title : qsTr("New chat")

    function focusComposer() {
        if (chat.isText) {
            (workspace.item as TextWorkspace)?.focusField();
            return;
        }
        composer.focusField();
    }
    function openSwitcher() {
        switcherLoader.active = true;
        (switcherLoader.item as ModelSwitcher).open();
    }
    /// Shows where a link leads before it is opened.
    function askLink(address: string) {
        linkLoader.ask(address);
    }
    function openFind(word = "") {
        if (chat.isEmpty)
            return;
        if (word !== "")
            findBar.seek(word);
        else
            findBar.show();
    }
    /// Closes what is open, innermost first. False where nothing was.
    function closeInner(): bool {
        if (transcript.editingId !== "") {
            transcript.editingId = "";
        } else if (findBar.open) {
            findBar.hide();
        } else if (page.panelOpen && !page.panelBeside) {
            page.panelToggled();
        } else {
            return false;
        }
        focusComposer();
        return true;
    }

    Item {
        id: body

        anchors.left: parent.left
        anchors.top: parent.top
        anchors.bottom: parent.bottom
        width: parent.width - (page.panelOpen && page.panelBeside ? panelFrame.width : 0)

        ChatHeader {
            id: header

            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: parent.top
            z: 2
            app: page.app
            sidebarButton: page.sidebarButton
            panelOpen: page.panelOpen
            onSidebarWanted: page.sidebarWanted()
            onSwitcherWanted: page.openSwitcher()
            onPanelToggled: page.panelToggled()
            onRenameWanted: page.renameWanted()
            onFindWanted: page.openFind()
            onExportWanted: page.exportWanted(page.chat.chatId)
        }
        Transcript {
            id: transcript

            objectName: "transcript"
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: composerBox.top
            // Beside the bar, never under it: the first message may be what is looked for.
            room: composerBox.y - header.height - (findBar.open ? findBar.height + Theme.space2 : 0)
            visible: !page.chat.isEmpty && !page.chat.isText
            conversation: page.chat
            note: page.app.model.formatNote
            wrapCode: page.app.settings.wrapCode
            findText: findBar.needle
            findRow: page.chat.isText ? -1 : findBar.row
            onLinkChosen: address => page.askLink(address)
            onWrapToggled: page.app.settings.wrapCode = !page.app.settings.wrapCode
            onExportWanted: page.exportWanted(page.chat.chatId)
            onLibraryWanted: page.libraryWanted()
            onEditEnded: page.focusComposer()
        }
        Rectangle {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: transcript.top
            anchors.rightMargin: 10
            height: 14
            visible: transcript.visible && transcript.contentY > transcript.originY + 2
            gradient: Gradient {
                GradientStop { position: 0; color: Theme.background }
                GradientStop { position: 1; color: Qt.alpha(Theme.background, 0) }
            }
        }
        // The transcript fades out under the header and above the composer.
        Rectangle {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: composerBox.top
            anchors.rightMargin: 10
            height: 20
            visible: transcript.visible && !transcript.atEnd
            gradient: Gradient {
                GradientStop { position: 0; color: Qt.alpha(Theme.background, 0) }
                GradientStop { position: 1; color: Theme.background }
            }
        }
        Loader {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: header.bottom
            anchors.bottom: composerBox.top
            active: page.app.ready && page.chat.isEmpty && !page.chat.loading && !page.chat.isText
            sourceComponent: EmptyChat {
                app: page.app
                onSuggestionChosen: text => {
                    if (!page.chat.send(text))
                        page.chat.draft = text;
                    page.focusComposer();
                }
                onFileWanted: page.fileWanted()
                onLibraryWanted: page.libraryWanted()
                onSwitcherWanted: page.openSwitcher()
            }
        }
        JumpPill {
            objectName: "jumpPill"
            anchors.horizontalCenter: parent.horizontalCenter
            anchors.bottom: composerBox.top
            anchors.bottomMargin: Theme.space2
            wanted: transcript.visible && !transcript.following && !transcript.atEnd
            onClicked: {
                transcript.toEnd();
                page.focusComposer();
            }
        }
        FindBar {
            id: findBar

            anchors.right: parent.right
            anchors.rightMargin: Theme.space4
            anchors.top: header.bottom
            z: 3
            width: Math.min(implicitWidth, parent.width - 2 * Theme.space4)
            conversation: page.chat
            onSought: {
                if (page.chat.isText && row >= 0)
                    (workspace.item as TextWorkspace)?.editor.choose(row, needle.length);
            }
            onClosed: page.focusComposer()
        }
        Loader {
            id: workspace

            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: header.bottom
            anchors.topMargin: findBar.open ? findBar.height + Theme.space2 : 0
            anchors.bottom: parent.bottom
            active: page.chat.isText
            focus: active
            sourceComponent: TextWorkspace {
                app: page.app
                focus: true
                onEscaped: page.closeInner()
            }
        }
        Item {
            id: composerBox

            visible: !page.chat.isText
            anchors.horizontalCenter: parent.horizontalCenter
            anchors.bottom: parent.bottom
            width: page.column
            height: composer.height + (meter.visible ? meter.height + 8 : 12) + 18

            ContextMeter {
                id: meter

                objectName: "contextMeter"
                anchors.left: parent.left
                anchors.right: parent.right
                anchors.bottom: composer.top
                anchors.bottomMargin: 8
                conversation: page.chat
            }
            Composer {
                id: composer

                anchors.left: parent.left
                anchors.right: parent.right
                anchors.bottom: parent.bottom
                anchors.bottomMargin: 18
                conversation: page.chat
                model: page.app.model
                enterSends: page.app.settings.enterSends
                onAttachWanted: page.attachWanted()
                onEditLastWanted: transcript.editLast()
                onEscaped: page.closeInner()
            }
        }
    }

    // Beside the page where there is room, over it where there is not.
    Rectangle {
        anchors.fill: parent
        visible: opacity > 0
        opacity: page.panelOpen && !page.panelBeside ? 1 : 0
        color: Theme.scrim
        z: 4

        Behavior on opacity {
            NumberAnimation { duration: Theme.panel; easing.type: Easing.OutQuad }
        }
        TapHandler {
            enabled: page.panelOpen && !page.panelBeside
            onTapped: page.panelToggled()
        }
    }
    Item {
        id: panelFrame

        property real shown: page.panelOpen ? 1 : 0

        anchors.top: parent.top
        anchors.bottom: parent.bottom
        anchors.right: parent.right
        anchors.rightMargin: -(1 - shown) * width
        width: Math.min(Theme.panelWidth, page.width - Theme.space12)
        visible: shown > 0
        z: 5

        Behavior on shown {
            NumberAnimation { duration: Theme.panel; easing.type: Easing.OutCubic }
        }
        Loader {
            anchors.fill: parent
            active: panelFrame.visible
            sourceComponent: RightPanel {
                app: page.app
                closable: !page.panelBeside
                onCloseWanted: page.panelToggled()
            }
        }
    }

    Loader {
        id: switcherLoader

        active: false
        x: header.pill.x - 8
        y: header.height - 4
        sourceComponent: ModelSwitcher {
            x: page.LayoutMirroring.enabled ? page.width - width - Theme.space4 : header.pill.x
            y: Theme.headerHeight - 4
            parent: page
            app: page.app
            onLibraryWanted: page.libraryWanted()
            onFileWanted: page.fileWanted()
            onClosed: page.focusComposer()
        }
    }
    Loader {
        id: linkLoader

        active: false

        function ask(address: string) {
            active = true;
            (item as LinkDialog).ask(address);
        }
        sourceComponent: LinkDialog {
            onCopyWanted: address => page.chat.copyText(address)
        }
    }
}

import QtQuick
import Kinglet.App
import Kinglet.Ui

/// Above the conversation: the model pill at the start, what can be done with the chat at the end.
Item {
    id: header

    required property AppContext app
    property bool sidebarButton: false
    property bool panelOpen: false
    readonly property alias pill: pill
    signal sidebarWanted()
    signal switcherWanted()
    signal panelToggled()
    signal renameWanted()
    signal findWanted()
    signal exportWanted()

    implicitHeight: Theme.headerHeight

    IconButton {
        id: menuButton

        objectName: "sidebarButton"
        anchors.left: parent.left
        anchors.leftMargin: width > 0 ? Theme.space4 + 1 : 0
        anchors.verticalCenter: parent.verticalCenter
        visible: header.sidebarButton
        glyph: "menu"
        text: qsTr("Chats")
        shortcut: Keymap.label("sidebar")
        onClicked: header.sidebarWanted()
    }
    ModelPill {
        id: pill

        objectName: "modelPill"
        anchors.left: header.sidebarButton ? menuButton.right : parent.left
        anchors.leftMargin: header.sidebarButton ? Theme.space3 : 20
        anchors.verticalCenter: parent.verticalCenter
        maximumWidth: header.width - buttons.width - 17 - Theme.space2 - 20
            - (header.sidebarButton ? menuButton.width + Theme.space4 : 0)
        status: header.app.model
        onClicked: header.switcherWanted()
    }
    Row {
        id: buttons

        anchors.right: parent.right
        anchors.rightMargin: 17
        anchors.verticalCenter: parent.verticalCenter
        spacing: 10

        IconButton {
            id: more

            objectName: "chatMenuButton"
            glyph: "more"
            text: qsTr("More about this chat")
            onClicked: menuLoader.show()
        }
        IconButton {
            objectName: "panelButton"
            glyph: "panel"
            mirrorable: true
            text: header.panelOpen ? qsTr("Hide this chat's settings") : qsTr("This chat's settings")
            shortcut: Keymap.label("panel")
            checked: header.panelOpen
            onClicked: header.panelToggled()
        }
    }
    Loader {
        id: menuLoader

        active: false

        function show() {
            active = true;
            (item as Menu).popup(more, more.width - (item as Menu).width, more.height + 2);
        }

        sourceComponent: Menu {
            title: qsTr("This chat")

            MenuItem {
                glyph: "search"
                text: header.app.conversation.isText ? qsTr("Find in this text") : qsTr("Find in this chat")
                shortcut: Keymap.label("find")
                enabled: !header.app.conversation.isEmpty
                onTriggered: header.findWanted()
            }
            MenuItem {
                glyph: "edit"
                text: qsTr("Rename")
                shortcut: Keymap.label("rename")
                enabled: header.app.conversation.chatId !== ""
                onTriggered: header.renameWanted()
            }
            MenuItem {
                glyph: "export"
                text: qsTr("Export…")
                enabled: header.app.conversation.chatId !== ""
                onTriggered: header.exportWanted()
            }
            MenuSeparator {}
            MenuItem {
                glyph: "trash"
                text: qsTr("Delete")
                destructive: true
                enabled: header.app.conversation.chatId !== ""
                onTriggered: header.app.chats.remove(header.app.conversation.chatId)
            }
        }
    }
}

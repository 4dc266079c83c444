import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// The chats, newest first, and the ways to the other pages.
Rectangle {
    id: sidebar

    required property AppContext app
    property string page: "chat"
    signal chatOpened()
    signal pageChosen(string page)
    signal exportWanted(string chatId)

    color: Theme.sidebar
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Chats")

    function focusSearch() {
        searchField.forceActiveFocus(Qt.ShortcutFocusReason);
        searchField.selectAll();
    }
    function search(words: string) {
        searchField.text = words;
    }
    function renameCurrent() {
        const row = sidebar.app.chats.currentRow;
        if (row < 0)
            return;
        list.currentIndex = row;
        list.positionViewAtIndex(row, ListView.Contain);
        const item = list.itemAtIndex(row) as ChatRow;
        if (item)
            item.startRenaming();
    }

    Column {
        id: top

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.margins: 10
        spacing: Theme.space1

        NavRow {
            id: newChat

            width: parent.width
            implicitHeight: Theme.controlHeight + 4
            objectName: "newChat"
            glyph: "plus"
            text: qsTr("New chat")
            trailing: Keymap.label("newChat")
            textSize: Theme.body
            strong: true
            onClicked: {
                sidebar.app.chats.newChat();
                sidebar.chatOpened();
            }
        }
        TextField {
            id: searchField

            width: parent.width
            objectName: "chatSearch"
            glyph: "search"
            clearable: true
            placeholderText: qsTr("Search chats")
            onTextChanged: sidebar.app.chats.filter = text
            Keys.onEscapePressed: event => {
                if (text === "")
                    event.accepted = false;
                else
                    clear();
            }
            Keys.onDownPressed: list.forceActiveFocus(Qt.TabFocusReason)
            onAccepted: {
                if (list.count > 0) {
                    list.currentIndex = 0;
                    list.openCursor();
                }
            }
        }
    }

    ListView {
        id: list

        objectName: "chatList"
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: top.bottom
        anchors.bottom: foot.top
        anchors.topMargin: Theme.space2
        clip: true
        model: sidebar.app.chats
        activeFocusOnTab: count > 0
        keyNavigationEnabled: true
        boundsBehavior: Flickable.StopAtBounds
        currentIndex: -1
        highlightMoveDuration: 0
        reuseItems: false
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Chats")
        T.ScrollBar.vertical: ScrollBar {}

        property bool keyboard: false

        function openCursor() {
            const item = itemAtIndex(currentIndex) as ChatRow;
            if (item) {
                sidebar.app.chats.openChat(item.chatId);
                sidebar.chatOpened();
            }
        }

        onActiveFocusChanged: {
            if (activeFocus && (currentIndex < 0 || currentIndex >= count))
                currentIndex = Math.max(0, sidebar.app.chats.currentRow);
        }
        Keys.onReturnPressed: openCursor()
        Keys.onEnterPressed: openCursor()
        Keys.onSpacePressed: openCursor()
        Keys.onPressed: event => {
            const item = itemAtIndex(currentIndex) as ChatRow;
            if (!item)
                return;
            if (event.key === Qt.Key_F2) {
                item.startRenaming();
                event.accepted = true;
            } else if (event.key === Qt.Key_Delete || (Keymap.mac && event.key === Qt.Key_Backspace)) {
                sidebar.app.chats.remove(item.chatId);
                event.accepted = true;
            } else if (event.key === Qt.Key_Menu
                       || (event.key === Qt.Key_F10 && (event.modifiers & Qt.ShiftModifier))) {
                rowMenu.openFor(item, item);
                event.accepted = true;
            }
        }

        section.property: "section"
        section.delegate: Item {
            id: heading

            required property string section

            width: ListView.view ? ListView.view.width : 0
            height: label.implicitHeight + 20

            Label {
                id: label

                anchors.left: parent.left
                anchors.leftMargin: 20
                anchors.bottom: parent.bottom
                anchors.bottomMargin: 5
                text: heading.section
                font.pixelSize: Theme.caption
                font.weight: Font.Medium
                color: Theme.secondary
                Accessible.role: Accessible.Heading
            }
        }
        delegate: ChatRow {
            id: chatRow

            x: 10
            width: list.width - 20
            cursor: list.activeFocus && ListView.isCurrentItem
            onOpened: {
                // Moving the cursor lets the list catch up with its model, which may take this very row away.
                const rows = list;
                const row = index;
                sidebar.app.chats.openChat(chatId);
                sidebar.chatOpened();
                rows.currentIndex = row;
            }
            onRenamed: title => sidebar.app.chats.rename(chatId, title)
            onMenuWanted: anchor => rowMenu.openFor(chatRow, anchor)
            onRenameEnded: list.forceActiveFocus(Qt.TabFocusReason)
        }
    }

    Label {
        anchors.top: list.top
        anchors.topMargin: Theme.space4
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: 20
        anchors.rightMargin: 20
        visible: list.count === 0 && !sidebar.app.chats.loading
        text: sidebar.app.chats.filter !== "" ? qsTr("No chat has “%1” in its title.").arg(sidebar.app.chats.filter)
                                              : qsTr("Your chats will be listed here. They stay on this computer.")
        font.pixelSize: Theme.small
        color: Theme.secondary
        wrapMode: Text.Wrap
        lineHeight: Theme.lineHeight
        horizontalAlignment: Text.AlignLeft
    }

    Column {
        id: foot

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: 10
        spacing: 0

        Divider {
            width: parent.width
        }
        Item {
            width: 1
            height: 7
        }
        NavRow {
            width: parent.width
            objectName: "libraryButton"
            glyph: "library"
            text: qsTr("Library")
            tip: Keymap.label("library")
            trailing: {
                const library = sidebar.app.library;
                if (library.activeCount > 0)
                    return qsTr("%1 %").arg(Math.round(library.progress * 100));
                return library.attention ? "!" : "";
            }
            Accessible.description: sidebar.app.library.activityText
            current: sidebar.page === "library"
            onClicked: sidebar.pageChosen("library")
        }
        NavRow {
            width: parent.width
            objectName: "settingsButton"
            glyph: "settings"
            text: qsTr("Settings")
            tip: Keymap.label("settings")
            current: sidebar.page === "settings"
            onClicked: sidebar.pageChosen("settings")
        }
    }

    Menu {
        id: rowMenu

        property ChatRow row: null

        title: qsTr("This chat")
        onClosed: if (row && !row.renaming) list.forceActiveFocus(Qt.PopupFocusReason)

        function openFor(chatRow: ChatRow, anchor: Item) {
            row = chatRow;
            list.currentIndex = chatRow.index;
            parent = anchor;
            x = 0;
            y = anchor.height + 2;
            open();
        }

        MenuItem {
            glyph: "edit"
            text: qsTr("Rename")
            shortcut: Keymap.label("rename")
            onTriggered: rowMenu.row.startRenaming()
        }
        MenuItem {
            glyph: "export"
            text: qsTr("Export…")
            onTriggered: sidebar.exportWanted(rowMenu.row.chatId)
        }
        MenuSeparator {}
        MenuItem {
            glyph: "trash"
            text: qsTr("Delete")
            shortcut: Keymap.label("remove")
            destructive: true
            onTriggered: sidebar.app.chats.remove(rowMenu.row.chatId)
        }
    }
}

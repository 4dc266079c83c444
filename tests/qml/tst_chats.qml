import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Test

/// The list at the left: order, search, rename, delete and undo; and all of it again after a restart.
WindowTest {
    name: "Chats"

    function init() { beginWithModel(); }

    function makeChats(titles) {
        for (const title of titles) {
            keyClick(Qt.Key_N, Qt.ControlModifier);
            tryCompare(chat, "isEmpty", true);
            exchange(title, "An answer about " + title + ".");
        }
        tryVerify(() => app.chats.count === titles.length, 5000);
    }

    function test_newestFirstAndSearch() {
        makeChats(["Bread", "Porto", "Sailing"]);
        compare(chatTitles(), ["Sailing", "Porto", "Bread"]);
        keyClick(Qt.Key_K, Qt.ControlModifier);
        const search = find("chatSearch");
        tryCompare(search, "activeFocus", true);
        type("por");
        tryCompare(app.chats, "count", 1);
        compare(chatTitles(), ["Porto"]);
        keyClick(Qt.Key_Return);
        tryCompare(chat, "title", "Porto");
        search.clear();
        tryCompare(app.chats, "count", 3);
    }

    function test_renameByKeyboard() {
        makeChats(["Bread"]);
        keyClick(Qt.Key_F2);
        tryVerify(() => findChild(root, "chatList").itemAtIndex(0).renaming, 2000);
        type("Sourdough");
        keyClick(Qt.Key_Return);
        tryVerify(() => chatTitles()[0] === "Sourdough", 3000);
        tryCompare(chat, "title", "Sourdough");
        keyClick(Qt.Key_F2);
        tryVerify(() => findChild(root, "chatList").itemAtIndex(0).renaming, 2000);
        type("Rye");
        keyClick(Qt.Key_Escape);
        compare(chatTitles(), ["Sourdough"], "Escape keeps the old title");
    }

    function test_deleteAndUndo() {
        makeChats(["Bread", "Porto"]);
        const list = find("chatList");
        list.forceActiveFocus();
        list.currentIndex = 1;
        keyClick(Qt.Key_Delete);
        tryVerify(() => app.chats.count === 1, 3000);
        compare(chatTitles(), ["Porto"]);
        tryVerify(() => has("toastAction"), 3000, "There is a way back");
        pressNamed("toastAction");
        tryVerify(() => app.chats.count === 2, 3000);
        compare(chatTitles(), ["Porto", "Bread"]);
    }

    function test_arrowsAndEnter() {
        makeChats(["Bread", "Porto", "Sailing"]);
        const list = find("chatList");
        list.forceActiveFocus();
        tryCompare(list, "currentIndex", 0);
        keyClick(Qt.Key_Down);
        keyClick(Qt.Key_Down);
        keyClick(Qt.Key_Return);
        tryCompare(chat, "title", "Bread");
        tryVerify(() => transcript().count === 2);
        keyClick(Qt.Key_Up, Qt.ControlModifier);
        tryCompare(chat, "title", "Porto");
        keyClick(Qt.Key_Down, Qt.ControlModifier);
        tryCompare(chat, "title", "Bread");
    }

    function test_longChatOpensAtItsEnd() {
        for (let i = 0; i < 6; ++i)
            exchange("Question " + i, "Answer " + i + ":\n\n- one\n- two\n\n```\ncode\n```\n\n" + "Words and more words. ".repeat(20));
        const first = chat.chatId;
        keyClick(Qt.Key_N, Qt.ControlModifier);
        tryCompare(chat, "isEmpty", true);
        app.chats.openChat(first);
        tryVerify(() => transcript().count === 12, 5000);
        const last = () => transcript().itemAtIndex(11);
        tryVerify(() => last() !== null && transcript().distanceToEnd() < 2, 3000);
        // Rows get their heights frame by frame, on a busy machine later than the first look.
        wait(300);
        const foot = () => last().mapToItem(transcript(), 0, last().height).y;
        tryVerify(() => foot() <= transcript().height && foot() > transcript().height - 40, 5000,
                  "The last answer ends at the foot of the page.");
    }

    function test_foundAgainAfterARestart() {
        makeChats(["Bread without kneading", "Porto"]);
        field.forceActiveFocus();
        type("unsent");
        closeWindow();
        Harness.restart();
        openWindow();
        tryVerify(() => app.chats.count === 2, 5000);
        compare(chatTitles(), ["Porto", "Bread without kneading"]);
        keyClick(Qt.Key_K, Qt.ControlModifier);
        type("knead");
        tryCompare(app.chats, "count", 1);
        keyClick(Qt.Key_Return);
        tryCompare(chat, "title", "Bread without kneading");
        tryVerify(() => transcript().count === 2, 3000);
        compare(message(0).text, "Bread without kneading");
        compare(message(1).text, "An answer about Bread without kneading.");
        find("chatSearch").clear();
        tryCompare(app.chats, "count", 2);
        find("chatList").positionViewAtBeginning();
        pressRow("chatList", 0);
        tryCompare(chat, "title", "Porto");
        tryCompare(field, "text", "unsent");
    }

    function test_deleteEverything() {
        makeChats(["One", "Two"]);
        app.settings.textScale = 1.2;
        window.openPage("settings/privacy");
        tryVerify(() => has("deleteEverything"));
        pressNamed("deleteEverything");
        const dialog = findChild(window, "deleteDialog");
        tryCompare(dialog, "opened", true);
        verify(dialog.message.indexOf("2 chats") >= 0, dialog.message);
        verify(findChild(dialog.contentItem, "rejectButton").activeFocus, "Return cancels");
        keyClick(Qt.Key_Return);
        tryCompare(dialog, "opened", false);
        compare(app.chats.totalCount, 2);

        dialog.open();
        tryCompare(dialog, "opened", true);
        press(findChild(dialog.contentItem, "acceptButton"));
        tryCompare(app.chats, "totalCount", 0);
        compare(app.settings.textScale, 1);
        tryCompare(dialog, "visible", false);
        tryVerify(() => has("toastAction"), 3000, "There is a way back");
        pressNamed("toastAction");
        tryCompare(app.chats, "totalCount", 2);
        compare(app.settings.textScale, 1.2);
    }
}

import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Test

/// Type, send, read, stop, answer again, edit, choose a version, copy.
WindowTest {
    name: "Conversation"

    function init() { beginWithModel(); }

    function test_typeSendRead() {
        verify(chat.isEmpty);
        Harness.answer("Line **one**.\n\n```cpp\nint x = 1;\n```\n");
        say("How are you?");
        tryCompare(transcript(), "count", 2);
        compare(message(0).text, "How are you?");
        compare(message(0).author, MessageListModel.User);
        tryCompare(chat, "generating", false, 5000);
        compare(Harness.lastPrompt, "How are you?");
        compare(message(1).author, MessageListModel.Assistant);
        compare(message(1).text.trim(), "Line **one**.\n\n```cpp\nint x = 1;\n```");
        compare(field.text, "", "The composer is empty again");
        verify(field.activeFocus, "and still holds the focus");
        const copy = inMessage(1, "copyCode");
        press(copy);
        tryVerify(() => Harness.clipboard().trim() === "int x = 1;", 2000, "The code is on the clipboard");
    }

    function test_streamsAndStops() {
        Harness.answer("One two three four five six seven eight.", { "hold": 13 });
        say("Count");
        tryCompare(chat, "phase", Conversation.Writing, 5000);
        tryVerify(() => transcript().count === 2 && message(1).text === "One two three");
        verify(message(1).streaming);
        verify(has("stopButton"), "Stop stands in the place of Send");
        verify(!has("sendButton"));
        pressNamed("stopButton");
        tryCompare(chat, "generating", false, 5000);
        compare(message(1).text, "One two three");
        tryVerify(() => message(1).stopped);
        verify(message(1).noteText !== "", "The partial answer is marked");
        verify(has("sendButton"));
    }

    function test_escapeStops() {
        Harness.answer("A long tale", { "hold": 6 });
        say("Tell");
        tryCompare(chat, "phase", Conversation.Writing, 5000);
        keyClick(Qt.Key_Escape);
        tryCompare(chat, "generating", false, 5000);
        verify(message(1).stopped);
    }

    function test_regenerateAndBranches() {
        exchange("Name a bird", "Wren");
        Harness.answer("Robin");
        press(inMessage(1, "regenerate"));
        tryVerify(() => !chat.generating && message(1).text === "Robin", 5000);
        compare(message(1).branchCount, 2);
        compare(message(1).branchIndex, 2);
        press(inMessage(1, "branchBack"));
        tryVerify(() => message(1).text === "Wren", 3000);
        compare(message(1).branchIndex, 1);
        press(inMessage(1, "branchForward"));
        tryVerify(() => message(1).text === "Robin", 3000);
        Harness.answer("Finch");
        keyClick(Qt.Key_R, Qt.ControlModifier);
        tryVerify(() => !chat.generating && message(1).text === "Finch", 5000, "Ctrl+R answers again");
        compare(message(1).branchCount, 3);
    }

    function test_editMakesAVersion() {
        exchange("Frist question", "What is frist?");
        field.forceActiveFocus();
        keyClick(Qt.Key_Up);
        const editor = find("editField");
        tryVerify(() => editor.edit.activeFocus, 2000, "Up in the empty field edits the last message");
        compare(editor.text, "Frist question");
        Harness.answer("An answer.");
        editor.edit.selectAll();
        type("First question");
        keyClick(Qt.Key_Return);
        tryVerify(() => !chat.generating && message(0).text === "First question", 5000);
        compare(message(0).branchCount, 2);
        compare(message(1).text, "An answer.");
        press(inMessage(0, "branchBack"));
        tryVerify(() => message(0).text === "Frist question", 3000);
        compare(message(1).text, "What is frist?");
    }

    function test_editCanBeLeft() {
        exchange("Hello", "Hi.");
        field.forceActiveFocus();
        keyClick(Qt.Key_Up);
        tryVerify(() => find("editField").edit.activeFocus);
        keyClick(Qt.Key_Escape);
        tryVerify(() => field.activeFocus);
        compare(message(0).text, "Hello");
        compare(message(0).branchCount, 1);
    }

    function test_copyAnswers() {
        exchange("Hello", "Hi **there**.");
        press(inMessage(1, "copyMessage"));
        tryVerify(() => Harness.clipboard() === "Hi **there**.");
        Harness.setClipboard("");
        keyClick(Qt.Key_C, Qt.ControlModifier | Qt.ShiftModifier);
        tryVerify(() => Harness.clipboard() === "Hi **there**.", 2000, "Ctrl+Shift+C copies the last answer");
    }

    function test_followsOnlyAtTheEnd() {
        let tale = "";
        for (let i = 0; i < 60; ++i)
            tale += "Paragraph " + i + " of a long tale that fills the page.\n\n";
        Harness.answer(tale, { "hold": 1800 });
        say("A long tale");
        tryVerify(() => transcript().count === 2 && message(1).text.length >= 1800, 10000);
        const list = transcript();
        list.toEnd();
        tryVerify(() => list.distanceToEnd() < 2, 3000, "The end is in view");
        // The reader turns the wheel up: new text must not move the page.
        mouseWheel(list, list.width / 2, list.height / 2, 0, 360);
        tryVerify(() => !list.following && !list.moving, 3000, "The wheel ends the following");
        const place = list.contentY;
        tryVerify(() => find("jumpPill").wanted, 2000, "A pill leads back");
        Harness.release();
        tryCompare(chat, "generating", false, 10000);
        compare(Math.round(list.contentY), Math.round(place));
        press(find("jumpPill"));
        tryVerify(() => list.following && list.distanceToEnd() < 2, 3000);
    }

    function test_suggestionsSend() {
        tryVerify(() => has("suggestion0"), 3000);
        Harness.answer("Gladly.");
        const words = find("suggestion0").text;
        pressNamed("suggestion0");
        tryCompare(transcript(), "count", 2);
        compare(message(0).text, words);
        tryCompare(chat, "generating", false, 5000);
    }

    function test_modelNamesNoResource() {
        exchange("Show", "![x](https://example.org/x.png) <img src=\"https://example.org/y.png\"> <b onclick=1>z</b> end");
        const delegate = message(1);
        let seen = "";
        function walk(item) {
            if (item.html !== undefined)
                seen += item.html;
            for (let i = 0; i < item.children.length; ++i)
                walk(item.children[i]);
        }
        walk(delegate);
        verify(seen.indexOf("end") >= 0);
        verify(seen.indexOf("<img") < 0, "No image element: " + seen);
        verify(seen.indexOf("<b onclick") < 0);
    }

    function test_linksAreShownFirst() {
        exchange("Where", "See [the manual](https://example.org/manual).");
        transcript().linkChosen("https://example.org/manual");
        const dialog = findChild(window, "linkDialog") || findChild(root, "linkDialog");
        verify(dialog, "The address is shown");
        tryCompare(dialog, "opened", true);
        compare(dialog.address, "https://example.org/manual");
        verify(dialog.openable);
        dialog.ask("file:///etc/passwd");
        verify(!dialog.openable, "Only addresses of the web are opened");
        dialog.close();
        tryCompare(dialog, "visible", false);
    }

    function test_findInChat() {
        exchange("Tell me about wrens", "A wren is small.\n\nRobins are red.");
        keyClick(Qt.Key_F, Qt.ControlModifier);
        const box = find("findField");
        tryCompare(box, "activeFocus", true);
        type("wren");
        tryCompare(transcript(), "findText", "wren");
        compare(transcript().findRow, 1);
        const bar = box.parent;
        tryVerify(() => transcript().mapToItem(null, 0, 0).y >= bar.mapToItem(null, 0, bar.height).y, 2000,
            "The bar covers no message");
        keyClick(Qt.Key_Return);
        compare(transcript().findRow, 0);
        keyClick(Qt.Key_Escape);
        tryVerify(() => field.activeFocus);
        compare(transcript().findText, "");
        window.openPage("find/robins");  // all at once, as pasted
        compare(transcript().findRow, 1);
        window.openPage("find/about");
        compare(transcript().findRow, 0);
    }
}

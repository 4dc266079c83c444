import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Test

/// Enter, breaks, input methods, drafts, long pastes, growth.
WindowTest {
    name: "Composer"

    function init() { beginWithModel(); }

    function test_enterSendsShiftEnterBreaks() {
        Harness.answer("Yes.");
        field.forceActiveFocus();
        type("one\ntwo");
        compare(field.text, "one\ntwo");
        compare(transcript().count, 0);
        keyClick(Qt.Key_Return);
        tryCompare(transcript(), "count", 2);
        compare(message(0).text, "one\ntwo");
        tryCompare(chat, "generating", false, 5000);
    }

    function test_ctrlEnterAlwaysSends() {
        app.settings.enterSends = false;
        Harness.answer("Yes.");
        field.forceActiveFocus();
        type("one");
        keyClick(Qt.Key_Return);
        compare(field.text, "one\n", "Enter breaks where the setting says so");
        keyClick(Qt.Key_Return, Qt.ControlModifier);
        tryCompare(transcript(), "count", 2);
        tryCompare(chat, "generating", false, 5000);
    }

    function test_enterThatConfirmsPreeditNeverSends() {
        field.forceActiveFocus();
        Harness.compose(field, "にほん");
        verify(field.inputMethodComposing);
        keyClick(Qt.Key_Return);
        wait(20);
        compare(transcript().count, 0, "Enter while composing does not send");
        // Some systems send the text and then the key that confirmed it.
        Harness.commit(field, "日本");
        keyClick(Qt.Key_Return);
        compare(transcript().count, 0, "nor does the Enter that comes with the text");
        compare(field.text, "日本");
        Harness.answer("はい。");
        // Soon after, Enter sends again; how soon depends on the machine.
        tryVerify(() => {
            keyClick(Qt.Key_Return);
            return transcript().count === 2;
        });
        compare(message(0).text, "日本");
        tryCompare(chat, "generating", false, 5000);
    }

    function test_blankIsNotSent() {
        field.forceActiveFocus();
        type("   ");
        keyClick(Qt.Key_Return);
        wait(20);
        compare(transcript().count, 0);
        compare(Harness.accessibleName(find("sendButton")), "Send");
        verify(find("sendButton").text.indexOf("Write a message first") >= 0, "The tooltip says why");
    }

    function test_growsToTenLines() {
        field.forceActiveFocus();
        const box = find("composerField").parent.parent;
        const one = box.height;
        field.text = "1\n2\n3";
        tryVerify(() => box.height > one * 2.5);
        field.text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10";
        const ten = box.height;
        field.text += "\n11\n12\n13";
        tryVerify(() => box.contentHeight > box.height, 2000, "More than ten lines scroll");
        verify(Math.abs(box.height - ten) < 4);
    }

    function test_longPasteBecomesACard() {
        let body = "";
        for (let i = 0; i < 40; ++i)
            body += "Line " + i + " of a log that somebody pasted.\n";
        Harness.setClipboard(body);
        field.forceActiveFocus();
        type("Look: ");
        keyClick(Qt.Key_V, Qt.ControlModifier);
        compare(field.text, "Look: ", "The field is not flooded");
        Harness.answer("I see.");
        keyClick(Qt.Key_Return);
        tryCompare(transcript(), "count", 2);
        verify(message(0).text.startsWith("Look: "));
        verify(message(0).text.indexOf("Line 39") > 0, "The pasted text is sent");
        tryCompare(chat, "generating", false, 5000);
    }

    function test_shortPasteIsTyped() {
        Harness.setClipboard("short");
        field.forceActiveFocus();
        keyClick(Qt.Key_V, Qt.ControlModifier);
        compare(field.text, "short");
    }

    function test_draftsAreKept() {
        exchange("First chat", "Yes.");
        field.forceActiveFocus();
        type("half a thought");
        const first = chat.chatId;
        keyClick(Qt.Key_N, Qt.ControlModifier);
        tryCompare(chat, "isEmpty", true);
        tryCompare(field, "text", "");
        type("another");
        app.chats.openChat(first);
        tryCompare(chat, "chatId", first);
        tryCompare(field, "text", "half a thought");
    }
}

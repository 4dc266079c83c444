import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Test

/// The pill, the switcher, the library, and what happens where a model does not load.
WindowTest {
    name: "Models"

    function test_switchByKeyboard() {
        beginWithModel();
        compare(find("modelPill").text, "TinyLlama 1.1B");
        keyClick(Qt.Key_M, Qt.ControlModifier);
        const box = find("switcherField");
        tryCompare(box, "activeFocus", true);
        type("phi");
        tryCompare(app.models, "count", 1);
        keyClick(Qt.Key_Return);
        tryVerify(() => app.model.state === ModelStatus.Ready && app.model.name === "Phi 2", 5000);
        compare(find("modelPill").text, "Phi 2");
        tryVerify(() => field.activeFocus, 2000, "The composer has the focus again");
        compare(app.models.filter, "", "The search is over");
    }

    function test_switchIsMarkedInTheTranscript() {
        beginWithModel();
        exchange("Hello", "Hi.");
        app.models.load(Harness.modelId("Phi 2"));
        tryVerify(() => app.model.state === ModelStatus.Ready && app.model.name === "Phi 2", 5000);
        exchange("And now?", "Still here.");
        compare(inMessage(3, "switchedRule").text, "Phi 2 answers from here");
        compare(message(1).switchedTo, "");
        compare(transcript().count, 4, "The chat goes on");
        exchange("Again", "Yes.");
        compare(message(5).switchedTo, "");
    }

    function test_progressWhileLoading() {
        begin({ "load": false });
        tryCompare(app.model, "state", ModelStatus.None);
        compare(find("modelPill").text, "Choose a model");
        Harness.holdLoads(true);
        app.models.load(Harness.modelId("Qwen 3"));
        tryCompare(app.model, "state", ModelStatus.Loading);
        tryVerify(() => app.model.progress > 0, 3000);
        verify(Harness.accessibleName(find("modelPill")).indexOf("loading") > 0);
        Harness.release();
        tryCompare(app.model, "state", ModelStatus.Ready, 5000);
        verify(Harness.accessibleName(find("modelPill")).indexOf("ready") > 0);
    }

    function test_brokenModelSaysSo() {
        begin({ "load": false });
        Harness.failLoad("Phi 2", "phi-2.gguf ends after 12 MB.", "Download it again.");
        app.models.load(Harness.modelId("Phi 2"));
        tryCompare(app.model, "state", ModelStatus.Failed, 5000);
        verify(app.model.problemText.indexOf("phi-2.gguf ends after 12 MB") >= 0);
        // The empty page says it, with a way on.
        let seen = false;
        function walk(item) {
            if (item.text !== undefined && item.visible && String(item.text).indexOf("phi-2.gguf ends after 12 MB") >= 0)
                seen = true;
            for (let i = 0; i < item.children.length; ++i)
                walk(item.children[i]);
        }
        tryVerify(() => { walk(root); return seen; }, 3000);
    }

    function test_usualChatFormatIsSaid_data() {
        return [
            { "tag": "no template", "chatTemplate": "chatml", "warnings": [], "says": "brings no chat format" },
            { "tag": "failed", "chatTemplate": "zephyr", "warnings": ["It does not work."], "says": "does not work" }
        ];
    }
    function test_usualChatFormatIsSaid(data) {
        beginWithModel(data);
        // In the empty chat, above the first message, and beside the other facts about the model.
        tryVerify(() => find("formatNote").text.indexOf(data.says) > 0, 3000);
        verify(find("formatNote").visible);
        exchange("Hello", "Hi.");
        const above = findChild(transcript().headerItem, "formatNoteAbove");
        verify(above.visible && above.text.indexOf(data.chatTemplate) > 0, above.text);
        verify(transcript().headerItem.height > above.y + above.height, "The first message stands below it");
        window.openPage("panel");
        tryVerify(() => has("chatFormat"), 3000);
        verify(find("chatFormat").value.indexOf(data.chatTemplate) > 0, find("chatFormat").value);
    }
    function test_ownChatFormatIsNotMentioned() {
        beginWithModel();
        tryVerify(() => has("suggestion0"), 3000);
        verify(!find("formatNote").visible);
        compare(app.model.formatNote, "");
    }

    function test_noModelAtAll() {
        begin({ "models": [] });
        tryCompare(app.model, "state", ModelStatus.None);
        verify(!chat.canSend || chat.sendBlockedReason === "");
        field.forceActiveFocus();
        type("hello");
        keyClick(Qt.Key_Return);
        wait(50);
        compare(field.text, "hello", "Nothing that was typed is lost");
        verify(find("sendButton").text.length > 6, "Send says why it does nothing");
    }

    function test_library() {
        beginWithModel();
        keyClick(Qt.Key_L, Qt.ControlModifier);
        tryCompare(window, "page", "library");
        tryVerify(() => has("chatWithModel1"), 3000);
        pressNamed("chatWithModel1");
        tryCompare(window, "page", "chat");
        tryVerify(() => app.model.state === ModelStatus.Ready && app.model.name === "Phi 2", 5000);
    }
}

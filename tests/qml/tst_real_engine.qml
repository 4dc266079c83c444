import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Test

/// The whole way with the real engine: a model file, a question, an answer in the window, token by token.
WindowTest {
    name: "RealEngine"

    function answerOf(model, question) {
        Harness.beginReal(model);
        openWindow();
        tryCompare(app.model, "state", ModelStatus.Ready, 20000);
        chat.temperature = 0;
        chat.maxTokens = 48;
        say(question);
        tryVerify(() => transcript().count === 2, 10000);
        tryVerify(() => message(1).text !== "" || message(1).isError, 20000, "The first words come");
        tryCompare(chat, "generating", false, 30000);
        compare(message(1).errorTitle + message(1).errorText, "");
        return message(1).text.trim();
    }

    function test_modelFromASeed() {
        const model = Harness.writeModel("the quick answer of a tiny model");
        verify(model !== "", "The model was written");
        compare(answerOf(model, "Speak"), "the quick answer of a tiny model");
        compare(find("modelPill").text, "Tiny test model");
        verify(chat.contextUsed > 0);
        closeWindow();
        Harness.restart();
        openWindow();
        tryVerify(() => app.chats.count === 1, 5000);
        pressRow("chatList", 0);
        tryVerify(() => transcript().count === 2, 5000);
        compare(message(1).text.trim(), "the quick answer of a tiny model");
    }

    function test_streamsAndStops() {
        const model = Harness.writeModel("on and on", true);
        verify(model !== "", "The model was written");
        Harness.beginReal(model);
        openWindow();
        tryCompare(app.model, "state", ModelStatus.Ready, 20000);
        chat.temperature = 0;
        say("Speak");
        tryVerify(() => transcript().count === 2, 10000, "Two messages came");
        tryVerify(() => message(1).text.startsWith("on and on"), 20000, "The first words come");
        verify(chat.generating, "While the rest is still to come");
        keyClick(Qt.Key_Escape);
        tryCompare(chat, "generating", false, 10000);
        verify(message(1).stopped);
        verify(message(1).noteText !== "", "It is marked as stopped");
        verify(message(1).text.startsWith("on and on"), "What came stays: " + message(1).text);
    }
}

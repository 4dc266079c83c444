import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Ui
import Kinglet.Test

/// A first run without any model, with the real engine and the model that comes with Kinglet.
WindowTest {
    id: suite

    name: "Starter"

    function begin() {
        verify(Harness.starterModel() !== "", "The starter model lies beside the program");
        Harness.beginReal("");
        openWindow();
        tryVerify(() => app.model.starter, 20000);
    }
    property double sentAt: 0

    Connections {
        target: suite.chat
        function onPhaseChanged() {
            if (suite.chat.phase !== Conversation.Writing || suite.sentAt === 0)
                return;
            // For docs/performance.md; nothing is asserted about it.
            console.info("from Send to the first words: " + (Date.now() - suite.sentAt) + " ms");
            suite.sentAt = 0;
        }
    }
    /// Sends and waits for the end of the answer; its text.
    function ask(words) {
        const before = transcript().count;
        field.forceActiveFocus();
        type(words);
        sentAt = Date.now();
        keyClick(Qt.Key_Return);
        tryVerify(() => transcript().count === before + 2, 10000, "Two messages came");
        tryCompare(chat, "generating", false, 30000);
        compare(message(before + 1).errorTitle, "");
        return message(before + 1).text;
    }

    function test_chatsAtOnceAndIsThereAgain() {
        begin();
        // Send works before anything was chosen, even while the model is on its way.
        verify(chat.canSend);
        const answer = ask("what is a token");
        verify(answer.length > 20 && answer.indexOf(" ") > 0, answer);
        compare(app.model.state, ModelStatus.Ready);
        compare(find("modelPill").text, "Kinglet Starter");
        compare(chat.temperature, 0);
        compare(inMessage(1, "starterTag").text, "Starter model");

        closeWindow();
        Harness.restart();
        openWindow();
        tryVerify(() => app.chats.count === 1, 5000);
        pressRow("chatList", 0);
        tryVerify(() => transcript().count === 2, 5000);
        compare(message(1).text, answer);
        verify(inMessage(1, "starterTag").visible);
        tryCompare(app.model, "state", ModelStatus.Ready, 20000);
        verify(app.model.starter, "The model used last is loaded again");
    }

    function test_welcomeInvites() {
        begin();
        tryVerify(() => has("suggestion3"), 5000);
        verify(has("getMoreModels"));
        pressNamed("suggestion2");
        tryVerify(() => transcript().count === 2, 10000);
        tryCompare(chat, "generating", false, 30000);
        const invitation = inMessage(1, "getMoreModels");
        compare(invitation.text, "Get more models");
        press(invitation);
        tryCompare(window, "page", "library");
        // It is listed, can be chatted with, and nobody can take it off the list.
        tryVerify(() => has("chatWithModel0"), 5000);
        compare(app.models.totalCount, 1);
        compare(app.models.ownCount, 0);
        pressNamed("moreAboutModel0");
        tryVerify(() => findChild(window, "unloadModel") !== null, 3000);
        tryVerify(() => findChild(window, "unloadModel").visible, 3000);
        verify(!findChild(window, "takeOffTheList").visible);
        verify(!findChild(window, "showFile").visible);
        keyClick(Qt.Key_Escape);
        pressNamed("chatWithModel0");
        tryCompare(window, "page", "chat");
    }

    function test_anotherModelTakesOver() {
        begin();
        ask("hello");
        const own = Harness.writeModel("a model of one's own");
        app.openModelFile("file://" + own);
        tryVerify(() => app.model.state === ModelStatus.Ready && !app.model.starter, 20000);
        chat.temperature = 0;
        compare(ask("And you?").trim(), "a model of one's own");
        verify(findChild(message(3), "starterTag") === null, "Only the starter's answers are marked");
        verify(inMessage(1, "starterTag").visible);
    }
}

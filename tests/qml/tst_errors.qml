import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Test

/// Errors stand in the flow, in a person's words, with what to do next; a damaged database gets its own page.
WindowTest {
    name: "Errors"

    function test_cardInTheFlow() {
        beginWithModel();
        Harness.answer("", { "error": "TinyLlama needs 0.8 GB more memory than is free.", "hint": "Your message is kept.", "kind": "memory" });
        say("Write a book");
        tryVerify(() => transcript().count >= 2 && message(transcript().count - 1).isError, 5000);
        const card = message(transcript().count - 1);
        verify(card.errorTitle !== "");
        verify(card.errorText.indexOf("0.8 GB") >= 0);
        verify(card.errorActionLabel !== "", "There is something to do");
        compare(message(0).text, "Write a book", "The message is kept");
        verify(Harness.accessibleName(findChild(card, "errorAction")) === card.errorActionLabel);
    }

    function test_tryAgainAfterAFailure() {
        beginWithModel();
        Harness.answer("Half an ans", { "error": "The engine stopped." });
        say("Go");
        tryVerify(() => transcript().count >= 2 && message(transcript().count - 1).isError, 5000);
        tryCompare(chat, "generating", false);
        Harness.answer("Done.");
        chat.retry();
        tryVerify(() => !chat.generating && message(transcript().count - 1).text === "Done.", 5000);
        verify(!message(transcript().count - 1).isError);
    }

    function test_damagedDatabase() {
        Harness.begin({ "brokenDatabase": true });
        window = Qt.createComponent("qrc:/qt/qml/Kinglet/Ui/Main.qml").createObject(null, { "app": Harness.app, "restoreGeometry": false });
        window.requestActivate();
        tryVerify(() => app.databaseProblem !== null, 10000);
        tryVerify(() => has("databaseProblem"), 3000);
        verify(app.databaseProblem.message !== "");
        pressNamed("startFresh");
        tryVerify(() => app.databaseProblem === null, 10000, "A fresh start works");
        tryVerify(() => has("composerField"), 3000);
    }
}

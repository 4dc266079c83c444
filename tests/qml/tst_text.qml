import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Test

/// With a completion model the page is a text: write, continue, stop, take back, another continuation, come back.
WindowTest {
    name: "Text"

    readonly property TextPage page: chat ? chat.textPage : null
    readonly property TextEdit sheet: root ? findChild(root, "textField") : null

    function init() {
        beginWithModel({ "models": ["Tale", "Talker"], "completion": ["Tale"] });
        tryVerify(() => chat.isText && sheet !== null, 5000);
    }
    /// Types at the end of the text, as a person does.
    function write(words) {
        sheet.forceActiveFocus();
        sheet.cursorPosition = sheet.length;
        type(words);
    }
    function proceed(words) {
        Harness.answer(words);
        keyClick(Qt.Key_Return, Qt.ControlModifier);
        tryVerify(() => !chat.generating && page.text.endsWith(words), 5000, "It ends with: " + words + ", not: " + page.text);
        compare(sheet.getText(0, sheet.length).replace(/\u2029/g, "\n"), page.text);
    }
    function undo() {
        keyClick(Qt.Key_Z, Qt.ControlModifier);
    }
    function redo() {
        keyClick(Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier);
    }

    function test_writesAndGoesOn() {
        verify(!has("composerField"), "There is no composer");
        verify(sheet.activeFocus, "One can write at once");
        verify(has("textLine"), "It says what this model does");
        write("Once");
        verify(!has("textLine"));
        proceed(" upon a time,");
        compare(Harness.lastPrompt, "Once");
        verify(sheet.activeFocus);
        type(" a wren");
        proceed(" sang.");
        compare(Harness.lastPrompt, "Once upon a time, a wren");
        proceed(" And sang.");
        compare(Harness.lastPrompt, "Once upon a time, a wren sang.");
        compare(page.text, "Once upon a time, a wren sang. And sang.");
        compare(chat.title, "Once");
        // A line of its own, in the middle of it all.
        sheet.cursorPosition = 4;
        keyClick(Qt.Key_Return);
        compare(page.text, "Once\n upon a time, a wren sang. And sang.");
        Harness.answer(" Done.");
        pressNamed("goOnButton");
        tryVerify(() => !chat.generating && page.text.endsWith("Done."), 5000);
        compare(Harness.lastPrompt, "Once\n upon a time, a wren sang. And sang.");
    }

    function test_stops() {
        write("Count:");
        Harness.answer(" one two three", { "hold": 8 });
        keyClick(Qt.Key_Return, Qt.ControlModifier);
        tryVerify(() => page.text === "Count: one two", 5000);
        verify(has("stopButton"), "Stop stands in the place of Continue");
        verify(!has("goOnButton"));
        type("x");
        compare(page.text, "Count: one two", "Nobody writes in between");
        keyClick(Qt.Key_Escape);
        tryCompare(chat, "generating", false, 5000);
        compare(page.text, "Count: one two", "What came stays");
        undo();
        compare(page.text, "Count:");
        Harness.answer(" and so on", { "hold": 4 });
        pressNamed("goOnButton");
        tryVerify(() => page.text === "Count: and", 5000);
        pressNamed("stopButton");
        tryCompare(chat, "generating", false, 5000);
        verify(has("goOnButton"));
    }

    function test_undo() {
        write("The king");
        Harness.setPace(1, 2);
        proceed(" had\na secret.");
        compare(sheet.lineCount, 2);
        type(" He");
        undo();
        compare(page.text, "The king had\na secret.", "Typing is taken back by itself");
        verify(page.canTryAnother);
        undo();
        compare(page.text, "The king", "A continuation is one step, however many pieces it came in");
        compare(sheet.lineCount, 1);
        verify(!page.canTryAnother);
        redo();
        compare(page.text, "The king had\na secret.");
        verify(page.canTryAnother, "and is known again as what it is");
        pressNamed("undoButton");
        compare(page.text, "The king");
        // What comes in its place is a version of it.
        proceed(" was tired.");
        compare(page.versionCount, 2);
        undo();
        undo();
        compare(page.text, "", "Down to the first letter");
        pressNamed("redoButton");
        compare(page.text, "The king");
    }

    function test_anotherAndVersions() {
        write("A bird");
        verify(!has("anotherButton"), "There is nothing to be replaced");
        proceed(" flew.");
        Harness.answer(" sang.");
        pressNamed("anotherButton");
        tryVerify(() => !chat.generating && page.text === "A bird sang.", 5000);
        compare(Harness.lastPrompt, "A bird");
        Harness.answer(" slept.");
        keyClick(Qt.Key_R, Qt.ControlModifier);
        tryVerify(() => !chat.generating && page.text === "A bird slept.", 5000);
        compare(page.versionIndex, 3);
        pressNamed("branchBack");
        tryCompare(page, "text", "A bird sang.");
        compare(page.versionIndex, 2);
        undo();
        compare(page.text, "A bird slept.", "Even choosing a version can be taken back");
        compare(page.versionIndex, 3);
        undo();
        compare(page.text, "A bird sang.");
        undo();
        compare(page.text, "A bird flew.");
        compare(page.versionIndex, 1);
    }

    function test_comesBack() {
        write("One");
        proceed(" two");
        proceed(" three");
        undo();
        compare(page.text, "One two");
        const id = chat.chatId;
        closeWindow();
        Harness.restart();
        openWindow();
        tryVerify(() => app.chats.count === 1, 5000);
        tryCompare(app.model, "state", ModelStatus.Ready, 10000);
        pressRow("chatList", 0);
        tryVerify(() => sheet !== null, 5000);
        tryCompare(chat, "chatId", id);
        tryCompare(page, "text", "One two", 5000, "What was taken back is not there");
        write(" and a half");
        window.openPage("newChat");
        tryCompare(chat, "chatId", "");
        compare(page.text, "");
        app.chats.openChat(id);
        tryVerify(() => page.text === "One two and a half", 5000, "What was typed is there without having been continued");
    }

    function test_chatsAndTextsStayWhatTheyAre() {
        write("A tale");
        proceed(" begins.");
        const text = chat.chatId;
        app.models.load(Harness.modelId("Talker"));
        tryVerify(() => app.model.state === ModelStatus.Ready && app.model.name === "Talker", 5000);
        verify(chat.isText, "A text stays a text");
        window.openPage("newChat");
        tryVerify(() => !chat.isText && has("composerField"), 5000, "With this model one talks");
        exchange("Hello", "Hi.");
        app.models.load(Harness.modelId("Tale"));
        tryVerify(() => app.model.state === ModelStatus.Ready && app.model.name === "Tale", 5000);
        verify(!chat.isText, "A chat stays a chat");
        tryVerify(() => has("formatNoteAbove"), 3000, "and says that this model was not made for it");
        exchange("Again", "and again");
        app.chats.openChat(text);
        tryVerify(() => chat.isText && page.text === "A tale begins.", 5000);
        verify(sheet.visible);
    }

    function test_beginnings() {
        tryVerify(() => has("suggestion2"), 3000);
        verify(!has("suggestion3"), "Three are enough");
        const words = find("suggestion0").text;
        Harness.answer(" and on.");
        pressNamed("suggestion0");
        tryVerify(() => !chat.generating && page.text === words + " and on.", 5000);
        tryVerify(() => sheet.activeFocus);
    }

    function test_tooLong() {
        chat.contextLength = 64;
        sheet.forceActiveFocus();
        Harness.setClipboard("a few words ".repeat(30));
        sheet.paste();
        keyClick(Qt.Key_Return, Qt.ControlModifier);
        tryVerify(() => page.errorTitle !== "" && !chat.generating, 5000);
        tryVerify(() => has("errorAction"), 3000, "A card asks before anything is left out");
        Harness.answer("the end.");
        chat.errorAction("", page.secondAction);
        tryVerify(() => !chat.generating && page.text.endsWith("the end."), 5000);
        verify(page.unseenLength > 0);
        tryVerify(() => has("showSeen"), 3000);
        pressNamed("showSeen");
        verify(find("seenFrom").visible, "A line marks where the model begins to see");
    }

    function test_opensAtTheEnd() {
        sheet.forceActiveFocus();
        Harness.setClipboard("A line of a long text.\n".repeat(60));
        sheet.paste();
        proceed("The end.");
        const id = chat.chatId;
        const view = find("textEditor");
        tryVerify(() => view.atEnd, 3000, "What is written comes into view");
        window.openPage("newChat");
        tryVerify(() => page.text === "" && view.contentY === 0, 5000);
        app.chats.openChat(id);
        tryVerify(() => page.text.endsWith("The end.") && view.atEnd, 5000, "One goes on where one was");
        compare(sheet.cursorPosition, sheet.length);
        // The reader looks at the beginning, and stays there while the model writes.
        Harness.answer(" And another one. ".repeat(20), { "hold": 9 });
        keyClick(Qt.Key_Return, Qt.ControlModifier);
        tryVerify(() => page.text.endsWith(" And anot"), 5000);
        mouseWheel(view, view.width / 2, view.height / 2, 0, 720);
        tryVerify(() => !view.following && !view.moving, 3000);
        const place = view.contentY;
        Harness.release();
        tryCompare(chat, "generating", false, 10000);
        compare(Math.round(view.contentY), Math.round(place));
    }

    function test_finds() {
        write("A wren, a robin and a wren");
        proceed(".");
        keyClick(Qt.Key_F, Qt.ControlModifier);
        const box = find("findField");
        tryCompare(box, "activeFocus", true);
        type("wren");
        tryCompare(sheet, "selectedText", "wren");
        compare(sheet.selectionStart, 22);
        keyClick(Qt.Key_Return);
        compare(sheet.selectionStart, 2);
        keyClick(Qt.Key_Escape);
        tryVerify(() => sheet.activeFocus);
    }

    function test_namesAndKeys() {
        write("A");
        proceed(" b");
        Harness.answer(" c");
        keyClick(Qt.Key_R, Qt.ControlModifier);
        tryVerify(() => !chat.generating && page.versionCount === 2, 5000);
        window.openPage("panel");
        wait(300);
        const all = Harness.controls(root);
        compare(all.filter(control => control.name === "").map(control => control.type), []);
        const heard = all.map(control => control.name);
        for (const wanted of ["Your text", "Undo", "Redo", "Previous version", "Next version", "Another continuation", "Continue"])
            verify(heard.indexOf(wanted) >= 0, wanted + " in " + heard.join(", "));
        verify(heard.indexOf("System prompt") < 0, "A text has no system prompt");
        // From the text on, Tab reaches every button of the bar.
        sheet.forceActiveFocus();
        const reached = [];
        for (let i = 0; i < 12 && reached.indexOf("goOnButton") < 0; ++i) {
            keyClick(Qt.Key_Tab);
            reached.push(window.activeFocusItem.objectName);
        }
        for (const wanted of ["undoButton", "branchBack", "anotherButton", "goOnButton"])
            verify(reached.indexOf(wanted) >= 0, wanted + " in " + reached.join(", "));
    }

    function test_narrow() {
        write("A narrow page");
        proceed(" holds it all.");
        window.width = 480;
        wait(100);
        for (const name of ["undoButton", "anotherButton", "goOnButton"]) {
            const item = find(name);
            const left = item.mapToItem(root, 0, 0).x;
            verify(left >= 0 && left + item.width <= 480, name + " is on the page");
        }
        verify(find("goOnButton").mapToItem(root, 0, 0).x >= find("anotherButton").mapToItem(root, find("anotherButton").width, 0).x);
    }

    // ---- With the real engine ----

    function openReal(model) {
        closeWindow();
        Harness.end();
        Harness.beginReal(model);
        openWindow();
        tryCompare(app.model, "state", ModelStatus.Ready, 20000);
        tryVerify(() => chat.isText && sheet !== null, 5000);
        chat.temperature = 0;
        chat.maxTokens = 24;
    }
    function goOnForReal() {
        const before = page.text;
        keyClick(Qt.Key_Return, Qt.ControlModifier);
        tryVerify(() => page.text.length > before.length, 20000, "Words come");
        tryCompare(chat, "generating", false, 30000);
        compare(page.errorTitle + page.errorText, "");
        verify(page.text.startsWith(before));
        return page.text.slice(before.length);
    }

    function test_modelFromASeed() {
        const model = Harness.writeModel("and the bird sang all day", false, false);
        verify(model !== "", "The model was written");
        openReal(model);
        write("Once upon a time");
        const first = goOnForReal();
        verify(first.indexOf("bird") >= 0, "It wrote: " + first);
        const whole = page.text;
        undo();
        compare(page.text, "Once upon a time");
        keyClick(Qt.Key_Return, Qt.ControlModifier);
        tryVerify(() => !chat.generating && page.text === whole, 20000, "The same words again, without chance");
        compare(page.versionCount, 2);
        closeWindow();
        Harness.restart();
        openWindow();
        tryVerify(() => app.chats.count === 1, 5000);
        pressRow("chatList", 0);
        tryVerify(() => sheet !== null && page.text === whole, 5000);
    }

    function test_trainedModel() {
        const model = Harness.storiesModel();
        if (model === "")
            skip("stories260K.gguf of the shared folder is not here");
        openReal(model);
        write("Once upon a time");
        const first = goOnForReal();
        verify(/[a-z]+ [a-z]+/.test(first), "Words: " + first);
        const second = goOnForReal();
        verify(/[a-z]+ [a-z]+/.test(second), "Words: " + second);
        // In two steps as in one.
        const whole = page.text;
        undo();
        undo();
        compare(page.text, "Once upon a time");
        chat.maxTokens = 48;
        keyClick(Qt.Key_Return, Qt.ControlModifier);
        tryVerify(() => !chat.generating && page.text.length >= whole.length, 30000);
        compare(page.text, whole);
    }
}

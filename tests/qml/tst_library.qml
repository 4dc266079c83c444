import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Test

/// Getting a model in the drawn window: search, download, chat, with a hub on the loopback, the real queue, the real
/// judge and the real engine.
WindowTest {
    name: "Library"

    readonly property string repository: "birds/Wren-GGUF"

    function openGet() {
        Harness.beginLibrary("the answer of a wren");
        openLibrary();
    }
    function openLibrary() {
        openWindow();
        keyClick(Qt.Key_L, Qt.ControlModifier);
        tryCompare(window, "page", "library");
        pressNamed("tabGet");
        tryVerify(() => has("offerList") && find("offerList").count > 40, 20000, "The catalogue is there");
        compare(Harness.hubRequests(), 0, "Nothing was asked of the hub");
    }
    function action() {
        return findChild(root, "offerAction0");
    }
    function actionSays(label) {
        return action() !== null && action().visible && action().text.startsWith(label);
    }
    /// Searches the hub by typing, and lists the files of what it found.
    function findWren() {
        find("librarySearch").forceActiveFocus();
        type("wren");
        keyClick(Qt.Key_Return);
        tryVerify(() => actionSays("Show files"), 20000, "The hub found it");
        compare(find("offerList").count, 1);
        press(action());
        tryVerify(() => actionSays("Download"), 20000, "Its file is offered");
    }

    function test_searchDownloadChat() {
        openGet();
        Harness.hubHold(50000);
        findWren();
        press(action());
        tryVerify(() => actionSays("Pause"), 20000, "It is being fetched");
        tryVerify(() => find("libraryButton").trailing.endsWith("%"), 10000, "The sidebar says how far it is");
        tryVerify(() => find("progressText").text.indexOf("KB") > 0, 10000, find("progressText").text);
        press(action());
        tryVerify(() => actionSays("Resume"), 20000, "It rests");
        tryCompare(find("libraryButton"), "trailing", "");
        Harness.hubLetGo();
        press(action());
        tryVerify(() => actionSays("Chat"), 60000, "It has come");
        pressNamed("tabHere");
        tryVerify(() => has("chatWithModel0") && has("verifiedBadge0"), 20000, "It is on this computer, and verified");
        pressNamed("tabGet");
        find("librarySearch").text = "";
        pressNamed("tabHere");
        tryVerify(() => has("chatWithModel0"), 5000);
        pressNamed("chatWithModel0");
        tryCompare(window, "page", "chat");
        tryCompare(app.model, "state", ModelStatus.Ready, 30000);
        chat.temperature = 0;
        say("Speak");
        tryVerify(() => transcript().count === 2, 10000);
        tryVerify(() => message(1).text !== "" || message(1).isError, 20000, "The first words come");
        tryCompare(chat, "generating", false, 30000);
        compare(message(1).text.trim(), "the answer of a wren");
    }

    function test_goesOnAfterARestart() {
        openGet();
        Harness.hubHold(50000);
        findWren();
        press(action());
        tryVerify(() => find("progressText").text.indexOf("50 KB") === 0, 20000);
        closeWindow();
        Harness.hubLetGo();
        Harness.restart();
        openWindow();
        window.openPage("library");
        tryVerify(() => has("chatWithModel0"), 60000, "It came by itself");
    }

    function test_aRealModelArrivesAndTells() {
        const stories = Harness.storiesModel();
        if (stories === "")
            skip("There is no ../shared here; the model from a seed goes the same way.");
        Harness.beginLibraryOf(stories);
        openLibrary();
        Harness.hubHold(300000);
        findWren();
        press(action());
        tryVerify(() => find("progressText").text.indexOf("300 KB") === 0, 20000);
        closeWindow();
        Harness.hubLetGo();
        Harness.restart();
        openWindow();
        window.openPage("library");
        tryVerify(() => has("chatWithModel0") && has("verifiedBadge0"), 60000, "It came by itself, and was verified");
        pressNamed("chatWithModel0");
        tryCompare(app.model, "state", ModelStatus.Ready, 30000);
        chat.temperature = 0;
        chat.maxTokens = 24;
        // It was made to go on with a text.
        tryVerify(() => chat.isText, 5000);
        verify(chat.send("Once upon a time"));
        tryVerify(() => chat.textPage.text.length > 36, 10000);
        tryCompare(chat, "generating", false, 60000);
        compare(chat.textPage.errorTitle, "");
    }

    function test_whatWentWrongIsSaidWithOneAction() {
        openGet();
        findWren();
        Harness.hubRefuse(404);
        press(action());
        tryVerify(() => actionSays("Remove"), 20000, "The one action");
        verify(find("problem").text.indexOf("wren-Q8_0.gguf") > 0, find("problem").text);
        compare(find("libraryButton").trailing, "!");
        press(action());
        tryVerify(() => actionSays("Download"), 20000);
        compare(find("libraryButton").trailing, "");
    }

    function test_termsAreAskedFirst() {
        openGet();
        find("librarySearch").forceActiveFocus();
        type("gemma 270");
        tryVerify(() => find("offerList").count === 1 && actionSays("Download"), 5000);
        press(action());
        tryVerify(() => has("acceptButton"), 3000, "The terms are asked about");
        keyClick(Qt.Key_Escape);
        compare(Harness.hubRequests(), 0);
        compare(app.library.activeCount, 0);
    }

    function test_aFormIsChosenFromTheMenu() {
        openGet();
        find("librarySearch").forceActiveFocus();
        type("qwen3-0.6b");
        tryVerify(() => find("offerList").count === 1, 5000);
        const before = action().text;
        pressNamed("moreAboutOffer0");
        tryVerify(() => findChild(root, "openPage") !== null, 3000);
        app.library.chooseForm("qwen3-0.6b", 1);
        tryVerify(() => action().text !== before, 3000);
        keyClick(Qt.Key_Escape);
    }
}

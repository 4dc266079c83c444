import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Ui
import Kinglet.Test

/// What every test of the window begins with: a fresh context, the real window on it, and ways to find things.
TestCase {
    id: suite

    property Main window: null
    readonly property Item root: window ? window.contentItem.parent : null
    readonly property AppContext app: Harness.app
    readonly property Conversation chat: app ? app.conversation : null

    when: windowShown

    Component {
        id: mainComponent
        Main {}
    }

    function begin(options = {}) {
        Harness.begin(options);
        openWindow();
    }
    function openWindow(width = 1100, height = 720) {
        window = mainComponent.createObject(null, { "app": Harness.app, "restoreGeometry": false,
            "width": width, "height": height });
        verify(window, "The window was built");
        window.requestActivate();
        tryCompare(window, "active", true);
        tryCompare(Harness.app, "ready", true, 10000);
        tryVerify(() => !Harness.app.chats.loading, 10000);
    }
    function closeWindow() {
        if (window)
            window.destroy();
        window = null;
        wait(0);
    }
    function beginWithModel(options = {}) {
        begin(options);
        tryCompare(app.model, "state", ModelStatus.Ready, 10000);
        tryCompare(chat, "canSend", true, 10000);
    }
    function cleanup() {
        closeWindow();
        Harness.end();
    }
    function find(name) {
        const item = findChild(root, name);
        verify(item, "There is an item named " + name);
        return item;
    }
    function has(name) {
        const item = findChild(root, name);
        return item !== null && item.visible;
    }
    /// Clicks an item where it is.
    function press(item) {
        waitForRendering(window.contentItem, 200);
        mouseClick(item, item.width / 2, item.height / 2);
    }
    /// Clicks a row of a list once the list has made it, which is a frame after the model has it.
    function pressRow(listName, row) {
        tryVerify(() => find(listName).itemAtIndex(row) !== null, 5000, "The list shows row " + row);
        press(find(listName).itemAtIndex(row));
    }
    function pressNamed(name) {
        press(find(name));
    }
    /// Types letter by letter, as a person does.
    function type(words) {
        for (const letter of words)
            keyClick(letter === "\n" ? Qt.Key_Return : letter, letter === "\n" ? Qt.ShiftModifier : Qt.NoModifier);
    }
    readonly property TextEdit field: root ? findChild(root, "composerField") : null

    function say(words) {
        field.forceActiveFocus();
        type(words);
        keyClick(Qt.Key_Return);
    }
    /// Sends a message and waits for the whole answer.
    function exchange(words, answer) {
        const before = transcript().count;
        Harness.answer(answer);
        say(words);
        tryVerify(() => transcript().count >= before + 2, 5000, "Two messages came");
        tryCompare(chat, "generating", false, 10000);
    }
    function transcript() {
        return findChild(root, "transcript");
    }
    /// The delegate of a message, made if it is not on the screen.
    function message(row) {
        const list = transcript();
        list.positionViewAtIndex(row, ListView.Contain);
        tryVerify(() => list.itemAtIndex(row) !== null, 3000, "Message " + row + " is shown");
        return list.itemAtIndex(row);
    }
    function inMessage(row, name) {
        tryVerify(() => findChild(message(row), name) !== null, 3000, "Message " + row + " has " + name);
        return findChild(message(row), name);
    }
    function chatTitles() {
        const list = findChild(root, "chatList");
        const titles = [];
        for (let i = 0; i < list.count; ++i) {
            list.positionViewAtIndex(i, ListView.Contain);
            titles.push(list.itemAtIndex(i).title);
        }
        return titles;
    }
}

import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Ui
import Kinglet.Test

/// Everything can be reached and done without a mouse.
WindowTest {
    name: "Keyboard"

    function init() { beginWithModel(); }

    /// Tabs once around and gives the items that had the focus.
    function tabRound() {
        const seen = [];
        for (let i = 0; i < 120; ++i) {
            const item = window.activeFocusItem;
            if (seen.indexOf(item) >= 0)
                break;
            seen.push(item);
            keyClick(Qt.Key_Tab);
        }
        return seen;
    }
    function names(items) {
        return items.map(item => Harness.accessibleName(item) || item.toString());
    }

    function test_tabReachesEveryControl_data() {
        return [{ "tag": "chat" }, { "tag": "library" }, { "tag": "settings" }, { "tag": "panel" }];
    }
    function test_tabReachesEveryControl(data) {
        exchange("Hello", "Some `code`:\n\n```python\nprint(1)\n```\n");
        window.openPage(data.tag);
        waitForRendering(window.contentItem, 500);
        wait(250);
        const reached = tabRound();
        // A list hands its focus to its current row.
        for (const item of reached.slice()) {
            for (let up = item.parent; up; up = up.parent)
                reached.push(up);
        }
        const missed = [];
        for (const control of Harness.controls(window.contentItem)) {
            if (control.focusable && reached.indexOf(control.item) < 0)
                missed.push(control.name + " (" + control.type + ")");
        }
        compare(missed, [], "Controls that Tab does not reach");
        verify(reached.length > 8, "There is much to reach: " + names(reached).join(", "));
    }

    function test_pages() {
        keyClick(Qt.Key_Comma, Qt.ControlModifier);
        tryCompare(window, "page", "settings");
        keyClick(Qt.Key_Escape);
        tryCompare(window, "page", "chat");
        tryVerify(() => field.activeFocus);
        keyClick(Qt.Key_L, Qt.ControlModifier);
        tryCompare(window, "page", "library");
        keyClick(Qt.Key_Escape);
        tryCompare(window, "page", "chat");
    }

    function test_shortcutsSheet() {
        keyClick(Qt.Key_F1);
        tryVerify(() => window.activeFocusItem !== field, 2000);
        keyClick(Qt.Key_Escape);
        tryVerify(() => field.activeFocus, 3000);
    }

    function test_everyShortcutIsNamedOnce() {
        const keys = [];
        for (const group of Keymap.groups) {
            verify(group.title !== "");
            for (const row of group.rows) {
                verify(row.label !== "" && row.keys !== "");
                verify(keys.indexOf(row.keys) < 0, row.keys + " means one thing");
                keys.push(row.keys);
            }
        }
        for (const wanted of ["Ctrl+N", "Ctrl+K", "Ctrl+M", "Ctrl+L", "Ctrl+,", "Ctrl+B", "Ctrl+F", "Ctrl+Shift+C", "Ctrl+R",
                "Ctrl+Up", "Ctrl+Down", "F2", "Del", "Ctrl+=", "Ctrl+-", "Ctrl+0", "F1"])
            verify(keys.indexOf(wanted) >= 0, wanted);
    }

    function test_wholeExchangeByKeyboard() {
        // New chat, a message, an answer again, back and forth: no mouse.
        keyClick(Qt.Key_N, Qt.ControlModifier);
        exchange("Name a bird", "Wren");
        const reached = tabRound();
        const again = reached.find(item => item.objectName === "regenerate");
        verify(again, "Tab reaches the buttons under the answer");
        again.forceActiveFocus(Qt.TabFocusReason);
        Harness.answer("Robin");
        keyClick(Qt.Key_Return);
        tryVerify(() => !chat.generating && message(1).text === "Robin", 5000);
    }
}

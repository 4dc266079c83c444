import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Ui
import Kinglet.Test

/// 480 pixels to 4K, the sidebar over the page, the panel, text sizes, right to left.
WindowTest {
    name: "Layout"

    function init() { beginWithModel(); }

    /// Items whose right edge leaves the window, and labels wider than their parent let them be.
    function overflowing() {
        const found = [];
        function walk(item, clipped) {
            if (!item.visible || item.opacity === 0)
                return;
            const place = item.mapToItem(window.contentItem, 0, 0);
            if (!clipped && item.activeFocusOnTab !== undefined && item.activeFocusOnTab && item.width > 0
                    && (place.x < -1 || place.x + item.width > window.width + 1))
                found.push(item + " " + place.x + " " + item.width);
            for (let i = 0; i < item.children.length; ++i)
                walk(item.children[i], clipped || item.clip);
        }
        walk(root, false);
        return found;
    }

    function test_sizes_data() {
        return [
            { "tag": "480", "width": 480, "height": 640 },
            { "tag": "719", "width": 719, "height": 600 },
            { "tag": "1100", "width": 1100, "height": 720 },
            { "tag": "4K", "width": 3840, "height": 2160 }
        ];
    }
    function test_sizes(data) {
        exchange("Hello", "A table:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nand an averyveryveryveryveryveryveryveryveryveryverylongword.");
        window.width = data.width;
        window.height = data.height;
        tryCompare(window, "width", data.width);
        for (const page of ["chat", "library", "library/get", "settings", "modelSettings"]) {
            window.openPage(page);
            tryVerify(() => overflowing().length === 0, 3000, page + ": " + overflowing());
        }
        window.openPage("chat");
        verify(message(1).column <= Theme.measure, "An answer is never wider than the measure");
        compare(window.sidebarShown, data.width >= Theme.narrow);
    }

    function test_sidebarComesOverANarrowPage() {
        window.width = 480;
        tryCompare(window, "narrow", true);
        verify(!window.sidebarShown);
        verify(has("sidebarButton"));
        tryVerify(() => !findChild(root, "newChat").visible, 3000, "The chats have slid away");
        pressNamed("sidebarButton");
        tryCompare(window, "sidebarShown", true);
        keyClick(Qt.Key_Escape);
        tryCompare(window, "sidebarShown", false);
        keyClick(Qt.Key_B, Qt.ControlModifier);
        tryCompare(window, "sidebarShown", true);
        tryVerify(() => find("newChat").mapToItem(window.contentItem, 0, 0).x >= 0, 3000);
        pressNamed("newChat");
        tryCompare(window, "sidebarShown", false);
    }

    function test_panel() {
        keyClick(Qt.Key_I, Qt.ControlModifier);
        tryVerify(() => has("systemPrompt"), 3000);
        const prompt = find("systemPrompt");
        prompt.edit.forceActiveFocus();
        type("Be brief.");
        compare(chat.systemPrompt, "Be brief.");
        keyClick(Qt.Key_I, Qt.ControlModifier);
        tryVerify(() => !has("systemPrompt"), 3000);
    }

    function test_textSize() {
        keyClick(Qt.Key_Equal, Qt.ControlModifier);
        tryCompare(app.settings, "textScale", 1.1);
        compare(Theme.body, 17);
        keyClick(Qt.Key_Minus, Qt.ControlModifier);
        keyClick(Qt.Key_Minus, Qt.ControlModifier);
        tryCompare(app.settings, "textScale", 0.9);
        keyClick(Qt.Key_0, Qt.ControlModifier);
        tryCompare(app.settings, "textScale", 1);
    }

    function test_largestTextStillFits() {
        app.settings.textScale = 1.6;
        window.width = 480;
        for (const page of ["chat", "library", "library/get", "settings", "modelSettings"]) {
            window.openPage(page);
            tryVerify(() => overflowing().length === 0, 3000, page + ": " + overflowing());
        }
        app.settings.textScale = 1;
    }

    function test_themeFollowsTheSetting() {
        app.settings.theme = Settings.Dark;
        tryCompare(Theme, "dark", true);
        app.settings.theme = Settings.Light;
        tryCompare(Theme, "dark", false);
    }

    function test_directionOfText() {
        verify(Theme.runsRightToLeft("مرحبا"));
        verify(Theme.runsRightToLeft("1. שלום"));
        verify(!Theme.runsRightToLeft("Hello مرحبا"));
        verify(!Theme.runsRightToLeft("42"));
        verify(!Theme.runsRightToLeft("Привет"));
        verify(!Theme.runsRightToLeft("你好"));
    }
}

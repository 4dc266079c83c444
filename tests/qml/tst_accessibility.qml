import QtQuick
import QtTest
import Kinglet.App
import Kinglet.Ui
import Kinglet.Test

/// Every control has a name for a screen reader and shows that it has the focus.
WindowTest {
    name: "Accessibility"

    function init() { beginWithModel(); }

    function nameless() {
        return Harness.controls(root).filter(control => control.name === "")
            .map(control => control.type + " " + control.objectName + " role " + control.role);
    }

    function test_names_data() {
        return [
            { "tag": "chat", "pages": ["chat"] },
            { "tag": "panel", "pages": ["panel"] },
            { "tag": "switcher", "pages": ["switcher"] },
            { "tag": "library", "pages": ["library"] },
            { "tag": "models to get", "pages": ["library/get"] },
            { "tag": "settings of a model", "pages": ["modelSettings"] },
            { "tag": "settings", "pages": ["settings/general"] },
            { "tag": "appearance", "pages": ["settings/appearance"] },
            { "tag": "models", "pages": ["settings/models"] },
            { "tag": "device", "pages": ["settings/device"] },
            { "tag": "privacy", "pages": ["settings/privacy"] },
            { "tag": "keys", "pages": ["settings/keys"] },
            { "tag": "about", "pages": ["settings/about"] },
            { "tag": "shortcuts", "pages": ["shortcuts"] },
            { "tag": "find", "pages": ["find"] }
        ];
    }
    function test_names(data) {
        exchange("Hello", "Words, `code`, and\n\n```cpp\nint x;\n```\n");
        for (const page of data.pages)
            window.openPage(page);
        wait(300);
        const all = Harness.controls(root);
        verify(all.length > 5, "Controls are seen: " + all.length);
        compare(nameless(), []);
    }

    function test_namesSayWhatTheyDo() {
        exchange("Hello", "Words.");
        // The answer's buttons come with the delegate that is laid out after the last words.
        let heard = [];
        tryVerify(() => {
            heard = Harness.controls(root).map(control => control.name);
            return heard.indexOf("Copy the answer") >= 0;
        }, 5000, "The answer can be copied");
        for (const wanted of ["New chat", "Search chats", "Library", "Settings", "Send", "Copy the answer", "Answer again",
                "This chat's settings", "More about this chat", "Attach a text file"])
            verify(heard.indexOf(wanted) >= 0, wanted + " in " + heard.join(", "));
        compare(Harness.accessibleName(field), "Message TinyLlama");
    }

    function test_focusIsVisible() {
        // A ring, or for text fields a coloured edge and the cursor: the picture changes where the focus is.
        const button = find("newChat");
        field.forceActiveFocus();
        waitForRendering(window.contentItem, 300);
        wait(50);
        const before = grabImage(button);
        button.forceActiveFocus(Qt.TabFocusReason);
        tryCompare(button, "visualFocus", true);
        waitForRendering(window.contentItem, 300);
        wait(50);
        verify(!grabImage(button).equals(before), "The focused button looks different");
    }
}

pragma Singleton
import QtQuick

/// Every shortcut of the window, once: the Shortcut items, the tooltips, the sheet and the settings page read it.
QtObject {
    id: keymap

    readonly property bool mac: Qt.platform.os === "osx" || Qt.platform.os === "macos"

    readonly property var groups: [
        {
            "title": qsTr("Chats"),
            "rows": [
                { "id": "newChat", "keys": "Ctrl+N", "label": qsTr("New chat") },
                { "id": "search", "keys": "Ctrl+K", "label": qsTr("Search chats") },
                { "id": "previousChat", "keys": "Ctrl+Up", "label": qsTr("Previous chat") },
                { "id": "nextChat", "keys": "Ctrl+Down", "label": qsTr("Next chat") },
                { "id": "rename", "keys": "F2", "label": qsTr("Rename the chat") },
                { "id": "remove", "keys": "Del", "label": qsTr("Delete the chat in the list") }
            ]
        },
        {
            "title": qsTr("Writing"),
            "rows": [
                { "id": "send", "keys": "Enter", "label": qsTr("Send") },
                { "id": "break", "keys": "Shift+Enter", "label": qsTr("New line") },
                { "id": "sendAlways", "keys": "Ctrl+Enter", "label": qsTr("Send, whatever Enter does; continue a text") },
                { "id": "editLast", "keys": "Up", "label": qsTr("Edit the last message, in an empty field") },
                { "id": "undo", "keys": "Ctrl+Z", "label": qsTr("Undo, in a text also a continuation") },
                { "id": "redo", "keys": "Ctrl+Shift+Z", "label": qsTr("Redo") },
                { "id": "stop", "keys": "Esc", "label": qsTr("Stop the answer, or close what is open") }
            ]
        },
        {
            "title": qsTr("Reading"),
            "rows": [
                { "id": "find", "keys": "Ctrl+F", "label": qsTr("Find in this chat") },
                { "id": "copyLast", "keys": "Ctrl+Shift+C", "label": qsTr("Copy the last answer") },
                { "id": "regenerate", "keys": "Ctrl+R", "label": qsTr("Answer again; another continuation") },
                { "id": "zoomIn", "keys": "Ctrl+=", "label": qsTr("Larger text") },
                { "id": "zoomOut", "keys": "Ctrl+-", "label": qsTr("Smaller text") },
                { "id": "zoomReset", "keys": "Ctrl+0", "label": qsTr("Normal text size") }
            ]
        },
        {
            "title": qsTr("Window"),
            "rows": [
                { "id": "switcher", "keys": "Ctrl+M", "label": qsTr("Switch model") },
                { "id": "library", "keys": "Ctrl+L", "label": qsTr("Library") },
                { "id": "settings", "keys": "Ctrl+,", "label": qsTr("Settings") },
                { "id": "sidebar", "keys": "Ctrl+B", "label": qsTr("Show or hide the chats") },
                { "id": "panel", "keys": "Ctrl+I", "label": qsTr("This chat's settings") },
                { "id": "openFile", "keys": "Ctrl+O", "label": qsTr("Open a model file") },
                { "id": "sheet", "keys": "F1", "label": qsTr("This list") }
            ]
        }
    ]

    /// The key sequence of a shortcut, for Shortcut.sequence.
    function keys(id: string): string {
        for (const group of groups) {
            for (const row of group.rows) {
                if (row.id === id)
                    return row.keys;
            }
        }
        return "";
    }

    /// The same as a person reads it: "Ctrl N", on a Mac "⌘N".
    function label(id: string): string {
        return readable(keys(id));
    }

    function readable(sequence: string): string {
        if (mac) {
            return sequence.replace("Ctrl+", "⌘").replace("Shift+", "⇧").replace("Del", "⌫")
                .replace("Enter", "⏎").replace("Up", "↑").replace("Down", "↓");
        }
        return sequence.replace(/\+(?=.)/g, " ");
    }
}

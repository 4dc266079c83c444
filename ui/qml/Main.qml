import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// The window: the chats at the left, one page at the right, and whatever floats above.
T.ApplicationWindow {
    id: window

    required property AppContext app
    /// False where whoever opened the window chose its size (pictures, tests).
    property bool restoreGeometry: true
    property string page: "chat"

    readonly property Settings settings: app.settings
    readonly property bool narrow: width < Theme.narrow
    property bool overlayOpen: false
    readonly property bool sidebarShown: narrow ? overlayOpen : settings.sidebarVisible
    readonly property bool blockedByProblem: app.databaseProblem !== null
    readonly property alias chatPage: chatPage

    width: 1100
    height: 720
    minimumWidth: 480
    minimumHeight: 420
    visible: true
    title: page === "chat" && app.conversation.title !== "" ? qsTr("%1 – Kinglet").arg(app.conversation.title) : "Kinglet"
    color: Theme.background
    font.family: Theme.fontFamily
    palette.window: Theme.background
    palette.text: Theme.text

    LayoutMirroring.enabled: Application.layoutDirection === Qt.RightToLeft
    LayoutMirroring.childrenInherit: true

    Binding {
        target: Theme
        property: "dark"
        value: window.settings.theme === Settings.Dark
            || (window.settings.theme === Settings.System && window.systemDark)
    }
    Binding {
        target: Theme
        property: "textScale"
        value: window.settings.textScale
    }
    Binding {
        target: Theme
        property: "reducedMotion"
        value: window.settings.reducedMotion
    }
    readonly property bool systemDark: appearance.scheme === SystemAppearance.Unknown
        ? systemPalette.window.hslLightness < 0.5 : appearance.scheme === SystemAppearance.Dark

    SystemAppearance {
        id: appearance
    }
    SystemPalette {
        id: systemPalette
        colorGroup: SystemPalette.Active
    }

    /// Shows a page or a part of one: what errors, menus and pictures ask for.
    /// "chat", "newChat", "library", "library/TAB", "settings", "settings/SECTION", "settings/privacy/delete", "switcher", "panel",
    /// "modelSettings", "sidebar", "openFile", "shortcuts", "find", "find/WORDS", "rename", "search/WORDS", "link/ADDRESS".
    function openPage(name: string) {
        const parts = name.split("/");
        switch (parts[0]) {
        case "chat":
            showChat();
            break;
        case "newChat":
            app.chats.newChat();
            showChat();
            break;
        case "library":
            if (parts.length > 1)
                libraryTab = parts[1];
            page = "library";
            overlayOpen = false;
            break;
        case "settings":
            if (parts.length > 1)
                settingsSection = parts[1];
            page = "settings";
            overlayOpen = false;
            if (parts[2] === "delete")
                (settingsLoader.item as SettingsPage).askToDelete();
            break;
        case "switcher":
            showChat();
            chatPage.openSwitcher();
            break;
        case "panel":
            showChat();
            panelOpen = true;
            break;
        case "modelSettings":
            app.modelEditor.editCurrent();
            break;
        case "sidebar":
            toggleSidebar();
            break;
        case "openFile":
            files.ask("model", "");
            break;
        case "shortcuts":
            sheetLoader.show();
            break;
        case "find":
            showChat();
            chatPage.openFind(parts.length > 1 ? parts[1] : "");
            break;
        case "rename":
            renameChat();
            break;
        case "search":
            searchChats();
            sidebar.search(parts[1]);
            break;
        case "link":
            chatPage.askLink(name.slice(5));
            break;
        }
    }
    property string settingsSection: "general"
    property string libraryTab: "here"

    function showChat() {
        page = "chat";
        overlayOpen = false;
        chatPage.focusComposer();
    }
    function toggleSidebar() {
        if (narrow)
            overlayOpen = !overlayOpen;
        else
            settings.sidebarVisible = !settings.sidebarVisible;
    }
    function renameChat() {
        if (app.conversation.chatId === "")
            return;
        if (narrow)
            overlayOpen = true;
        else
            settings.sidebarVisible = true;
        renameTimer.restart();
    }
    // The sidebar may have to come first.
    Timer {
        id: renameTimer
        interval: 0
        onTriggered: sidebar.renameCurrent()
    }
    function searchChats() {
        if (narrow)
            overlayOpen = true;
        else
            settings.sidebarVisible = true;
        sidebar.focusSearch();
    }
    function zoom(steps: int) {
        settings.textScale = steps === 0 ? 1 : Math.max(0.8, Math.min(1.6, Math.round((settings.textScale + steps * 0.1) * 10) / 10));
    }

    /// Beside the page it is remembered; over a narrow page it is closed again with the page.
    property bool panelOverlay: false
    property bool panelOpen: chatPage.panelBeside ? settings.panelVisible : panelOverlay

    function togglePanel() {
        if (chatPage.panelBeside)
            settings.panelVisible = !settings.panelVisible;
        else
            panelOverlay = !panelOverlay;
    }

    onNarrowChanged: overlayOpen = false
    onWidthChanged: geometryTimer.restart()
    onHeightChanged: geometryTimer.restart()
    onVisibilityChanged: geometryTimer.restart()

    Timer {
        id: geometryTimer
        interval: 400
        onTriggered: {
            if (!window.restoreGeometry || !window.app.ready)
                return;
            const maximized = window.visibility === Window.Maximized;
            window.settings.windowMaximized = maximized;
            if (!maximized && window.visibility === Window.Windowed) {
                window.settings.windowWidth = window.width;
                window.settings.windowHeight = window.height;
            }
        }
    }
    function applyGeometry() {
        if (!restoreGeometry || !app.ready)
            return;
        if (settings.windowWidth >= minimumWidth)
            width = Math.min(settings.windowWidth, Screen.desktopAvailableWidth > 0 ? Screen.desktopAvailableWidth : settings.windowWidth);
        if (settings.windowHeight >= minimumHeight)
            height = Math.min(settings.windowHeight, Screen.desktopAvailableHeight > 0 ? Screen.desktopAvailableHeight : settings.windowHeight);
        if (settings.windowMaximized)
            showMaximized();
    }
    Component.onCompleted: {
        applyGeometry();
        chatPage.focusComposer();
    }

    Connections {
        target: window.app
        function onReadyChanged() { window.applyGeometry(); }
        function onNotice(text, actionLabel, actionId) { toasts.show(text, actionLabel, actionId); }
        function onPageRequested(name) { window.openPage(name); }
    }
    Connections {
        target: window.app.conversation
        function onPageRequested(name) { window.openPage(name); }
    }

    Connections {
        target: window.app.modelEditor
        function onOpened() { modelSheetLoader.show(); }
    }

    // Their module is loaded with the first dialog, not with the window.
    Loader {
        id: files

        function ask(what: string, chatId: string) {
            if (!item)
                setSource("FileDialogs.qml", { "app": window.app });
            item.ask(what, chatId); // qmllint disable
        }
    }

    component Key: Shortcut {
        required property string name

        sequence: Keymap.keys(name)
        context: Qt.WindowShortcut
        enabled: !window.blockedByProblem
    }
    Key { name: "newChat"; onActivated: window.openPage("newChat") }
    Key { name: "search"; onActivated: window.searchChats() }
    Key { name: "switcher"; onActivated: window.openPage("switcher") }
    Key { name: "library"; onActivated: window.page === "library" ? window.showChat() : window.openPage("library") }
    Key { name: "settings"; onActivated: window.page === "settings" ? window.showChat() : window.openPage("settings") }
    Key { name: "sidebar"; onActivated: window.toggleSidebar() }
    Key { name: "panel"; onActivated: { window.page = "chat"; window.togglePanel(); } }
    Key { name: "openFile"; onActivated: files.ask("model", "") }
    Key { name: "find"; onActivated: window.openPage("find") }
    Key { name: "rename"; onActivated: window.renameChat() }
    Key { name: "nextChat"; onActivated: { window.app.chats.openNext(); window.showChat(); } }
    Key { name: "previousChat"; onActivated: { window.app.chats.openPrevious(); window.showChat(); } }
    Key { name: "copyLast"; onActivated: if (window.app.conversation.lastAnswerId !== "") window.app.conversation.copyMessage(window.app.conversation.lastAnswerId) }
    Key {
        name: "regenerate"
        onActivated: {
            const chat = window.app.conversation;
            if (!chat.generating && chat.lastAnswerId !== "")
                chat.regenerate(chat.lastAnswerId);
        }
    }
    Key { name: "zoomIn"; sequences: ["Ctrl++"]; onActivated: window.zoom(1) }
    Key { name: "zoomOut"; onActivated: window.zoom(-1) }
    Key { name: "zoomReset"; onActivated: window.zoom(0) }
    Key { name: "sheet"; onActivated: sheetLoader.show() }

    FocusScope {
        id: root

        anchors.fill: parent
        focus: true
        visible: !window.blockedByProblem

        Keys.onEscapePressed: event => {
            if (window.overlayOpen) {
                window.overlayOpen = false;
                chatPage.focusComposer();
            } else if (window.page !== "chat") {
                window.showChat();
            } else if (window.app.conversation.generating) {
                window.app.conversation.stop();
            } else if (!chatPage.closeInner()) {
                chatPage.focusComposer();
            }
        }

        DropArea {
            id: dropArea

            anchors.fill: parent
            keys: ["text/uri-list"]
            onDropped: drop => {
                drop.accept(Qt.CopyAction);
                window.app.openDroppedFiles(drop.urls);
                window.showChat();
            }
        }

        // The sidebar first: it is first in the Tab order as it is on the page.
        Item {
            id: sidebarFrame

            property real shown: window.sidebarShown ? 1 : 0
            readonly property real wanted: window.narrow ? Math.min(300, root.width - Theme.space12)
                : Math.max(Theme.sidebarMin, Math.min(Theme.sidebarMax, window.settings.sidebarWidth))

            anchors.left: parent.left
            anchors.leftMargin: -(1 - shown) * width
            anchors.top: parent.top
            anchors.bottom: parent.bottom
            width: wanted
            z: window.narrow ? 5 : 1
            visible: shown > 0

            Behavior on shown {
                NumberAnimation { duration: Theme.panel; easing.type: Easing.OutCubic }
            }
            Sidebar {
                id: sidebar

                anchors.fill: parent
                app: window.app
                page: window.page
                onChatOpened: {
                    window.page = "chat";
                    window.overlayOpen = false;
                    chatPage.focusComposer();
                }
                onPageChosen: page => window.openPage(page)
                onExportWanted: chatId => files.ask("export", chatId)
            }
            Divider {
                anchors.right: parent.right
                anchors.top: parent.top
                anchors.bottom: parent.bottom
                width: Theme.hairlineWidth
            }
            DragHandler {
                enabled: window.narrow
                target: null
                yAxis.enabled: false
                onTranslationChanged: if (translation.x < -40) window.overlayOpen = false
            }
            Item {
                anchors.right: parent.right
                anchors.rightMargin: -3
                anchors.top: parent.top
                anchors.bottom: parent.bottom
                width: 7
                visible: !window.narrow

                HoverHandler {
                    cursorShape: Qt.SplitHCursor
                }
                DragHandler {
                    id: resize

                    property int start: 0

                    target: null
                    yAxis.enabled: false
                    onActiveChanged: if (active) start = sidebarFrame.width
                    onTranslationChanged: {
                        const delta = root.LayoutMirroring.enabled ? -translation.x : translation.x;
                        if (active)
                            window.settings.sidebarWidth = Math.max(Theme.sidebarMin, Math.min(Theme.sidebarMax, start + delta));
                    }
                }
                TapHandler {
                    onDoubleTapped: window.settings.sidebarWidth = Theme.sidebarWidth
                }
            }
        }
        Rectangle {
            anchors.fill: parent
            z: 4
            color: Theme.scrim
            visible: opacity > 0
            opacity: window.narrow && window.overlayOpen ? 1 : 0

            Behavior on opacity {
                NumberAnimation { duration: Theme.panel; easing.type: Easing.OutQuad }
            }
            TapHandler {
                enabled: window.overlayOpen
                onTapped: window.overlayOpen = false
            }
        }

        Item {
            id: pages

            anchors.left: parent.left
            anchors.leftMargin: window.narrow ? 0 : sidebarFrame.shown * sidebarFrame.width
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.bottom: parent.bottom

            readonly property bool sidebarButton: window.narrow || !window.settings.sidebarVisible

            ChatPage {
                id: chatPage

                anchors.fill: parent
                visible: window.page === "chat"
                focus: window.page === "chat"
                app: window.app
                sidebarButton: pages.sidebarButton
                panelOpen: window.panelOpen
                onSidebarWanted: window.toggleSidebar()
                onLibraryWanted: window.openPage("library")
                onFileWanted: files.ask("model", "")
                onAttachWanted: files.ask("attach", "")
                onRenameWanted: window.renameChat()
                onExportWanted: chatId => files.ask("export", chatId)
                onPanelToggled: window.togglePanel()
            }
            Loader {
                anchors.fill: parent
                active: window.page === "library"
                focus: active
                sourceComponent: LibraryPage {
                    app: window.app
                    sidebarButton: pages.sidebarButton
                    tab: window.libraryTab
                    focus: true
                    onTabWanted: tab => window.libraryTab = tab
                    onSidebarWanted: window.toggleSidebar()
                    onChatWanted: window.showChat()
                    onFileWanted: files.ask("model", "")
                    onFolderWanted: files.ask("folder", "")
                }
            }
            Loader {
                id: settingsLoader

                anchors.fill: parent
                active: window.page === "settings"
                focus: active
                sourceComponent: SettingsPage {
                    app: window.app
                    sidebarButton: pages.sidebarButton
                    section: window.settingsSection
                    focus: true
                    onSectionChanged: window.settingsSection = section
                    onSidebarWanted: window.toggleSidebar()
                    onFolderWanted: files.ask("folder", "")
                    onImportWanted: files.ask("import", "")
                    onExportAllWanted: files.ask("export", "")
                }
            }
            ToastStack {
                id: toasts

                objectName: "toasts"
                anchors.horizontalCenter: parent.horizontalCenter
                anchors.bottom: parent.bottom
                anchors.bottomMargin: window.page === "chat" ? chatPage.toastInset : Theme.space6
                width: Math.min(560, parent.width - 2 * Theme.space4)
                z: 6
                onActionChosen: actionId => window.app.runNoticeAction(actionId)
            }
        }
        // A swipe from the edge brings the chats over the page.
        Item {
            anchors.left: parent.left
            anchors.top: parent.top
            anchors.bottom: parent.bottom
            width: 14
            visible: window.narrow && !window.overlayOpen

            DragHandler {
                target: null
                yAxis.enabled: false
                onTranslationChanged: if (Math.abs(translation.x) > 24) window.overlayOpen = true
            }
        }
        DropHint {
            anchors.fill: parent
            anchors.margins: Theme.space3
            visible: dropArea.containsDrag
            z: 10
        }
    }

    Loader {
        anchors.fill: parent
        active: window.blockedByProblem
        sourceComponent: DatabaseProblemPage {
            objectName: "databaseProblem"
            problem: window.app.databaseProblem
        }
    }
    Loader {
        id: modelSheetLoader

        active: false

        function show() {
            active = true;
            (item as ModelSheet).open();
        }
        sourceComponent: ModelSheet {
            app: window.app
            onAdapterWanted: files.ask("adapter", "")
            onClosed: if (window.page === "chat") chatPage.focusComposer()
        }
    }
    Loader {
        id: sheetLoader

        active: false

        function show() {
            active = true;
            (item as ShortcutsSheet).open();
        }
        sourceComponent: ShortcutsSheet {
            onClosed: if (window.page === "chat") chatPage.focusComposer()
        }
    }
}

import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// Every change applies at once; every page has a reset.
FocusScope {
    id: page

    required property AppContext app
    property bool sidebarButton: false
    property string section: "general"
    readonly property bool resettable: section === "general" || section === "appearance" || section === "models"
        || section === "device"
    readonly property bool narrow: width < 700
    readonly property real inset: width < 560 ? Theme.space4 : 40
    signal sidebarWanted()
    signal folderWanted()
    signal importWanted()
    signal exportAllWanted()
    signal librarySought()

    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Settings")

    readonly property var sections: [
        { "id": "general", "title": qsTr("General"), "glyph": "sliders" },
        { "id": "appearance", "title": qsTr("Appearance"), "glyph": "appearance" },
        { "id": "models", "title": qsTr("Models and folders"), "glyph": "folder" },
        { "id": "device", "title": qsTr("Device"), "glyph": "device" },
        { "id": "privacy", "title": qsTr("Privacy"), "glyph": "privacy" },
        { "id": "keys", "title": qsTr("Keys"), "glyph": "keyboard" },
        { "id": "about", "title": qsTr("About"), "glyph": "info" }
    ]

    function askToDelete() {
        (sectionLoader.item as PrivacySettings).ask();
    }
    function titleOf(id: string): string {
        const found = sections.find(entry => entry.id === id);
        return found ? found.title : "";
    }

    IconButton {
        id: menuButton

        anchors.left: parent.left
        anchors.leftMargin: Theme.space4 + 1
        y: 14
        visible: page.sidebarButton
        glyph: "menu"
        text: qsTr("Chats")
        shortcut: Keymap.label("sidebar")
        onClicked: page.sidebarWanted()
    }
    Label {
        id: heading

        anchors.left: page.sidebarButton ? menuButton.right : parent.left
        anchors.leftMargin: page.sidebarButton ? Theme.space3 : page.inset
        y: page.sidebarButton ? 14 : 24
        height: Math.max(implicitHeight, page.sidebarButton ? 32 : Theme.controlHeight)
        text: qsTr("Settings")
        font.pixelSize: Theme.pageTitle
        font.weight: Font.DemiBold
        font.letterSpacing: -0.2
        Accessible.role: Accessible.Heading
    }

    component SectionTab: NavRow {
        id: tab

        required property var modelData

        objectName: "settings-" + modelData.id
        text: modelData.title
        current: page.section === modelData.id
        Accessible.role: Accessible.PageTab
        onClicked: page.section = modelData.id
    }

    // Wide: the sections stand at the side. Narrow: they lie in a row that scrolls.
    Column {
        id: side

        anchors.left: parent.left
        anchors.leftMargin: page.inset - 10
        anchors.top: heading.bottom
        anchors.topMargin: Theme.space4
        width: 200
        spacing: 2
        visible: !page.narrow

        Repeater {
            model: page.narrow ? [] : page.sections

            SectionTab {
                width: side.width
                glyph: modelData.glyph
            }
        }
    }
    Flickable {
        id: strip

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: heading.bottom
        anchors.topMargin: Theme.space3
        height: visible ? Theme.controlHeight + 4 : 0
        visible: page.narrow
        leftMargin: page.inset - 8
        rightMargin: page.inset - 8
        contentWidth: stripRow.width
        contentHeight: height
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        clip: true

        function reveal(tab: Item) {
            if (tab)
                contentX = Math.max(-leftMargin, Math.min(contentWidth + rightMargin - width,
                    tab.x + tab.width / 2 - width / 2));
        }

        Row {
            id: stripRow
            y: 2
            spacing: 2

            Repeater {
                model: page.narrow ? page.sections : []

                SectionTab {
                    id: stripTab
                    width: probe.implicitWidth + 20
                    onActiveFocusChanged: if (activeFocus) strip.reveal(stripTab)
                    onCurrentChanged: if (current) Qt.callLater(strip.reveal, stripTab)
                    Component.onCompleted: if (current) Qt.callLater(strip.reveal, stripTab)

                    Label {
                        id: probe
                        visible: false
                        text: stripTab.text
                        font.weight: Font.Medium
                        Accessible.ignored: true
                    }
                }
            }
        }
    }

    EdgeFade {
        anchors.top: strip.top
        anchors.bottom: strip.bottom
        visible: strip.visible
        target: strip
        ground: Theme.background
        atEnd: false
    }
    EdgeFade {
        anchors.top: strip.top
        anchors.bottom: strip.bottom
        x: page.width - width
        visible: strip.visible
        target: strip
        ground: Theme.background
    }

    Flickable {
        id: scroll

        anchors.left: page.narrow ? parent.left : side.right
        anchors.right: parent.right
        anchors.top: page.narrow ? strip.bottom : heading.bottom
        anchors.topMargin: page.narrow ? Theme.space2 : Theme.space4
        anchors.bottom: parent.bottom
        contentWidth: width
        contentHeight: content.height + Theme.space12
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        T.ScrollBar.vertical: ScrollBar {}

        Column {
            id: content

            anchors.left: parent.left
            anchors.leftMargin: page.inset
            width: Math.min(Theme.formMeasure, scroll.width - 2 * page.inset)
            spacing: 0

            Label {
                anchors.left: parent.left
                text: page.titleOf(page.section)
                font.pixelSize: Theme.title
                font.weight: Font.DemiBold
                Accessible.role: Accessible.Heading
                topPadding: 7
                bottomPadding: 4
            }
            Loader {
                id: sectionLoader

                width: parent.width
                sourceComponent: {
                    switch (page.section) {
                    case "appearance":
                        return appearance;
                    case "models":
                        return models;
                    case "device":
                        return device;
                    case "privacy":
                        return privacy;
                    case "keys":
                        return keys;
                    case "about":
                        return about;
                    default:
                        return general;
                    }
                }
                onLoaded: scroll.contentY = 0
            }
            Item { width: 1; height: Theme.space4 }
            Button {
                anchors.left: parent.left
                objectName: "resetPage"
                visible: page.resettable
                glyph: "reset"
                text: qsTr("Reset this page")
                onClicked: {
                    page.app.settings.resetPage(page.section);
                    if (page.section === "general")
                        page.app.settings.resetPage("chat");
                }
            }
        }
    }

    Component {
        id: general
        GeneralSettings {
            app: page.app
            onImportWanted: page.importWanted()
            onExportAllWanted: page.exportAllWanted()
        }
    }
    Component {
        id: appearance
        AppearanceSettings { app: page.app }
    }
    Component {
        id: models
        ModelSettings {
            app: page.app
            onFolderWanted: page.folderWanted()
        }
    }
    Component {
        id: device
        DeviceSettings { app: page.app }
    }
    Component {
        id: privacy
        PrivacySettings { app: page.app }
    }
    Component {
        id: keys
        KeySettings {}
    }
    Component {
        id: about
        AboutSettings { app: page.app }
    }
}

import QtQuick
import Kinglet.App
import Kinglet.Ui

/// The models on this computer, and those that can be had.
FocusScope {
    id: page

    required property AppContext app
    property bool sidebarButton: false
    /// "here": on this computer; "get": what can be had.
    property string tab: "here"
    readonly property bool narrow: width < 640
    readonly property real inset: narrow ? Theme.space4 : 40
    signal tabWanted(string tab)
    signal sidebarWanted()
    signal chatWanted()
    signal fileWanted()
    signal folderWanted()

    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Library")

    Component.onCompleted: showAll()
    onTabChanged: {
        search.clear();
        showAll();
    }

    function showAll() {
        app.models.filter = "";
        app.library.offers.filter = "";
    }

    Column {
        id: head

        anchors.left: parent.left
        anchors.leftMargin: page.inset
        y: page.sidebarButton ? 12 : 24
        width: Math.min(Theme.pageMeasure, page.width - 2 * page.inset)
        spacing: 0

        Item {
            width: parent.width
            height: Math.max(heading.implicitHeight, Theme.controlHeight)

            IconButton {
                id: menuButton

                anchors.left: parent.left
                anchors.verticalCenter: parent.verticalCenter
                visible: page.sidebarButton
                glyph: "menu"
                text: qsTr("Chats")
                shortcut: Keymap.label("sidebar")
                onClicked: page.sidebarWanted()
            }
            Label {
                id: heading

                anchors.left: page.sidebarButton ? menuButton.right : parent.left
                anchors.leftMargin: page.sidebarButton ? Theme.space3 : 0
                anchors.verticalCenter: parent.verticalCenter
                text: qsTr("Library")
                font.pixelSize: Theme.pageTitle
                font.weight: Font.DemiBold
                font.letterSpacing: -0.2
                Accessible.role: Accessible.Heading
            }
            Button {
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                objectName: "openModelFile"
                primary: page.tab === "here"
                glyph: page.narrow ? "" : "file"
                text: page.narrow ? qsTr("Open a file…") : qsTr("Open a model file…")
                onClicked: page.fileWanted()
            }
        }
        Item { width: 1; height: Theme.space3 }
        Item {
            id: bar

            readonly property real beside: width - tabs.width - Theme.space4
            readonly property bool stacked: beside < 160

            width: parent.width
            height: stacked && search.visible ? search.y + search.height + Theme.space3 : tabs.height

            Row {
                id: tabs

                anchors.left: parent.left
                Accessible.role: Accessible.PageTabList
                Accessible.name: qsTr("Library")

                Tab {
                    objectName: "tabHere"
                    text: qsTr("On this computer")
                    current: page.tab === "here"
                    onClicked: page.tabWanted("here")
                }
                Tab {
                    objectName: "tabGet"
                    text: qsTr("Get models")
                    current: page.tab === "get"
                    onClicked: page.tabWanted("get")
                }
            }
            TextField {
                id: search

                objectName: "librarySearch"
                anchors.right: parent.right
                y: bar.stacked ? tabs.height + Theme.space2 : (tabs.height - height) / 2 - 4
                width: bar.stacked ? parent.width : Math.min(280, bar.beside)
                visible: page.tab === "get" || page.app.models.totalCount > 0
                glyph: "search"
                clearable: true
                placeholderText: qsTr("Search models")
                onTextChanged: {
                    if (page.tab === "get")
                        page.app.library.offers.filter = text;
                    else
                        page.app.models.filter = text;
                }
                onAccepted: if (page.tab === "get") page.app.library.search(text)
            }
        }
        Divider {
            width: parent.width
        }
    }

    Loader {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: head.bottom
        anchors.bottom: parent.bottom
        focus: true
        sourceComponent: page.tab === "get" ? offers : installed
    }
    Component {
        id: installed

        InstalledList {
            app: page.app
            inset: page.inset
            narrow: page.narrow
            focus: true
            onChatWanted: page.chatWanted()
            onFolderWanted: page.folderWanted()
            onMoreWanted: page.tabWanted("get")
        }
    }
    Component {
        id: offers

        OfferList {
            app: page.app
            inset: page.inset
            narrow: page.narrow
            words: search.text
            focus: true
            onChatWanted: page.chatWanted()
            onFolderWanted: page.folderWanted()
        }
    }
}

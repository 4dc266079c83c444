import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// The models that can be had: the catalogue's, and what a search of the hub found.
FocusScope {
    id: page

    required property AppContext app
    property real inset: 40
    property bool narrow: false
    property string words: ""
    readonly property ModelLibrary library: app.library
    readonly property bool mirrored: LayoutMirroring.enabled
    signal chatWanted()
    signal folderWanted()

    Component.onCompleted: library.visit()

    function act(row: OfferRow, action: string) {
        switch (action) {
        case "download":
            if (row.terms !== "")
                terms.ask(row.offerId, row.name, row.terms);
            else
                library.download(row.offerId);
            break;
        case "files":
            library.listFiles(row.offerId);
            break;
        case "chat":
            app.models.load(row.path);
            page.chatWanted();
            break;
        case "pause":
            library.pause(row.offerId);
            break;
        case "resume":
        case "retry":
        case "startOver":
            library.resume(row.offerId);
            break;
        case "token":
            token.ask(row.offerId);
            break;
        case "page":
            Qt.openUrlExternally(row.address);
            break;
        case "folder":
            page.folderWanted();
            break;
        case "remove":
        case "cancel":
            library.cancel(row.offerId);
            break;
        }
    }

    ListView {
        id: list

        objectName: "offerList"
        anchors.fill: parent
        clip: true
        model: page.library.offers
        boundsBehavior: Flickable.StopAtBounds
        currentIndex: -1
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Models that you can get")
        T.ScrollBar.vertical: ScrollBar {}

        section.property: "section"
        section.delegate: Item {
            id: heading

            required property string section

            width: ListView.view ? ListView.view.width : 0
            height: section === "" ? 0 : label.implicitHeight + 32

            Label {
                id: label

                visible: heading.section !== ""
                anchors.left: parent.left
                anchors.leftMargin: page.inset + 4
                anchors.bottom: parent.bottom
                text: heading.section
                font.pixelSize: Theme.body
                font.weight: Font.DemiBold
                Accessible.role: Accessible.Heading
            }
        }
        delegate: OfferRow {
            id: row

            width: list.width
            inset: page.inset
            narrow: page.narrow
            onActed: action => page.act(row, action)
            onMenuWanted: anchor => rowMenu.openFor(row, anchor)
        }
        footer: Item {
            width: list.width
            height: note.height + 2 * Theme.space6

            Column {
                id: note

                anchors.left: parent.left
                anchors.leftMargin: page.inset + 4
                y: Theme.space6
                width: Math.min(Theme.pageMeasure, list.width - 2 * page.inset) - 8
                spacing: Theme.space2

                Label {
                    width: parent.width
                    visible: list.count === 0 && page.words !== ""
                    text: qsTr("Nothing in the catalogue is called “%1”.").arg(page.words)
                    font.pixelSize: Theme.title
                    font.weight: Font.DemiBold
                    wrapMode: Text.Wrap
                    horizontalAlignment: Text.AlignLeft
                }
                Label {
                    objectName: "searchNote"
                    width: parent.width
                    visible: text !== ""
                    text: {
                        if (page.library.searching)
                            return qsTr("Asking %1…").arg(page.library.hubName);
                        if (page.library.searchProblem !== "")
                            return page.library.searchProblem;
                        if (page.library.searchedFor !== "" && page.library.foundCount === 0)
                            return qsTr("%1 has no model for “%2”.").arg(page.library.hubName).arg(page.library.searchedFor);
                        return "";
                    }
                    color: page.library.searchProblem !== "" ? Theme.danger : Theme.secondary
                    font.pixelSize: Theme.small
                    wrapMode: Text.Wrap
                    horizontalAlignment: Text.AlignLeft
                }
                Button {
                    objectName: "searchHub"
                    anchors.left: parent.left
                    glyph: "search"
                    enabled: page.words.trim() !== "" && !page.library.searching
                    text: page.words.trim() === "" ? qsTr("Search %1").arg(page.library.hubName)
                        : qsTr("Search %1 for “%2”").arg(page.library.hubName).arg(page.words.trim())
                    hint: page.words.trim() === "" ? qsTr("Type what you look for into the search field first.") : ""
                    onClicked: page.library.search(page.words)
                }
                Flow {
                    width: parent.width
                    spacing: Theme.space2

                    Button {
                        objectName: "addCatalogue"
                        quiet: true
                        glyph: "plus"
                        text: qsTr("Catalogues…")
                        hint: qsTr("Add lists of models from other places")
                        onClicked: catalogues.open()
                    }
                    Button {
                        objectName: "refreshCatalogues"
                        quiet: true
                        visible: page.library.catalogues.length > 0
                        glyph: "refresh"
                        text: qsTr("Refresh")
                        hint: qsTr("Ask for newer lists")
                        onClicked: page.library.refreshCatalogues()
                    }
                }
                Label {
                    width: Math.min(parent.width, Theme.formMeasure)
                    text: page.library.measuring
                        ? qsTr("Measuring how fast this computer is…")
                        : qsTr("Nothing is fetched before you ask for it. Each model is checked before it can be used.")
                    color: Theme.secondary
                    font.pixelSize: Theme.small
                    wrapMode: Text.Wrap
                    lineHeight: Theme.lineHeight
                    horizontalAlignment: Text.AlignLeft
                }
            }
        }
    }

    Menu {
        id: rowMenu

        property string offerId: ""
        property string address: ""
        property int form: 0

        title: qsTr("This model")

        function openFor(row: OfferRow, anchor: Item) {
            offerId = row.offerId;
            address = row.address;
            form = row.form;
            forms.model = row.fetching ? [] : row.forms;
            parent = anchor;
            x = page.mirrored ? 0 : anchor.width - width;
            y = anchor.height + 2;
            open();
        }

        Instantiator {
            id: forms

            delegate: MenuItem {
                required property int index
                required property string modelData

                glyph: rowMenu.form === index ? "check" : ""
                text: modelData
                onTriggered: page.library.chooseForm(rowMenu.offerId, index)
            }
            onObjectAdded: (index, object) => rowMenu.insertItem(index, object)
            onObjectRemoved: (index, object) => rowMenu.removeItem(object)
        }
        MenuItem {
            objectName: "openPage"
            visible: rowMenu.address !== ""
            glyph: "link"
            text: qsTr("Open its page")
            onTriggered: Qt.openUrlExternally(rowMenu.address)
        }
    }
    CatalogueDialog {
        id: catalogues
        library: page.library
    }
    TermsDialog {
        id: terms
        onAgreed: offerId => page.library.download(offerId)
    }
    TokenDialog {
        id: token
        hub: page.library.hubName
        onGiven: (offerId, text) => {
            page.library.giveToken(text);
            page.library.resume(offerId);
        }
    }
}

import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// The models on this computer.
FocusScope {
    id: page

    required property AppContext app
    property real inset: 40
    property bool narrow: false
    readonly property ModelListModel models: app.models
    readonly property ModelLibrary library: app.library
    readonly property bool mirrored: LayoutMirroring.enabled
    signal chatWanted()
    signal folderWanted()
    signal moreWanted()

    function readableFolder(): string {
        const path = decodeURIComponent(String(models.folder).replace(/^file:\/\/(\/[A-Za-z]:)?/, (m, drive) => drive ? drive.slice(1) : ""));
        return path;
    }

    ListView {
        id: list

        objectName: "installedList"
        anchors.fill: parent
        clip: true
        model: page.models
        boundsBehavior: Flickable.StopAtBounds
        currentIndex: -1
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Models on this computer")
        T.ScrollBar.vertical: ScrollBar {}

        delegate: Item {
            id: row

            required property int index
            required property string modelId
            required property string path
            required property string name
            required property string quantization
            required property string sizeText
            required property string architecture
            required property string problem
            required property bool missing
            required property bool isCurrent
            required property string speedText
            required property string folderText
            required property bool builtIn
            required property bool verified
            required property string sameAs
            required property double copyProgress
            readonly property bool usable: problem === "" && !missing
            readonly property bool loading: isCurrent && page.app.model.state === ModelStatus.Loading
            readonly property bool ready: isCurrent && page.app.model.state === ModelStatus.Ready

            width: list.width
            height: facts.height + 36
            Accessible.role: Accessible.ListItem
            Accessible.name: name
            Accessible.description: verdict.text

            Column {
                id: facts

                anchors.left: parent.left
                anchors.leftMargin: page.inset + 4
                y: 18
                width: Math.min(Theme.pageMeasure, list.width - 2 * page.inset) - actions.width - Theme.space6
                spacing: 6

                Row {
                    width: parent.width
                    spacing: Theme.space2

                    Label {
                        id: title
                        width: Math.min(implicitWidth, parent.width)
                        text: row.name
                        elide: Text.ElideRight
                        font.pixelSize: Theme.body
                        font.weight: Font.DemiBold
                    }
                    Label {
                        anchors.baseline: title.baseline
                        width: Math.max(0, Math.min(implicitWidth, parent.width - title.width - Theme.space2))
                        text: row.folderText === page.readableFolder() ? "" : row.folderText
                        elide: Text.ElideMiddle
                        font.pixelSize: Theme.small
                        color: Theme.secondary
                    }
                }
                Flow {
                    width: parent.width
                    spacing: 6

                    Pill {
                        visible: row.quantization !== ""
                        text: row.quantization
                    }
                    Pill {
                        visible: row.sizeText !== ""
                        text: row.sizeText
                    }
                    Pill {
                        visible: row.architecture !== ""
                        text: row.architecture
                    }
                    Pill {
                        objectName: "verifiedBadge" + row.index
                        visible: row.verified && row.usable
                        text: qsTr("Verified here")
                    }
                }
                Label {
                    id: verdict

                    width: parent.width
                    text: {
                        if (row.missing)
                            return qsTr("The file is no longer there.");
                        if (row.problem !== "")
                            return row.problem;
                        if (row.copyProgress >= 0)
                            return qsTr("Being copied into the models folder: %1 %").arg(Math.floor(row.copyProgress * 100));
                        if (row.sameAs !== "")
                            return qsTr("The same model is there twice: %1").arg(row.sameAs);
                        if (row.speedText !== "")
                            return qsTr("Runs here: %1").arg(row.speedText);
                        return qsTr("Not tried here yet");
                    }
                    wrapMode: Text.Wrap
                    lineHeight: lineCount > 1 ? Theme.lineHeight : 1
                    horizontalAlignment: Text.AlignLeft
                    font.pixelSize: Theme.small
                    color: !row.usable ? Theme.danger : row.speedText !== "" && row.sameAs === "" && row.copyProgress < 0 ? Theme.success : Theme.secondary
                }
            }
            Row {
                id: actions

                anchors.right: parent.right
                anchors.rightMargin: Math.max(page.inset, list.width - page.inset - Theme.pageMeasure)
                anchors.verticalCenter: parent.verticalCenter
                spacing: Theme.space2

                Label {
                    anchors.verticalCenter: parent.verticalCenter
                    visible: row.loading && !page.narrow
                    text: qsTr("Loading, %1 %").arg(Math.round(page.app.model.progress * 100))
                    font.pixelSize: Theme.small
                    color: Theme.secondary
                }
                Button {
                    objectName: "chatWithModel" + row.index
                    visible: row.usable
                    text: row.loading ? qsTr("Cancel") : qsTr("Chat")
                    hint: row.loading ? "" : row.ready ? qsTr("Loaded and ready") : qsTr("Load it and chat")
                    onClicked: {
                        if (row.loading) {
                            page.app.model.cancelLoad();
                            return;
                        }
                        if (!row.ready)
                            page.models.load(row.modelId);
                        page.chatWanted();
                    }
                }
                IconButton {
                    id: more

                    objectName: "moreAboutModel" + row.index
                    anchors.verticalCenter: parent.verticalCenter
                    glyph: "more"
                    text: qsTr("More about %1").arg(row.name)
                    onClicked: rowMenu.openFor(row, more)
                }
            }
            Divider {
                anchors.left: parent.left
                anchors.leftMargin: page.inset
                width: Math.min(Theme.pageMeasure, list.width - 2 * page.inset)
                anchors.bottom: parent.bottom
            }
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
                    visible: list.count === 0
                    text: page.models.scanning ? qsTr("Looking for models…")
                        : page.models.filter !== "" ? qsTr("No model is called “%1”.").arg(page.models.filter)
                        : qsTr("No models yet")
                    font.pixelSize: Theme.title
                    font.weight: Font.DemiBold
                    wrapMode: Text.Wrap
                    horizontalAlignment: Text.AlignLeft
                }
                Label {
                    width: Math.min(parent.width, Theme.formMeasure)
                    visible: page.models.ownCount === 0 && page.models.filter === "" && !page.models.scanning
                    text: qsTr("A model is one file that ends in .gguf. Get one from the list, open one, drop it on this window, or put it into the models folder: it appears here.")
                    color: Theme.secondary
                    wrapMode: Text.Wrap
                    lineHeight: Theme.lineHeight
                    horizontalAlignment: Text.AlignLeft
                }
                Button {
                    objectName: "getModels"
                    anchors.left: parent.left
                    visible: page.models.ownCount === 0 && page.models.filter === "" && !page.models.scanning
                    primary: true
                    text: qsTr("Get models")
                    onClicked: page.moreWanted()
                }
                Item { width: 1; height: Theme.space1 }
                Label {
                    anchors.left: parent.left
                    text: qsTr("Models folder")
                    font.pixelSize: Theme.small
                    font.weight: Font.DemiBold
                }
                Label {
                    width: parent.width
                    text: page.readableFolder()
                    elide: Text.ElideMiddle
                    horizontalAlignment: Text.AlignLeft
                    font.pixelSize: Theme.small
                    color: Theme.secondary
                }
                Flow {
                    width: parent.width
                    spacing: Theme.space2
                    topPadding: 2

                    Button {
                        text: qsTr("Change folder…")
                        onClicked: page.folderWanted()
                    }
                    Button {
                        text: qsTr("Open folder")
                        onClicked: Qt.openUrlExternally(page.models.folder)
                    }
                    Button {
                        quiet: true
                        glyph: "refresh"
                        text: qsTr("Look again")
                        enabled: !page.models.scanning
                        onClicked: page.models.refresh()
                    }
                    Button {
                        objectName: "lookElsewhere"
                        quiet: true
                        glyph: "search"
                        text: page.library.foreignState === "looking" ? qsTr("Looking…") : qsTr("Look in other apps")
                        hint: qsTr("Hugging Face, Ollama, LM Studio and GPT4All keep models that Kinglet can use where they are.")
                        enabled: page.library.foreignState !== "looking"
                        onClicked: page.library.lookElsewhere()
                    }
                }
                Label {
                    width: parent.width
                    visible: page.library.foreignState === "done" && page.library.foreign.length === 0
                    text: qsTr("Other apps have no model here that is not in the list.")
                    font.pixelSize: Theme.small
                    color: Theme.secondary
                    wrapMode: Text.Wrap
                    horizontalAlignment: Text.AlignLeft
                }
                Repeater {
                    model: page.library.foreign

                    Item {
                        id: foreign

                        required property int index
                        required property var modelData

                        width: note.width
                        height: Math.max(words.height, add.height) + Theme.space2

                        Column {
                            id: words

                            anchors.left: parent.left
                            anchors.right: add.left
                            anchors.rightMargin: Theme.space3
                            anchors.verticalCenter: parent.verticalCenter

                            Label {
                                width: parent.width
                                text: foreign.modelData.name
                                elide: Text.ElideMiddle
                                horizontalAlignment: Text.AlignLeft
                            }
                            Label {
                                width: parent.width
                                text: qsTr("%1, %2").arg(foreign.modelData.app).arg(foreign.modelData.sizeText)
                                elide: Text.ElideRight
                                horizontalAlignment: Text.AlignLeft
                                font.pixelSize: Theme.small
                                color: Theme.secondary
                            }
                        }
                        Button {
                            id: add

                            objectName: "addForeign" + foreign.index
                            anchors.right: parent.right
                            anchors.verticalCenter: parent.verticalCenter
                            text: qsTr("Add")
                            hint: qsTr("Use it where it is")
                            Accessible.name: qsTr("Add %1").arg(foreign.modelData.name)
                            onClicked: page.app.addModelFile(foreign.modelData.file)
                        }
                    }
                }
            }
        }
    }

    Menu {
        id: rowMenu

        property string modelId: ""
        property bool loaded: false
        property bool builtIn: false
        /// In the models folder: Kinglet's to delete.
        property bool ours: false

        title: qsTr("This model")

        property bool copying: false
        property bool copyable: false

        function openFor(row: var, anchor: Item) {
            modelId = row.modelId;
            loaded = row.ready;
            builtIn = row.builtIn;
            ours = !row.builtIn && !row.missing && row.folderText.startsWith(page.readableFolder());
            copying = row.copyProgress >= 0;
            copyable = !ours && !row.builtIn && row.usable && !copying;
            parent = anchor;
            x = page.mirrored ? 0 : anchor.width - width;
            y = anchor.height + 2;
            open();
        }

        MenuItem {
            objectName: "settingsOfModel"
            glyph: "sliders"
            text: qsTr("Settings of this model…")
            onTriggered: page.app.modelEditor.edit(rowMenu.modelId)
        }
        MenuItem {
            objectName: "showFile"
            visible: !rowMenu.builtIn
            glyph: "folder"
            text: qsTr("Show file")
            onTriggered: page.models.reveal(rowMenu.modelId)
        }
        MenuItem {
            objectName: "unloadModel"
            glyph: "eject"
            text: qsTr("Unload")
            enabled: rowMenu.loaded
            onTriggered: page.app.model.unload()
        }
        MenuItem {
            objectName: "copyModel"
            visible: rowMenu.copyable
            glyph: "copy"
            text: qsTr("Copy into the models folder")
            onTriggered: page.models.copyIntoFolder(rowMenu.modelId)
        }
        MenuItem {
            objectName: "cancelCopy"
            visible: rowMenu.copying
            glyph: "close"
            text: qsTr("Stop copying")
            onTriggered: page.models.cancelCopy(rowMenu.modelId)
        }
        MenuSeparator {
            visible: !rowMenu.builtIn
        }
        MenuItem {
            objectName: "deleteModel"
            visible: rowMenu.ours
            glyph: "trash"
            text: qsTr("Move to the trash")
            destructive: true
            onTriggered: page.models.deleteFiles(rowMenu.modelId)
        }
        MenuItem {
            objectName: "takeOffTheList"
            visible: !rowMenu.builtIn
            glyph: "close"
            text: qsTr("Take off the list")
            onTriggered: page.models.remove(rowMenu.modelId)
        }
    }
}

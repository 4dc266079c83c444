import QtQuick
import QtQuick.Dialogs
import Kinglet.App

/// The system's file dialogs, made when first asked for.
QtObject {
    id: files

    required property AppContext app
    property Loader loader: Loader {}
    property string chatId: ""

    function show(component: Component) {
        loader.sourceComponent = null;
        loader.sourceComponent = component;
        loader.item.open();
    }
    function openModel() { show(modelDialog); }
    function chooseFolder() { show(folderDialog); }
    function importChats() { show(importDialog); }
    function exportAll() {
        chatId = "";
        show(exportDialog);
    }
    function exportChat(id: string) {
        chatId = id;
        show(exportDialog);
    }
    function attachText() { show(attachDialog); }

    property Component modelDialog: Component {
        FileDialog {
            title: qsTr("Open a model file")
            currentFolder: files.app.models.folder
            nameFilters: [qsTr("Models (*.gguf)"), qsTr("All files (*)")]
            onAccepted: files.app.openModelFile(selectedFile)
        }
    }
    property Component folderDialog: Component {
        FolderDialog {
            title: qsTr("Choose the models folder")
            currentFolder: files.app.models.folder
            onAccepted: files.app.models.folder = selectedFolder
        }
    }
    property Component importDialog: Component {
        FileDialog {
            title: qsTr("Import chats")
            nameFilters: [qsTr("Chats (*.zip)"), qsTr("All files (*)")]
            onAccepted: files.app.importChats(selectedFile)
        }
    }
    property Component exportDialog: Component {
        FileDialog {
            title: files.chatId === "" ? qsTr("Export all chats") : qsTr("Export this chat")
            fileMode: FileDialog.SaveFile
            defaultSuffix: "zip"
            nameFilters: [qsTr("Chats (*.zip)")]
            onAccepted: {
                if (files.chatId === "")
                    files.app.exportAllChats(selectedFile);
                else
                    files.app.exportChat(files.chatId, selectedFile);
            }
        }
    }
    property Component attachDialog: Component {
        FileDialog {
            title: qsTr("Attach a text file")
            nameFilters: [qsTr("Text (*.txt *.md *.csv *.json *.log *.xml *.html *.py *.cpp *.h *.c *.js *.rs *.go *.java)"),
                qsTr("All files (*)")]
            onAccepted: files.app.openDroppedFiles([selectedFile])
        }
    }
}

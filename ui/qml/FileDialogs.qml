import QtQuick
import QtQuick.Dialogs
import Kinglet.App

/// The system's file dialogs, made when first asked for.
QtObject {
    id: files

    required property AppContext app
    property Loader loader: Loader {}
    property string chatId: ""

    /// "model", "adapter", "folder", "import", "attach", or "export": one chat, or all where `chat` is empty.
    function ask(what: string, chat: string) {
        files.chatId = chat;
        const dialogs = { "model": modelDialog, "adapter": adapterDialog, "folder": folderDialog,
            "import": importDialog, "attach": attachDialog, "export": exportDialog };
        files.loader.sourceComponent = null;
        files.loader.sourceComponent = dialogs[what];
    }

    property Component modelDialog: Component {
        FileDialog {
            Component.onCompleted: open()
            title: qsTr("Open a model file")
            currentFolder: files.app.models.folder
            nameFilters: [qsTr("Models (*.gguf)"), qsTr("All files (*)")]
            onAccepted: files.app.openModelFile(selectedFile)
        }
    }
    property Component adapterDialog: Component {
        FileDialog {
            Component.onCompleted: open()
            title: qsTr("Add an adapter")
            currentFolder: files.app.models.folder
            nameFilters: [qsTr("Adapters (*.gguf)"), qsTr("All files (*)")]
            onAccepted: files.app.modelEditor.addAdapter(selectedFile)
        }
    }
    property Component folderDialog: Component {
        FolderDialog {
            Component.onCompleted: open()
            title: qsTr("Choose the models folder")
            currentFolder: files.app.models.folder
            onAccepted: files.app.models.folder = selectedFolder
        }
    }
    property Component importDialog: Component {
        FileDialog {
            Component.onCompleted: open()
            title: qsTr("Import chats")
            nameFilters: [qsTr("Chats (*.zip)"), qsTr("All files (*)")]
            onAccepted: files.app.importChats(selectedFile)
        }
    }
    property Component exportDialog: Component {
        FileDialog {
            Component.onCompleted: open()
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
            Component.onCompleted: open()
            title: qsTr("Attach a text file")
            nameFilters: [qsTr("Text (*.txt *.md *.csv *.json *.log *.xml *.html *.py *.cpp *.h *.c *.js *.rs *.go *.java)"),
                qsTr("All files (*)")]
            onAccepted: files.app.openDroppedFiles([selectedFile])
        }
    }
}

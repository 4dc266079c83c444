import QtQuick
import Kinglet.App
import Kinglet.Ui

/// What leaves this computer (nothing of a chat) and where what is written stays.
Column {
    id: section

    required property AppContext app

    function ask() {
        confirm.open();
    }

    SettingRow {
        label: qsTr("Requests over the network")
        hint: qsTr("Only to look for models and to fetch them, from %1. Nothing that you write is sent. A link in an answer opens in your browser, and only after you have seen where it leads.").arg(section.app.library.hubName)

        Label {
            text: qsTr("For models only")
            color: Theme.success
            font.weight: Font.Medium
        }
    }
    SettingRow {
        label: qsTr("Images and other resources in answers")
        hint: qsTr("Never fetched, whatever a model writes.")
    }
    SettingRow {
        label: qsTr("Your chats")
        hint: qsTr("They are kept in a database on this computer, in %1. A deleted chat can be taken back at once, and is erased from there after 30 days. Backups of up to five days lie beside it.").arg(section.app.settings.dataFolder)
        wide: true

        Button {
            anchors.left: parent.left
            text: qsTr("Open folder")
            onClicked: Qt.openUrlExternally("file://" + section.app.settings.dataFolder.split("/").map(encodeURIComponent).join("/"))
        }
    }
    SettingRow {
        label: qsTr("Delete all chats and settings")
        hint: qsTr("Kinglet is then as it was before you first used it. Model files stay.")

        Button {
            objectName: "deleteEverything"
            text: qsTr("Delete…")
            destructive: true
            onClicked: section.ask()
        }
    }
    Dialog {
        id: confirm

        readonly property int chats: section.app.chats.totalCount

        objectName: "deleteDialog"
        title: qsTr("Delete all chats and settings?")
        message: (chats === 0 ? qsTr("There are no chats. Drafts go, and every setting returns to its default.")
            : chats === 1 ? qsTr("Your 1 chat goes, with its messages and drafts, and every setting returns to its default.")
            : qsTr("All %1 chats go, with their messages and drafts, and every setting returns to its default.").arg(chats))
            + "\n\n" + qsTr("Model files and the list of them stay. You can undo this while the notice is shown. After 30 days the chats are erased from the database; backups hold them until newer ones replace them.")
        acceptLabel: qsTr("Delete everything")
        destructive: true
        onAccepted: section.app.deleteEverything()
    }
}

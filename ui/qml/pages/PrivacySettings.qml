import QtQuick
import Kinglet.App
import Kinglet.Ui

/// What leaves this computer (nothing) and where what is written stays.
Column {
    id: section

    required property AppContext app

    SettingRow {
        label: qsTr("Requests over the network")
        hint: qsTr("This version of Kinglet has no network access of its own. Links in answers open in your browser, and only after you have seen where they lead.")

        Label {
            text: qsTr("None")
            color: Theme.success
            font.weight: Font.Medium
        }
    }
    SettingRow {
        label: qsTr("Your chats")
        hint: qsTr("They are kept in one database file on this computer, in %1. Deleted chats are overwritten there.").arg(section.app.settings.dataFolder)
        wide: true

        Button {
            text: qsTr("Open folder")
            onClicked: Qt.openUrlExternally("file://" + section.app.settings.dataFolder)
        }
    }
    SettingRow {
        label: qsTr("Images and other resources in answers")
        hint: qsTr("Never fetched, whatever a model writes.")
    }
}

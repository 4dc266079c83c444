import QtQuick
import Kinglet.App
import Kinglet.Ui

/// Where models and data lie.
Column {
    id: section

    required property AppContext app
    signal folderWanted()

    function readable(url: string): string {
        return decodeURIComponent(url.replace(/^file:\/\//, ""));
    }

    SettingRow {
        label: qsTr("Models folder")
        hint: section.readable(String(section.app.settings.modelsFolder))
        wide: true

        Row {
            anchors.left: parent.left
            spacing: Theme.space2

            Button {
                text: qsTr("Change…")
                onClicked: section.folderWanted()
            }
            Button {
                text: qsTr("Open folder")
                onClicked: Qt.openUrlExternally(section.app.settings.modelsFolder)
            }
        }
    }
    SettingRow {
        label: qsTr("Models found")
        hint: section.app.models.scanning ? qsTr("Looking…") : qsTr("Kinglet watches the folder.")

        Label {
            text: section.app.models.ownCount.toLocaleString(Qt.locale(), "f", 0)
        }
    }
    SettingRow {
        label: qsTr("Chats and settings")
        hint: section.app.settings.dataFolder
        wide: true

        Button {
            anchors.left: parent.left
            text: qsTr("Open folder")
            onClicked: Qt.openUrlExternally("file://" + section.app.settings.dataFolder)
        }
    }
}

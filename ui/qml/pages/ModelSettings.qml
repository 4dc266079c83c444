import QtQuick
import Kinglet.App
import Kinglet.Ui

/// Where models and data lie.
Column {
    id: section

    required property AppContext app
    /// Megabytes a second, as the choices of the speed.
    readonly property var limits: [0, 1, 5, 20]
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
        label: qsTr("Downloads at once")
        hint: qsTr("The others wait for their turn.")

        Segmented {
            name: qsTr("Downloads at once")
            options: ["1", "2", "3", "4"]
            current: section.app.settings.downloadsAtOnce - 1
            onChosen: index => section.app.settings.downloadsAtOnce = index + 1
        }
    }
    SettingRow {
        label: qsTr("Speed of downloads")
        hint: qsTr("Of all together, so that others on your connection keep some of it.")
        wide: true

        Segmented {
            anchors.left: parent.left
            name: qsTr("Speed of downloads")
            options: [qsTr("No limit"), qsTr("1 MB/s"), qsTr("5 MB/s"), qsTr("20 MB/s")]
            current: section.limits.indexOf(section.app.settings.downloadLimit)
            onChosen: index => section.app.settings.downloadLimit = section.limits[index]
        }
    }
    SettingRow {
        label: qsTr("Where models come from")
        hint: qsTr("The address of a hub that speaks as Hugging Face does. Empty: %1.").arg(section.app.library.hubName)
        wide: true

        TextField {
            objectName: "hubAddress"
            anchors.left: parent.left
            width: Math.min(parent.width, Theme.formMeasure)
            name: qsTr("Address of the hub")
            placeholderText: "https://huggingface.co"
            text: section.app.settings.hubAddress
            inputMethodHints: Qt.ImhUrlCharactersOnly
            onEditingFinished: {
                section.app.settings.hubAddress = text;
                text = Qt.binding(() => section.app.settings.hubAddress);
            }
        }
    }
    SettingRow {
        readonly property int kept: section.app.library.tokenState

        objectName: "tokenRow"
        label: qsTr("Access token")
        hint: kept === ModelLibrary.TokenKept ? qsTr("Kept with your desktop's secrets, for %1.").arg(section.app.library.hubName)
            : kept === ModelLibrary.TokenForThisRun ? qsTr("Until you close Kinglet, for %1.").arg(section.app.library.hubName)
            : kept === ModelLibrary.TokenOfEnvironment ? qsTr("From the environment (HF_TOKEN).")
            : qsTr("Opens models that are handed out to people with an account only.")
        wide: true

        Row {
            anchors.left: parent.left
            spacing: Theme.space2

            Button {
                text: qsTr("Give a token…")
                onClicked: token.ask("")
            }
            Button {
                objectName: "forgetToken"
                visible: section.app.library.tokenState === ModelLibrary.TokenKept
                    || section.app.library.tokenState === ModelLibrary.TokenForThisRun
                text: qsTr("Remove")
                Accessible.name: qsTr("Remove the access token")
                onClicked: section.app.library.forgetToken()
            }
        }
    }
    TokenDialog {
        id: token
        hub: section.app.library.hubName
        reason: qsTr("Some models are handed out to people with an account only.")
        onGiven: (offerId, text) => section.app.library.giveToken(text)
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

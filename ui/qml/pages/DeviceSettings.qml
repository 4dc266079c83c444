import QtQuick
import Kinglet.App
import Kinglet.Ui

/// What answers are computed on.
Column {
    id: section

    required property AppContext app
    readonly property Settings settings: app.settings
    readonly property GraphicsCards graphics: app.graphicsCards
    /// The one among the cards that is chosen: the first where the settings do not say, or where theirs is gone.
    readonly property string chosenCard: {
        const keys = graphics.cards.map(card => card.key);
        return keys.indexOf(settings.graphicsCard) >= 0 ? settings.graphicsCard : keys.length > 0 ? keys[0] : "";
    }

    Component.onCompleted: graphics.look()

    SettingRow {
        objectName: "deviceChoice"
        label: qsTr("Answers run on")
        hint: {
            if (section.graphics.cards.length > 0)
                return qsTr("Holds at once, or as soon as the answer under way is written.");
            return section.graphics.looking ? qsTr("Looking for graphics cards…")
                                            : qsTr("No graphics device. %1").arg(section.graphics.whyNone);
        }
        wide: true

        Column {
            // The circles stand in line with the words above; what lights up under the pointer reaches beyond.
            x: -10
            width: section.width + 2 * 10
            spacing: 2
            Accessible.role: Accessible.Grouping
            Accessible.name: qsTr("Answers run on")

            DeviceChoice {
                objectName: "device-auto"
                text: qsTr("Automatic")
                about: qsTr("A graphics card with memory of its own, where it makes the model faster, else the processor.")
                checked: section.settings.device === "auto"
                onClicked: section.settings.chooseDevice("auto")
            }
            DeviceChoice {
                objectName: "device-cpu"
                text: qsTr("Processor")
                about: qsTr("No graphics card is used.")
                checked: section.settings.device === "cpu"
                onClicked: section.settings.chooseDevice("cpu")
            }
            Repeater {
                model: section.graphics.cards

                DeviceChoice {
                    required property var modelData

                    objectName: "device-" + modelData.key
                    text: modelData.name
                    about: modelData.about
                    technical: modelData.technical
                    checked: section.settings.device === "vulkan" && section.chosenCard === modelData.key
                    onClicked: section.settings.chooseDevice("vulkan", modelData.key)
                }
            }
        }
    }
    SettingRow {
        label: qsTr("In use now")
        hint: section.app.model.deviceFellBack ? "" : section.app.model.deviceRemark

        Label {
            objectName: "deviceInUse"
            text: section.app.model.deviceText !== "" ? section.app.model.deviceText : "–"
        }
    }
    SettingRow {
        objectName: "deviceFellBack"
        visible: section.app.model.deviceFellBack
        label: qsTr("The processor answers instead of the graphics card")
        hint: section.app.model.deviceRemark

        Button {
            objectName: "tryCardAgain"
            text: qsTr("Try again")
            onClicked: section.app.reloadModel()
        }
    }
    SettingSlider {
        label: qsTr("Threads")
        hint: qsTr("How many cores work on an answer. Automatic is best for most computers.")
        valueText: section.settings.threads === 0 ? qsTr("Automatic") : section.settings.threads
        to: Math.max(1, section.settings.maxThreads)
        step: 1
        value: section.settings.threads
        onChosen: value => section.settings.threads = Math.round(value)
    }
    SettingRow {
        label: qsTr("Memory in use")
        hint: qsTr("Of the whole program, with the loaded model.")

        Label {
            text: section.app.model.memoryText !== "" ? section.app.model.memoryText : "–"
        }
    }
    SettingRow {
        visible: section.app.model.state === ModelStatus.Ready
        label: section.app.model.name
        hint: qsTr("Loaded now. Unloading frees its memory until the next message.")

        Button {
            text: qsTr("Unload")
            onClicked: section.app.model.unload()
        }
    }
}

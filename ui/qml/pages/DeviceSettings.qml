import QtQuick
import Kinglet.App
import Kinglet.Ui

/// What answers are computed on.
Column {
    id: section

    required property AppContext app
    readonly property Settings settings: app.settings

    SettingRow {
        label: qsTr("Answers run on")
        hint: qsTr("This version uses the processor.")

        Label {
            text: section.app.model.deviceText !== "" ? section.app.model.deviceText : qsTr("Processor")
        }
    }
    SettingSlider {
        label: qsTr("Threads")
        hint: qsTr("How many cores work on an answer. Automatic is best for most computers. Holds from the next model that is loaded.")
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

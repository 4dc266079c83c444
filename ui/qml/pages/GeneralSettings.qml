import QtQuick
import Kinglet.App
import Kinglet.Ui

/// How messages are sent, how new chats begin, and moving chats in and out.
Column {
    id: section

    required property AppContext app
    readonly property Settings settings: app.settings
    signal importWanted()
    signal exportAllWanted()

    function number(value: real, digits: int): string {
        return value.toLocaleString(Qt.locale(), "f", digits);
    }

    SettingRow {
        label: qsTr("Enter sends the message")
        hint: section.settings.enterSends ? qsTr("Shift+Enter begins a new line.")
                                          : qsTr("Enter begins a new line, Ctrl+Enter sends.")
        stacked: false

        Switch {
            objectName: "enterSends"
            name: qsTr("Enter sends the message")
            checked: section.settings.enterSends
            onToggled: section.settings.enterSends = checked
        }
    }
    SettingRow {
        label: qsTr("System prompt of new chats")
        hint: qsTr("How the model should behave. Each chat can have its own.")
        wide: true

        TextArea {
            width: section.width
            name: qsTr("System prompt of new chats")
            placeholder: qsTr("For example: Answer briefly.")
            minLines: 2
            text: section.settings.defaultSystemPrompt
            onEdited: section.settings.defaultSystemPrompt = text
        }
    }
    SettingSlider {
        label: qsTr("Temperature")
        hint: qsTr("Lower is steadier, higher is more varied.")
        valueText: section.number(section.settings.defaultTemperature, 2)
        to: 2
        value: section.settings.defaultTemperature
        onChosen: value => section.settings.defaultTemperature = value
    }
    SettingSlider {
        label: qsTr("Longest answer")
        hint: qsTr("A token is about three quarters of a word.")
        valueText: section.settings.defaultMaxTokens > 0
            ? qsTr("%1 tokens").arg(section.number(section.settings.defaultMaxTokens, 0)) : qsTr("No limit")
        to: 4096
        step: 128
        value: section.settings.defaultMaxTokens
        onChosen: value => section.settings.defaultMaxTokens = Math.round(value)
    }
    SettingSlider {
        label: qsTr("Context")
        hint: qsTr("How much of a chat the model keeps in view. More takes more memory.")
        valueText: section.settings.defaultContextLength > 0
            ? qsTr("%1 tokens").arg(section.number(section.settings.defaultContextLength, 0)) : qsTr("Automatic")
        to: 32768
        step: 1024
        value: section.settings.defaultContextLength
        onChosen: value => section.settings.defaultContextLength = Math.round(value)
    }
    SettingRow {
        label: qsTr("Your chats in a file")
        hint: qsTr("A .zip with text to read and data to come back with. Importing adds nothing twice.")

        Row {
            spacing: Theme.space2

            Button {
                glyph: "import"
                text: qsTr("Import…")
                onClicked: section.importWanted()
            }
            Button {
                glyph: "export"
                text: qsTr("Export all…")
                enabled: section.app.chats.totalCount > 0
                onClicked: section.exportAllWanted()
            }
        }
    }
}

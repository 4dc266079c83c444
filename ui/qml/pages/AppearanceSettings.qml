import QtQuick
import Kinglet.App
import Kinglet.Ui

/// Light or dark, the size of the text, code lines.
Column {
    id: section

    required property AppContext app
    readonly property Settings settings: app.settings

    SettingRow {
        label: qsTr("Colours")
        hint: qsTr("Light, dark, or as the system has it.")

        Segmented {
            objectName: "themeChoice"
            name: qsTr("Colours")
            options: [qsTr("System"), qsTr("Light"), qsTr("Dark")]
            current: section.settings.theme
            onChosen: index => section.settings.theme = index
        }
    }
    SettingSlider {
        label: qsTr("Text size")
        hint: qsTr("%1 and %2 change it anywhere.").arg(Keymap.label("zoomIn")).arg(Keymap.label("zoomOut"))
        valueText: qsTr("%1 %").arg(Math.round(section.settings.textScale * 100))
        from: 0.8
        to: 1.6
        step: 0.1
        value: section.settings.textScale
        onChosen: value => section.settings.textScale = Math.round(value * 10) / 10
    }
    SettingRow {
        label: qsTr("Wrap long lines of code")
        hint: qsTr("Otherwise a code block scrolls sideways.")
        stacked: false

        Switch {
            name: qsTr("Wrap long lines of code")
            checked: section.settings.wrapCode
            onToggled: section.settings.wrapCode = checked
        }
    }
    SettingRow {
        label: qsTr("Motion")
        hint: section.settings.reducedMotion ? qsTr("Your system asks for less motion: nothing moves.")
                                             : qsTr("Follows your system's setting for reduced motion.")
    }
}

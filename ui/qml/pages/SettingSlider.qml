import QtQuick
import Kinglet.Ui

/// A setting that is a number.
SettingRow {
    id: setting

    property string valueText: ""
    property real value: 0
    property real from: 0
    property real to: 1
    property real step: 0.05
    signal chosen(real value)

    Row {
        spacing: Theme.space3

        Slider {
            anchors.verticalCenter: parent.verticalCenter
            width: setting.below ? setting.width - Theme.space3 - 92 : 168
            name: setting.label
            valueText: setting.valueText
            from: setting.from
            to: setting.to
            stepSize: setting.step
            value: setting.value
            onMoved: setting.chosen(value)
        }
        Label {
            anchors.verticalCenter: parent.verticalCenter
            width: Math.max(92, implicitWidth)
            horizontalAlignment: Text.AlignRight
            text: setting.valueText
        }
    }
}

import QtQuick
import Kinglet.Ui

/// A setting of a model that is a number: a slider with its value beside it.
ModelSettingRow {
    id: row

    property int digits: 2
    /// How a value is written, such as "%1 tokens", and what stands for 0 where that is no amount.
    property string unit: "%1"
    property string zeroText: ""
    property real from: 0
    property real to: 1
    property real step: 0.05
    readonly property real value: editor.values[name] ?? 0

    function format(number: real): string {
        return number === 0 && zeroText !== "" ? zeroText : unit.arg(number.toLocaleString(Qt.locale(), "f", digits));
    }

    otherwiseText: format(editor.otherwise[name] ?? 0)

    Item {
        width: parent ? parent.width : 0
        height: Math.max(slider.implicitHeight, amount.implicitHeight)

        Slider {
            id: slider

            objectName: "slider_" + row.name
            anchors.left: parent.left
            anchors.right: amount.left
            anchors.rightMargin: Theme.space3
            anchors.verticalCenter: parent.verticalCenter
            name: row.label
            valueText: amount.text
            from: row.from
            to: row.to
            stepSize: row.step
            value: row.value
            onMoved: row.editor.set(row.name, value)
        }
        Label {
            id: amount

            objectName: "value_" + row.name
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            width: Math.max(86, implicitWidth)
            horizontalAlignment: Text.AlignRight
            text: row.format(row.value)
        }
    }
}

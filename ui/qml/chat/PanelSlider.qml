import QtQuick
import Kinglet.Ui

/// A setting with its name, its value, a slider and a hint.
Column {
    id: setting

    required property string label
    property string hint: ""
    property string technical: ""
    property string valueText: ""
    property real value: 0
    property real from: 0
    property real to: 1
    property real step: 0.05
    signal chosen(real value)

    spacing: 3

    Item {
        width: parent.width
        height: name.implicitHeight

        Label {
            id: name

            anchors.left: parent.left
            anchors.right: amount.left
            anchors.rightMargin: Theme.space2
            elide: Text.ElideRight
            horizontalAlignment: Text.AlignLeft
            text: setting.label
            font.pixelSize: Theme.ui

            HoverHandler {
                id: hover
                enabled: setting.technical !== ""
            }
            ToolTip {
                visible: hover.hovered && setting.technical !== ""
                text: setting.technical
                x: 0
            }
        }
        Label {
            id: amount

            anchors.right: parent.right
            text: setting.valueText
            font.pixelSize: Theme.ui
        }
    }
    Slider {
        width: parent.width
        name: setting.label
        valueText: setting.valueText
        from: setting.from
        to: setting.to
        stepSize: setting.step
        value: setting.value
        onMoved: setting.chosen(value)
    }
    Label {
        width: parent.width
        visible: text !== ""
        text: setting.hint
        font.pixelSize: Theme.caption
        color: Theme.secondary
        wrapMode: Text.Wrap
        lineHeight: lineCount > 1 ? Theme.lineHeight : 1
        horizontalAlignment: Text.AlignLeft
    }
}

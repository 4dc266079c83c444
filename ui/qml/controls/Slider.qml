import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A slider. `name` and `valueText` are what a screen reader says.
T.Slider {
    id: slider

    property string name: ""
    property string valueText: ""

    implicitWidth: 200
    implicitHeight: 20
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    snapMode: T.Slider.SnapAlways

    Accessible.role: Accessible.Slider
    Accessible.name: name
    Accessible.description: valueText

    background: Item {
        x: slider.leftPadding
        y: slider.topPadding + (slider.availableHeight - height) / 2
        width: slider.availableWidth
        height: 4

        Rectangle {
            anchors.fill: parent
            radius: 2
            color: Theme.hairline
        }
        Rectangle {
            anchors.left: parent.left
            width: slider.position * parent.width
            height: parent.height
            radius: 2
            color: Theme.accent
        }
    }
    handle: Rectangle {
        x: slider.leftPadding + slider.visualPosition * (slider.availableWidth - width)
        y: slider.topPadding + (slider.availableHeight - height) / 2
        width: 16
        height: 16
        radius: 8
        color: slider.pressed ? Theme.accent : Theme.surface
        border.width: slider.pressed || slider.hovered ? 2 : Theme.hairlineWidth
        border.color: slider.pressed || slider.hovered ? Theme.accent : Theme.edge

        FocusRing {
            shown: slider.visualFocus
            radius: 12
        }
    }
}

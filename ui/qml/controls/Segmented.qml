import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A choice of a few, side by side. `options` are their labels.
Rectangle {
    id: control

    property string name: ""
    property var options: []
    property int current: 0
    signal chosen(int index)

    implicitWidth: row.implicitWidth + 6
    implicitHeight: Theme.controlHeight
    radius: Theme.radiusField
    color: Theme.sidebar
    border.width: Theme.hairlineWidth
    border.color: Theme.hairline
    Accessible.role: Accessible.Grouping
    Accessible.name: name

    Row {
        id: row

        anchors.fill: parent
        anchors.margins: 3
        spacing: 2

        Repeater {
            model: control.options

            T.RadioButton {
                id: option

                required property int index
                required property string modelData

                height: row.height
                implicitWidth: label.implicitWidth + 28
                text: modelData
                checked: control.current === index
                focusPolicy: Qt.StrongFocus
                hoverEnabled: true
                Accessible.role: Accessible.RadioButton
                Accessible.name: modelData
                Accessible.checkable: true
                Accessible.checked: control.current === index
                onClicked: control.chosen(index)
                Keys.onReturnPressed: control.chosen(index)

                background: Rectangle {
                    radius: Theme.radiusControl
                    color: control.current === option.index ? Theme.surface
                        : option.hovered ? Theme.hover : "transparent"
                    border.width: control.current === option.index ? Theme.hairlineWidth : 0
                    border.color: Theme.hairline

                    FocusRing {
                        shown: option.visualFocus
                        gap: 0
                    }
                }
                contentItem: Label {
                    id: label
                    text: option.text
                    horizontalAlignment: Text.AlignHCenter
                    font.pixelSize: Theme.small
                    font.weight: control.current === option.index ? Font.Medium : Font.Normal
                    color: control.current === option.index ? Theme.text : Theme.secondary
                    Accessible.ignored: true
                }
            }
        }
    }
}

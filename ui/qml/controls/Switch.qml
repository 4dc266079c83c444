import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// On or off, at once. `name` is what a screen reader calls it where no text stands beside it.
T.Switch {
    id: control

    property string name: text

    implicitWidth: 38
    implicitHeight: 22
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    Accessible.role: Accessible.CheckBox
    Accessible.name: name
    Accessible.checkable: true
    Accessible.checked: checked
    Keys.onReturnPressed: { toggle(); toggled(); }

    indicator: Rectangle {
        implicitWidth: 38
        implicitHeight: 22
        radius: height / 2
        color: control.checked ? Theme.accent : Theme.surface
        border.width: control.checked ? 0 : 1.5
        border.color: Theme.edge

        Rectangle {
            x: control.visualPosition * (parent.width - width - 6) + 3
            anchors.verticalCenter: parent.verticalCenter
            width: 16
            height: 16
            radius: 8
            color: control.checked ? Theme.accentInk : Theme.edge

            Behavior on x {
                enabled: !control.down
                NumberAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
            }
        }
        FocusRing {
            shown: control.visualFocus
            radius: 15
        }
        Behavior on color {
            ColorAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
        }
    }
}

import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A slim bar that shows itself while it is needed.
T.ScrollBar {
    id: bar

    implicitWidth: 10
    implicitHeight: 10
    padding: 2
    minimumSize: orientation === Qt.Horizontal ? height / Math.max(1, width) : Math.min(1, 32 / Math.max(32, height))
    visible: policy !== T.ScrollBar.AlwaysOff && size < 1
    Accessible.ignored: true

    contentItem: Rectangle {
        implicitWidth: 6
        implicitHeight: 6
        radius: 3
        color: bar.pressed ? Theme.secondary : Theme.edge
        opacity: bar.pressed || bar.hovered ? 0.9 : bar.active ? 0.55 : 0

        Behavior on opacity {
            NumberAnimation { duration: Theme.panel; easing.type: Easing.OutQuad }
        }
    }
}

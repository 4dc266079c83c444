import QtQuick
import Kinglet.Ui

/// A thin bar that fills from 0 to 1.
Rectangle {
    id: bar

    property real value: 0
    property string name: ""

    implicitWidth: 300
    implicitHeight: 6
    radius: height / 2
    color: Theme.hairline
    Accessible.role: Accessible.ProgressBar
    Accessible.name: name
    Accessible.description: qsTr("%1 %").arg(Math.round(value * 100))

    Rectangle {
        anchors.left: parent.left
        height: parent.height
        width: bar.value <= 0 ? 0 : Math.max(height, parent.width * Math.min(1, bar.value))
        radius: parent.radius
        color: Theme.accent
    }
}

import QtQuick
import Kinglet.Ui

/// A fact about a thing: its size, its quantization.
Rectangle {
    id: pill

    property alias text: label.text

    implicitWidth: label.implicitWidth + 22
    implicitHeight: label.implicitHeight + 10
    radius: height / 2
    color: "transparent"
    border.width: Theme.hairlineWidth
    border.color: Theme.hairline

    Label {
        id: label
        anchors.centerIn: parent
        font.pixelSize: Theme.caption
        color: Theme.secondary
    }
}

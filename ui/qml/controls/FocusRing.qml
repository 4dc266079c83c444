import QtQuick
import Kinglet.Ui

/// The ring around what the keyboard talks to.
Rectangle {
    property bool shown: false
    property real gap: 2

    anchors.fill: parent
    anchors.margins: -gap - Theme.focusWidth
    radius: Theme.radiusControl + gap + Theme.focusWidth
    color: "transparent"
    border.color: Theme.accent
    border.width: Theme.focusWidth
    visible: shown
}

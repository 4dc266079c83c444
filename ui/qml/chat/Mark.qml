import QtQuick
import Kinglet.Ui

/// The round mark of the model.
Rectangle {
    id: mark

    property bool faint: false

    implicitWidth: Theme.mark
    implicitHeight: Theme.mark
    width: implicitWidth
    height: implicitHeight
    radius: width / 2
    color: faint ? Theme.accentFaint : Theme.accent
    Accessible.ignored: true

    Icon {
        anchors.centerIn: parent
        glyph: "bird"
        size: Math.round(mark.width * 0.62)
        color: Theme.accentInk
    }
}

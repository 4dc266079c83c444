import QtQuick
import Kinglet.Ui

/// "2 / 3" between two arrows that lead to the versions beside this one.
Row {
    id: arrows

    property int at: 1
    property int count: 1
    property bool busy: false
    property real buttonSize: 30
    signal chosen(int delta)

    IconButton {
        implicitWidth: arrows.buttonSize
        implicitHeight: arrows.buttonSize
        glyphSize: 18
        glyph: arrows.LayoutMirroring.enabled ? "chevron-right" : "chevron-left"
        objectName: "branchBack"
        text: qsTr("Previous version")
        enabled: arrows.at > 1 && !arrows.busy
        onClicked: arrows.chosen(-1)
    }
    Label {
        height: arrows.buttonSize
        text: qsTr("%1 / %2").arg(arrows.at).arg(arrows.count)
        font.pixelSize: Theme.small
        color: Theme.secondary
        Accessible.name: qsTr("Version %1 of %2").arg(arrows.at).arg(arrows.count)
    }
    IconButton {
        implicitWidth: arrows.buttonSize
        implicitHeight: arrows.buttonSize
        glyphSize: 18
        glyph: arrows.LayoutMirroring.enabled ? "chevron-left" : "chevron-right"
        objectName: "branchForward"
        text: qsTr("Next version")
        enabled: arrows.at < arrows.count && !arrows.busy
        onClicked: arrows.chosen(1)
    }
}

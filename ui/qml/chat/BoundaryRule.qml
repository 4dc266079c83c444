import QtQuick
import Kinglet.Ui

/// A labelled rule across the transcript.
Item {
    id: rule

    property alias text: label.text

    implicitHeight: label.implicitHeight + 8
    Accessible.role: Accessible.Separator
    Accessible.name: label.text

    Divider {
        anchors.left: parent.left
        anchors.right: label.left
        anchors.rightMargin: Theme.space3
        anchors.verticalCenter: parent.verticalCenter
    }
    Label {
        id: label

        anchors.centerIn: parent
        width: Math.min(implicitWidth, rule.width - 48)
        elide: Text.ElideRight
        font.pixelSize: Theme.caption
        color: Theme.secondary
        Accessible.ignored: true
    }
    Divider {
        anchors.left: label.right
        anchors.right: parent.right
        anchors.leftMargin: Theme.space3
        anchors.verticalCenter: parent.verticalCenter
    }
}

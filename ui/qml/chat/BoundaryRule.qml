import QtQuick
import Kinglet.Ui

/// A labelled rule: what is above it, the model no longer sees.
Item {
    id: rule

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
        text: qsTr("The model no longer sees what is above")
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

import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

T.MenuSeparator {
    implicitWidth: 100
    implicitHeight: visible ? 11 : 0
    Accessible.role: Accessible.Separator
    Accessible.name: ""
    contentItem: Item {
        Divider {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            anchors.leftMargin: 6
            anchors.rightMargin: 6
        }
    }
}

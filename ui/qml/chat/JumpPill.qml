import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// "Jump to the end", while the reader is elsewhere.
T.Button {
    id: pill

    property bool wanted: false

    implicitWidth: label.implicitWidth + 50
    implicitHeight: Math.max(34, label.implicitHeight + 14)
    text: qsTr("Jump to the end")
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    visible: opacity > 0
    opacity: wanted ? 1 : 0
    enabled: wanted
    Accessible.role: Accessible.Button
    Accessible.name: text
    Keys.onReturnPressed: pill.clicked()

    Behavior on opacity {
        NumberAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
    }
    background: Rectangle {
        radius: height / 2
        color: Theme.surface
        border.width: Theme.hairlineWidth
        border.color: Theme.hairline

        SoftShadow {
            z: -1
        }
        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: pill.down ? Theme.pressed : pill.hovered ? Theme.hover : "transparent"
        }
        FocusRing {
            shown: pill.visualFocus
            radius: 21
        }
    }
    contentItem: Item {
        Icon {
            anchors.left: parent.left
            anchors.leftMargin: 13
            anchors.verticalCenter: parent.verticalCenter
            glyph: "arrow-down"
            size: 16
        }
        Label {
            id: label
            anchors.right: parent.right
            anchors.rightMargin: 15
            anchors.verticalCenter: parent.verticalCenter
            text: pill.text
            font.pixelSize: Theme.small
            font.weight: Font.Medium
            Accessible.ignored: true
        }
    }
}

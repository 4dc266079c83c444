import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

T.MenuItem {
    id: item

    property string glyph: ""
    property string shortcut: ""
    property bool destructive: false

    readonly property color ink: destructive ? Theme.danger : Theme.text

    implicitWidth: row.implicitWidth + keys.implicitWidth + leftPadding + rightPadding + (shortcut !== "" ? 32 : 0)
    implicitHeight: visible ? Math.max(34, row.implicitHeight + 14) : 0
    leftPadding: 10
    rightPadding: 12
    opacity: enabled ? 1 : Theme.disabledOpacity
    Accessible.role: Accessible.MenuItem
    Accessible.name: text

    contentItem: Item {
        Row {
            id: row

            anchors.left: parent.left
            anchors.verticalCenter: parent.verticalCenter
            spacing: 10

            Icon {
                visible: item.glyph !== ""
                glyph: item.glyph
                size: 18
                color: item.destructive ? Theme.danger : Theme.secondary
                anchors.verticalCenter: parent.verticalCenter
            }
            Label {
                text: item.text
                font.pixelSize: Theme.ui
                color: item.ink
                anchors.verticalCenter: parent.verticalCenter
                Accessible.ignored: true
            }
        }
        Label {
            id: keys

            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            text: item.shortcut
            font.pixelSize: Theme.caption
            color: Theme.secondary
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: item.down ? Theme.pressed : item.highlighted ? Theme.hover : "transparent"

        FocusRing {
            shown: item.visualFocus
            gap: -2
        }
    }
}

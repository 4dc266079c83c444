import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A row that leads somewhere: an icon, a word, a shortcut.
T.AbstractButton {
    id: row

    property string glyph: ""
    property string trailing: ""
    property string tip: ""
    property bool current: false
    property bool strong: false
    property int textSize: Theme.ui

    implicitHeight: Theme.controlHeight
    implicitWidth: 200
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    Accessible.role: Accessible.Button
    Accessible.name: text
    Accessible.onPressAction: row.clicked()
    Keys.onReturnPressed: row.clicked()
    Keys.onEnterPressed: row.clicked()

    background: Rectangle {
        radius: Theme.radiusField
        color: row.current ? Theme.surface : row.down ? Theme.pressed : row.hovered ? Theme.hover : "transparent"
        border.width: row.current ? Theme.hairlineWidth : 0
        border.color: Theme.hairline

        FocusRing {
            shown: row.visualFocus
            gap: -2
            radius: Theme.radiusField
        }
    }
    contentItem: Item {
        Icon {
            id: icon

            anchors.left: parent.left
            anchors.leftMargin: 10
            anchors.verticalCenter: parent.verticalCenter
            glyph: row.glyph
            visible: row.glyph !== ""
        }
        Label {
            anchors.left: parent.left
            anchors.leftMargin: row.glyph !== "" ? (row.strong ? 40 : 38) : 10
            anchors.right: keys.left
            anchors.rightMargin: row.trailing !== "" ? Theme.space2 : 0
            anchors.verticalCenter: parent.verticalCenter
            text: row.text
            elide: Text.ElideRight
            horizontalAlignment: Text.AlignLeft
            font.pixelSize: row.textSize
            font.weight: row.strong || row.current ? Font.Medium : Font.Normal
            Accessible.ignored: true
        }
        Label {
            id: keys

            anchors.right: parent.right
            anchors.rightMargin: 10
            anchors.verticalCenter: parent.verticalCenter
            text: row.trailing
            font.pixelSize: Theme.caption
            color: Theme.secondary
            Accessible.ignored: true
        }
    }

    Loader {
        active: row.tip !== "" && row.hovered
        anchors.fill: parent
        sourceComponent: Item {
            ToolTip {
                text: row.text
                shortcut: row.tip
                visible: true
                y: -implicitHeight - Theme.space1
            }
        }
    }
}

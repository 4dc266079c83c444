import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A button of one icon. `text` is its name: the tooltip shows it with the shortcut, a screen reader reads it.
T.Button {
    id: button

    required property string glyph
    property string shortcut: ""
    property real glyphSize: Theme.icon
    property color ink: hovered || down || checked ? Theme.text : Theme.secondary
    property real radius: Theme.radiusField
    property color ground: "transparent"
    property bool tips: true
    /// For pictures of a side, which change it where languages read from the right.
    property bool mirrorable: false

    implicitWidth: Theme.iconButton
    implicitHeight: Theme.iconButton
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    opacity: enabled ? 1 : Theme.disabledOpacity

    Accessible.role: Accessible.Button
    Accessible.name: text
    Accessible.onPressAction: button.clicked()

    Keys.onReturnPressed: button.clicked()
    Keys.onEnterPressed: button.clicked()

    contentItem: Item {
        Icon {
            anchors.centerIn: parent
            glyph: button.glyph
            size: button.glyphSize
            color: button.ink
            mirror: button.mirrorable && button.LayoutMirroring.enabled
        }
    }
    background: Rectangle {
        radius: button.radius
        color: button.ground.a > 0 ? button.ground : button.down ? Theme.pressed : button.hovered ? Theme.hover : "transparent"

        Behavior on color {
            ColorAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
        }
    }

    // What only a button shows that is looked at: a transcript has many that are not.
    Loader {
        active: button.hovered || button.visualFocus
        anchors.fill: parent
        sourceComponent: Item {
            FocusRing {
                shown: button.visualFocus
                gap: 0
                radius: button.radius + Theme.focusWidth
            }
            ToolTip {
                text: button.text
                shortcut: button.shortcut
                visible: button.tips && button.text !== "" && !button.down
            }
        }
    }
}

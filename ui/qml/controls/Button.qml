import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A labelled button: plain by default, filled when `primary`, bare when `quiet`, red when `destructive`.
T.Button {
    id: button

    property bool primary: false
    property bool quiet: false
    property bool destructive: false
    property string glyph: ""
    /// The shortcut, shown after the label.
    property string keys: ""
    /// Why the button does nothing now, or what it does in more words; shown on hover and read aloud.
    property string hint: ""

    property color ink: {
        if (primary)
            return destructive ? Theme.dangerInk : Theme.accentInk;
        return destructive ? Theme.danger : Theme.text;
    }

    // Whole pixels: beside a hairline half a pixel too much is seen.
    implicitWidth: Math.ceil(Math.max(implicitContentWidth + leftPadding + rightPadding, implicitHeight))
    implicitHeight: Math.max(Theme.controlHeight, implicitContentHeight + 2 * Theme.space2)
    leftPadding: quiet ? Theme.space3 : 17
    rightPadding: leftPadding
    spacing: Theme.space2
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    font.family: Theme.fontFamily
    font.pixelSize: Theme.ui
    font.weight: Font.Medium
    opacity: enabled ? 1 : Theme.disabledOpacity

    Accessible.role: Accessible.Button
    Accessible.name: text
    Accessible.description: hint
    Accessible.onPressAction: button.clicked()

    Keys.onReturnPressed: button.clicked()
    Keys.onEnterPressed: button.clicked()

    contentItem: Item {
        implicitWidth: label.implicitWidth + (button.glyph !== "" ? 18 + button.spacing : 0)
            + (keys.visible ? keys.implicitWidth + button.spacing : 0)
        implicitHeight: label.implicitHeight

        Row {
            id: row

            anchors.centerIn: parent
            spacing: button.spacing

            Icon {
                visible: button.glyph !== ""
                glyph: button.glyph
                size: 18
                color: button.ink
                anchors.verticalCenter: parent.verticalCenter
            }
            Label {
                id: label

                text: button.text
                width: Math.min(implicitWidth, Math.max(0, button.availableWidth
                    - (button.glyph !== "" ? 18 + button.spacing : 0)
                    - (keys.visible ? keys.implicitWidth + button.spacing : 0)))
                elide: Text.ElideRight
                font: button.font
                color: button.ink
                anchors.verticalCenter: parent.verticalCenter
                Accessible.ignored: true
            }
            Label {
                id: keys

                visible: text !== ""
                text: button.keys
                font.family: button.font.family
                font.pixelSize: Theme.caption
                color: button.ink
                opacity: Theme.shortcutOpacity
                anchors.verticalCenter: parent.verticalCenter
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Theme.radiusField
        color: {
            if (button.primary && button.destructive)
                return Theme.danger;
            if (button.primary)
                return button.down ? Theme.accentPressed : button.hovered ? Theme.accentHover : Theme.accent;
            return button.quiet ? "transparent" : Theme.surface;
        }
        border.width: button.primary || button.quiet ? 0 : Theme.hairlineWidth
        border.color: Theme.hairline

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            visible: !button.primary || button.destructive
            color: button.down ? Theme.pressed : button.hovered ? Theme.hover : "transparent"

            Behavior on color {
                ColorAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
            }
        }
        FocusRing {
            shown: button.visualFocus
            radius: Theme.radiusField + gap + Theme.focusWidth
        }
        Behavior on color {
            ColorAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
        }
    }

    Loader {
        active: button.hint !== "" && (button.hovered || button.visualFocus)
        anchors.fill: parent
        sourceComponent: Item {
            ToolTip {
                text: button.hint
                visible: true
            }
        }
    }
}

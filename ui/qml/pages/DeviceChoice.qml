import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// One of the devices that answers can run on: its name, what it is, and in a tooltip the driver's words for it.
T.RadioButton {
    id: choice

    property string about: ""
    property string technical: ""

    width: parent ? parent.width : 0
    implicitHeight: words.implicitHeight + 2 * Theme.space2
    leftPadding: 10
    rightPadding: 10
    autoExclusive: false
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    Accessible.role: Accessible.RadioButton
    Accessible.name: text
    Accessible.description: about
    Accessible.checkable: true
    Accessible.checked: checked
    Keys.onReturnPressed: choice.clicked()
    Keys.onEnterPressed: choice.clicked()

    background: Rectangle {
        radius: Theme.radiusField
        color: choice.down ? Theme.pressed : choice.hovered ? Theme.hover : "transparent"

        FocusRing {
            shown: choice.visualFocus
            gap: -2
            radius: Theme.radiusField
        }
    }
    indicator: Rectangle {
        x: choice.mirrored ? choice.width - width - choice.leftPadding : choice.leftPadding
        anchors.verticalCenter: parent.verticalCenter
        width: 18
        height: 18
        radius: 9
        color: Theme.surface
        border.width: choice.checked ? 5 : 1
        border.color: choice.checked ? Theme.accent : Theme.edge
    }
    contentItem: Item {
        Column {
            id: words

            anchors.left: parent.left
            anchors.leftMargin: 30
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            spacing: 2

            Label {
                width: parent.width
                text: choice.text
                font.weight: choice.checked ? Font.Medium : Font.Normal
                wrapMode: Text.Wrap
                horizontalAlignment: Text.AlignLeft
                Accessible.ignored: true
            }
            Label {
                width: parent.width
                visible: text !== ""
                text: choice.about
                font.pixelSize: Theme.small
                color: Theme.secondary
                wrapMode: Text.Wrap
                lineHeight: Theme.lineHeight
                horizontalAlignment: Text.AlignLeft
                Accessible.ignored: true
            }
        }
    }

    ToolTip {
        visible: choice.hovered && choice.technical !== ""
        text: choice.technical
        x: 0
    }
}

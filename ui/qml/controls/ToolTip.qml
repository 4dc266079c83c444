import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// What a control is called, and its shortcut.
T.ToolTip {
    id: tip

    property string shortcut: ""

    x: parent ? Math.round((parent.width - implicitWidth) / 2) : 0
    y: parent ? parent.height + Theme.space1 : 0
    margins: Theme.space2
    horizontalPadding: 10
    verticalPadding: 6
    implicitWidth: contentItem.implicitWidth + leftPadding + rightPadding
    implicitHeight: contentItem.implicitHeight + topPadding + bottomPadding
    delay: 500
    timeout: 8000
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutsideParent | T.Popup.CloseOnReleaseOutsideParent

    contentItem: Row {
        spacing: Theme.space2

        Label {
            text: tip.text
            width: Math.min(implicitWidth, 320)
            wrapMode: Text.Wrap
            lineHeight: lineCount > 1 ? Theme.lineHeight : 1
            font.pixelSize: Theme.caption
            color: Theme.background
        }
        Label {
            visible: tip.shortcut !== ""
            text: tip.shortcut
            font.pixelSize: Theme.caption
            color: Theme.background
            opacity: Theme.shortcutOpacity
        }
    }
    background: Rectangle {
        color: Theme.text
        radius: Theme.radiusControl
    }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.quick; easing.type: Easing.OutQuad }
    }
}

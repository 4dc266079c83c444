import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A card that floats over the page.
T.Popup {
    id: popup

    implicitWidth: Math.max(implicitBackgroundWidth, contentWidth + leftPadding + rightPadding)
    implicitHeight: Math.max(implicitBackgroundHeight, contentHeight + topPadding + bottomPadding)
    padding: Theme.space2
    margins: Theme.space2

    background: Rectangle {
        radius: Theme.radiusPopup
        color: Theme.surface
        border.color: Theme.hairline
        border.width: Theme.hairlineWidth

        SoftShadow {
            z: -1
            high: true
        }
    }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.quick; easing.type: Easing.OutQuad }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; from: 1; to: 0; duration: Theme.quick; easing.type: Easing.OutQuad }
    }
}

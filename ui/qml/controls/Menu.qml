import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A short list of actions.
T.Menu {
    id: menu

    implicitWidth: Math.max(200, contentItem.implicitWidth + leftPadding + rightPadding)
    implicitHeight: contentItem.implicitHeight + topPadding + bottomPadding
    padding: 6
    margins: Theme.space2
    overlap: 1
    delegate: MenuItem {}

    contentItem: ListView {
        implicitHeight: contentHeight
        implicitWidth: {
            let widest = 0;
            for (let i = 0; i < menu.count; ++i) {
                const item = menu.itemAt(i);
                if (item)
                    widest = Math.max(widest, item.implicitWidth);
            }
            return widest;
        }
        model: menu.contentModel
        interactive: contentHeight > height
        clip: interactive
        currentIndex: menu.currentIndex
        keyNavigationWraps: true
        Accessible.role: Accessible.PopupMenu
        Accessible.name: menu.title
    }
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
}

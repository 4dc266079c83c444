import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// One of a row of tabs, underlined while its page is shown.
T.AbstractButton {
    id: tab

    property bool current: false

    implicitWidth: label.implicitWidth + 24
    implicitHeight: Math.max(42, label.implicitHeight + 20)
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    Accessible.role: Accessible.PageTab
    Accessible.name: text
    Accessible.checked: current
    Accessible.onPressAction: tab.clicked()
    Keys.onReturnPressed: tab.clicked()
    Keys.onEnterPressed: tab.clicked()

    background: Item {
        Rectangle {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: parent.bottom
            height: 2
            visible: tab.current
            color: Theme.accent
        }
        FocusRing {
            shown: tab.visualFocus
            gap: -2
            radius: Theme.radiusField
        }
    }
    contentItem: Label {
        id: label

        text: tab.text
        horizontalAlignment: Text.AlignHCenter
        verticalAlignment: Text.AlignVCenter
        font.weight: tab.current ? Font.Medium : Font.Normal
        color: tab.current || tab.hovered ? Theme.text : Theme.secondary
        Accessible.ignored: true
    }
}

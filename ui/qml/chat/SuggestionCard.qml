import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// Words to begin with, a press away.
T.AbstractButton {
    id: suggestion

    implicitHeight: Math.max(46, words.implicitHeight + 24)
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    Accessible.role: Accessible.Button
    Accessible.name: text
    Accessible.onPressAction: suggestion.clicked()
    Keys.onReturnPressed: suggestion.clicked()
    Keys.onEnterPressed: suggestion.clicked()

    background: Rectangle {
        radius: Theme.radiusCard
        color: Theme.surface
        border.width: Theme.hairlineWidth
        border.color: suggestion.hovered ? Theme.edge : Theme.hairline

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: suggestion.down ? Theme.pressed : suggestion.hovered ? Theme.hover : "transparent"
        }
        FocusRing {
            shown: suggestion.visualFocus
            radius: Theme.radiusCard + 4
        }
    }
    contentItem: Label {
        id: words
        leftPadding: 14
        rightPadding: 14
        text: suggestion.text
        wrapMode: Text.Wrap
        maximumLineCount: 3
        elide: Text.ElideRight
        horizontalAlignment: Text.AlignLeft
        font.pixelSize: Theme.ui
        Accessible.ignored: true
    }
}

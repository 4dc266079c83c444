import QtQuick
import Kinglet.Ui

/// One setting: its name and what it does at the start, its control at the end (below, where it is narrow).
Item {
    id: row

    property string label: ""
    property string hint: ""
    property bool stacked: width < 480
    property bool wide: false
    default property alias control: slot.data

    readonly property bool below: stacked || wide

    width: parent ? parent.width : 0
    implicitHeight: below ? words.height + (slot.height > 0 ? slot.height + 10 : 0) + 28 : Math.max(words.height, slot.height) + 28

    Column {
        id: words

        anchors.left: parent.left
        y: row.below ? 14 : (row.height - height) / 2
        width: row.below ? row.width : row.width - slot.width - Theme.space6
        spacing: 3

        Label {
            width: parent.width
            text: row.label
            font.weight: Font.Medium
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignLeft
        }
        Label {
            width: parent.width
            visible: text !== ""
            text: row.hint
            font.pixelSize: Theme.small
            color: Theme.secondary
            wrapMode: Text.Wrap
            lineHeight: Theme.lineHeight
            horizontalAlignment: Text.AlignLeft
        }
    }
    Item {
        id: slot

        // Placed by hand, as anchors cannot change sides.
        x: row.below === row.LayoutMirroring.enabled ? Math.floor(row.width - width) : 0
        y: row.below ? words.y + words.height + 10 : (row.height - height) / 2
        width: row.wide ? row.width : childrenRect.width
        height: childrenRect.height
    }
    Divider {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
    }
}

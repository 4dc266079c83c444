import QtQuick
import Kinglet.Ui

/// A long text that was pasted: sent with the message, not spread over the field.
Rectangle {
    id: card

    required property string body
    signal removeWanted()
    signal unpackWanted()

    readonly property int lines: body.split("\n").length

    implicitHeight: words.implicitHeight + 18
    radius: Theme.radiusField
    color: Theme.sidebar
    border.width: Theme.hairlineWidth
    border.color: Theme.hairline
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Pasted text, %1 lines").arg(lines)

    Icon {
        id: icon

        anchors.left: parent.left
        anchors.leftMargin: 10
        anchors.verticalCenter: parent.verticalCenter
        glyph: "file"
        color: Theme.secondary
    }
    Column {
        id: words

        anchors.left: icon.right
        anchors.leftMargin: Theme.space2
        anchors.right: open.left
        anchors.verticalCenter: parent.verticalCenter
        spacing: 1

        Label {
            width: parent.width
            text: card.body.trim().split("\n", 1)[0].slice(0, 80)
            elide: Text.ElideRight
            horizontalAlignment: Text.AlignLeft
            font.pixelSize: Theme.small
        }
        Label {
            width: parent.width
            text: qsTr("Pasted, %1 characters").arg(card.body.length.toLocaleString(Qt.locale(), "f", 0))
            elide: Text.ElideRight
            horizontalAlignment: Text.AlignLeft
            font.pixelSize: Theme.caption
            color: Theme.secondary
        }
    }
    IconButton {
        id: open

        anchors.right: close.left
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 28
        implicitHeight: 28
        glyph: "edit"
        glyphSize: Theme.iconSmall
        text: qsTr("Put it into the message")
        onClicked: card.unpackWanted()
    }
    IconButton {
        id: close

        anchors.right: parent.right
        anchors.rightMargin: 4
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 28
        implicitHeight: 28
        glyph: "close"
        glyphSize: Theme.iconSmall
        text: qsTr("Remove")
        onClicked: card.removeWanted()
    }
}

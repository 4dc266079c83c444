import QtQuick
import Kinglet.Ui

/// What a drop on the window would do, while something is dragged over it.
Rectangle {
    id: hint

    Accessible.role: Accessible.StaticText
    Accessible.name: qsTr("Drop it to open it")
    radius: Theme.radiusComposer
    color: Qt.alpha(Theme.background, 0.94)
    border.width: 2
    border.color: Theme.accent

    Column {
        anchors.centerIn: parent
        width: Math.min(hint.width - 64, 420)
        spacing: Theme.space3

        Icon {
            anchors.horizontalCenter: parent.horizontalCenter
            glyph: "import"
            size: 36
            color: Theme.accent
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: qsTr("Drop it to open it")
            font.pixelSize: Theme.pageTitle
            font.weight: Font.DemiBold
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: qsTr("A model (.gguf), exported chats (.zip) or a text file")
            color: Theme.secondary
            wrapMode: Text.Wrap
        }
    }
}

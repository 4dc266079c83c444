import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// What a reasoning model thought, folded.
Column {
    id: thinking

    required property string text
    required property int seconds
    required property bool active
    property bool open: false

    spacing: Theme.space2

    T.AbstractButton {
        id: fold

        anchors.left: parent.left
        implicitWidth: row.implicitWidth + 14
        implicitHeight: Math.max(28, row.implicitHeight + 8)
        focusPolicy: Qt.StrongFocus
        hoverEnabled: true
        text: thinking.active ? qsTr("Thinking…")
            : thinking.seconds > 0 ? qsTr("Thought for %1 s").arg(thinking.seconds) : qsTr("Thought for a moment")
        Accessible.role: Accessible.Button
        Accessible.name: thinking.text
        Accessible.description: thinking.open ? qsTr("Unfolded") : qsTr("Folded")
        onClicked: thinking.open = !thinking.open
        Keys.onReturnPressed: fold.clicked()

        background: Rectangle {
            radius: Theme.radiusControl
            color: fold.hovered ? Theme.hover : "transparent"

            FocusRing {
                shown: fold.visualFocus
                gap: 0
            }
        }
        contentItem: Row {
            id: row

            spacing: 6

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                glyph: thinking.open ? "chevron-down" : fold.LayoutMirroring.enabled ? "chevron-left" : "chevron-right"
                size: 18
                color: Theme.secondary
            }
            Label {
                anchors.verticalCenter: parent.verticalCenter
                text: fold.text
                font.pixelSize: Theme.ui
                color: Theme.secondary
                Accessible.ignored: true
            }
        }
    }
    Item {
        width: parent.width
        height: words.height
        visible: thinking.open

        Rectangle {
            anchors.left: parent.left
            anchors.leftMargin: 8
            width: 2
            height: parent.height
            radius: 1
            color: Theme.hairline
        }
        TextEdit {
            id: words

            anchors.left: parent.left
            anchors.leftMargin: 24
            anchors.right: parent.right
            height: contentHeight
            text: thinking.open ? Theme.plainToRich(thinking.text, Theme.bubbleLineHeight) : ""
            textFormat: TextEdit.RichText
            readOnly: true
            selectByMouse: true
            wrapMode: TextEdit.Wrap
            font.family: Theme.fontFamily
            font.pixelSize: Theme.ui
            color: Theme.secondary
            selectionColor: Theme.textSelection
            selectedTextColor: Theme.text
            activeFocusOnTab: false
            Accessible.role: Accessible.StaticText
            Accessible.name: thinking.text
        }
    }
}

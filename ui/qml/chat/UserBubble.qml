import QtQuick
import Kinglet.Ui

/// What the person wrote, at the right; turns into a field while it is edited.
Item {
    id: bubble

    required property string text
    property bool faint: false
    property bool editing: false
    property string findText: ""
    readonly property alias hovered: hover.hovered
    readonly property real cardWidth: card.width
    signal editSent(string text)
    signal editCancelled()

    readonly property bool mirrored: LayoutMirroring.enabled

    implicitHeight: card.height

    HoverHandler {
        id: hover
    }
    Rectangle {
        id: card

        anchors.right: parent.right
        visible: !bubble.editing
        // What is so long fills the width; to measure it would be to lay it out twice.
        width: Math.min(bubble.text.length > 2000 ? bubble.width : Math.ceil(words.implicitWidth) + 30,
            Math.floor(bubble.width * 0.8))
        height: bubble.editing ? editor.height : Math.ceil(words.contentHeight) + 20
        radius: Theme.radiusBubble
        color: bubble.faint ? Theme.selectionFaint : Theme.selection

        // The corner that points at its writer.
        Rectangle {
            anchors.right: parent.right
            anchors.bottom: parent.bottom
            width: parent.radius
            height: parent.radius
            radius: 3
            color: parent.color
        }
        TextEdit {
            id: words

            anchors.left: parent.left
            anchors.right: parent.right
            anchors.leftMargin: 14
            anchors.rightMargin: 14
            y: 12
            text: Theme.plainToRich(bubble.text, Theme.bubbleLineHeight)
            textFormat: TextEdit.RichText
            readOnly: true
            selectByMouse: true
            wrapMode: TextEdit.Wrap
            font.family: Theme.fontFamily
            font.pixelSize: Theme.body
            color: bubble.faint ? Theme.secondary : Theme.text
            selectionColor: Theme.textSelection
            selectedTextColor: Theme.text
            activeFocusOnTab: false
            Accessible.role: Accessible.StaticText
            Accessible.name: qsTr("You wrote: %1").arg(bubble.text)

            HoverHandler {
                cursorShape: Qt.IBeamCursor
            }
        }
    }
    Loader {
        id: editor

        anchors.left: parent.left
        anchors.right: parent.right
        active: bubble.editing
        visible: active
        sourceComponent: Column {
            spacing: Theme.space2
            Component.onCompleted: {
                field.text = bubble.text;
                field.edit.forceActiveFocus(Qt.OtherFocusReason);
                field.edit.cursorPosition = field.edit.length;
            }

            TextArea {
                id: field

                width: parent.width
                objectName: "editField"
                name: qsTr("Your message")
                textSize: Theme.body
                minLines: 1
                maxLines: 12
                edit.Keys.onPressed: event => {
                    const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                    if (event.key === Qt.Key_Escape) {
                        bubble.editCancelled();
                        event.accepted = true;
                    } else if (enter && !(event.modifiers & Qt.ShiftModifier) && !field.edit.inputMethodComposing) {
                        if (field.text.trim() !== "")
                            bubble.editSent(field.text);
                        event.accepted = true;
                    }
                }
            }
            Row {
                anchors.right: parent.right
                spacing: Theme.space2

                Button {
                    text: qsTr("Cancel")
                    onClicked: bubble.editCancelled()
                }
                Button {
                    text: qsTr("Send")
                    primary: true
                    enabled: field.text.trim() !== ""
                    onClicked: bubble.editSent(field.text)
                }
            }
        }
    }
}

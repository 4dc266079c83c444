import QtQuick
import Kinglet.App
import Kinglet.Ui

/// One setting of a model: what it is and where its value comes from, its control, and the way back. What is put
/// into it is the control; below the words where it is `wide` or the row is narrow.
Item {
    id: row

    required property ModelEditor editor
    /// As setting_layers.h calls it.
    required property string name
    required property string label
    property string hint: ""
    property string technical: ""
    property bool wide: false
    /// What would hold without the person's own, as text; empty where that says nothing.
    property string otherwiseText: ""
    default property alias control: slot.data

    readonly property bool below: wide || width < 500
    readonly property bool yours: editor.origins[name] === "yours"
    readonly property real controlWidth: below ? width : 288

    width: parent ? parent.width : 0
    implicitHeight: (below ? words.height + Theme.space2 + side.height : Math.max(words.height, side.height)) + 2 * Theme.space3

    function originText(): string {
        switch (editor.origins[name]) {
        case "file":
            return qsTr("From the model's file");
        case "settings":
            return qsTr("From Settings");
        case "kinglet":
            return qsTr("Kinglet's default");
        }
        if (otherwiseText === "")
            return qsTr("Yours");
        switch (editor.otherOrigins[name]) {
        case "file":
            return qsTr("Yours; the model's file says %1").arg(otherwiseText);
        case "settings":
            return qsTr("Yours; Settings say %1").arg(otherwiseText);
        }
        return qsTr("Yours; Kinglet's default is %1").arg(otherwiseText);
    }

    Column {
        id: words

        anchors.left: parent.left
        y: row.below ? Theme.space3 : (row.height - height) / 2
        width: row.below ? row.width - (back.visible ? back.width + Theme.space2 : 0)
                         : row.width - row.controlWidth - Theme.space6
        spacing: 3

        Label {
            width: parent.width
            text: row.label
            font.weight: Font.Medium
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignLeft

            HoverHandler {
                id: hover
                enabled: row.technical !== ""
            }
            ToolTip {
                visible: hover.hovered && row.technical !== ""
                text: row.technical
                x: 0
            }
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
    Column {
        id: side

        // Beside it there is room for the way back, so that nothing moves when it comes.
        readonly property real beside: back.width + Theme.space2

        // Placed by hand, as anchors cannot change sides.
        x: row.below ? 0 : row.LayoutMirroring.enabled ? beside : row.width - row.controlWidth
        y: row.below ? words.y + words.height + Theme.space2 : (row.height - height) / 2
        width: row.below ? row.width : row.controlWidth - beside
        spacing: Theme.space1

        Item {
            id: slot

            width: parent.width
            height: childrenRect.height
        }
        Label {
            objectName: "origin_" + row.name
            width: parent.width
            text: row.originText()
            font.pixelSize: Theme.caption
            color: row.yours ? Theme.accent : Theme.secondary
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignLeft
        }
    }
    IconButton {
        id: back

        objectName: "putBack_" + row.name
        anchors.right: parent.right
        y: row.below ? Theme.space2 : side.y + (slot.height - height) / 2
        visible: row.yours
        glyph: "reset"
        glyphSize: 18
        text: qsTr("Put back: %1").arg(row.label)
        onClicked: row.editor.putBack(row.name)
    }
}

import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// One line of text. `name` is what a screen reader calls it; `glyph` an icon at its start.
T.TextField {
    id: field

    property string name: placeholderText
    property string glyph: ""
    property bool invalid: false
    property bool clearable: false

    implicitWidth: 240
    implicitHeight: Theme.fieldHeight
    leftPadding: glyph !== "" && !mirrored ? 40 : clearable && mirrored && text !== "" ? 34 : 12
    rightPadding: glyph !== "" && mirrored ? 40 : clearable && !mirrored && text !== "" ? 34 : 12
    verticalAlignment: TextInput.AlignVCenter
    // Text goes by its own direction; where there is none yet, the caret stands where it will begin.
    horizontalAlignment: length === 0 && preeditText === "" ? TextInput.AlignLeft : undefined
    font.family: Theme.fontFamily
    font.pixelSize: Theme.small
    color: Theme.text
    placeholderTextColor: Theme.secondary
    selectionColor: Theme.textSelection
    selectedTextColor: Theme.text
    selectByMouse: true
    activeFocusOnTab: true
    hoverEnabled: true
    readonly property bool mirrored: LayoutMirroring.enabled

    Accessible.role: Accessible.EditableText
    Accessible.name: name

    cursorDelegate: Rectangle {
        width: 1.5
        color: Theme.accent
        visible: field.cursorVisible
    }

    background: Rectangle {
        radius: Theme.radiusField
        color: Theme.surface
        border.width: field.activeFocus ? Theme.focusWidth : Theme.hairlineWidth
        border.color: field.invalid ? Theme.danger : field.activeFocus ? Theme.accent
            : field.hovered ? Theme.edge : Theme.hairline
    }

    Icon {
        glyph: field.glyph
        color: Theme.secondary
        anchors.left: parent.left
        anchors.leftMargin: 11
        anchors.verticalCenter: parent.verticalCenter
    }
    Label {
        anchors.fill: parent
        anchors.leftMargin: field.mirrored ? field.rightPadding : field.leftPadding
        anchors.rightMargin: field.mirrored ? field.leftPadding : field.rightPadding
        // The caret stands before the first letter, not in it.
        leftPadding: 2
        rightPadding: 2
        visible: field.text === "" && field.preeditText === ""
        text: field.placeholderText
        font: field.font
        color: field.placeholderTextColor
        elide: Text.ElideRight
        horizontalAlignment: Text.AlignLeft
        Accessible.ignored: true
    }
    IconButton {
        visible: field.clearable && field.text !== ""
        glyph: "close"
        glyphSize: Theme.iconSmall
        text: qsTr("Clear")
        implicitWidth: 26
        implicitHeight: 26
        anchors.right: parent.right
        anchors.rightMargin: 4
        anchors.verticalCenter: parent.verticalCenter
        onClicked: {
            field.clear();
            field.forceActiveFocus(Qt.TabFocusReason);
        }
    }
}

import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// Several lines of text in a frame; grows from `minLines` to `maxLines`, then scrolls.
Item {
    id: area

    property alias text: edit.text
    property alias edit: edit
    property string name: ""
    property string placeholder: ""
    property int minLines: 2
    property int maxLines: 8
    property int textSize: Theme.small
    signal edited()

    readonly property real lineHeight: metrics.lineSpacing
    implicitWidth: 240
    implicitHeight: Math.ceil(Math.min(Math.max(edit.contentHeight, minLines * lineHeight), maxLines * lineHeight)) + 20

    FontMetrics {
        id: metrics
        font: edit.font
    }
    Rectangle {
        anchors.fill: parent
        radius: Theme.radiusField
        color: Theme.surface
        border.width: edit.activeFocus ? Theme.focusWidth : Theme.hairlineWidth
        border.color: edit.activeFocus ? Theme.accent : hover.hovered ? Theme.edge : Theme.hairline
    }
    HoverHandler {
        id: hover
        cursorShape: Qt.IBeamCursor
    }
    Flickable {
        id: flick

        anchors.fill: parent
        anchors.margins: 10
        anchors.rightMargin: 6
        anchors.leftMargin: 11
        contentWidth: width
        contentHeight: edit.contentHeight
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        T.ScrollBar.vertical: ScrollBar {}

        TextEdit {
            id: edit

            x: area.LayoutMirroring.enabled ? 6 : 0
            width: flick.width - 6
            height: Math.max(contentHeight, flick.height)
            wrapMode: TextEdit.Wrap
            textFormat: TextEdit.PlainText
            font.family: Theme.fontFamily
            font.pixelSize: area.textSize
            color: Theme.text
            selectionColor: Theme.textSelection
            selectedTextColor: Theme.text
            selectByMouse: true
            horizontalAlignment: length === 0 && preeditText === "" ? TextEdit.AlignLeft : undefined
            activeFocusOnTab: true
            Accessible.role: Accessible.EditableText
            Accessible.name: area.name
            Accessible.multiLine: true
            KeyNavigation.priority: KeyNavigation.BeforeItem
            Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
            Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
            onTextChanged: if (activeFocus) area.edited()
            onCursorRectangleChanged: {
                if (cursorRectangle.y < flick.contentY)
                    flick.contentY = cursorRectangle.y;
                else if (cursorRectangle.y + cursorRectangle.height > flick.contentY + flick.height)
                    flick.contentY = cursorRectangle.y + cursorRectangle.height - flick.height;
            }
        }
        Label {
            x: edit.x
            width: edit.width
            leftPadding: 2
            rightPadding: 2
            horizontalAlignment: Text.AlignLeft
            visible: edit.text === "" && !edit.inputMethodComposing
            text: area.placeholder
            font.pixelSize: area.textSize
            color: Theme.secondary
            wrapMode: Text.Wrap
            Accessible.ignored: true
        }
    }
}

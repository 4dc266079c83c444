import QtQuick
import Kinglet.Ui

/// Sanitised rich text that can be selected. It names no resource: links are only ever shown and asked about.
TextEdit {
    id: answer

    property string html: ""
    property bool faint: false
    property string findText: ""
    /// Where the caret mark of a streaming answer goes.
    readonly property rect endRectangle: {
        answer.length;
        answer.width;
        answer.contentHeight;
        return positionToRectangle(length);
    }
    signal linkChosen(string address)

    readonly property color ink: faint ? Theme.secondary : Theme.text

    text: Theme.richTextHead(ink, Theme.answerLineHeight) + html
    textFormat: TextEdit.RichText
    readOnly: true
    selectByMouse: true
    persistentSelection: false
    wrapMode: TextEdit.Wrap
    font.family: Theme.fontFamily
    font.pixelSize: Theme.body
    color: ink
    selectionColor: Theme.textSelection
    selectedTextColor: Theme.text
    activeFocusOnTab: false
    onLinkActivated: link => answer.linkChosen(link)
    Accessible.role: Accessible.StaticText
    Accessible.name: getText(0, length)

    onFindTextChanged: showFound()
    onLengthChanged: if (findText !== "") showFound()

    function showFound() {
        const at = findText === "" ? -1 : getText(0, length).toLowerCase().indexOf(findText.toLowerCase());
        if (at >= 0)
            select(at, at + findText.length);
        else
            deselect();
    }

    HoverHandler {
        cursorShape: answer.hoveredLink !== "" ? Qt.PointingHandCursor : Qt.IBeamCursor
    }
}

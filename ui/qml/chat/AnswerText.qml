import QtQuick
import Kinglet.Ui

/// Sanitised rich text that can be selected. It names no resource: links are only ever shown and asked about.
TextEdit {
    id: answer

    property string html: ""
    property bool faint: false
    property string findText: ""
    /// What a screen reader reads; without it, the text as it is shown.
    property string spoken: ""
    /// True where the caret mark of a streaming answer stands at the end.
    property bool caret: false
    signal linkChosen(string address)

    readonly property color ink: faint ? Theme.secondary : Theme.text

    text: Theme.richTextHead(ink, Theme.answerLineHeight) + "<p>" + html + "</p>"
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
    Accessible.name: spoken !== "" ? spoken : getText(0, length)

    onFindTextChanged: showFound()
    Component.onCompleted: if (findText !== "") showFound()

    function showFound() {
        const at = findText === "" ? -1 : getText(0, length).toLowerCase().indexOf(findText.toLowerCase());
        if (at >= 0)
            select(at, at + findText.length);
        else
            deselect();
    }

    Loader {
        active: answer.caret
        sourceComponent: Rectangle {
            readonly property rect place: {
                answer.width;
                answer.contentHeight;
                return answer.positionToRectangle(answer.length);
            }

            x: place.x + 2
            y: place.y + Math.round((Theme.body * 1.21 - height) / 2)
            width: 9
            height: Math.round(Theme.body * 1.15)
            radius: 2
            color: Theme.accent
        }
    }
    HoverHandler {
        cursorShape: answer.hoveredLink !== "" ? Qt.PointingHandCursor : Qt.IBeamCursor
    }
}

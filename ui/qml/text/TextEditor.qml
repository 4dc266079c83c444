import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// The text itself: written and edited anywhere, with what the model wrote in an ink of its own.
Flickable {
    id: editor

    objectName: "textEditor"
    required property AppContext app
    property real column: Theme.textMeasure
    readonly property Conversation conversation: app.conversation
    readonly property TextPage textPage: conversation.textPage
    readonly property alias edit: edit
    readonly property real distanceToEnd: Math.max(0, contentHeight - height - contentY)
    readonly property bool atEnd: distanceToEnd < Theme.space8
    /// With the caret behind the last word the end stays in view, until the reader goes elsewhere.
    property bool following: true
    /// Since the model wrote last, the person has moved the caret: the page goes along with it.
    property bool byHand: true
    signal escaped()

    contentWidth: width
    contentHeight: Math.max(height, content.height + 2 * Theme.space6)
    clip: true
    boundsBehavior: Flickable.StopAtBounds
    T.ScrollBar.vertical: ScrollBar {
        id: bar
    }

    onContentYChanged: if (moving || bar.pressed) following = atEnd
    onContentHeightChanged: keepEnd()
    onHeightChanged: keepEnd()

    function keepEnd() {
        if (following && !moving && (conversation.generating || edit.cursorPosition === edit.length))
            contentY = Math.max(0, contentHeight - height);
    }
    function toEnd() {
        following = true;
        contentY = Math.max(0, contentHeight - height);
    }
    function openAtEnd() {
        edit.cursorPosition = edit.length;
        toEnd();
    }
    /// Brings a place of the text into the middle of the page.
    function reveal(position: int) {
        following = false;
        const place = edit.positionToRectangle(position);
        contentY = Math.max(0, Math.min(contentHeight - height, content.y + place.y - height / 3));
    }
    /// Selects a part of the text and brings it into view.
    function choose(position: int, length: int) {
        edit.select(position, position + length);
        reveal(position);
    }
    function goOn() {
        if (textPage.goOn())
            toEnd();
    }
    function tryAnother() {
        if (textPage.tryAnother())
            toEnd();
    }

    Connections {
        target: editor.conversation
        function onChatChanged() { editor.openAtEnd(); }
        function onPhaseChanged() {
            // The words come behind the last one, and that is where the writing goes on.
            if (!editor.conversation.generating)
                return;
            editor.byHand = false;
            edit.cursorPosition = edit.length;
        }
    }
    // Beside and below the text a click sets the caret to the nearest place.
    TapHandler {
        onTapped: point => {
            const place = edit.mapFromItem(editor.contentItem, point.position.x, point.position.y);
            edit.cursorPosition = edit.positionAt(place.x, place.y);
            edit.forceActiveFocus(Qt.MouseFocusReason);
        }
    }
    HoverHandler {
        cursorShape: Qt.IBeamCursor
    }

    Column {
        id: content

        x: (editor.width - width) / 2
        y: Theme.space6
        width: editor.column
        spacing: Theme.space4

        TextEdit {
            id: edit

            objectName: "textField"
            width: parent.width
            wrapMode: TextEdit.Wrap
            textFormat: TextEdit.PlainText
            font.family: Theme.fontFamily
            font.pixelSize: Theme.body
            color: Theme.text
            selectionColor: Theme.textSelection
            selectedTextColor: Theme.text
            selectByMouse: true
            readOnly: editor.conversation.generating || editor.conversation.loading
            horizontalAlignment: length === 0 && preeditText === "" ? TextEdit.AlignLeft : undefined
            activeFocusOnTab: true
            focus: true
            Accessible.role: Accessible.EditableText
            Accessible.name: qsTr("Your text")
            Accessible.description: length === 0 ? hint.text : ""
            Accessible.multiLine: true
            onCursorRectangleChanged: {
                if (!editor.byHand || !activeFocus)
                    return;
                const top = content.y + cursorRectangle.y;
                const bottom = top + cursorRectangle.height;
                if (top - Theme.space4 < editor.contentY)
                    editor.contentY = Math.max(0, top - Theme.space4);
                else if (bottom + Theme.space6 > editor.contentY + editor.height)
                    editor.contentY = bottom + Theme.space6 - editor.height;
            }
            cursorDelegate: Item {
                id: cursor

                visible: edit.cursorVisible && !edit.readOnly
                width: 1.5

                // As high as the letters, not as the line.
                Rectangle {
                    width: parent.width
                    height: Math.min(parent.height, metrics.height)
                    anchors.bottom: parent.bottom
                    color: Theme.accent

                    SequentialAnimation on opacity {
                        running: cursor.visible && !Theme.reducedMotion
                        loops: Animation.Infinite
                        PauseAnimation { duration: 550 }
                        PropertyAction { value: 0 }
                        PauseAnimation { duration: 450 }
                        PropertyAction { value: 1 }
                    }
                }
            }

            Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
            Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
            onPreeditTextChanged: editor.byHand = true
            Keys.onPressed: event => {
                editor.byHand = !editor.conversation.generating;
                const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                if (enter && (event.modifiers & Qt.ControlModifier) !== 0) {
                    event.accepted = true;
                    if (!event.isAutoRepeat && !edit.inputMethodComposing)
                        editor.goOn();
                } else if (event.key === Qt.Key_Escape) {
                    event.accepted = true;
                    if (editor.conversation.generating)
                        editor.conversation.stop();
                    else
                        editor.escaped();
                }
            }

            FontMetrics {
                id: metrics
                font: edit.font
            }
            Binding {
                target: editor.textPage
                property: "modelInk"
                value: Theme.modelInk
            }
            Binding {
                target: editor.textPage
                property: "unseenInk"
                value: Theme.secondary
            }
            Binding {
                target: editor.textPage
                property: "lineHeight"
                value: Theme.answerLineHeight
            }
            Component.onCompleted: {
                editor.textPage.document = edit.textDocument;
                editor.openAtEnd();
            }
            Component.onDestruction: editor.textPage.document = null

            Label {
                id: hint

                width: edit.width
                leftPadding: 2
                rightPadding: 2
                visible: edit.length === 0 && !edit.inputMethodComposing && edit.preeditText === ""
                text: qsTr("Write a beginning")
                wrapMode: Text.Wrap
                horizontalAlignment: Text.AlignLeft
                font.pixelSize: Theme.body
                color: Theme.secondary
                Accessible.ignored: true
            }
            // Where the model begins to see.
            Rectangle {
                readonly property rect place: {
                    edit.contentHeight;
                    edit.width;
                    return edit.positionToRectangle(editor.textPage.unseenLength);
                }

                objectName: "seenFrom"
                visible: editor.textPage.unseenLength > 0
                y: place.y - 3
                width: parent.width
                height: Theme.hairlineWidth
                color: Theme.accent
                opacity: 0.6
            }
        }
        Loader {
            width: parent.width
            active: editor.textPage.note !== "" && !editor.conversation.generating
            visible: active
            sourceComponent: Label {
                objectName: "textNote"
                text: editor.textPage.note
                font.pixelSize: Theme.small
                color: Theme.secondary
                wrapMode: Text.Wrap
                horizontalAlignment: Text.AlignLeft
            }
        }
        Loader {
            width: parent.width
            active: editor.textPage.errorTitle !== ""
            visible: active
            sourceComponent: ErrorCard {
                title: editor.textPage.errorTitle
                text: editor.textPage.errorText
                details: editor.textPage.errorDetails
                actionLabel: editor.textPage.errorActionLabel
                secondLabel: editor.textPage.secondActionLabel
                onActionChosen: editor.conversation.errorAction(editor.conversation.lastAnswerId, editor.textPage.errorAction)
                onSecondChosen: editor.conversation.errorAction(editor.conversation.lastAnswerId, editor.textPage.secondAction)
            }
            onHeightChanged: if (active) editor.toEnd()
        }
        Loader {
            width: parent.width
            active: edit.length === 0 && edit.preeditText === "" && editor.textPage.errorTitle === "" && editor.conversation.isEmpty
            visible: active
            sourceComponent: Column {
                topPadding: Theme.space8
                spacing: Theme.space3

                Label {
                    objectName: "textLine"
                    width: parent.width
                    text: editor.conversation.modelLine
                    wrapMode: Text.Wrap
                    horizontalAlignment: Text.AlignLeft
                    font.pixelSize: Theme.body
                    color: Theme.secondary
                    lineHeight: Theme.leadLineHeight
                    bottomPadding: Theme.space2
                }
                Repeater {
                    model: editor.conversation.suggestions

                    SuggestionCard {
                        required property string modelData
                        required property int index

                        objectName: "suggestion" + index
                        width: parent ? parent.width : 0
                        text: modelData
                        onClicked: {
                            if (editor.textPage.begin(modelData))
                                edit.forceActiveFocus(Qt.OtherFocusReason);
                        }
                    }
                }
            }
        }
    }
}

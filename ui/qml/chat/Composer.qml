import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// Where the person writes. Grows from one to ten lines; Send becomes Stop while an answer is written.
Item {
    id: composer

    required property Conversation conversation
    required property ModelStatus model
    property bool enterSends: true
    signal attachWanted()
    signal editLastWanted()
    /// Escape with nothing to stop.
    signal escaped()

    readonly property alias edit: edit
    readonly property int longPaste: 2000
    readonly property int longPasteLines: 24
    /// Why nothing can be sent; empty where something can.
    readonly property string blocked: {
        if (!conversation.canSend)
            return conversation.sendBlockedReason;
        return composed() === "" ? qsTr("Write a message first") : "";
    }
    property bool justComposed: false

    implicitHeight: card.height

    /// The whole message: what was typed, then what was pasted as cards.
    function composed(): string {
        const parts = edit.text.trim() === "" ? [] : [edit.text];
        for (let i = 0; i < pasted.count; ++i)
            parts.push(pasted.get(i).body);
        return parts.join("\n\n");
    }
    function send() {
        if (conversation.generating || blocked !== "")
            return;
        if (conversation.send(composed())) {
            pasted.clear();
            edit.clear();
            saveDraft();
        }
    }
    function focusField() {
        edit.forceActiveFocus(Qt.OtherFocusReason);
    }
    function saveDraft() {
        if (loadingDraft || draftOf !== conversation.chatId)
            return;
        const whole = composed();
        if (conversation.draft !== whole)
            conversation.draft = whole;
    }
    property bool loadingDraft: false
    property string draftOf: ""

    function loadDraft() {
        if (conversation.isText)
            return;
        if (draftOf === conversation.chatId && composed() === conversation.draft)
            return;
        loadingDraft = true;
        pasted.clear();
        edit.text = conversation.draft;
        edit.cursorPosition = edit.length;
        draftOf = conversation.chatId;
        loadingDraft = false;
    }
    /// Takes a paste: a long one becomes a card. False where the field should paste for itself.
    function takePaste(): bool {
        clipboard.clear();
        clipboard.paste();
        const body = clipboard.text;
        clipboard.clear();
        if (body.length < longPaste && body.split("\n").length <= longPasteLines)
            return false;
        pasted.append({ "body": body });
        saveDraft();
        return true;
    }

    Component.onCompleted: loadDraft()

    Connections {
        target: composer.conversation
        function onDraftChanged() { composer.loadDraft(); }
        function onChatChanged() { composer.loadDraft(); }
    }
    ListModel {
        id: pasted
        dynamicRoles: false
    }
    TextEdit {
        id: clipboard
        visible: false
        textFormat: TextEdit.PlainText
        Accessible.ignored: true
    }

    Rectangle {
        id: card

        anchors.left: parent.left
        anchors.right: parent.right
        height: (pasted.count > 0 ? cards.height + Theme.space3 : 0) + field.height + 70
        radius: Theme.radiusComposer
        color: Theme.surface
        border.width: Theme.hairlineWidth
        border.color: edit.activeFocus ? Theme.fieldFocus : Theme.hairline

        Behavior on border.color {
            ColorAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
        }
        SoftShadow {
            z: -1
        }
        TapHandler {
            onTapped: edit.forceActiveFocus(Qt.MouseFocusReason)
        }

        Flow {
            id: cards

            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: Theme.space3
            anchors.bottomMargin: 0
            spacing: Theme.space2
            height: pasted.count > 0 ? implicitHeight + Theme.space1 : 0

            Repeater {
                model: pasted

                PastedCard {
                    required property int index

                    width: Math.min(240, cards.width)
                    onUnpackWanted: {
                        const at = index;
                        edit.insert(edit.length, (edit.length > 0 ? "\n\n" : "") + pasted.get(at).body);
                        pasted.remove(at);
                        edit.forceActiveFocus(Qt.OtherFocusReason);
                    }
                    onRemoveWanted: {
                        pasted.remove(index);
                        composer.saveDraft();
                        edit.forceActiveFocus(Qt.OtherFocusReason);
                    }
                }
            }
        }

        Flickable {
            id: field

            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: pasted.count > 0 ? cards.bottom : parent.top
            anchors.leftMargin: Theme.space4
            anchors.rightMargin: Theme.space2
            anchors.topMargin: 14
            height: Math.min(edit.contentHeight, 10 * metrics.lineSpacing + 2)
            contentWidth: width
            contentHeight: edit.contentHeight
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            T.ScrollBar.vertical: ScrollBar {}

            TextEdit {
                id: edit

                objectName: "composerField"
                width: field.width - Theme.space2
                height: Math.max(contentHeight, field.height)
                wrapMode: TextEdit.Wrap
                textFormat: TextEdit.PlainText
                font.family: Theme.fontFamily
                font.pixelSize: Theme.body
                color: Theme.text
                selectionColor: Theme.textSelection
                selectedTextColor: Theme.text
                selectByMouse: true
                // Text goes by its own direction; where there is none yet, the caret stands where it will begin.
                horizontalAlignment: length === 0 && preeditText === "" ? TextEdit.AlignLeft : undefined
                activeFocusOnTab: true
                focus: true
                Accessible.role: Accessible.EditableText
                Accessible.name: placeholder.text
                Accessible.multiLine: true
                onTextChanged: composer.saveDraft()
                onInputMethodComposingChanged: {
                    // The Enter that ended a composition may still be on its way.
                    composer.justComposed = true;
                    settled.restart();
                }
                onCursorRectangleChanged: {
                    const line = cursorRectangle;
                    if (line.y < field.contentY)
                        field.contentY = Math.max(0, line.y);
                    else if (line.y + line.height > field.contentY + field.height)
                        field.contentY = line.y + line.height - field.height;
                }
                cursorDelegate: Rectangle {
                    id: cursor

                    width: 1.5
                    color: Theme.accent
                    visible: edit.cursorVisible

                    SequentialAnimation on opacity {
                        running: cursor.visible && !Theme.reducedMotion
                        loops: Animation.Infinite
                        PauseAnimation { duration: 550 }
                        PropertyAction { value: 0 }
                        PauseAnimation { duration: 450 }
                        PropertyAction { value: 1 }
                    }
                }

                Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
                Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
                Keys.onPressed: event => {
                    const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                    if (enter) {
                        composer.handleEnter(event);
                    } else if (event.key === Qt.Key_Escape) {
                        if (composer.conversation.generating)
                            composer.conversation.stop();
                        else
                            composer.escaped();
                        event.accepted = true;
                    } else if (event.key === Qt.Key_Up && edit.text === "" && pasted.count === 0
                               && event.modifiers === Qt.NoModifier && !edit.inputMethodComposing) {
                        composer.editLastWanted();
                        event.accepted = true;
                    } else if (event.matches(StandardKey.Paste)) {
                        event.accepted = composer.takePaste();
                    }
                }
            }
            Label {
                id: placeholder

                width: edit.width
                // The caret stands before the first letter, not in it.
                leftPadding: 2
                rightPadding: 2
                visible: edit.text === "" && !edit.inputMethodComposing && edit.preeditText === ""
                text: composer.model.state === ModelStatus.Ready || composer.model.state === ModelStatus.Loading
                    ? qsTr("Message %1").arg(composer.model.shortName) : qsTr("Message")
                elide: Text.ElideRight
                horizontalAlignment: Text.AlignLeft
                font.pixelSize: Theme.body
                color: Theme.secondary
                Accessible.ignored: true
            }
        }

        IconButton {
            id: attach

            anchors.left: parent.left
            anchors.leftMargin: Theme.space2 + 1
            anchors.bottom: parent.bottom
            anchors.bottomMargin: 11
            glyph: "attach"
            glyphSize: 18
            text: qsTr("Attach a text file")
            onClicked: composer.attachWanted()
        }
        Label {
            anchors.right: sendButton.left
            anchors.rightMargin: Theme.space3
            anchors.left: attach.right
            anchors.leftMargin: Theme.space3
            anchors.verticalCenter: sendButton.verticalCenter
            visible: !composer.conversation.canSend && !composer.conversation.generating
            text: composer.conversation.sendBlockedReason
            horizontalAlignment: Text.AlignRight
            elide: Text.ElideRight
            font.pixelSize: Theme.caption
            color: Theme.secondary
        }
        IconButton {
            id: sendButton

            readonly property bool stops: composer.conversation.generating
            readonly property bool ready: stops || composer.blocked === ""

            objectName: stops ? "stopButton" : "sendButton"
            anchors.right: parent.right
            anchors.rightMargin: Theme.space3
            anchors.bottom: parent.bottom
            anchors.bottomMargin: 10
            implicitWidth: 34
            implicitHeight: 34
            radius: 17
            glyph: stops ? "stop" : "send"
            ground: ready ? (down ? Theme.accentPressed : hovered ? Theme.accentHover : Theme.accent) : Theme.selection
            ink: ready ? Theme.accentInk : Theme.accent
            text: stops ? qsTr("Stop") : ready ? qsTr("Send") : qsTr("Send: %1").arg(composer.blocked)
            shortcut: stops ? Keymap.label("stop") : !ready ? "" : composer.enterSends ? Keymap.label("send") : Keymap.label("sendAlways")
            Accessible.name: stops ? qsTr("Stop") : qsTr("Send")
            Accessible.description: ready ? "" : composer.blocked
            onClicked: {
                if (stops)
                    composer.conversation.stop();
                else
                    composer.send();
                edit.forceActiveFocus(Qt.OtherFocusReason);
            }

            Behavior on ground {
                ColorAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
            }
        }
    }

    function handleEnter(event) {
        if (edit.inputMethodComposing || edit.preeditText !== "" || justComposed) {
            event.accepted = true;
            return;
        }
        const forced = (event.modifiers & Qt.ControlModifier) !== 0;
        const shifted = (event.modifiers & Qt.ShiftModifier) !== 0;
        if (forced || (enterSends && !shifted)) {
            if (!event.isAutoRepeat)
                send();
            event.accepted = true;
        } else {
            edit.remove(edit.selectionStart, edit.selectionEnd);
            edit.insert(edit.cursorPosition, "\n");
            event.accepted = true;
        }
    }

    Timer {
        id: settled
        interval: 1
        onTriggered: composer.justComposed = false
    }
    FontMetrics {
        id: metrics
        font: edit.font
    }
}

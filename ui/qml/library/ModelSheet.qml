import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// The settings of one model. Each says where its value comes from, and has a way back.
T.Dialog {
    id: sheet

    required property AppContext app
    readonly property ModelEditor editor: app.modelEditor
    readonly property var values: editor.values
    readonly property var otherwise: editor.otherwise
    readonly property var origins: editor.origins
    readonly property real room: T.Overlay.overlay ? T.Overlay.overlay.height - 2 * Theme.space4 : 600
    readonly property bool narrow: width < 560
    readonly property real inset: narrow ? Theme.space4 : Theme.space6
    signal adapterWanted()

    objectName: "modelSheet"
    anchors.centerIn: T.Overlay.overlay
    width: Math.min(640, (T.Overlay.overlay ? T.Overlay.overlay.width : 640) - 2 * Theme.space4)
    height: Math.min(room, head.height + column.height + 2 * Theme.space2 + foot.height)
    padding: 0
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    onAboutToShow: {
        scroll.contentY = 0;
        app.graphicsCards.look();
    }
    onOpened: {
        done.forceActiveFocus(Qt.PopupFocusReason);
        if (app.model.adapterFailed && app.model.path === editor.path)
            scroll.contentY = Math.max(0, scroll.contentHeight - scroll.height);
    }

    T.Overlay.modal: Rectangle {
        color: Theme.scrim
    }
    background: Rectangle {
        radius: Theme.radiusComposer
        color: Theme.surface
        border.color: Theme.hairline
        border.width: Theme.hairlineWidth

        SoftShadow {
            z: -1
            high: true
        }
    }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.panel; easing.type: Easing.OutQuad }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; from: 1; to: 0; duration: Theme.quick; easing.type: Easing.OutQuad }
    }

    component Heading: Label {
        width: parent ? parent.width : 0
        topPadding: Theme.space4
        bottomPadding: Theme.space1
        font.pixelSize: Theme.small
        font.weight: Font.DemiBold
        color: Theme.secondary
        horizontalAlignment: Text.AlignLeft
        Accessible.role: Accessible.Heading
    }

    contentItem: Item {
        Accessible.role: Accessible.Dialog
        Accessible.name: title.text

        Item {
            id: head

            width: parent.width
            height: words.height + 2 * Theme.space4

            Column {
                id: words

                anchors.left: parent.left
                anchors.leftMargin: sheet.inset
                anchors.right: close.left
                anchors.rightMargin: Theme.space2
                anchors.verticalCenter: parent.verticalCenter
                spacing: 2

                Label {
                    id: title

                    width: parent.width
                    text: qsTr("Settings of %1").arg(sheet.editor.modelName)
                    font.pixelSize: Theme.title
                    font.weight: Font.DemiBold
                    elide: Text.ElideRight
                    horizontalAlignment: Text.AlignLeft
                    Accessible.role: Accessible.Heading
                }
                Label {
                    width: parent.width
                    text: qsTr("For every chat with this model, unless it has its own.")
                    font.pixelSize: Theme.small
                    color: Theme.secondary
                    wrapMode: Text.Wrap
                    horizontalAlignment: Text.AlignLeft
                }
            }
            IconButton {
                id: close

                anchors.right: parent.right
                anchors.rightMargin: sheet.inset
                y: Theme.space3
                glyph: "close"
                glyphSize: 18
                text: qsTr("Close")
                onClicked: sheet.close()
            }
            Divider {
                anchors.left: parent.left
                anchors.right: parent.right
                anchors.bottom: parent.bottom
            }
        }
        Flickable {
            id: scroll

            /// What has the focus is in view.
            readonly property Item focused: Window.activeFocusItem
            onFocusedChanged: {
                if (!focused || !inColumn(focused))
                    return;
                const top = focused.mapToItem(column, 0, 0).y;
                if (top < contentY + Theme.space6)
                    contentY = Math.max(0, top - Theme.space12);
                else if (top + focused.height > contentY + height - Theme.space6)
                    contentY = Math.max(0, Math.min(contentHeight - height, top + focused.height + Theme.space12 - height));
            }
            function inColumn(item: Item): bool {
                for (let above = item; above; above = above.parent) {
                    if (above === column)
                        return true;
                }
                return false;
            }

            anchors.top: head.bottom
            anchors.bottom: foot.top
            width: parent.width
            contentWidth: width
            contentHeight: column.height + 2 * Theme.space2
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            T.ScrollBar.vertical: ScrollBar {}

            Column {
                id: column

                x: sheet.inset
                y: Theme.space2
                width: scroll.width - 2 * sheet.inset

                Heading {
                    topPadding: Theme.space1
                    text: qsTr("Answers")
                }
                ModelSettingRow {
                    editor: sheet.editor
                    name: "system_prompt"
                    label: qsTr("System prompt")
                    wide: true

                    TextArea {
                        id: prompt

                        objectName: "modelSystemPrompt"
                        width: parent ? parent.width : 0
                        name: qsTr("System prompt of this model")
                        placeholder: qsTr("How the model should behave, in your words.")
                        minLines: 2
                        maxLines: 6
                        text: sheet.values.system_prompt ?? ""
                        onEdited: sheet.editor.set("system_prompt", text)

                        Connections {
                            target: sheet.editor
                            function onChanged() {
                                const now = sheet.values.system_prompt ?? "";
                                if (prompt.text !== now)
                                    prompt.text = now;
                            }
                        }
                    }
                }
                ModelNumberRow {
                    editor: sheet.editor
                    name: "temperature"
                    label: qsTr("Temperature")
                    hint: qsTr("Lower is steadier, higher is more varied.")
                    technical: qsTr("Divides the logits before the softmax.")
                    to: 2
                }
                ModelNumberRow {
                    editor: sheet.editor
                    name: "max_tokens"
                    label: qsTr("Longest answer")
                    hint: qsTr("A token is about three quarters of a word.")
                    digits: 0
                    unit: qsTr("%1 tokens")
                    zeroText: qsTr("No limit")
                    to: 4096
                    step: 128
                }
                ModelNumberRow {
                    editor: sheet.editor
                    name: "top_k"
                    label: qsTr("Choose among")
                    hint: qsTr("Only the likeliest words are considered.")
                    technical: qsTr("top-k")
                    digits: 0
                    unit: qsTr("%1 words")
                    zeroText: qsTr("All")
                    to: 200
                    step: 5
                }
                ModelNumberRow {
                    editor: sheet.editor
                    name: "top_p"
                    label: qsTr("Share kept")
                    hint: qsTr("Lower leaves out unlikely words.")
                    technical: qsTr("top-p")
                    from: 0.05
                }
                ModelNumberRow {
                    editor: sheet.editor
                    name: "min_p"
                    label: qsTr("Least likelihood")
                    hint: qsTr("Words far behind the likeliest are left out.")
                    technical: qsTr("min-p")
                    to: 0.5
                    step: 0.01
                }
                ModelNumberRow {
                    editor: sheet.editor
                    name: "repeat_penalty"
                    label: qsTr("Against repetition")
                    hint: qsTr("Higher avoids words that were just used.")
                    technical: qsTr("repeat penalty")
                    from: 1
                    to: 2
                }
                Heading {
                    text: qsTr("Memory and speed")
                }
                ModelNumberRow {
                    editor: sheet.editor
                    name: "context_length"
                    label: qsTr("Context")
                    hint: sheet.editor.memoryText !== "" ? qsTr("What the model keeps in view. Takes %1 of memory.").arg(sheet.editor.memoryText)
                        : qsTr("How much of a chat the model keeps in view.")
                    digits: 0
                    unit: qsTr("%1 tokens")
                    from: Math.min(256, to)
                    to: Math.max(256, sheet.editor.contextLengthMax)
                    step: to > 8192 ? 1024 : to > 2048 ? 256 : 128
                }
                ModelSettingRow {
                    editor: sheet.editor
                    name: "kv_type"
                    label: qsTr("Precision of the context")
                    hint: sheet.editor.kvTypeIdle ? qsTr("This model's context cannot be kept in fewer bits.")
                        : qsTr("Fewer bits take less memory and are a little less exact.")
                    technical: qsTr("Type of the KV cache: F16, Q8_0 or Q4_0")
                    otherwiseText: qsTr("16 bits")

                    Segmented {
                        readonly property var types: ["f16", "q8_0", "q4_0"]

                        objectName: "kvTypes"
                        anchors.left: parent.left
                        name: qsTr("Precision of the context")
                        options: [qsTr("16 bits"), qsTr("8 bits"), qsTr("4 bits")]
                        current: types.indexOf(sheet.values.kv_type)
                        onChosen: index => sheet.editor.set("kv_type", types[index])
                    }
                }
                ModelNumberRow {
                    editor: sheet.editor
                    name: "threads"
                    label: qsTr("Threads")
                    hint: qsTr("How many cores work on an answer.")
                    digits: 0
                    zeroText: qsTr("Automatic")
                    to: Math.max(1, sheet.app.settings.maxThreads)
                    step: 1
                }
                ModelSettingRow {
                    editor: sheet.editor
                    name: "device"
                    label: qsTr("Answers run on")
                    hint: qsTr("Automatic takes a graphics card where it makes this model faster.")
                    otherwiseText: devices.labels[devices.names.indexOf(sheet.otherwise.device)]
                    // Without a card there is nothing to choose.
                    visible: sheet.app.graphicsCards.cards.length > 0 || sheet.origins.device === "yours"
                    wide: true

                    Segmented {
                        id: devices

                        readonly property var names: ["auto", "cpu", "vulkan"]
                        readonly property var labels: [qsTr("Automatic"), qsTr("Processor"), qsTr("Graphics card")]

                        objectName: "modelDevice"
                        anchors.left: parent.left
                        name: qsTr("Answers run on")
                        options: labels
                        current: names.indexOf(sheet.values.device)
                        onChosen: index => sheet.editor.set("device", names[index])
                    }
                }
                Heading {
                    text: qsTr("Adapters")
                }
                Label {
                    width: parent.width
                    bottomPadding: Theme.space2
                    text: qsTr("Small files that change how a model writes. They have to be made for this one.")
                    font.pixelSize: Theme.small
                    color: Theme.secondary
                    wrapMode: Text.Wrap
                    lineHeight: Theme.lineHeight
                    horizontalAlignment: Text.AlignLeft

                    HoverHandler {
                        id: adapterHover
                    }
                    ToolTip {
                        visible: adapterHover.hovered
                        text: qsTr("LoRA adapters in GGUF files")
                        x: 0
                    }
                }
                AdapterList {
                    width: parent.width
                    bottomPadding: Theme.space3
                    editor: sheet.editor
                    failure: sheet.app.model.adapterFailed && sheet.app.model.path === sheet.editor.path ? sheet.app.model.problemText : ""
                    onFileWanted: sheet.adapterWanted()
                }
            }
        }
        Item {
            id: foot

            anchors.bottom: parent.bottom
            width: parent.width
            height: Theme.controlHeight + 2 * Theme.space3

            Divider {
                anchors.left: parent.left
                anchors.right: parent.right
                anchors.top: parent.top
            }
            Label {
                objectName: "changedCount"
                anchors.left: parent.left
                anchors.leftMargin: sheet.inset
                anchors.right: buttons.left
                anchors.rightMargin: Theme.space2
                anchors.verticalCenter: parent.verticalCenter
                text: sheet.editor.changedCount > 0 ? qsTr("%n changed", "", sheet.editor.changedCount) : qsTr("Nothing changed")
                font.pixelSize: Theme.small
                color: Theme.secondary
                elide: Text.ElideRight
                horizontalAlignment: Text.AlignLeft
            }
            Row {
                id: buttons

                anchors.right: parent.right
                anchors.rightMargin: sheet.inset
                anchors.verticalCenter: parent.verticalCenter
                spacing: Theme.space2

                Button {
                    objectName: "putAllBack"
                    visible: sheet.editor.changedCount > 0 || sheet.editor.canUndo
                    quiet: true
                    text: sheet.editor.canUndo ? qsTr("Undo") : qsTr("Put all back")
                    onClicked: sheet.editor.canUndo ? sheet.editor.undo() : sheet.editor.putBackAll()
                }
                Button {
                    id: done

                    objectName: "modelSheetDone"
                    primary: true
                    text: qsTr("Done")
                    onClicked: sheet.close()
                }
            }
        }
    }
}

import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// This chat's settings and live numbers.
Rectangle {
    id: panel

    required property AppContext app
    property bool closable: false
    signal closeWanted()

    readonly property Conversation chat: app.conversation
    property bool advanced: false

    color: Theme.background
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("This chat's settings")

    function number(value: real, digits: int): string {
        return value.toLocaleString(Qt.locale(), "f", digits);
    }
    function tokens(count: int): string {
        return qsTr("%1 tokens").arg(number(count, 0));
    }

    Divider {
        anchors.left: parent.left
        anchors.top: parent.top
        anchors.bottom: parent.bottom
        width: Theme.hairlineWidth
    }

    component Figure: Item {
        id: figure

        property string label
        property string value
        property string technical

        width: parent ? parent.width : 0
        height: Math.max(name.implicitHeight, amount.implicitHeight) + 7

        Label {
            id: name
            anchors.left: parent.left
            anchors.verticalCenter: parent.verticalCenter
            text: figure.label
            font.pixelSize: Theme.ui
            color: Theme.secondary
        }
        Label {
            id: amount
            anchors.right: parent.right
            anchors.left: name.right
            anchors.leftMargin: Theme.space3
            anchors.verticalCenter: parent.verticalCenter
            horizontalAlignment: Text.AlignRight
            elide: Text.ElideRight
            text: figure.value
            font.pixelSize: Theme.ui
            font.weight: Font.Medium
        }
        HoverHandler {
            id: hover
        }
        ToolTip {
            visible: hover.hovered && figure.technical !== ""
            text: figure.technical
            x: 0
        }
    }

    Flickable {
        id: scroll

        anchors.fill: parent
        anchors.leftMargin: 1
        contentWidth: width
        contentHeight: column.height + 36
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        T.ScrollBar.vertical: ScrollBar {}

        Column {
            id: column

            x: 18
            y: 14
            width: scroll.width - 36
            spacing: 0

            Item {
                width: parent.width
                height: 22

                Label {
                    anchors.left: parent.left
                    anchors.verticalCenter: parent.verticalCenter
                    text: panel.chat.isText ? qsTr("How it goes on") : qsTr("System prompt")
                    font.pixelSize: Theme.small
                    font.weight: Font.DemiBold
                    Accessible.role: Accessible.Heading
                }
                IconButton {
                    anchors.right: parent.right
                    anchors.rightMargin: -6
                    anchors.verticalCenter: parent.verticalCenter
                    implicitWidth: 28
                    implicitHeight: 28
                    visible: panel.closable
                    glyph: "close"
                    glyphSize: 18
                    text: qsTr("Close")
                    shortcut: Keymap.label("panel")
                    onClicked: panel.closeWanted()
                }
            }
            Item { width: 1; height: 7 }
            TextArea {
                id: prompt

                width: parent.width
                objectName: "systemPrompt"
                visible: !panel.chat.isText
                name: qsTr("System prompt")
                placeholder: qsTr("How the model should behave, in your words.")
                minLines: 2
                maxLines: 8
                text: panel.chat.systemPrompt
                onEdited: panel.chat.systemPrompt = text

                Connections {
                    target: panel.chat
                    function onSettingsChanged() {
                        if (prompt.text !== panel.chat.systemPrompt)
                            prompt.text = panel.chat.systemPrompt;
                    }
                }
            }
            Item { width: 1; height: Theme.space3; visible: prompt.visible }
            PanelSlider {
                width: parent.width
                label: qsTr("Temperature")
                hint: qsTr("Lower is steadier, higher is more varied.")
                technical: qsTr("Divides the logits before the softmax.")
                valueText: panel.number(panel.chat.temperature, panel.chat.temperature * 10 % 1 > 0.01 && panel.chat.temperature * 10 % 1 < 0.99 ? 2 : 1)
                from: 0
                to: 2
                step: 0.05
                value: panel.chat.temperature
                onChosen: value => panel.chat.temperature = value
            }
            Item { width: 1; height: 14 }
            PanelSlider {
                width: parent.width
                label: panel.chat.isText ? qsTr("Longest continuation") : qsTr("Longest answer")
                valueText: panel.chat.maxTokens > 0 ? panel.tokens(panel.chat.maxTokens) : qsTr("No limit")
                technical: qsTr("A token is about three quarters of a word.")
                from: 0
                to: 4096
                step: 128
                value: panel.chat.maxTokens
                onChosen: value => panel.chat.maxTokens = Math.round(value)
            }
            Item { width: 1; height: 14 }
            PanelSlider {
                width: parent.width
                label: qsTr("Context")
                hint: panel.chat.contextMemoryText
                technical: panel.chat.isText ? qsTr("How much of the text the model keeps in view.")
                    : qsTr("How much of the chat the model keeps in view.")
                valueText: panel.chat.contextLength > 0 ? panel.tokens(panel.chat.contextLength)
                    : panel.chat.contextLimit > 0 ? panel.tokens(panel.chat.contextLimit) : qsTr("Automatic")
                from: Math.min(256, to)
                to: Math.max(256, panel.chat.contextLengthMax)
                step: to > 8192 ? 1024 : to > 2048 ? 256 : 128
                value: panel.chat.contextLength > 0 ? panel.chat.contextLength : panel.chat.contextLimit
                onChosen: value => panel.chat.contextLength = Math.round(value)
            }
            Item { width: 1; height: Theme.space2 }
            Button {
                anchors.left: parent.left
                leftPadding: mirrored ? Theme.space2 : 0
                rightPadding: mirrored ? 0 : Theme.space2
                quiet: true
                glyph: panel.advanced ? "chevron-down" : panel.LayoutMirroring.enabled ? "chevron-left" : "chevron-right"
                text: qsTr("More settings")
                font.pixelSize: Theme.small
                onClicked: panel.advanced = !panel.advanced
            }
            Loader {
                width: parent.width
                active: panel.advanced
                visible: active
                sourceComponent: Column {
                    spacing: 14
                    bottomPadding: Theme.space2
                    topPadding: 4

                    PanelSlider {
                        width: parent.width
                        label: qsTr("Choose among")
                        hint: qsTr("Only the likeliest words are considered.")
                        technical: qsTr("top-k")
                        valueText: panel.chat.topK > 0 ? qsTr("%1 words").arg(panel.chat.topK) : qsTr("All")
                        to: 200
                        step: 5
                        value: panel.chat.topK
                        onChosen: value => panel.chat.topK = Math.round(value)
                    }
                    PanelSlider {
                        width: parent.width
                        label: qsTr("Share kept")
                        hint: qsTr("Lower leaves out unlikely words.")
                        technical: qsTr("top-p")
                        valueText: panel.number(panel.chat.topP, 2)
                        from: 0.05
                        value: panel.chat.topP
                        onChosen: value => panel.chat.topP = value
                    }
                    PanelSlider {
                        width: parent.width
                        label: qsTr("Least likelihood")
                        hint: qsTr("Words far behind the likeliest are left out.")
                        technical: qsTr("min-p")
                        valueText: panel.number(panel.chat.minP, 2)
                        to: 0.5
                        step: 0.01
                        value: panel.chat.minP
                        onChosen: value => panel.chat.minP = value
                    }
                    PanelSlider {
                        width: parent.width
                        label: qsTr("Against repetition")
                        hint: qsTr("Higher avoids words that were just used.")
                        technical: qsTr("repeat penalty")
                        valueText: panel.number(panel.chat.repeatPenalty, 2)
                        from: 1
                        to: 2
                        value: panel.chat.repeatPenalty
                        onChosen: value => panel.chat.repeatPenalty = value
                    }
                    Column {
                        width: parent.width
                        spacing: 6

                        Label {
                            anchors.left: parent.left
                            text: qsTr("Seed")
                        }
                        TextField {
                            width: parent.width
                            name: qsTr("Seed")
                            placeholderText: qsTr("A fresh one each time")
                            text: panel.chat.seed
                            validator: RegularExpressionValidator {
                                regularExpression: /[0-9]{0,19}/
                            }
                            onEditingFinished: panel.chat.seed = text
                        }
                        Label {
                            width: parent.width
                            text: qsTr("The same number gives the same answer again.")
                            font.pixelSize: Theme.caption
                            color: Theme.secondary
                            wrapMode: Text.Wrap
                            horizontalAlignment: Text.AlignLeft
                        }
                    }
                }
            }
            Button {
                anchors.left: parent.left
                width: Math.min(implicitWidth, parent.width)
                leftPadding: mirrored ? Theme.space2 : 0
                rightPadding: mirrored ? 0 : Theme.space2
                quiet: true
                visible: panel.chat.settingsModified
                glyph: "reset"
                text: qsTr("Reset this chat's settings")
                font.pixelSize: Theme.small
                onClicked: panel.chat.resetSettings()
            }
            Button {
                objectName: "modelSettings"
                anchors.left: parent.left
                width: Math.min(implicitWidth, parent.width)
                leftPadding: mirrored ? Theme.space2 : 0
                rightPadding: mirrored ? 0 : Theme.space2
                quiet: true
                enabled: panel.app.model.nextPath !== ""
                glyph: "sliders"
                text: qsTr("Settings of this model…")
                hint: qsTr("For every chat with it")
                font.pixelSize: Theme.small
                onClicked: panel.app.modelEditor.editCurrent()
            }
            Item { width: 1; height: Theme.space3 }
            Label {
                anchors.left: parent.left
                text: qsTr("Right now")
                font.pixelSize: Theme.small
                font.weight: Font.DemiBold
                Accessible.role: Accessible.Heading
            }
            Item { width: 1; height: 6 }
            Figure {
                label: qsTr("Speed")
                value: panel.chat.tokensPerSecond > 0 ? qsTr("%1 tokens/s").arg(panel.number(panel.chat.tokensPerSecond, 1)) : "–"
                technical: qsTr("A token is about three quarters of a word.")
            }
            Figure {
                label: qsTr("First token")
                value: panel.chat.firstTokenMs > 0 ? qsTr("%1 s").arg(panel.number(panel.chat.firstTokenMs / 1000, 2)) : "–"
                technical: qsTr("From sending to the first word of the answer.")
            }
            Figure {
                label: qsTr("Context")
                value: panel.chat.contextLimit > 0 ? qsTr("%1 of %2").arg(panel.number(panel.chat.contextUsed, 0))
                    .arg(panel.number(panel.chat.contextLimit, 0)) : "–"
                technical: qsTr("Tokens of this chat that the model sees, of those it can see.")
            }
            Figure {
                label: qsTr("Memory")
                value: panel.app.model.memoryText !== "" ? panel.app.model.memoryText : "–"
                technical: qsTr("Memory of the whole program.")
            }
            Figure {
                label: qsTr("Device")
                value: panel.app.model.deviceText !== "" ? panel.app.model.deviceText : "–"
                technical: panel.app.model.deviceRemark !== "" ? panel.app.model.deviceText + "\n" + panel.app.model.deviceRemark
                    : panel.app.model.deviceText
            }
            Figure {
                objectName: "chatFormat"
                visible: value !== "" && !panel.chat.isText
                label: qsTr("Chat format")
                value: panel.app.model.formatText
                technical: panel.app.model.formatDetails !== "" ? panel.app.model.formatDetails
                    : qsTr("The chat template: how a conversation is written down for the model.")
            }
            Figure {
                label: qsTr("Network")
                value: qsTr("Not used for answers")
                technical: qsTr("Kinglet answers on this computer. Only looking for models and fetching them uses the network.")
            }
            Label {
                width: parent.width
                topPadding: Theme.space2
                visible: text !== "" && !panel.chat.isText
                text: panel.app.model.formatNote
                font.pixelSize: Theme.caption
                color: Theme.secondary
                wrapMode: Text.Wrap
                lineHeight: Theme.lineHeight
                horizontalAlignment: Text.AlignLeft
            }
        }
    }
}

import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// A card of code: language, wrap, copy; scrolls sideways inside itself.
Rectangle {
    id: block

    required property string code
    required property string language
    property bool faint: false
    property bool wrap: false
    property string findText: ""
    signal copyWanted(string code)
    signal wrapToggled()

    implicitHeight: head.height + scroll.height + 1
    radius: Theme.radiusCard
    color: Theme.surface
    border.width: Theme.hairlineWidth
    border.color: Theme.hairline
    Accessible.role: Accessible.Section
    Accessible.name: highlighter.label !== "" ? qsTr("Code, %1").arg(highlighter.label) : qsTr("Code")

    onFindTextChanged: edit.showFound()

    Item {
        id: head

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        height: 34

        Label {
            anchors.left: parent.left
            anchors.leftMargin: 14
            anchors.right: buttons.left
            anchors.verticalCenter: parent.verticalCenter
            horizontalAlignment: Text.AlignLeft
            elide: Text.ElideRight
            text: highlighter.label !== "" ? highlighter.label : qsTr("Text")
            font.pixelSize: Theme.caption
            color: Theme.secondary
        }
        Row {
            id: buttons

            anchors.right: parent.right
            anchors.rightMargin: 6
            anchors.verticalCenter: parent.verticalCenter
            spacing: 2

            Loader {
                active: block.wrap || edit.contentWidth > scroll.width - 28
                visible: active
                sourceComponent: IconButton {
                    implicitWidth: 28
                    implicitHeight: 28
                    glyphSize: 18
                    glyph: "wrap"
                    text: block.wrap ? qsTr("Do not wrap long lines") : qsTr("Wrap long lines")
                    checked: block.wrap
                    onClicked: block.wrapToggled()
                }
            }
            IconButton {
                id: copy

                property bool done: false

                implicitWidth: 28
                implicitHeight: 28
                glyphSize: 18
                objectName: "copyCode"
                glyph: done ? "check" : "copy"
                text: done ? qsTr("Copied") : qsTr("Copy the code")
                ink: done ? Theme.success : hovered ? Theme.text : Theme.secondary
                onClicked: {
                    block.copyWanted(block.code);
                    done = true;
                    settle.restart();
                }

                Timer {
                    id: settle
                    interval: 1600
                    onTriggered: copy.done = false
                }
            }
        }
        Divider {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: parent.bottom
        }
    }
    Flickable {
        id: scroll

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: head.bottom
        anchors.leftMargin: 1
        anchors.rightMargin: 1
        height: edit.height + 28
        contentWidth: block.wrap ? width : Math.max(width, edit.contentWidth + 28)
        contentHeight: height
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        T.ScrollBar.horizontal: ScrollBar {}
        // Code reads from the left in every language.
        LayoutMirroring.enabled: false
        LayoutMirroring.childrenInherit: true

        TextEdit {
            id: edit

            x: 14
            y: 14
            width: block.wrap ? scroll.width - 28 : Math.max(scroll.width - 28, contentWidth)
            height: contentHeight
            text: Theme.plainToRich(block.code, Theme.codeLineHeight)
            textFormat: TextEdit.RichText
            wrapMode: block.wrap ? TextEdit.WrapAnywhere : TextEdit.NoWrap
            readOnly: true
            selectByMouse: true
            font.family: Theme.monoFamily
            font.pixelSize: Theme.code
            font.preferShaping: false
            color: block.faint ? Theme.secondary : Theme.text
            selectionColor: Theme.textSelection
            selectedTextColor: Theme.text
            horizontalAlignment: TextEdit.AlignLeft
            tabStopDistance: 4 * metrics.advanceWidth("0")
            activeFocusOnTab: false
            Accessible.role: Accessible.StaticText
            Accessible.name: block.code

            function showFound() {
                const at = block.findText === "" ? -1 : getText(0, length).toLowerCase().indexOf(block.findText.toLowerCase());
                if (at >= 0)
                    select(at, at + block.findText.length);
                else
                    deselect();
            }

            HoverHandler {
                cursorShape: Qt.IBeamCursor
            }
        }
    }
    EdgeFade {
        target: scroll
        ground: block.color
        x: block.width - width - 1
        y: scroll.y
        height: scroll.height - Theme.radiusCard
    }
    FontMetrics {
        id: metrics
        font: edit.font
    }
    CodeHighlighter {
        id: highlighter
        document: edit.textDocument
        language: block.language
        keywordColor: Theme.codeKeyword
        typeColor: Theme.codeType
        stringColor: Theme.codeString
        commentColor: Theme.codeComment
        numberColor: Theme.codeNumber
    }
}

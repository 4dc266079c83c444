import QtQuick
import Kinglet.App
import Kinglet.Ui

/// One block of an answer: running text, code, a table, a list item, a rule.
Item {
    id: block

    required property int index
    required property int kind
    required property string html
    required property string text
    required property string language
    required property int level
    required property string marker
    required property int columns
    required property var cells
    required property var alignments
    required property int quoteDepth

    property bool faint: false
    property bool wrapCode: false
    property bool last: false
    property bool streaming: false
    property string findText: ""
    signal linkChosen(string address)
    signal copyWanted(string code)
    signal wrapToggled()

    readonly property bool running: kind === MarkdownBlocks.Paragraph || kind === MarkdownBlocks.Heading
        || kind === MarkdownBlocks.Quote || kind === MarkdownBlocks.ListItem
    readonly property int quoteInset: quoteDepth * 16
    readonly property int listInset: kind === MarkdownBlocks.ListItem ? Math.max(1, level) * 20 + (level > 1 ? (level - 1) * 4 : 0) : 0
    /// Space above: more before a heading, less between the items of a list.
    readonly property int above: {
        if (index === 0)
            return 0;
        if (kind === MarkdownBlocks.Heading)
            return level <= 2 ? 20 : 16;
        if (kind === MarkdownBlocks.ListItem)
            return 6;
        return 12;
    }

    // A block runs as its own words do, whichever way the window runs.
    LayoutMirroring.enabled: Theme.runsRightToLeft(text)
    LayoutMirroring.childrenInherit: true

    width: parent ? parent.width : 0
    implicitHeight: above + body.height
    height: implicitHeight

    Repeater {
        model: block.quoteDepth

        Rectangle {
            required property int index

            x: block.LayoutMirroring.enabled ? block.width - index * 16 - 3 : index * 16
            y: block.above - (block.index > 0 ? 6 : 0)
            width: 3
            height: block.height - y
            radius: 1.5
            color: Theme.hairline
        }
    }
    Loader {
        anchors.right: body.left
        anchors.rightMargin: block.marker === "•" ? 9 : 6
        y: block.above
        active: block.kind === MarkdownBlocks.ListItem && block.marker !== ""
        sourceComponent: Label {
            text: block.marker
            color: block.faint ? Theme.secondary : Theme.text
            font.pixelSize: Theme.body
            verticalAlignment: Text.AlignTop
            Accessible.ignored: true
        }
    }
    Loader {
        id: body

        anchors.left: parent.left
        anchors.leftMargin: block.quoteInset + block.listInset
        anchors.right: parent.right
        y: block.above
        sourceComponent: {
            switch (block.kind) {
            case MarkdownBlocks.Code:
                return codeComponent;
            case MarkdownBlocks.Table:
                return tableComponent;
            case MarkdownBlocks.Rule:
                return ruleComponent;
            default:
                return textComponent;
            }
        }
    }
    Component {
        id: textComponent

        AnswerText {
            html: block.html
            faint: block.faint || block.quoteDepth > 0
            findText: block.findText
            font.pixelSize: {
                if (block.kind !== MarkdownBlocks.Heading)
                    return Theme.body;
                return block.level <= 1 ? Theme.pageTitle : block.level === 2 ? Theme.title : Theme.body;
            }
            font.weight: block.kind === MarkdownBlocks.Heading ? Font.DemiBold : Font.Normal
            Accessible.role: block.kind === MarkdownBlocks.Heading ? Accessible.Heading : Accessible.StaticText
            spoken: block.text
            caret: block.streaming && block.last
            onLinkChosen: address => block.linkChosen(address)
        }
    }
    Component {
        id: codeComponent

        CodeBlock {
            code: block.text
            language: block.language
            faint: block.faint
            wrap: block.wrapCode
            findText: block.findText
            onCopyWanted: code => block.copyWanted(code)
            onWrapToggled: block.wrapToggled()
        }
    }
    Component {
        id: tableComponent

        TableBlock {
            columns: block.columns
            cells: block.cells
            alignments: block.alignments
            faint: block.faint
            findText: block.findText
            onLinkChosen: address => block.linkChosen(address)
        }
    }
    Component {
        id: ruleComponent

        Item {
            implicitHeight: 13

            Divider {
                anchors.left: parent.left
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
            }
        }
    }
}

import QtQuick
import Kinglet.Ui

/// A model that can be had: what it is, how it would run here, and the one thing to do next.
Item {
    id: row

    required property int index
    required property string offerId
    required property string name
    required property string maker
    required property string about
    required property var pills
    required property string verdict
    required property int verdictLevel
    required property string costText
    required property string status
    required property real progress
    required property string progressText
    required property string problem
    required property string problemHint
    required property string action
    required property string actionLabel
    required property string terms
    required property string address
    required property var forms
    required property int form
    required property string path

    property real inset: 40
    property bool narrow: false
    readonly property bool fetching: status !== "get" && status !== "files" && status !== "asking" && status !== "here"
    readonly property real inner: Math.min(Theme.pageMeasure, width - 2 * inset)
    readonly property real beside: narrow ? 0 : actions.width + Theme.space6
    signal acted(string action)
    signal menuWanted(Item anchor)

    height: (narrow ? actions.y + actions.height : Math.max(facts.y + facts.height, 36 + actions.height)) + 18
    Accessible.role: Accessible.ListItem
    Accessible.name: name
    Accessible.description: problem !== "" ? problem : progressText !== "" ? progressText : verdict !== "" ? verdict : about

    Column {
        id: facts

        anchors.left: parent.left
        anchors.leftMargin: row.inset + 4
        y: 18
        width: row.inner - row.beside - 4
        spacing: 6

        Row {
            width: parent.width
            spacing: Theme.space2

            Label {
                id: title
                width: Math.min(implicitWidth, parent.width)
                text: row.name
                elide: Text.ElideRight
                font.pixelSize: Theme.body
                font.weight: Font.DemiBold
            }
            Label {
                anchors.baseline: title.baseline
                width: Math.max(0, Math.min(implicitWidth, parent.width - title.width - Theme.space2))
                text: row.maker
                elide: Text.ElideRight
                font.pixelSize: Theme.small
                color: Theme.secondary
            }
        }
        Label {
            width: parent.width
            visible: text !== ""
            text: row.about
            wrapMode: Text.Wrap
            lineHeight: lineCount > 1 ? Theme.lineHeight : 1
            horizontalAlignment: Text.AlignLeft
            font.pixelSize: Theme.small
            color: Theme.secondary
        }
        Flow {
            width: parent.width
            visible: row.pills.length > 0
            spacing: 6

            Repeater {
                model: row.pills

                Pill {
                    required property string modelData
                    text: modelData
                }
            }
        }
        Flow {
            width: parent.width
            visible: row.verdict !== "" || row.costText !== ""
            spacing: Theme.space2

            Label {
                objectName: "verdict"
                visible: text !== ""
                width: Math.min(implicitWidth, parent.width)
                text: row.verdict
                wrapMode: Text.Wrap
                horizontalAlignment: Text.AlignLeft
                font.pixelSize: Theme.small
                color: [Theme.secondary, Theme.success, Theme.accent, Theme.danger][row.verdictLevel]
            }
            Label {
                visible: text !== ""
                width: Math.min(implicitWidth, parent.width)
                text: row.costText
                wrapMode: Text.Wrap
                horizontalAlignment: Text.AlignLeft
                font.pixelSize: Theme.small
                color: Theme.secondary
            }
        }
        Label {
            objectName: "problem"
            width: parent.width
            visible: row.problem !== ""
            text: row.problemHint !== "" ? row.problem + " " + row.problemHint : row.problem
            wrapMode: Text.Wrap
            lineHeight: lineCount > 1 ? Theme.lineHeight : 1
            horizontalAlignment: Text.AlignLeft
            font.pixelSize: Theme.small
            color: Theme.danger
        }
    }
    Column {
        id: actions

        anchors.left: row.narrow ? parent.left : undefined
        anchors.leftMargin: row.inset + 4
        anchors.right: row.narrow ? undefined : parent.right
        anchors.rightMargin: Math.max(row.inset, row.width - row.inset - Theme.pageMeasure)
        y: row.narrow ? facts.y + facts.height + Theme.space3 : Math.max(18, (row.height - height) / 2)
        width: row.narrow ? row.inner - 4 : row.fetching ? 300
            : Math.max(buttons.width, note.visible ? Math.min(300, note.implicitWidth) : 0)
        spacing: Theme.space2

        Label {
            id: note

            objectName: "progressText"
            width: parent.width
            visible: text !== ""
            text: row.progressText
            elide: Text.ElideRight
            horizontalAlignment: row.narrow ? Text.AlignLeft : Text.AlignRight
            font.pixelSize: Theme.small
            color: Theme.secondary
        }
        ProgressBar {
            width: parent.width
            visible: row.fetching && row.progress > 0
            value: row.progress
            name: qsTr("Download of %1").arg(row.name)
        }
        Row {
            id: buttons

            anchors.right: row.narrow ? undefined : parent.right
            spacing: Theme.space2

            Button {
                objectName: "offerAction" + row.index
                visible: row.action !== ""
                primary: row.action === "download" && row.verdictLevel < 3
                text: row.actionLabel
                Accessible.name: qsTr("%1: %2").arg(row.actionLabel).arg(row.name)
                onClicked: row.acted(row.action)
            }
            Button {
                objectName: "cancelDownload" + row.index
                visible: row.fetching && row.action !== "remove" && row.status !== "checking" && row.status !== "elsewhere"
                quiet: true
                text: qsTr("Cancel")
                Accessible.name: qsTr("Cancel the download of %1").arg(row.name)
                onClicked: row.acted("cancel")
            }
            IconButton {
                id: more

                objectName: "moreAboutOffer" + row.index
                visible: row.forms.length > 1 || row.address !== ""
                anchors.verticalCenter: parent.verticalCenter
                glyph: "more"
                text: qsTr("More about %1").arg(row.name)
                onClicked: row.menuWanted(more)
            }
        }
    }
    Divider {
        anchors.left: parent.left
        anchors.leftMargin: row.inset
        width: row.inner
        anchors.bottom: parent.bottom
    }
}

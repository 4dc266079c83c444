import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// Before the first message: who is there, one honest line about it, and ways to begin.
Flickable {
    id: empty

    required property AppContext app
    signal suggestionChosen(string text)
    signal fileWanted()
    signal libraryWanted()
    signal switcherWanted()

    readonly property bool failed: app.model.state === ModelStatus.Failed
    readonly property bool starter: app.model.starter && !failed
    readonly property bool noModel: app.model.state === ModelStatus.None && !starter
    readonly property bool modelsFound: app.models.totalCount > 0

    contentWidth: width
    contentHeight: Math.max(height, column.height + 2 * Theme.space6)
    clip: true
    boundsBehavior: Flickable.StopAtBounds
    T.ScrollBar.vertical: ScrollBar {}

    Column {
        id: column

        anchors.horizontalCenter: parent.horizontalCenter
        y: Math.max(Theme.space6, (empty.height - height) / 2 - Theme.space4)
        width: Math.min(620, empty.width - 2 * Theme.space6)
        spacing: 0

        Mark {
            anchors.horizontalCenter: parent.horizontalCenter
            implicitWidth: Theme.markLarge
            implicitHeight: Theme.markLarge
        }
        Item {
            width: 1
            height: Theme.space3
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: {
                if (empty.failed)
                    return empty.app.model.problem;
                if (empty.noModel)
                    return empty.modelsFound ? qsTr("Choose a model") : qsTr("Welcome to Kinglet");
                if (empty.starter && empty.app.chats.totalCount === 0)
                    return qsTr("Welcome to Kinglet");
                return qsTr("What shall we talk about?");
            }
            wrapMode: Text.Wrap
            font.pixelSize: empty.width < 560 || empty.failed ? Theme.pageTitle : Theme.welcome
            font.weight: Font.DemiBold
            font.letterSpacing: -0.4
            Accessible.role: Accessible.Heading
        }
        Item {
            width: 1
            height: Theme.space3
        }
        Label {
            anchors.horizontalCenter: parent.horizontalCenter
            width: Math.min(528, parent.width)
            horizontalAlignment: Text.AlignHCenter
            text: {
                if (empty.failed)
                    return empty.app.model.problemText;
                if (empty.noModel && !empty.modelsFound)
                    return qsTr("Chat with a language model that runs on this computer. Nothing you write leaves it. To begin, open a model file, or drop one here: it ends in .gguf.");
                return empty.app.conversation.modelLine;
            }
            visible: text !== ""
            wrapMode: Text.Wrap
            font.pixelSize: Theme.body
            color: Theme.secondary
            lineHeight: Theme.leadLineHeight
        }
        Label {
            objectName: "formatNote"
            anchors.horizontalCenter: parent.horizontalCenter
            width: Math.min(528, parent.width)
            topPadding: Theme.space2
            horizontalAlignment: Text.AlignHCenter
            visible: text !== ""
            text: empty.app.model.formatNote
            wrapMode: Text.Wrap
            font.pixelSize: Theme.small
            color: Theme.secondary
        }
        Item {
            width: 1
            height: 28
        }
        Flow {
            id: grid

            readonly property int perRow: empty.width < 620 ? 1 : 2

            width: parent.width
            spacing: 10
            visible: !empty.noModel && !empty.failed

            Repeater {
                model: empty.app.conversation.suggestions

                SuggestionCard {
                    required property string modelData
                    required property int index

                    objectName: "suggestion" + index
                    width: Math.floor((grid.width - (grid.perRow - 1) * grid.spacing) / grid.perRow)
                    text: modelData
                    onClicked: empty.suggestionChosen(modelData)
                }
            }
        }
        Item {
            width: 1
            height: Theme.space6
            visible: grid.visible
        }
        Flow {
            id: actions

            anchors.horizontalCenter: parent.horizontalCenter
            spacing: Theme.space3
            width: Math.min(parent.width, (adapters.visible ? adapters.width + spacing : 0)
                + (choose.visible ? choose.width + spacing : 0)
                + (more.visible ? more.width : openFile.visible ? openFile.width : 0))
            visible: empty.noModel || empty.failed || empty.starter

            Button {
                id: adapters

                objectName: "adapterSettings"
                primary: true
                visible: empty.app.model.adapterFailed
                text: qsTr("Settings of this model…")
                onClicked: empty.app.modelEditor.editCurrent()
            }
            Button {
                id: choose

                primary: !adapters.visible
                visible: empty.modelsFound && !empty.starter
                text: empty.failed ? qsTr("Choose another model") : qsTr("Choose a model")
                onClicked: empty.switcherWanted()
            }
            Button {
                id: openFile

                primary: !empty.modelsFound
                visible: !empty.starter && !adapters.visible
                text: qsTr("Open a model file…")
                onClicked: empty.fileWanted()
            }
            Button {
                id: more

                objectName: "getMoreModels"
                visible: empty.starter
                glyph: "library"
                text: qsTr("Get more models")
                hint: qsTr("A bigger model can answer far more.")
                onClicked: empty.libraryWanted()
            }
        }
    }
}

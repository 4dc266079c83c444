import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// Instead of the chats, when their database cannot be opened. Nothing is lost whatever is chosen.
Flickable {
    id: page

    required property DatabaseProblem problem
    property bool unfolded: false

    contentWidth: width
    contentHeight: Math.max(height, column.height + 2 * Theme.space12)
    boundsBehavior: Flickable.StopAtBounds
    T.ScrollBar.vertical: ScrollBar {}
    Accessible.role: Accessible.AlertMessage
    Accessible.name: title.text

    Column {
        id: column

        anchors.horizontalCenter: parent.horizontalCenter
        y: Math.max(Theme.space12, (page.height - height) / 2 - Theme.space6)
        width: Math.min(520, page.width - 2 * Theme.space6)
        spacing: Theme.space3

        Rectangle {
            anchors.left: parent.left
            width: Theme.markLarge
            height: Theme.markLarge
            radius: width / 2
            color: Theme.selection

            Icon {
                anchors.centerIn: parent
                glyph: "alert"
                size: 26
                color: Theme.accent
            }
        }
        Item { width: 1; height: 1 }
        Label {
            id: title

            width: parent.width
            text: {
                switch (page.problem.kind) {
                case DatabaseProblem.Newer:
                    return qsTr("Your chats were saved by a newer Kinglet");
                case DatabaseProblem.Corrupt:
                    return qsTr("Your chats could not be opened");
                default:
                    return qsTr("Your chats cannot be read");
                }
            }
            font.pixelSize: Theme.pageTitle
            font.weight: Font.DemiBold
            font.letterSpacing: -0.2
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignLeft
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            text: page.problem.message
            font.pixelSize: Theme.body
            color: Theme.secondary
            lineHeight: Theme.leadLineHeight
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignLeft
        }
        Label {
            width: parent.width
            text: qsTr("Nothing is lost whatever you choose: the file is kept.")
            font.pixelSize: Theme.body
            color: Theme.secondary
            lineHeight: Theme.leadLineHeight
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignLeft
        }
        Label {
            width: parent.width
            visible: page.problem.failure !== ""
            text: page.problem.failure
            color: Theme.danger
            wrapMode: Text.Wrap
            lineHeight: Theme.lineHeight
            horizontalAlignment: Text.AlignLeft
        }
        Label {
            anchors.left: parent.left
            topPadding: Theme.space3
            visible: page.problem.backups.length > 0
            text: qsTr("Backups")
            font.pixelSize: Theme.small
            font.weight: Font.DemiBold
            Accessible.role: Accessible.Heading
        }
        Column {
            width: parent.width
            spacing: Theme.space2

            Repeater {
                model: page.problem.backups

                Rectangle {
                    id: backup

                    required property var modelData
                    required property int index

                    width: column.width
                    height: Math.max(open.height, label.implicitHeight) + 20
                    radius: Theme.radiusCard
                    color: Theme.surface
                    border.width: Theme.hairlineWidth
                    border.color: Theme.hairline

                    Label {
                        id: label

                        anchors.left: parent.left
                        anchors.leftMargin: 14
                        anchors.right: open.left
                        anchors.rightMargin: Theme.space3
                        anchors.verticalCenter: parent.verticalCenter
                        text: backup.modelData.label
                        wrapMode: Text.Wrap
                        horizontalAlignment: Text.AlignLeft
                    }
                    Button {
                        id: open

                        anchors.right: parent.right
                        anchors.rightMargin: 10
                        anchors.verticalCenter: parent.verticalCenter
                        primary: backup.index === 0
                        enabled: !page.problem.busy
                        text: qsTr("Open this one")
                        Accessible.name: qsTr("Open the backup %1").arg(backup.modelData.label)
                        onClicked: page.problem.openBackup(backup.modelData.path)
                    }
                }
            }
        }
        Item { width: 1; height: Theme.space1 }
        Flow {
            width: parent.width
            spacing: Theme.space3

            Button {
                objectName: "startFresh"
                text: qsTr("Start fresh, keep the old file")
                primary: page.problem.backups.length === 0 && page.problem.kind === DatabaseProblem.Corrupt
                enabled: !page.problem.busy
                onClicked: page.problem.startFresh()
            }
            Button {
                text: qsTr("Quit")
                onClicked: page.problem.quit()
            }
            Button {
                quiet: true
                visible: page.problem.details !== ""
                text: page.unfolded ? qsTr("Hide details") : qsTr("Details")
                onClicked: page.unfolded = !page.unfolded
            }
        }
        TextEdit {
            width: parent.width
            visible: page.unfolded
            text: page.problem.path + "\n" + page.problem.details
            textFormat: TextEdit.PlainText
            readOnly: true
            selectByMouse: true
            wrapMode: TextEdit.WrapAnywhere
            font.family: Theme.monoFamily
            font.pixelSize: Theme.caption
            color: Theme.secondary
            selectionColor: Theme.textSelection
            selectedTextColor: Theme.text
            activeFocusOnTab: true
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
    }
}

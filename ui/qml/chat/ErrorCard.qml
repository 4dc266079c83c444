import QtQuick
import Kinglet.Ui

/// What happened, why in one sentence, and what to do next.
Item {
    id: card

    required property string title
    required property string text
    required property string details
    required property string actionLabel
    required property string secondLabel
    property bool unfolded: false
    signal actionChosen()
    signal secondChosen()

    implicitHeight: ground.height
    Accessible.role: Accessible.AlertMessage
    Accessible.name: title
    Accessible.description: text

    // The red edge follows the card's round corners: a red card under a white one.
    Rectangle {
        anchors.left: parent.left
        width: 24
        height: ground.height
        radius: Theme.radiusCard
        color: Theme.danger
    }
    Rectangle {
        id: ground

        anchors.left: parent.left
        anchors.leftMargin: 3
        anchors.right: parent.right
        height: column.height + 28
        radius: Theme.radiusCard
        color: Theme.surface
        border.width: Theme.hairlineWidth
        border.color: Theme.hairline

        Column {
            id: column

            anchors.left: parent.left
            anchors.right: parent.right
            anchors.leftMargin: 14
            anchors.rightMargin: 14
            y: 14
            spacing: 4

            Label {
                width: parent.width
                text: card.title
                font.pixelSize: Theme.body
                font.weight: Font.DemiBold
                wrapMode: Text.Wrap
                horizontalAlignment: Text.AlignLeft
            }
            Label {
                width: parent.width
                visible: text !== ""
                text: card.text
                font.pixelSize: Theme.body
                color: Theme.secondary
                wrapMode: Text.Wrap
                lineHeight: Theme.lineHeight
                horizontalAlignment: Text.AlignLeft
            }
            Item {
                width: 1
                height: 6
                visible: buttons.visible
            }
            Flow {
                id: buttons

                width: parent.width
                spacing: Theme.space3
                visible: card.actionLabel !== "" || card.secondLabel !== ""

                Button {
                    visible: card.actionLabel !== ""
                    objectName: "errorAction"
                    text: card.actionLabel
                    primary: true
                    onClicked: card.actionChosen()
                }
                Button {
                    visible: card.secondLabel !== ""
                    text: card.secondLabel
                    onClicked: card.secondChosen()
                }
                Button {
                    visible: card.details !== ""
                    text: card.unfolded ? qsTr("Hide details") : qsTr("Details")
                    quiet: true
                    onClicked: card.unfolded = !card.unfolded
                }
            }
            TextEdit {
                width: parent.width
                visible: card.unfolded
                topPadding: 6
                text: card.details
                textFormat: TextEdit.PlainText
                readOnly: true
                selectByMouse: true
                wrapMode: TextEdit.WrapAnywhere
                font.family: Theme.monoFamily
                font.pixelSize: Theme.caption
                color: Theme.secondary
                selectionColor: Theme.textSelection
                selectedTextColor: Theme.text
                activeFocusOnTab: false
                Accessible.role: Accessible.StaticText
                Accessible.name: text
            }
        }
    }
}

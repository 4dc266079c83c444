import QtQuick
import Kinglet.Ui

/// Shows where a link of an answer leads before anything is opened.
Dialog {
    id: dialog

    property string address: ""
    readonly property bool openable: /^(https?|mailto):/i.test(address)
    signal copyWanted(string address)

    function ask(link: string) {
        address = link;
        open();
    }

    objectName: "linkDialog"
    title: openable ? qsTr("Open this link?") : qsTr("Where this link leads")
    message: openable ? qsTr("It was written by the model and may lead anywhere. It opens in your browser.")
                      : qsTr("This kind of link cannot be opened from here.")
    acceptLabel: openable ? qsTr("Open in the browser") : ""
    rejectLabel: qsTr("Close")
    onAccepted: Qt.openUrlExternally(address)

    Rectangle {
        width: parent.width
        height: line.contentHeight + 24
        radius: Theme.radiusField
        color: Theme.sidebar

        TextEdit {
            id: line

            anchors.left: parent.left
            anchors.right: copy.left
            anchors.leftMargin: 12
            anchors.verticalCenter: parent.verticalCenter
            text: dialog.address
            textFormat: TextEdit.PlainText
            readOnly: true
            selectByMouse: true
            wrapMode: TextEdit.WrapAnywhere
            font.family: Theme.monoFamily
            font.pixelSize: Theme.small
            font.preferShaping: false
            color: Theme.text
            selectionColor: Theme.textSelection
            selectedTextColor: Theme.text
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
        IconButton {
            id: copy

            anchors.right: parent.right
            anchors.rightMargin: 5
            anchors.verticalCenter: parent.verticalCenter
            glyph: "copy"
            glyphSize: 18
            text: qsTr("Copy the address")
            onClicked: {
                dialog.copyWanted(dialog.address);
                dialog.close();
            }
        }
    }
}

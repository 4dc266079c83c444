import QtQuick
import Kinglet.App
import Kinglet.Ui

/// Lists of models besides the one that ships: adding one, and taking one away.
Dialog {
    id: dialog

    required property ModelLibrary library

    objectName: "catalogueDialog"
    title: qsTr("Catalogues")
    message: qsTr("A catalogue is a list of models in a file, or at an address that begins with https://. A list that is wrong or older changes nothing.")
    acceptLabel: qsTr("Add")
    acceptable: field.text.trim() !== ""
    onOpened: field.forceActiveFocus(Qt.PopupFocusReason)
    onAccepted: {
        library.addCatalogue(field.text);
        field.clear();
    }

    TextField {
        id: field

        objectName: "catalogueField"
        width: parent.width
        name: qsTr("Address or file of a catalogue")
        placeholderText: qsTr("https://… or a file")
        onAccepted: if (dialog.acceptable) dialog.accept()
    }
    Repeater {
        model: dialog.library.catalogues

        Item {
            id: row

            required property var modelData

            width: field.width
            height: remove.height

            Label {
                anchors.left: parent.left
                anchors.right: remove.left
                anchors.rightMargin: Theme.space2
                anchors.verticalCenter: parent.verticalCenter
                text: qsTr("%1 (%n models)", "", row.modelData.count).arg(row.modelData.source)
                elide: Text.ElideMiddle
                horizontalAlignment: Text.AlignLeft
                font.pixelSize: Theme.small
            }
            IconButton {
                id: remove

                anchors.right: parent.right
                glyph: "trash"
                text: qsTr("Remove this catalogue")
                onClicked: dialog.library.removeCatalogue(row.modelData.source)
            }
        }
    }
}

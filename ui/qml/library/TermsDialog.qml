import QtQuick
import Kinglet.Ui

/// Asks whether a model's own terms are accepted, before its first byte is fetched.
Dialog {
    id: dialog

    property string offerId: ""
    property string address: ""
    signal agreed(string offerId)

    function ask(id: string, name: string, page: string) {
        offerId = id;
        address = page;
        title = qsTr("%1 has terms of its own").arg(name);
        open();
    }

    objectName: "termsDialog"
    message: qsTr("Its maker lets you use it under conditions. Read them, then say whether you accept them.")
    acceptLabel: qsTr("Accept and download")
    onAccepted: agreed(offerId)

    Button {
        objectName: "readTerms"
        glyph: "link"
        text: qsTr("Read the terms")
        hint: dialog.address
        onClicked: Qt.openUrlExternally(dialog.address)
    }
}

import QtQuick
import Kinglet.Ui

/// Asks for an access token of the hub.
Dialog {
    id: dialog

    property string offerId: ""
    property string hub: ""
    /// Why it is asked for.
    property string reason: qsTr("This model is handed out to people with an account only.")
    signal given(string offerId, string token)

    function ask(id: string) {
        offerId = id;
        field.clear();
        open();
    }

    objectName: "tokenDialog"
    title: qsTr("An access token for %1").arg(hub)
    message: reason + " " + qsTr("Make a token in your account there and paste it here. It is kept with your desktop's secrets where there is a place for them, else until you close Kinglet, and goes to %1 only.").arg(hub)
    acceptLabel: qsTr("Go on")
    acceptable: field.text.trim() !== ""
    onOpened: field.forceActiveFocus(Qt.PopupFocusReason)
    onAccepted: {
        given(offerId, field.text);
        field.clear();
    }

    TextField {
        id: field

        objectName: "tokenField"
        width: parent.width
        name: qsTr("Access token")
        placeholderText: qsTr("hf_…")
        echoMode: TextInput.Password
        inputMethodHints: Qt.ImhSensitiveData | Qt.ImhNoPredictiveText
        onAccepted: if (dialog.acceptable) dialog.accept()
    }
}

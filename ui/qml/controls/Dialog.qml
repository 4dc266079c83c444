import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// A question in the middle of the window. The content goes into the column; the buttons are the dialog's own.
T.Dialog {
    id: dialog

    default property alias body: column.data
    property string message: ""
    property string acceptLabel: ""
    property string rejectLabel: qsTr("Cancel")
    property bool destructive: false
    property bool acceptable: true
    property int wide: 440

    anchors.centerIn: T.Overlay.overlay
    width: Math.min(wide, (T.Overlay.overlay ? T.Overlay.overlay.width : wide) - 2 * Theme.space4)
    implicitHeight: contentItem.implicitHeight + topPadding + bottomPadding
    padding: Theme.space6
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    // What cannot be taken back is never one press of Return away.
    onOpened: if (destructive) rejectButton.forceActiveFocus(Qt.PopupFocusReason)

    T.Overlay.modal: Rectangle {
        color: Theme.scrim
    }

    contentItem: Column {
        spacing: Theme.space3

        Label {
            width: parent.width
            visible: dialog.title !== ""
            text: dialog.title
            font.pixelSize: Theme.title
            font.weight: Font.DemiBold
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignLeft
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            visible: dialog.message !== ""
            text: dialog.message
            color: Theme.secondary
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignLeft
            lineHeight: Theme.lineHeight
        }
        Column {
            id: column
            width: parent.width
            spacing: Theme.space3
        }
        Item {
            width: 1
            height: Theme.space1
        }
        Row {
            anchors.right: parent.right
            spacing: Theme.space2

            Button {
                id: rejectButton

                objectName: "rejectButton"
                visible: dialog.rejectLabel !== ""
                text: dialog.rejectLabel
                onClicked: dialog.reject()
            }
            Button {
                objectName: "acceptButton"
                visible: dialog.acceptLabel !== ""
                text: dialog.acceptLabel
                primary: true
                destructive: dialog.destructive
                enabled: dialog.acceptable
                onClicked: dialog.accept()
            }
        }
    }
    background: Rectangle {
        radius: Theme.radiusComposer
        color: Theme.surface
        border.color: Theme.hairline
        border.width: Theme.hairlineWidth

        SoftShadow {
            z: -1
            high: true
        }
    }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.panel; easing.type: Easing.OutQuad }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; from: 1; to: 0; duration: Theme.quick; easing.type: Easing.OutQuad }
    }
}

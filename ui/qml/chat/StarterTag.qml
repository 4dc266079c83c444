import QtQuick
import Kinglet.Ui

/// Under what the starter model wrote: who wrote it, and the way to a model that knows more.
Flow {
    id: tag

    /// Under the last answer always, under earlier ones while they are looked at.
    property bool inviting: true
    signal libraryWanted()

    spacing: Theme.space2

    Item {
        implicitWidth: pill.implicitWidth
        implicitHeight: more.implicitHeight

        Pill {
            id: pill

            objectName: "starterTag"
            anchors.verticalCenter: parent.verticalCenter
            text: qsTr("Starter model")
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
    }
    Button {
        id: more

        objectName: "getMoreModels"
        quiet: true
        ink: Theme.accent
        text: qsTr("Get more models")
        hint: qsTr("A bigger model can answer far more.")
        opacity: tag.inviting || activeFocus ? 1 : 0
        onClicked: tag.libraryWanted()

        Behavior on opacity {
            NumberAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
        }
    }
}

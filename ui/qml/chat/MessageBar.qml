import QtQuick
import Kinglet.Ui

/// What can be done with a message: shown on hover and focus, always within the keyboard's reach.
FocusScope {
    id: bar

    property bool shown: false
    property bool alignRight: false
    /// How wide the bar may be at the right; the time stands there only where it fits.
    property real room: 10000
    property bool forUser: false
    property bool busy: false
    property int branchIndex: 1
    property int branchCount: 1
    property string stamp: ""
    property bool stampShown: false
    property double speed: 0
    property int tokens: 0
    /// While the pointer or the keyboard is here.
    readonly property bool inUse: hover.hovered || activeFocus
    signal branchChosen(int delta)
    signal copyWanted()
    signal regenerateWanted()
    signal editWanted()
    signal exportWanted()

    implicitWidth: row.implicitWidth
    implicitHeight: 30

    HoverHandler {
        id: hover
    }
    component BarButton: IconButton {
        implicitWidth: 30
        implicitHeight: 30
        glyphSize: 18
    }

    Row {
        id: row

        anchors.left: bar.alignRight ? undefined : parent.left
        anchors.right: bar.alignRight ? parent.right : undefined
        spacing: 2
        opacity: bar.shown || bar.inUse ? 1 : 0

        Behavior on opacity {
            NumberAnimation { duration: Theme.quick; easing.type: Easing.OutQuad }
        }

        Loader {
            active: bar.branchCount > 1
            visible: active
            sourceComponent: VersionArrows {
                rightPadding: 8
                at: bar.branchIndex
                count: bar.branchCount
                busy: bar.busy
                onChosen: delta => bar.branchChosen(delta)
            }
        }
        BarButton {
            id: copy

            property bool done: false

            objectName: "copyMessage"
            glyph: done ? "check" : "copy"
            ink: done ? Theme.success : hovered ? Theme.text : Theme.secondary
            text: done ? qsTr("Copied") : bar.forUser ? qsTr("Copy your message") : qsTr("Copy the answer")
            shortcut: bar.forUser ? "" : Keymap.label("copyLast")
            onClicked: {
                bar.copyWanted();
                done = true;
                settle.restart();
            }

            Timer {
                id: settle
                interval: 1600
                onTriggered: copy.done = false
            }
        }
        Loader {
            sourceComponent: bar.forUser ? ofUser : ofAnswer
        }
        Loader {
            id: stampLoader

            active: bar.stampShown && bar.stamp !== "" && !bar.alignRight
            visible: active
            sourceComponent: Label {
                height: 30
                leftPadding: 8
                rightPadding: 8
                width: Math.min(implicitWidth, Math.max(0, bar.width - stampLoader.x - 4))
                elide: Text.ElideRight
                text: bar.stamp
                font.pixelSize: Theme.caption
                color: Theme.secondary
            }
        }
    }
    Loader {
        anchors.right: row.left
        anchors.rightMargin: Theme.space2
        active: bar.alignRight && bar.stampShown
        sourceComponent: Label {
            height: 30
            visible: implicitWidth + row.implicitWidth + 12 < bar.room
            text: bar.stamp
            font.pixelSize: Theme.caption
            color: Theme.secondary
        }
    }
    Component {
        id: ofUser

        BarButton {
            objectName: "editMessage"
            glyph: "edit"
            text: qsTr("Edit your message")
            onClicked: bar.editWanted()
        }
    }
    Component {
        id: ofAnswer

        Row {
            spacing: 2

            BarButton {
                objectName: "regenerate"
                glyph: "refresh"
                text: qsTr("Answer again")
                shortcut: Keymap.label("regenerate")
                enabled: !bar.busy
                onClicked: bar.regenerateWanted()
            }
            BarButton {
                id: more

                objectName: "moreActions"
                glyph: "more"
                text: qsTr("More")
                onClicked: {
                    menuLoader.active = true;
                    (menuLoader.item as Menu).popup(more, 0, more.height);
                }
            }
        }
    }
    Loader {
        id: menuLoader

        active: false
        sourceComponent: Menu {
            title: qsTr("More")

            MenuItem {
                glyph: "edit"
                text: qsTr("Edit your message")
                enabled: !bar.busy
                onTriggered: bar.editWanted()
            }
            MenuItem {
                glyph: "copy"
                text: qsTr("Copy the answer")
                onTriggered: bar.copyWanted()
            }
            MenuItem {
                glyph: "refresh"
                text: qsTr("Answer again")
                enabled: !bar.busy
                onTriggered: bar.regenerateWanted()
            }
            MenuItem {
                glyph: "export"
                text: qsTr("Export this chat…")
                onTriggered: bar.exportWanted()
            }
            MenuSeparator {
                visible: bar.tokens > 0
            }
            MenuItem {
                visible: bar.tokens > 0
                enabled: false
                text: bar.speed > 0 ? qsTr("%1 tokens at %2 tokens/s").arg(bar.tokens.toLocaleString(Qt.locale(), "f", 0))
                                          .arg(bar.speed.toLocaleString(Qt.locale(), "f", 1))
                                    : qsTr("%1 tokens").arg(bar.tokens.toLocaleString(Qt.locale(), "f", 0))
            }
        }
    }
}

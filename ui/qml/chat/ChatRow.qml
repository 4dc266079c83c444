import QtQuick
import QtQuick.Templates as T
import Kinglet.Ui

/// One chat in the list at the left.
T.ItemDelegate {
    id: row

    required property int index
    required property string chatId
    required property string title
    required property string preview
    required property bool isCurrent
    required property bool isAnswering
    required property bool hasNews

    /// True while its title is being typed.
    property bool renaming: false
    property bool cursor: false
    signal opened()
    signal renamed(string title)
    signal menuWanted(Item anchor)
    /// Enter or Escape ended the typing of a title: the list is to have the focus again.
    signal renameEnded()

    readonly property bool hot: hovered || cursor || more.visualFocus

    function startRenaming() {
        renaming = true;
        field.text = title;
        field.forceActiveFocus(Qt.ShortcutFocusReason);
        field.selectAll();
    }
    function endRenaming(keep: bool) {
        if (!renaming)
            return;
        renaming = false;
        if (keep && field.text.trim() !== "" && field.text.trim() !== title)
            renamed(field.text.trim());
    }

    implicitHeight: Theme.rowHeight
    focusPolicy: Qt.NoFocus
    hoverEnabled: true
    text: title
    onClicked: opened()
    onDoubleClicked: startRenaming()

    Accessible.role: Accessible.ListItem
    Accessible.name: {
        if (isAnswering)
            return qsTr("%1, answering").arg(title);
        return hasNews ? qsTr("%1, new answer").arg(title) : title;
    }
    Accessible.description: preview
    Accessible.selected: isCurrent
    Accessible.selectable: true
    Accessible.onPressAction: opened()

    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: row.menuWanted(row)
    }

    background: Rectangle {
        radius: Theme.radiusField
        color: row.isCurrent ? Theme.surface : row.down ? Theme.pressed : row.hovered ? Theme.hover : "transparent"
        border.width: row.isCurrent ? Theme.hairlineWidth : 0
        border.color: Theme.hairline

        FocusRing {
            shown: row.cursor && !row.renaming
            gap: -2
            radius: Theme.radiusField
        }
    }
    contentItem: Item {
        Label {
            anchors.left: parent.left
            anchors.leftMargin: 10
            anchors.right: badge.left
            anchors.verticalCenter: parent.verticalCenter
            visible: !row.renaming
            text: row.title
            elide: Text.ElideRight
            horizontalAlignment: Text.AlignLeft
            font.pixelSize: Theme.ui
            font.weight: row.isCurrent ? Font.Medium : Font.Normal
            Accessible.ignored: true
        }
        Item {
            id: badge

            anchors.right: parent.right
            anchors.rightMargin: 2
            anchors.verticalCenter: parent.verticalCenter
            width: dot.visible || row.hot ? 28 : 8
            height: 28

            Rectangle {
                id: dot

                anchors.centerIn: parent
                anchors.horizontalCenterOffset: row.LayoutMirroring.enabled ? -4 : 4
                width: 6
                height: 6
                radius: 3
                color: Theme.accent
                visible: (row.hasNews || row.isAnswering) && !row.hot

                SequentialAnimation on opacity {
                    running: row.isAnswering && dot.visible && !Theme.reducedMotion
                    loops: Animation.Infinite
                    onRunningChanged: if (!running) dot.opacity = 1
                    NumberAnimation { to: 0.25; duration: 700; easing.type: Easing.InOutQuad }
                    NumberAnimation { to: 1; duration: 700; easing.type: Easing.InOutQuad }
                }
            }
            IconButton {
                id: more

                anchors.centerIn: parent
                visible: row.hot && !row.renaming
                implicitWidth: 28
                implicitHeight: 28
                glyph: "more"
                glyphSize: Theme.iconSmall
                text: qsTr("More about “%1”").arg(row.title)
                focusPolicy: Qt.NoFocus
                tips: false
                onClicked: row.menuWanted(more)
            }
        }
        TextField {
            id: field

            anchors.fill: parent
            anchors.margins: 2
            visible: row.renaming
            name: qsTr("New title of the chat")
            leftPadding: 8
            font.pixelSize: Theme.ui
            maximumLength: 200
            onAccepted: {
                row.endRenaming(true);
                row.renameEnded();
            }
            onActiveFocusChanged: if (!activeFocus) row.endRenaming(true)
            Keys.onEscapePressed: {
                row.endRenaming(false);
                row.renameEnded();
            }
            Keys.onUpPressed: event => { event.accepted = true; }
            Keys.onDownPressed: event => { event.accepted = true; }
            Keys.onDeletePressed: event => { event.accepted = false; }
        }
    }
}

import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// The messages. Follows the end while the reader is at the end, and only then.
ListView {
    id: list

    required property Conversation conversation
    property bool wrapCode: false
    property string findText: ""
    property int findRow: -1
    property string editingId: ""
    /// A line above the first message, about the model that answers; empty without one.
    property string note: ""
    /// How high the page is. A chat that is opened is built from its end upwards, some rows at a time, so that input is
    /// taken in between; until it fills the page the list is as high as what there is of it.
    required property real room
    property real built: Infinity
    readonly property bool building: built < room
    property bool otherRows: false
    /// True while new text keeps the end in view.
    property bool following: true
    readonly property int footerGap: 8
    readonly property bool atEnd: {
        contentHeight;
        contentY;
        height;
        return distanceToEnd() < 32;
    }
    signal linkChosen(string address)
    signal wrapToggled()
    signal exportWanted()
    signal libraryWanted()
    signal editEnded()

    /// Measured at the last row itself: the height of the whole is an estimate while most rows were never shown.
    function distanceToEnd(): real {
        if (count === 0)
            return 0;
        const last = itemAtIndex(count - 1);
        return last ? Math.max(0, last.y + last.height + footerGap - height - contentY) : height;
    }
    function toEnd() {
        following = true;
        keepEnd();
    }
    function keepEnd() {
        // Setting contentY would end a movement of the reader's own before it has left the end.
        if (!following || count === 0 || moving)
            return;
        if (!itemAtIndex(count - 1))
            positionViewAtEnd();
        const last = itemAtIndex(count - 1);
        if (!last)
            return;
        const end = Math.max(originY, last.y + last.height + footerGap - height);
        if (Math.abs(contentY - end) > 0.5)
            contentY = end;
    }
    function scrollBy(pixels: real) {
        const top = originY;
        const bottom = Math.max(top, originY + contentHeight - height);
        contentY = Math.max(top, Math.min(bottom, contentY + pixels));
        following = distanceToEnd() < 32;
    }
    function idOf(row: int): string {
        const messages = conversation.messages;
        return String(messages.data(messages.index(row, 0), MessageListModel.MessageIdRole)); // qmllint disable
    }
    /// Lets the person edit the message so many rows before `row`.
    function editBefore(row: int, rowsBefore: int) {
        const at = row - rowsBefore;
        if (at < 0)
            return;
        editingId = idOf(at);
        following = false;
        positionViewAtIndex(at, ListView.Contain);
    }
    function editLast() {
        const id = conversation.lastUserMessageId;
        if (id === "" || conversation.generating)
            return;
        for (let row = count - 1; row >= 0; --row) {
            if (idOf(row) === id) {
                editBefore(row, 0);
                return;
            }
        }
    }

    height: Math.min(room, built)
    opacity: building ? 0 : 1
    clip: true
    model: conversation.messages
    boundsBehavior: Flickable.StopAtBounds
    cacheBuffer: 1200
    maximumFlickVelocity: 6000
    reuseItems: false
    currentIndex: -1
    highlightFollowsCurrentItem: false
    activeFocusOnTab: count > 0
    keyNavigationEnabled: false
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Messages of this chat")

    Keys.onUpPressed: scrollBy(-48)
    Keys.onDownPressed: scrollBy(48)
    Keys.onPressed: event => {
        switch (event.key) {
        case Qt.Key_PageUp:
            scrollBy(-height * 0.9);
            break;
        case Qt.Key_PageDown:
            scrollBy(height * 0.9);
            break;
        case Qt.Key_Home:
            following = false;
            positionViewAtBeginning();
            break;
        case Qt.Key_End:
            toEnd();
            break;
        default:
            return;
        }
        event.accepted = true;
    }

    header: Item {
        width: list.width
        height: 26 + (list.note !== "" ? note.height + Theme.space4 : 0)

        Label {
            id: note

            objectName: "formatNoteAbove"
            anchors.horizontalCenter: parent.horizontalCenter
            y: Theme.space3
            width: Math.min(Theme.measure, list.width - 2 * Theme.space4)
            visible: list.note !== ""
            text: list.note
            font.pixelSize: Theme.caption
            color: Theme.secondary
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignHCenter
        }
    }
    footer: Item {
        width: 1
        height: list.footerGap
    }

    T.ScrollBar.vertical: ScrollBar {
        id: bar
    }

    onContentHeightChanged: if (following) later.restart()
    onHeightChanged: if (following) later.restart()
    onCountChanged: {
        otherRows = false;
        if (following)
            later.restart();
    }
    onContentYChanged: if (moving || bar.pressed) following = distanceToEnd() < 32
    onMovementEnded: {
        following = distanceToEnd() < 32;
        later.restart();
    }
    onFindRowChanged: {
        if (findRow >= 0) {
            following = false;
            positionViewAtIndex(findRow, ListView.Center);
        }
    }

    // Once for all that changes in a turn of the event loop.
    Timer {
        id: later
        interval: 0
        onTriggered: {
            list.keepEnd();
            settle.tries = 12;
            settle.restart();
        }
    }
    // Rows that come into view get their real height a frame later, which may leave the end below the page again.
    Timer {
        id: settle

        property int tries: 0

        interval: 32
        onTriggered: {
            if (!list.following || --tries < 0)
                return;
            if (list.distanceToEnd() > 1)
                list.keepEnd();
            restart();
        }
    }
    Connections {
        target: list.conversation
        function onChatChanged() {
            list.editingId = "";
            if (list.otherRows && list.conversation.messages.count > 0) {
                // A list without height makes no rows, so the first that it makes are the last of the chat.
                list.built = 0;
                list.positionViewAtEnd();
                builder.restart();
            }
            list.toEnd();
            later.restart();
        }
    }
    Connections {
        target: list.conversation.messages
        function onCountChanged() {
            if (list.conversation.messages.count === 0)
                list.otherRows = true;
        }
    }
    Timer {
        id: builder
        interval: 1
        repeat: true
        onTriggered: {
            list.built += 160;
            list.keepEnd();
            if (!list.building) {
                list.built = Infinity;
                stop();
            }
        }
    }
    // One row after the other, so that a frame can be drawn in between.
    Timer {
        id: dresser
        interval: 8
        repeat: true
        onTriggered: {
            for (let i = 0; i < list.contentItem.children.length; ++i) {
                const row = list.contentItem.children[i] as MessageDelegate;
                if (row && !row.dressed) {
                    row.dressed = true;
                    return;
                }
            }
            stop();
        }
    }

    FocusRing {
        shown: list.activeFocus && list.focusReason === Qt.TabFocusReason
        gap: -4
        radius: Theme.radiusField
        z: 2
        parent: list
    }
    property int focusReason: Qt.OtherFocusReason
    onActiveFocusChanged: focusReason = activeFocus ? Qt.TabFocusReason : Qt.OtherFocusReason

    delegate: MessageDelegate {
        width: list.width
        Component.onCompleted: dresser.start()
        conversation: list.conversation
        wrapCode: list.wrapCode
        isLast: index === list.count - 1
        afterBoundary: index > 0 && index === list.conversation.messages.boundaryRow
        findText: list.findText
        editing: list.editingId !== "" && list.editingId === messageId
        onLinkChosen: address => list.linkChosen(address)
        onWrapToggled: list.wrapToggled()
        onEditWanted: rowsBefore => list.editBefore(index, rowsBefore)
        onEditEnded: {
            list.editingId = "";
            list.toEnd();
            list.editEnded();
        }
        onExportWanted: list.exportWanted()
        onLibraryWanted: list.libraryWanted()
    }
}

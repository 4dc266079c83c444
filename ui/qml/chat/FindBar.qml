import QtQuick
import Kinglet.App
import Kinglet.Ui

/// Finds a word in the open chat: messages that hold it, or the places in a text.
Rectangle {
    id: bar

    required property Conversation conversation
    readonly property MessageListModel messages: conversation.messages
    property bool open: false
    /// The word looked for while the bar is open.
    readonly property string needle: open ? field.text.trim() : ""
    readonly property int messageCount: messages.count
    readonly property string ofText: open && conversation.isText ? conversation.textPage.text : ""
    readonly property string name: conversation.isText ? qsTr("Find in this text") : qsTr("Find in this chat")
    property var hits: []
    property int at: -1
    /// A message's row, or a place in the text.
    readonly property int row: at >= 0 && at < hits.length ? hits[at] : -1
    signal closed()
    /// Another word, or another place of it, was asked for; see row.
    signal sought()

    onNeedleChanged: {
        search();
        sought();
    }
    onMessageCountChanged: search()
    onOfTextChanged: search()

    implicitWidth: 360
    implicitHeight: Theme.fieldHeight + 12
    radius: Theme.radiusCard
    color: Theme.surface
    border.width: Theme.hairlineWidth
    border.color: Theme.hairline
    visible: open
    Accessible.role: Accessible.Pane
    Accessible.name: name

    SoftShadow {
        z: -1
        high: true
    }

    function show() {
        open = true;
        field.forceActiveFocus(Qt.ShortcutFocusReason);
        field.selectAll();
    }
    /// Looks for a word as if it had been typed.
    function seek(word: string) {
        show();
        field.text = word;
    }
    function hide() {
        if (!open)
            return;
        open = false;
        closed();
    }
    function search() {
        const found = [];
        const word = needle.toLowerCase();
        if (word !== "" && conversation.isText) {
            const text = ofText.toLowerCase();
            for (let place = text.indexOf(word); place >= 0; place = text.indexOf(word, place + word.length))
                found.push(place);
        } else if (word !== "") {
            for (let i = 0; i < messages.count; ++i) {
                const text = messages.data(messages.index(i, 0), MessageListModel.TextRole); // qmllint disable
                if (String(text).toLowerCase().indexOf(word) >= 0)
                    found.push(i);
            }
        }
        hits = found;
        at = found.length - 1;
    }
    function step(delta: int) {
        if (hits.length > 0)
            at = (at + delta + hits.length) % hits.length;
        sought();
    }

    TextField {
        id: field

        objectName: "findField"
        anchors.left: parent.left
        anchors.leftMargin: 6
        anchors.right: count.left
        anchors.rightMargin: Theme.space2
        anchors.verticalCenter: parent.verticalCenter
        glyph: "search"
        placeholderText: bar.name
        onAccepted: bar.step(-1)
        Keys.onEscapePressed: bar.hide()
        Keys.onUpPressed: bar.step(-1)
        Keys.onDownPressed: bar.step(1)
    }
    Label {
        id: count

        anchors.right: up.left
        anchors.rightMargin: 2
        anchors.verticalCenter: parent.verticalCenter
        text: bar.needle === "" ? "" : bar.hits.length === 0 ? qsTr("None") : qsTr("%1 of %2").arg(bar.at + 1).arg(bar.hits.length)
        font.pixelSize: Theme.caption
        color: Theme.secondary
    }
    IconButton {
        id: up
        anchors.right: down.left
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 28
        glyph: "chevron-up"
        glyphSize: 18
        text: qsTr("Earlier")
        enabled: bar.hits.length > 1
        onClicked: bar.step(-1)
    }
    IconButton {
        id: down
        anchors.right: close.left
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 28
        glyph: "chevron-down"
        glyphSize: 18
        text: qsTr("Later")
        enabled: bar.hits.length > 1
        onClicked: bar.step(1)
    }
    IconButton {
        id: close
        anchors.right: parent.right
        anchors.rightMargin: 6
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 28
        glyph: "close"
        glyphSize: 16
        text: qsTr("Close")
        shortcut: Keymap.label("stop")
        onClicked: bar.hide()
    }
}

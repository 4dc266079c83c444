import QtQuick
import Kinglet.App
import Kinglet.Ui

/// The LoRA adapters of a model: on or off, how strong, one more, one less.
Column {
    id: list

    required property ModelEditor editor
    /// Why the model could not be opened with them; empty where it could.
    property string failure: ""
    readonly property bool narrow: width < 500
    signal fileWanted()

    spacing: Theme.space2

    // Counted instead of listed: a row stays while its strength is dragged.
    Repeater {
        model: list.editor.adapters.length

        Item {
            id: row

            required property int index
            readonly property var adapter: list.editor.adapters[index] ?? { "name": "", "path": "", "on": false, "strength": 1 }

            width: list.width
            height: list.narrow ? title.height + Theme.space2 + strength.height : Math.max(title.height, Theme.iconButton)

            Item {
                id: title

                width: list.narrow ? row.width : row.width - 288 - Theme.space3
                height: Theme.iconButton
                anchors.left: parent.left

                Switch {
                    id: on

                    objectName: "adapterOn" + row.index
                    anchors.left: parent.left
                    anchors.verticalCenter: parent.verticalCenter
                    name: qsTr("Use %1").arg(row.adapter.name)
                    checked: row.adapter.on
                    onToggled: {
                        list.editor.setAdapterOn(row.index, checked);
                        checked = Qt.binding(() => row.adapter.on);
                    }
                }
                Label {
                    anchors.left: on.right
                    anchors.leftMargin: Theme.space3
                    anchors.right: parent.right
                    anchors.rightMargin: list.narrow ? remove.width + Theme.space2 : 0
                    anchors.verticalCenter: parent.verticalCenter
                    text: row.adapter.name
                    color: row.adapter.on ? Theme.text : Theme.secondary
                    elide: Text.ElideMiddle
                    horizontalAlignment: Text.AlignLeft

                    HoverHandler {
                        id: hover
                    }
                    ToolTip {
                        visible: hover.hovered
                        text: row.adapter.path
                        x: 0
                    }
                }
            }
            Item {
                id: strength

                anchors.right: parent.right
                anchors.rightMargin: list.narrow ? 0 : remove.width + Theme.space2
                anchors.bottom: parent.bottom
                anchors.bottomMargin: list.narrow ? 0 : (parent.height - height) / 2
                width: list.narrow ? row.width : 288 - remove.width - Theme.space2
                height: Math.max(slider.implicitHeight, amount.implicitHeight)
                opacity: row.adapter.on ? 1 : Theme.disabledOpacity

                Slider {
                    id: slider

                    objectName: "adapterStrength" + row.index
                    anchors.left: parent.left
                    anchors.right: amount.left
                    anchors.rightMargin: Theme.space3
                    anchors.verticalCenter: parent.verticalCenter
                    enabled: row.adapter.on
                    name: qsTr("Strength of %1").arg(row.adapter.name)
                    valueText: amount.text
                    to: 2
                    stepSize: 0.05
                    value: row.adapter.strength
                    onMoved: list.editor.setAdapterStrength(row.index, value)
                }
                Label {
                    id: amount

                    anchors.right: parent.right
                    anchors.verticalCenter: parent.verticalCenter
                    width: Math.max(86, implicitWidth)
                    horizontalAlignment: Text.AlignRight
                    text: Number(row.adapter.strength).toLocaleString(Qt.locale(), "f", 2)
                }
            }
            IconButton {
                id: remove

                objectName: "removeAdapter" + row.index
                anchors.right: parent.right
                y: (title.height - height) / 2
                glyph: "trash"
                glyphSize: 18
                text: qsTr("Remove %1 from this model").arg(row.adapter.name)
                onClicked: list.editor.removeAdapter(row.index)
            }
        }
    }
    Label {
        objectName: "adapterProblem"
        width: parent.width
        visible: text !== ""
        text: list.editor.adapterProblem !== "" ? list.editor.adapterProblem : list.failure
        font.pixelSize: Theme.small
        color: Theme.danger
        wrapMode: Text.Wrap
        lineHeight: Theme.lineHeight
        horizontalAlignment: Text.AlignLeft
        Accessible.role: Accessible.AlertMessage
    }
    Button {
        objectName: "addAdapter"
        anchors.left: parent.left
        glyph: "plus"
        text: list.editor.checkedAdapter !== "" ? qsTr("Checking %1…").arg(list.editor.checkedAdapter) : qsTr("Add an adapter…")
        hint: list.editor.canAddAdapter ? "" : qsTr("A model can have eight adapters.")
        enabled: list.editor.checkedAdapter === "" && list.editor.canAddAdapter
        onClicked: list.fileWanted()
    }
}

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kinglet.Ui

/// A table: the first row is its head; scrolls sideways inside itself.
Rectangle {
    id: table

    required property int columns
    required property var cells
    required property var alignments
    property bool faint: false
    property string findText: ""
    signal linkChosen(string address)

    implicitHeight: scroll.height + 2
    implicitWidth: scroll.contentWidth + 2
    radius: Theme.radiusCard
    color: Theme.surface
    border.width: Theme.hairlineWidth
    border.color: Theme.hairline
    Accessible.role: Accessible.Table
    Accessible.name: qsTr("Table")

    Flickable {
        id: scroll

        x: 1
        y: 1
        width: parent.width - 2
        height: grid.implicitHeight
        contentWidth: Math.max(width, grid.implicitWidth)
        contentHeight: height
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        T.ScrollBar.horizontal: ScrollBar {}

        GridLayout {
            id: grid

            width: scroll.contentWidth
            columns: Math.max(1, table.columns)
            columnSpacing: 0
            rowSpacing: 0

            Repeater {
                model: table.cells.length * Math.max(1, table.columns)

                Item {
                    id: cell

                    required property int index
                    readonly property int row: Math.floor(index / Math.max(1, table.columns))
                    readonly property int column: index % Math.max(1, table.columns)
                    readonly property string html: {
                        const line = table.cells[row];
                        return line && line[column] !== undefined ? line[column] : "";
                    }

                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.minimumWidth: 56
                    Layout.preferredWidth: Math.min(320, probe.implicitWidth + 28)
                    implicitHeight: content.contentHeight + 16

                    Text {
                        id: probe
                        visible: false
                        textFormat: Text.RichText
                        font: content.font
                        text: content.text
                        Accessible.ignored: true
                    }
                    AnswerText {
                        id: content

                        anchors.left: parent.left
                        anchors.right: parent.right
                        anchors.leftMargin: 14
                        anchors.rightMargin: 14
                        anchors.verticalCenter: parent.verticalCenter
                        // The space of a line stands below its letters.
                        anchors.verticalCenterOffset: 2
                        font.pixelSize: Theme.ui
                        font.weight: cell.row === 0 ? Font.DemiBold : Font.Normal
                        faint: table.faint
                        html: cell.html
                        findText: table.findText
                        horizontalAlignment: {
                            switch (table.alignments[cell.column]) {
                            case 1:
                                return TextEdit.AlignHCenter;
                            case 2:
                                return TextEdit.AlignRight;
                            default:
                                return TextEdit.AlignLeft;
                            }
                        }
                        onLinkChosen: address => table.linkChosen(address)
                    }
                    Divider {
                        anchors.left: parent.left
                        anchors.right: parent.right
                        anchors.bottom: parent.bottom
                        visible: cell.row < table.cells.length - 1
                    }
                }
            }
        }
    }
    EdgeFade {
        target: scroll
        ground: table.color
        x: table.width - width - 1
        y: Theme.radiusCard
        height: table.height - 2 * Theme.radiusCard
    }
}

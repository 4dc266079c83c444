import QtQuick
import QtQuick.Templates as T
import Kinglet.App
import Kinglet.Ui

/// Which model is loaded; opens the switcher.
T.AbstractButton {
    id: pill

    required property ModelStatus status

    readonly property bool loading: status.state === ModelStatus.Loading

    implicitWidth: Math.min(maximumWidth, 74 + name.implicitWidth
        + (quantization.visible ? quantization.implicitWidth + 9 : 0))
    implicitHeight: Theme.controlHeight
    property real maximumWidth: 10000
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    text: {
        switch (status.state) {
        case ModelStatus.None:
            return qsTr("Choose a model");
        case ModelStatus.Loading:
            return status.name;
        default:
            return status.name;
        }
    }
    Accessible.role: Accessible.ButtonMenu
    Accessible.name: {
        switch (status.state) {
        case ModelStatus.None:
            return qsTr("Choose a model");
        case ModelStatus.Loading:
            return qsTr("Model %1 is loading, %2 %").arg(status.name).arg(Math.round(status.progress * 100));
        case ModelStatus.Failed:
            return qsTr("Model %1 could not be loaded").arg(status.name);
        default:
            return status.deviceFellBack ? qsTr("Model %1 is ready, on the processor instead of the graphics card").arg(status.name)
                                         : qsTr("Model %1 is ready").arg(status.name);
        }
    }
    Accessible.onPressAction: pill.clicked()
    Keys.onReturnPressed: pill.clicked()
    Keys.onEnterPressed: pill.clicked()
    Keys.onDownPressed: pill.clicked()

    background: Rectangle {
        radius: Theme.radiusField
        color: pill.down ? Theme.pressed : pill.hovered ? Theme.hover : "transparent"

        FocusRing {
            shown: pill.visualFocus
            gap: 0
            radius: Theme.radiusField + 2
        }
    }
    contentItem: Item {
        Item {
            id: sign

            anchors.left: parent.left
            anchors.leftMargin: 5
            anchors.verticalCenter: parent.verticalCenter
            width: 14
            height: 14

            Rectangle {
                id: dot

                anchors.centerIn: parent
                width: pill.loading ? 5 : 8
                height: width
                radius: width / 2
                color: {
                    switch (pill.status.state) {
                    case ModelStatus.Ready:
                        return pill.status.deviceFellBack ? Theme.accent : Theme.success;
                    case ModelStatus.Failed:
                        return Theme.danger;
                    case ModelStatus.Loading:
                        return Theme.accent;
                    default:
                        return Theme.edge;
                    }
                }

                SequentialAnimation on opacity {
                    running: pill.loading && !Theme.reducedMotion
                    loops: Animation.Infinite
                    onRunningChanged: if (!running) dot.opacity = 1
                    NumberAnimation { to: 0.3; duration: 600; easing.type: Easing.InOutQuad }
                    NumberAnimation { to: 1; duration: 600; easing.type: Easing.InOutQuad }
                }
            }
            Loader {
                anchors.fill: parent
                active: pill.loading
                sourceComponent: ProgressRing {
                    value: pill.status.progress
                }
            }
        }
        Row {
            id: row

            anchors.left: sign.right
            anchors.leftMargin: 9
            anchors.verticalCenter: parent.verticalCenter
            spacing: 9

            Label {
                id: name

                anchors.verticalCenter: parent.verticalCenter
                text: pill.text
                width: Math.min(implicitWidth, Math.max(40, pill.maximumWidth - 74
                    - (quantization.visible ? quantization.implicitWidth + 9 : 0)))
                elide: Text.ElideRight
                font.pixelSize: Theme.ui
                font.weight: Font.Medium
                Accessible.ignored: true
            }
            Label {
                id: quantization

                anchors.verticalCenter: parent.verticalCenter
                visible: text !== ""
                text: pill.loading ? qsTr("%1 %").arg(Math.round(pill.status.progress * 100))
                                   : pill.status.state === ModelStatus.Ready ? pill.status.quantization : ""
                font.pixelSize: Theme.small
                color: Theme.secondary
                Accessible.ignored: true
            }
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                glyph: "chevron-down"
                size: 18
            }
        }
    }

    Loader {
        active: pill.hovered && !pill.down
        anchors.fill: parent
        sourceComponent: Item {
            ToolTip {
                text: {
                    switch (pill.status.state) {
                    case ModelStatus.None:
                        return qsTr("No model is loaded");
                    case ModelStatus.Loading:
                        return qsTr("Loading %1").arg(pill.status.fileName);
                    case ModelStatus.Failed:
                        return pill.status.problemText;
                    default:
                        return qsTr("Ready on: %1").arg(pill.status.deviceText)
                            + (pill.status.deviceRemark !== "" ? "\n" + pill.status.deviceRemark : "");
                    }
                }
                shortcut: Keymap.label("switcher")
                visible: true
                x: 0
            }
        }
    }
}

import QtQuick
import Kinglet.Ui

/// A soft shadow under a card: a nine-part picture, since it must look the same without a graphics card.
BorderImage {
    id: shadow

    /// How far above the page the card floats: low (the composer) or high (popups, dialogs).
    property bool high: false
    readonly property int blur: high ? 36 : 14
    readonly property int corner: high ? 48 : 28

    anchors.fill: parent
    anchors.leftMargin: -blur
    anchors.rightMargin: -blur
    anchors.topMargin: -blur + (high ? 10 : 3)
    anchors.bottomMargin: -blur - (high ? 10 : 3)
    border.left: corner
    border.right: corner
    border.top: corner
    border.bottom: corner
    source: "qrc:/qt/qml/Kinglet/Ui/icons/shadow-" + (high ? "high" : "low") + ".svg"
    opacity: Theme.shadowStrength
    Accessible.ignored: true
}

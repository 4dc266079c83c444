import QtQuick
import QtQuick.Controls.impl
import Kinglet.Ui

/// One of the project's icons, drawn in one colour.
ColorImage {
    id: icon

    /// File name in resources/icons without ".svg"; empty draws nothing.
    property string glyph: ""
    property real size: Theme.icon

    width: size
    height: size
    sourceSize.width: size
    sourceSize.height: size
    source: glyph === "" ? "" : "qrc:/qt/qml/Kinglet/Ui/icons/" + glyph + ".svg"
    defaultColor: "transparent"
    color: Theme.text
    Accessible.ignored: true
}

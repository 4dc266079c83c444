import QtQuick
import Kinglet.Ui

/// Plain text in the type scale. Never reads markup, whatever a chat or a file is called.
Text {
    font.family: Theme.fontFamily
    font.pixelSize: Theme.ui
    color: Theme.text
    textFormat: Text.PlainText
    verticalAlignment: Text.AlignVCenter
    Accessible.role: Accessible.StaticText
    Accessible.name: text
}

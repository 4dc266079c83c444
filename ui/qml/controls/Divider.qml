import QtQuick
import Kinglet.Ui

/// A hairline.
Rectangle {
    implicitHeight: Theme.hairlineWidth
    implicitWidth: Theme.hairlineWidth
    color: Theme.hairline
}

import QtQuick
import Kinglet.Ui

/// Over a side of what scrolls sideways, while there is more on that side.
Loader {
    id: fade

    required property Flickable target
    required property color ground
    /// The side: false for where the content begins, at the left.
    property bool atEnd: true

    width: Theme.space6
    active: atEnd ? !target.atXEnd : !target.atXBeginning
    sourceComponent: Rectangle {
        readonly property color clear: Qt.alpha(fade.ground, 0)

        gradient: Gradient {
            orientation: Gradient.Horizontal
            GradientStop { position: 0; color: fade.atEnd ? clear : fade.ground }
            GradientStop { position: 1; color: fade.atEnd ? fade.ground : clear }
        }
    }
}

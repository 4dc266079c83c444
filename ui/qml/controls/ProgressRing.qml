import QtQuick
import QtQuick.Shapes
import Kinglet.Ui

/// A ring that fills from 0 to 1.
Item {
    id: ring

    property real value: 0
    property real thickness: 2

    implicitWidth: 14
    implicitHeight: 14
    Accessible.role: Accessible.ProgressBar
    Accessible.name: qsTr("%1 %").arg(Math.round(value * 100))

    Shape {
        anchors.fill: parent

        ShapePath {
            strokeColor: Theme.hairline
            strokeWidth: ring.thickness
            fillColor: "transparent"

            PathAngleArc {
                centerX: ring.width / 2
                centerY: ring.height / 2
                radiusX: (ring.width - ring.thickness) / 2
                radiusY: radiusX
                startAngle: 0
                sweepAngle: 360
            }
        }
        ShapePath {
            strokeColor: Theme.accent
            strokeWidth: ring.thickness
            fillColor: "transparent"
            capStyle: ShapePath.RoundCap

            PathAngleArc {
                centerX: ring.width / 2
                centerY: ring.height / 2
                radiusX: (ring.width - ring.thickness) / 2
                radiusY: radiusX
                startAngle: -90
                sweepAngle: Math.max(4, 360 * Math.min(1, ring.value))
            }
        }
    }
}

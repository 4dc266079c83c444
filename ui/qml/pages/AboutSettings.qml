import QtQuick
import Kinglet.App
import Kinglet.Ui

/// The version, and what Kinglet stands on.
Column {
    id: section

    required property AppContext app

    topPadding: Theme.space3

    Row {
        anchors.left: parent.left
        spacing: Theme.space4

        Mark {
            implicitWidth: Theme.markLarge
            implicitHeight: Theme.markLarge
        }
        Column {
            anchors.verticalCenter: parent.verticalCenter
            spacing: 3

            Label {
                anchors.left: parent.left
                text: "Kinglet"
                font.pixelSize: Theme.title
                font.weight: Font.DemiBold
            }
            Label {
                anchors.left: parent.left
                text: qsTr("Version %1").arg(section.app.version)
                font.pixelSize: Theme.small
                color: Theme.secondary
            }
        }
    }
    Item {
        width: 1
        height: Theme.space4
    }
    Divider {
        width: parent.width
    }
    SettingRow {
        label: qsTr("Chat with a small language model on your own computer")
        hint: qsTr("The model's answers can be wrong. Check what matters.")
    }
    Label {
        anchors.left: parent.left
        topPadding: Theme.space4
        bottomPadding: 4
        text: qsTr("Software that Kinglet stands on")
        font.pixelSize: Theme.small
        font.weight: Font.DemiBold
        color: Theme.secondary
        Accessible.role: Accessible.Heading
    }
    Repeater {
        model: [
            { "name": "Qt", "licence": "LGPL 3" },
            { "name": "SQLite", "licence": qsTr("Public domain") },
            { "name": "MD4C", "licence": "MIT" },
            { "name": "KArchive / QuaZip", "licence": "LGPL 2.1" },
            { "name": "nlohmann/json", "licence": "MIT" },
            { "name": "fmt", "licence": "MIT" },
            { "name": "utf8proc", "licence": "MIT" },
            { "name": "PCRE2", "licence": "BSD 3-Clause" },
            { "name": "Inter, JetBrains Mono", "licence": "OFL 1.1" }
        ]

        Item {
            id: row

            required property var modelData

            width: section.width
            height: name.implicitHeight + 14

            Label {
                id: name
                anchors.left: parent.left
                anchors.verticalCenter: parent.verticalCenter
                text: row.modelData.name
            }
            Label {
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                text: row.modelData.licence
                font.pixelSize: Theme.small
                color: Theme.secondary
            }
        }
    }
}

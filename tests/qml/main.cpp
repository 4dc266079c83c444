// Runs the tests of the window: tst_*.qml drive the real Main.qml.
#include <QtQuickTest/quicktest.h>
#include <qqml.h>
#include <QQmlEngine>
#include <QQuickStyle>

#include "tests/qml/harness.h"

class Setup : public QObject {
    Q_OBJECT
  public:
    Setup() { QQuickStyle::setStyle(QStringLiteral("Basic")); }

  public slots:
    void qmlEngineAvailable(QQmlEngine* engine) {
        engine->addImportPath(QStringLiteral("qrc:/qt/qml"));
        qmlRegisterSingletonInstance("Kinglet.Test", 1, 0, "Harness", &harness_);
    }
    void cleanupTestCase() { harness_.end(); }

  private:
    kinglet::test::Harness harness_;
};

QUICK_TEST_MAIN_WITH_SETUP(kinglet_window, Setup)

#include "main.moc"

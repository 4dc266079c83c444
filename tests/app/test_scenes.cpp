// Every scene of --shot can be reached, so that pictures are of what they say.
#include <QSignalSpy>
#include <QtTest>

#include "app/gui/demo_data.h"

namespace kinglet::gui {

class ScenesTest : public QObject {
    Q_OBJECT
  private slots:
    void scenes_data();
    void scenes();
    void demoDataIsGrouped();
};

void ScenesTest::scenes_data() {
    QTest::addColumn<QString>("scene");
    for (const QString& scene : sceneNames()) QTest::newRow(qPrintable(scene)) << scene;
}

void ScenesTest::scenes() {
    QFETCH(QString, scene);
    AppContext app(sceneOptions(scene));
    Director director(app, scene);
    QSignalSpy finished(&director, &Director::finished);
    app.start();
    director.play();
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 120000);
    QCOMPARE(app.databaseProblem() != nullptr, scene == QLatin1String("problem"));
    QVERIFY(sceneSize(scene).width() >= 480);
    if (scene == QLatin1String("firstrun")) {
        QCOMPARE(app.conversation()->messages()->count(), 2);
        QVERIFY(app.conversation()->messages()->index(1).data(MessageListModel::FromStarterRole).toBool());
        QVERIFY(app.model()->isStarter());
    }
    if (scene == QLatin1String("midanswer")) QCOMPARE(app.conversation()->phase(), Conversation::Writing);
    if (scene == QLatin1String("states")) {
        const int last = app.conversation()->messages()->count() - 1;
        QVERIFY(app.conversation()->messages()->index(last).data(MessageListModel::IsErrorRole).toBool());
        QVERIFY(!app.conversation()->generating());
        QVERIFY(app.conversation()->messages()->boundaryRow() > 0);
    }
}

void ScenesTest::demoDataIsGrouped() {
    AppContext app(demoOptions());
    app.start();
    QTRY_COMPARE_WITH_TIMEOUT(app.chats()->loading(), false, 120000);
    QSet<QString> sections;
    for (int row = 0; row < app.chats()->count(); ++row) {
        sections.insert(app.chats()->index(row).data(ChatListModel::SectionRole).toString());
    }
    QVERIFY(sections.size() >= 3);
    QTRY_COMPARE(app.model()->state(), ModelStatus::Ready);
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::ScenesTest)
#include "test_scenes.moc"

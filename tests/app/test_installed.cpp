// The models on this computer: opened, copied, found twice, taken out with their disk, and thrown away.
#include <QDir>
#include <QFile>
#include <QScopeGuard>
#include <algorithm>
#include <filesystem>

#include "tests/app/library_run.h"

namespace kinglet::gui {

class InstalledTest : public LibraryFixture {
    Q_OBJECT
  private slots:
    void aModelGoesToTheTrashAndComesBack();
    void aModelFromElsewhereIsCopied();
    void aCopyThatCannotBeMadeSaysWhy();
    void modelsThatAreThereTwice();
    void aDiskThatWasTakenOut();
    void aThousandFilesAreNotOpenedAgain();
    void openedFilesAreJudgedFirst();
};

void InstalledTest::aModelGoesToTheTrashAndComesBack() {
    const QByteArray data = qgetenv("XDG_DATA_HOME");
    qputenv("XDG_DATA_HOME", home_->path().toUtf8());  // where this desktop's trash lies then
    const auto restore = qScopeGuard([data] {
        if (data.isNull())
            qunsetenv("XDG_DATA_HOME");
        else
            qputenv("XDG_DATA_HOME", data);
    });
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.findIt());
    run.library().download(kRepository);
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 1; }));
    QVERIFY(run.waitStatus(kRepository, "here"));
    const int told = run.notices->count();
    run.app->models()->deleteFiles(run.target());
    QVERIFY(run.waitFor([&] { return run.notices->count() > told; }));
    QVERIFY2(!QFileInfo::exists(run.target()), qPrintable(run.notices->last().at(0).toString()));
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 0; }));
    QVERIFY(run.waitStatus(kRepository, "get"));
    run.app->runNoticeAction(run.notices->last().at(2).toInt());
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 1; }));
    QCOMPARE(contentOf(run.target()), model_);
    // What lies elsewhere is not Kinglet's to delete.
    const QString other = made_.filePath(QStringLiteral("model.gguf"));
    run.app->models()->deleteFiles(other);
    QVERIFY(QFileInfo::exists(other));
}

void InstalledTest::aModelFromElsewhereIsCopied() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.offers().count() > 40; }));
    const QString elsewhere = made_.filePath(QStringLiteral("model.gguf"));
    ModelListModel& models = *run.app->models();
    run.app->addModelFile(QUrl::fromLocalFile(elsewhere));
    QVERIFY(run.waitFor([&] { return models.count() == 1; }));
    ModelEditor& editor = *run.app->modelEditor();
    editor.edit(elsewhere);
    editor.set(QStringLiteral("temperature"), 1.0);
    const int told = run.notices->count();
    models.copyIntoFolder(elsewhere);
    QVERIFY(run.waitFor([&] { return run.notices->count() > told; }));
    const QString target = QDir(folder_).filePath(QStringLiteral("models/model.gguf"));
    QCOMPARE(contentOf(target), model_);
    QVERIFY(QFileInfo::exists(elsewhere));
    QVERIFY(run.waitFor([&] {
        return models.count() == 1 && models.index(0).data(ModelListModel::PathRole).toString() == target;
    }));
    QVERIFY(models.index(0).data(ModelListModel::VerifiedRole).toBool());
    QCOMPARE(models.index(0).data(ModelListModel::CopyProgressRole).toDouble(), -1.0);
    // What was set for the one holds for the other.
    QCOMPARE(editor.changedCount(), 0);
    editor.edit(target);
    QCOMPARE(editor.changedCount(), 1);
}

void InstalledTest::aCopyThatCannotBeMadeSaysWhy() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.offers().count() > 40; }));
    const QString elsewhere = made_.filePath(QStringLiteral("model.gguf"));
    const QString target = QDir(folder_).filePath(QStringLiteral("models/model.gguf"));
    QFile mine(target);
    QVERIFY(mine.open(QIODevice::WriteOnly) && mine.write("mine") == 4);
    mine.close();
    run.app->addModelFile(QUrl::fromLocalFile(elsewhere));
    QVERIFY(run.waitFor([&] { return run.app->models()->find(elsewhere) != nullptr; }));
    const int told = run.notices->count();
    run.app->models()->copyIntoFolder(elsewhere);
    QVERIFY(run.waitFor([&] { return run.notices->count() > told; }));
    QVERIFY(run.notices->last().at(0).toString().contains(QStringLiteral("model.gguf")));
    QCOMPARE(contentOf(target), QByteArray("mine"));
    QVERIFY(!QFileInfo::exists(target + QStringLiteral(".part")));
    QVERIFY(run.app->models()->find(elsewhere) != nullptr);
}

void InstalledTest::modelsThatAreThereTwice() {
    const QDir models(folder_ + QStringLiteral("/models"));
    QVERIFY(models.mkpath(QStringLiteral(".")));
    const QString source = made_.filePath(QStringLiteral("model.gguf"));
    for (const char* name : {"one.gguf", "two.gguf", "other.gguf"})
        QVERIFY(QFile::copy(source, models.filePath(QLatin1String(name))));
    QFile other(models.filePath(QStringLiteral("other.gguf")));  // as long, but another
    QVERIFY(other.open(QIODevice::ReadWrite) && other.seek(other.size() - 1) && other.write("x") == 1);
    other.close();
    const auto same = [&](LibraryRun& run, const char* name) {
        const ModelEntry* entry = run.app->models()->find(models.filePath(QLatin1String(name)));
        return entry ? QFileInfo(entry->sameAs).fileName() : QStringLiteral("not listed");
    };
    for (int start = 0; start < 2; ++start) {  // the second time as remembered
        LibraryRun run(folder_, hub_->endpoint());
        QVERIFY(run.waitFor([&] { return same(run, "one.gguf") == QLatin1String("two.gguf"); }));
        QCOMPARE(same(run, "two.gguf"), QStringLiteral("one.gguf"));
        QCOMPARE(same(run, "other.gguf"), QString());
    }
}

void InstalledTest::aDiskThatWasTakenOut() {
    const QString disk = home_->filePath(QStringLiteral("disk"));
    const QString away = home_->filePath(QStringLiteral("away"));
    QVERIFY(QDir().mkpath(disk + QStringLiteral("/models")));
    const QString file = disk + QStringLiteral("/models/model.gguf");
    QVERIFY(QFile::copy(made_.filePath(QStringLiteral("model.gguf")), file));
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.app->ready(); }));
    ModelListModel& models = *run.app->models();
    const auto stands = [&](bool missing) {
        const ModelEntry* entry = models.find(file);
        return entry && entry->missing == missing;
    };
    models.setFolder(QUrl::fromLocalFile(disk + QStringLiteral("/models")));
    QVERIFY(run.waitFor([&] { return stands(false); }));
    QVERIFY(QDir().rename(disk, away));
    models.refresh();
    QVERIFY(run.waitFor([&] { return stands(true); }));
    QVERIFY(QDir().rename(away, disk));
    models.refresh();
    QVERIFY(run.waitFor([&] { return stands(false); }));
    // A file that was taken out of a folder that is there is gone.
    QVERIFY(QFile::remove(file));
    models.refresh();
    QVERIFY(run.waitFor([&] { return models.find(file) == nullptr; }));
}

void InstalledTest::aThousandFilesAreNotOpenedAgain() {
    constexpr int many = 1000;
    const QDir models(folder_ + QStringLiteral("/models"));
    QVERIFY(models.mkpath(QStringLiteral(".")));
    const QString first = models.filePath(QStringLiteral("bird-0.gguf"));
    QVERIFY(QFile::copy(made_.filePath(QStringLiteral("model.gguf")), first));
    for (int i = 1; i < many; ++i)
        std::filesystem::create_hard_link(
            first.toStdString(), models.filePath(QStringLiteral("bird-%1.gguf").arg(i)).toStdString());
    const auto sound = [](LibraryRun& run) {
        const auto& entries = run.app->models()->entries();
        return std::count_if(entries.begin(), entries.end(), [](const ModelEntry& entry) {
            return entry.problem.isEmpty() && !entry.missing;
        });
    };
    {
        LibraryRun run(folder_, hub_->endpoint());
        QVERIFY(run.waitFor([&] { return sound(run) == many; }));
        QVERIFY(run.waitFor([&] { return !run.app->models()->entries().back().sha256.isEmpty(); }));
    }
    // What is in them is nonsense now, of the same length and age: nobody notices who does not open them.
    QFile file(first);
    const QDateTime age = QFileInfo(first).lastModified();
    QVERIFY(file.open(QIODevice::ReadWrite) && file.write(QByteArray(int(file.size()), 'x')) == file.size());
    QVERIFY(file.flush() && file.setFileTime(age, QFileDevice::FileModificationTime));
    file.close();
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.app->models()->totalCount() == many; }));
    QCOMPARE(sound(run), many);
}

void InstalledTest::openedFilesAreJudgedFirst() {
    LibraryRun run(folder_, hub_->endpoint());
    QVERIFY(run.waitFor([&] { return run.offers().count() > 40; }));
    const QString broken = home_->filePath(QStringLiteral("broken.gguf"));
    QFile file(broken);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(model_.left(model_.size() / 2));
    file.close();
    run.app->openModelFile(QUrl::fromLocalFile(broken));
    QVERIFY(run.waitFor([&] {
        return !run.notices->isEmpty() &&
               run.notices->last().at(0).toString().contains(QStringLiteral("broken.gguf")) &&
               !run.notices->last().at(0).toString().startsWith(QStringLiteral("Checking"));
    }));
    QCOMPARE(run.app->models()->count(), 0);
    QCOMPARE(run.app->model()->state(), ModelStatus::None);
    const QString sound = made_.filePath(QStringLiteral("model.gguf"));
    run.app->openModelFile(QUrl::fromLocalFile(sound));
    QVERIFY(run.waitFor([&] { return run.app->models()->count() == 1; }));
    QVERIFY(run.app->models()->index(0).data(ModelListModel::VerifiedRole).toBool());
    QCOMPARE(run.app->model()->path(), sound);
}

}  // namespace kinglet::gui

QTEST_MAIN(kinglet::gui::InstalledTest)
#include "test_installed.moc"

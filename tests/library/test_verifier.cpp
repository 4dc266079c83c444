// Files judged by another process before anybody else opens them.
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <functional>

#include "library/verifier.h"
#include "tests/support/adapter_writer.h"
#include "tests/support/model_writer.h"

using namespace kinglet::library;

class TestVerifier : public QObject {
    Q_OBJECT

  private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void aWholeModelIsFine() {
        const QString part = m_folder->filePath("wren.gguf.part");
        QVERIFY(kinglet::test::write_model(part.toStdString(), {}).has_value());
        const auto problem =
            verdict(QStringLiteral(KINGLET_CLI_PATH), {part}, {m_folder->filePath("wren.gguf")});
        QVERIFY2(!problem, problem ? qPrintable(problem->message) : "");
        QCOMPARE(QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot),
                 QStringList("wren.gguf.part"));  // nothing is left behind, and it has no name yet
    }

    void aBrokenOneIsNamedAsItWillBe() {
        const QString part = m_folder->filePath("wren.gguf.part");
        QFile file(part);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("GGUF and then nonsense") > 0);
        file.close();
        const auto problem =
            verdict(QStringLiteral(KINGLET_CLI_PATH), {part}, {m_folder->filePath("wren.gguf")});
        QVERIFY(problem);
        QCOMPARE(problem->fault, Fault::VerifyFailed);
        QVERIFY2(problem->message.contains(m_folder->filePath("wren.gguf")), qPrintable(problem->message));
        QVERIFY(!problem->message.contains("kinglet-verify") && !problem->message.contains(".part"));
        QCOMPARE(problem->details, QString("status 1"));
    }

    void aReaderThatDiesIsAVerdict() {
        // Stands in for a kinglet-cli that a malicious file brings down.
        const QString program = m_folder->filePath("dies");
        QFile script(program);
        QVERIFY(script.open(QIODevice::WriteOnly) && script.write("#!/bin/sh\nkill -SEGV $$\n") > 0);
        QVERIFY(script.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
        script.close();
        const auto problem = verdict(program, {program}, {m_folder->filePath("wren.gguf")});
        QVERIFY(problem);
        QCOMPARE(problem->fault, Fault::VerifyFailed);
        QVERIFY(problem->message.contains("wren.gguf"));
        QCOMPARE(problem->details, QString("it crashed"));
    }

    void noProgramIsAVerdictToo() {
        const auto problem =
            verdict(m_folder->filePath("none"), {m_folder->path()}, {m_folder->filePath("wren.gguf")});
        QVERIFY(problem);
        QVERIFY(problem->details.contains("did not start"));
    }

    void anAdapterIsJudgedOnItsModel_data() {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("says");
        QTest::newRow("fits") << "fits" << QString();
        QTest::newRow("of another model") << "other"
                                          << "architecture";
        QTest::newRow("damaged") << "damaged"
                                 << "no number";
        QTest::newRow("nonsense") << "nonsense"
                                  << "adapter.gguf";
        QTest::newRow("not there") << "none"
                                   << "adapter.gguf";
    }
    void anAdapterIsJudgedOnItsModel() {
        QFETCH(QString, kind);
        QFETCH(QString, says);
        const QString model = m_folder->filePath("wren.gguf");
        QVERIFY(kinglet::test::write_model(model.toStdString(), {}).has_value());
        const QString adapter = m_folder->filePath("adapter.gguf");
        kinglet::test::TestAdapter made;
        if (kind == u"other") made.architecture = "phi2";
        made.not_a_number = kind == u"damaged";
        if (kind == u"nonsense") {
            QFile file(adapter);
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write("GGUF and then nonsense") > 0);
        } else if (kind != u"none") {
            QVERIFY(kinglet::test::write_adapter(adapter.toStdString(), made).has_value());
        }
        Verifier verifier(QStringLiteral(KINGLET_CLI_PATH));
        const auto problem =
            answered([&](const Verifier::Answer& answer) { verifier.verifyAdapter(model, adapter, answer); });
        QCOMPARE(problem.has_value(), kind != u"fits");
        if (!problem) return;
        QCOMPARE(problem->fault, Fault::VerifyFailed);
        QVERIFY2(problem->message.contains(says), qPrintable(problem->message));
        QVERIFY2(problem->message.contains("adapter.gguf"), qPrintable(problem->message));
    }

  private:
    static std::optional<Problem> answered(const std::function<void(const Verifier::Answer&)>& ask) {
        bool isOver = false;
        std::optional<Problem> found;
        ask([&](const std::optional<Problem>& problem) {
            found = problem;
            isOver = true;
        });
        if (!QTest::qWaitFor([&isOver] { return isOver; }, 60000))
            QTest::qFail("no verdict", __FILE__, __LINE__);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        return found;
    }
    static std::optional<Problem> verdict(const QString& program, const QStringList& parts,
                                          const QStringList& targets) {
        Verifier verifier(program);
        return answered([&](const Verifier::Answer& answer) { verifier.verify(parts, targets, answer); });
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestVerifier)
#include "test_verifier.moc"

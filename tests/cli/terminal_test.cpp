// kinglet-cli chat on a terminal of its own.
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QDeadlineTimer>
#include <QTemporaryDir>
#include <QtTest>

#include "app/cli/terminal.h"
#include "tests/cli/cli_process.h"
#include "tests/support/model_writer.h"

namespace kinglet::cli_test {
namespace {

/// A program on a pseudo-terminal, killed where it has not ended in time.
class Terminal {
  public:
    explicit Terminal(const QStringList& arguments) {
        child_ = forkpty(&master_, nullptr, nullptr, nullptr);
        if (child_ != 0) return;
        signal(SIGINT, SIG_DFL);
        QList<QByteArray> words{cliPath().toLocal8Bit()};
        for (const QString& argument : arguments) words << argument.toLocal8Bit();
        std::vector<char*> raw;
        for (QByteArray& word : words) raw.push_back(word.data());
        raw.push_back(nullptr);
        execv(raw[0], raw.data());
        _exit(127);
    }
    ~Terminal() {
        if (!ended_) {
            kill(child_, SIGKILL);
            waitpid(child_, nullptr, 0);  // nothing outlasts this signal
        }
        close(master_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void type(const QByteArray& text) {
        if (write(master_, text.constData(), static_cast<std::size_t>(text.size())) != text.size())
            qWarning("not typed");
    }

    /// Reads until `text` has come, from where the last call stopped; false where it never does.
    bool shows(const QByteArray& text) {
        for (;;) {
            const qsizetype at = screen_.indexOf(text, seen_);
            if (at >= 0) {
                seen_ = at + text.size();
                return true;
            }
            if (!readMore()) return false;
        }
    }

    /// Reads until anything has come after what the last call found; false where nothing ever does.
    bool showsMore() {
        while (screen_.size() <= seen_) {
            if (!readMore()) return false;
        }
        seen_ = screen_.size();
        return true;
    }

    /// The exit status; -1 after a signal, or where the program does not end in time.
    int status() {
        while (readMore()) {
        }
        int status = 0;
        while (waitpid(child_, &status, WNOHANG) != child_) {
            if (deadline_.hasExpired()) return -1;
            QTest::qSleep(1);
        }
        ended_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    const QByteArray& screen() const { return screen_; }

  private:
    bool readMore() {
        pollfd events{master_, POLLIN, 0};
        if (poll(&events, 1, static_cast<int>(deadline_.remainingTime())) <= 0) return false;
        char buffer[4096];
        const ssize_t count = read(master_, buffer, sizeof buffer);
        if (count <= 0) return false;
        screen_.append(buffer, count);
        return true;
    }

    QDeadlineTimer deadline_{15'000};  ///< of all that this program does
    int master_ = -1;
    pid_t child_ = -1;
    bool ended_ = false;
    QByteArray screen_;
    qsizetype seen_ = 0;
};

}  // namespace

class TerminalTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void conversation();
    void endOfInputLeaves();
    void interruptStopsTheAnswerOnly();
    void controlsAreLeftOut();

  private:
    QTemporaryDir folder_;
    QString scripted_ = folder_.filePath("scripted.gguf");
    QString endless_ = folder_.filePath("endless.gguf");
};

void TerminalTest::initTestCase() {
    test::TestModel model;
    model.name = "Test\033[31m bird";
    model.script = "A small bird.";
    QVERIFY(test::write_model(scripted_.toStdString(), model).has_value());
    model.endless = true;
    model.context_length = 200'000;
    model.width = 256;
    QVERIFY(test::write_model(endless_.toStdString(), model).has_value());
}

void TerminalTest::conversation() {
    Terminal terminal({"chat", scripted_, "--temp", "0"});
    QVERIFY2(terminal.shows("Chatting with Test[31m bird"), terminal.screen());
    QVERIFY2(terminal.shows("> "), terminal.screen());
    terminal.type("What is a kinglet?\n");
    QVERIFY2(terminal.shows("A small bird."), terminal.screen());
    QVERIFY2(terminal.shows("> "), terminal.screen());
    terminal.type("/help\n");
    QVERIFY2(terminal.shows("/regen"), terminal.screen());
    QVERIFY2(terminal.shows("> "), terminal.screen());
    terminal.type("/exit\n");
    QCOMPARE(terminal.status(), 0);
    QVERIFY(!terminal.screen().contains('\033'));
}

void TerminalTest::endOfInputLeaves() {
    Terminal terminal({"chat", scripted_});
    QVERIFY2(terminal.shows("> "), terminal.screen());
    terminal.type("\004");
    QCOMPARE(terminal.status(), 0);
}

void TerminalTest::interruptStopsTheAnswerOnly() {
    Terminal terminal({"chat", endless_, "--temp", "1", "--ctx", "200000"});
    QVERIFY2(terminal.shows("> "), terminal.screen());
    terminal.type("Hello\n");
    QVERIFY2(terminal.shows("Hello\r\n"), terminal.screen());
    // The answer has begun when there is more than the echo of the question.
    QVERIFY2(terminal.showsMore(), terminal.screen());
    terminal.type("\003");
    QVERIFY2(terminal.shows("Stopped."), terminal.screen().right(200));
    QVERIFY2(terminal.shows("> "), terminal.screen().right(200));
    terminal.type("\003");
    QCOMPARE(terminal.status(), 130);
}

void TerminalTest::controlsAreLeftOut() {
    QCOMPARE(cli::without_controls("a\033[2Jb\r\x07\x7f\tc\n"), std::string("a[2Jb\tc\n"));
    QCOMPARE(cli::without_controls("\xc2\x9b"
                                   "31m \xc3\xa9 \xf0\x9f\x90\xa6"),
             std::string("31m \xc3\xa9 \xf0\x9f\x90\xa6"));
}

}  // namespace kinglet::cli_test

QTEST_GUILESS_MAIN(kinglet::cli_test::TerminalTest)
#include "terminal_test.moc"

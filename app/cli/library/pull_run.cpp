#include "app/cli/library/pull_run.h"

#include <fmt/format.h>

#include <QDir>
#include <QFileInfo>
#include <QHash>
#include <QJsonObject>
#include <QProcess>
#include <QTimer>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/cli/cli.h"
#include "app/cli/library/download_view.h"
#include "app/cli/library/pull_plan.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "library/verifier.h"

namespace kinglet::cli {
namespace {

using library::DownloadInfo;
using library::DownloadQueue;
using library::DownloadStatus;
using library::Problem;

constexpr int redraw_ms = 200;
constexpr int watch_ms = 500;

/// One run of `models pull`.
class Pull {
  public:
    Pull(LibraryEnvironment& environment, const library::Hub& hub, storage::Database& database,
         const PullSettings& settings)
        : environment_(environment),
          settings_(settings),
          store_(database),
          verifier_(LibraryEnvironment::program()),
          queue_(store_, hub, queue_options()) {}

    int run(const QList<storage::DownloadRecord>& records) {
        QObject::connect(&queue_, &DownloadQueue::loaded, &loop_, [this, records] { begin(records); });
        QObject::connect(&queue_, &DownloadQueue::finished, &loop_,
                         [this](qint64 id, const QStringList& targets) { on_finished(id, targets); });
        QObject::connect(&queue_, &DownloadQueue::changed, &loop_, [this](qint64 id) { on_changed(id); });
        QObject::connect(&queue_, &DownloadQueue::idle, &loop_, [this] { on_idle(); });
        QObject::connect(&queue_, &DownloadQueue::storeFailed, &loop_, [this](const storage::Error& error) {
            view_.clear();
            report(to_error(error));
            failed_ = true;
        });
        QTimer redraw;
        QObject::connect(&redraw, &QTimer::timeout, &loop_, [this] { draw(); });
        redraw.start(redraw_ms);
        environment_.on_interrupt([this] {
            // Paused, so that a window that is open does not go on with what was stopped here.
            for (auto at = names_.constBegin(); at != names_.constEnd(); ++at) queue_.pause(at.key());
            queue_.stopAll();
        });
        queue_.load();
        loop_.exec();
        environment_.on_interrupt({});
        view_.clear();
        return conclude();
    }

  private:
    library::QueueOptions queue_options() {
        library::QueueOptions options;
        options.mostRunning = settings_.at_once;
        options.bytesPerSecond = settings_.bytes_per_second;
        options.holdLoaded = true;
        options.locks = library::DownloadLocks::pathIn(LibraryEnvironment::data_folder());
        options.watchMs = watch_ms;
        options.verify = [this](const QStringList& parts, const QStringList& targets, auto answer) {
            // A checkpoint is judged after its conversion.
            const bool is_model = targets.first().endsWith(u".gguf", Qt::CaseInsensitive);
            if (!is_model) return answer(std::nullopt);
            verifier_.verify(parts, targets, answer);
        };
        return options;
    }

    void begin(const QList<storage::DownloadRecord>& records) {
        if (settings_.all_left) {
            for (const DownloadInfo& info : queue_.all()) go_on(info);
            if (names_.isEmpty() && !settings_.json) fmt::print(stderr, "Nothing was left unfinished.\n");
        }
        waiting_to_add_ = int(records.size());
        for (const storage::DownloadRecord& record : records) {
            const std::optional<DownloadInfo> left = unfinished(record);
            if (left) {
                --waiting_to_add_;
                go_on(*left);
                continue;
            }
            if (is_there(record)) continue;
            queue_.add(record, [this, record](const storage::Result<qint64>& added) {
                --waiting_to_add_;
                if (added) {
                    names_[*added] = record.name;
                    if (const QString folder = checkpoint_folder(record); !folder.isEmpty())
                        folders_[*added] = folder;
                } else {
                    fail_with(record.name, to_error(added.error()), {});
                }
                on_idle();
            });
        }
        begun_ = true;
        on_idle();
    }

    /// Says so where all of it is there already, with the right size.
    bool is_there(const storage::DownloadRecord& record) {
        for (const storage::DownloadFile& file : record.files) {
            const QFileInfo info(file.target);
            if (!info.exists() || (file.bytes > 0 && info.size() != file.bytes)) return false;
        }
        --waiting_to_add_;
        nlohmann::ordered_json row = {{"name", record.name.toStdString()},
                                      {"path", record.files.first().target.toStdString()},
                                      {"already_there", true}};
        models_.push_back(row);
        say(fmt::format("{} is there already: {}", record.name.toStdString(),
                        record.files.first().target.toStdString()));
        return true;
    }

    std::optional<DownloadInfo> unfinished(const storage::DownloadRecord& record) const {
        for (const DownloadInfo& info : queue_.all()) {
            if (info.targets.contains(record.files.first().target)) return info;
        }
        return std::nullopt;
    }

    void go_on(const DownloadInfo& info) {
        names_[info.id] = info.name;
        const QString folder = info.details.value(QStringLiteral("checkpoint")).toString();
        if (!folder.isEmpty()) folders_[info.id] = folder;
        queue_.resume(info.id);
    }

    void draw() {
        QList<DownloadInfo> shown;
        for (const DownloadInfo& info : queue_.all()) {
            if (names_.contains(info.id)) shown << info;
        }
        view_.draw(shown);
    }

    void on_changed(qint64 id) {
        const auto info = queue_.find(id);
        const bool is_news = info && info->status == DownloadStatus::Failed && names_.contains(id) && begun_;
        if (!is_news || !info->problem) return;
        fail_with(info->name, to_error(*info->problem), *info->problem);
        names_.remove(id);
    }

    void fail_with(const QString& name, const Error& error, const Problem& problem) {
        failed_ = true;
        nlohmann::ordered_json row = {{"name", name.toStdString()},
                                      {"message", error.message},
                                      {"hint", error.hint},
                                      {"fault", library::nameOf(problem.fault).toStdString()},
                                      {"action", library::nameOf(problem.action).toStdString()}};
        if (problem.message.isEmpty()) {
            row.erase("fault");
            row.erase("action");
        }
        failures_.push_back(row);
        view_.clear();
        report(error);
    }

    void on_finished(qint64 id, const QStringList& targets) {
        const QString folder = folders_.value(id);
        if (!folder.isEmpty()) {
            convert(names_.value(id), folder);
        } else {
            note_model(names_.value(id), targets);
        }
        names_.remove(id);
    }

    void note_model(const QString& name, const QStringList& targets) {
        qint64 bytes = 0;
        for (const QString& target : targets) bytes += QFileInfo(target).size();
        models_.push_back({{"name", name.toStdString()},
                           {"path", targets.first().toStdString()},
                           {"bytes", bytes},
                           {"verified", true}});
        say(fmt::format("{}: {} in {}, verified.", name.toStdString(),
                        size_text(static_cast<std::uint64_t>(bytes)), targets.first().toStdString()));
    }

    /// Makes a model of a fetched checkpoint, in a process of its own, and verifies it.
    void convert(const QString& name, const QString& folder) {
        ++converting_;
        const QString target = folder + QStringLiteral(".gguf");
        auto* process = new QProcess(&loop_);
        QObject::connect(
            process, &QProcess::finished, &loop_, [this, process, name, folder, target](int status) {
                process->deleteLater();
                if (status != 0) {
                    const QString said =
                        QString::fromUtf8(process->readAllStandardError()).section(u'\n', 0, 0);
                    --converting_;
                    fail_with(name,
                              {ErrorCode::bad_format,
                               said.mid(said.indexOf(u':') + 1).trimmed().toStdString(),
                               {},
                               {},
                               {}},
                              {});
                    return on_idle();
                }
                verifier_.verify({target}, {target},
                                 [this, name, folder, target](const std::optional<Problem>& problem) {
                                     --converting_;
                                     QDir(folder).removeRecursively();
                                     if (problem) {
                                         QFile::remove(target);
                                         fail_with(name, to_error(*problem), *problem);
                                     } else {
                                         note_model(name, {target});
                                     }
                                     on_idle();
                                 });
            });
        process->start(LibraryEnvironment::program(), {QStringLiteral("convert"), folder, target});
    }

    void say(const std::string& text) {
        view_.clear();
        if (!settings_.json) fmt::print("{}\n", without_controls(text));
        std::fflush(stdout);
    }

    void on_idle() {
        if (environment_.interrupted()) return loop_.quit();
        if (!begun_ || waiting_to_add_ > 0 || converting_ > 0) return;
        for (const DownloadInfo& info : queue_.all()) {
            const bool runs = info.status != DownloadStatus::Paused && info.status != DownloadStatus::Failed;
            if (names_.contains(info.id) && runs) return;
        }
        loop_.quit();
    }

    int conclude() {
        if (settings_.json) std::puts(json_text({{"models", models_}, {"failed", failures_}}, 2).c_str());
        if (environment_.interrupted()) {
            fmt::print(stderr,
                       "Stopped. What was fetched is kept; \"kinglet-cli models pull\" goes on with it.\n");
            return exit_interrupted;
        }
        return failed_ ? exit_failure : exit_ok;
    }

    LibraryEnvironment& environment_;
    const PullSettings settings_;
    QEventLoop loop_;
    storage::DownloadStore store_;
    library::Verifier verifier_;
    DownloadQueue queue_;
    DownloadView view_;
    QHash<qint64, QString> names_;    ///< those of this run that are not over
    QHash<qint64, QString> folders_;  ///< of checkpoints
    nlohmann::ordered_json models_ = nlohmann::ordered_json::array();
    nlohmann::ordered_json failures_ = nlohmann::ordered_json::array();
    int waiting_to_add_ = 0;
    int converting_ = 0;
    bool begun_ = false;
    bool failed_ = false;
};

}  // namespace

Result<int> run_pull(LibraryEnvironment& environment, const library::Hub& hub,
                     const QList<storage::DownloadRecord>& records, const PullSettings& settings) {
    const auto database = environment.open_database();
    if (!database) return tl::unexpected(database.error());
    Pull pull(environment, hub, **database, settings);
    return pull.run(records);
}

}  // namespace kinglet::cli

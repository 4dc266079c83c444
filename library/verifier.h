// Whether a fetched or imported file can be used, judged by another process.
#pragma once

#include <QObject>
#include <QStringList>
#include <functional>
#include <memory>
#include <optional>

#include "library/problem.h"

class QTemporaryDir;

namespace kinglet::library {

/// Runs `kinglet-cli verify` on files that come from elsewhere: what a malicious one does to its reader, it
/// does to a process that holds no chats. Answers on the owner's thread; destroying it ends the processes,
/// without answers.
class Verifier : public QObject {
    Q_OBJECT
  public:
    /// `program` is kinglet-cli.
    explicit Verifier(QString program, QObject* parent = nullptr);
    ~Verifier() override;

    using Answer = std::function<void(std::optional<Problem>)>;

    /// Judges a model whose parts lie at `parts` as if they had the names `targets`, under which a model in
    /// several parts finds its others. The first is the one that is opened. Where both are the same, nothing
    /// is written.
    void verify(const QStringList& parts, const QStringList& targets, Answer answer);

  private:
    void run(const QString& path, const std::shared_ptr<QTemporaryDir>& folder, const QString& place,
             const Answer& answer);

    QString m_program;
};

}  // namespace kinglet::library

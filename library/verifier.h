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

    /// Judges a LoRA adapter on the model that it is for, which is taken to be whole. Nothing is written.
    void verifyAdapter(const QString& model, const QString& adapter, Answer answer);

  private:
    /// What is asked of kinglet-cli, and what of its words is to be put differently.
    struct Question {
        QStringList arguments;
        QString file;                          ///< judged, as a problem names it
        QString folder;                        ///< where the check sees the file
        QString place;                         ///< where it will lie, by which messages speak of it
        std::shared_ptr<QTemporaryDir> links;  ///< kept until the answer
    };
    void run(const Question& question, const Answer& answer);

    QString m_program;
};

}  // namespace kinglet::library

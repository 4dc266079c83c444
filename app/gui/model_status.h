// The model that is loaded, or on its way.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QString>

#include "app/gui/engine_interface.h"

namespace kinglet::gui {

class ModelOptions;
class Settings;

/// What the model pill shows, and the one place that loads and unloads.
class ModelStatus : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("AppContext.model is the one instance")

    Q_PROPERTY(State state READ state NOTIFY changed)
    Q_PROPERTY(double progress READ progress NOTIFY progressChanged)
    Q_PROPERTY(QString name READ name NOTIFY changed)
    Q_PROPERTY(QString shortName READ shortName NOTIFY changed)
    Q_PROPERTY(QString quantization READ quantization NOTIFY changed)
    Q_PROPERTY(QString deviceText READ deviceText NOTIFY changed)
    Q_PROPERTY(QString deviceRemark READ deviceRemark NOTIFY changed)
    Q_PROPERTY(bool deviceFellBack READ deviceFellBack NOTIFY changed)
    Q_PROPERTY(QString memoryText READ memoryText NOTIFY memoryChanged)
    Q_PROPERTY(QString problem READ problem NOTIFY changed)
    Q_PROPERTY(QString problemText READ problemText NOTIFY changed)
    /// Whether it is an adapter that kept the model from being opened.
    Q_PROPERTY(bool adapterFailed READ adapterFailed NOTIFY changed)
    Q_PROPERTY(QString fileName READ fileName NOTIFY changed)
    Q_PROPERTY(QString path READ path NOTIFY changed)
    Q_PROPERTY(QString nextPath READ nextPath NOTIFY changed)
    Q_PROPERTY(int contextLengthTrained READ contextLengthTrained NOTIFY changed)
    Q_PROPERTY(bool starter READ isStarter NOTIFY changed)
    Q_PROPERTY(QString formatText READ formatText NOTIFY changed)
    Q_PROPERTY(QString formatNote READ formatNote NOTIFY changed)
    Q_PROPERTY(QString formatDetails READ formatDetails NOTIFY changed)

  public:
    enum State { None, Loading, Ready, Failed };
    Q_ENUM(State)

    ModelStatus(EngineInterface& engine, Settings& settings, const ModelOptions& options,
                QObject* parent = nullptr);

    State state() const { return state_; }
    double progress() const { return progress_; }
    /// The model's own name; while it loads, or after it failed, the one in the list, else the file's name
    /// without its ending.
    QString name() const;
    /// The first word or two of it, for "Message TinyLlama".
    QString shortName() const;
    QString quantization() const { return facts_.quantization; }
    QString deviceText() const { return facts_.device.text; }
    /// Why it is not all on the graphics card; empty where there is nothing to say.
    QString deviceRemark() const { return facts_.device.remark; }
    /// Whether the processor answers though the graphics card should.
    bool deviceFellBack() const { return facts_.device.fellBack; }
    /// Memory of the whole program, e.g. "742 MB"; empty where unknown.
    QString memoryText() const;
    /// Title of what went wrong with the last load; empty without one.
    QString problem() const { return problem_; }
    /// The sentence that goes with it.
    QString problemText() const { return problemText_; }
    bool adapterFailed() const { return state_ == Failed && failure_.kind == FailureKind::Adapter; }
    QString fileName() const;
    /// The file that is loaded, on its way, or failed; empty without one.
    QString path() const { return path_; }
    /// The file that the next answer is asked of: path(), else the model used last, else the starter model;
    /// empty where there is none.
    QString nextPath() const;
    /// Whether that is the model that comes with Kinglet.
    bool isStarter() const;
    /// Where the form of a conversation comes from, e.g. "From the model's file"; empty without a loaded
    /// model.
    QString formatText() const;
    /// A sentence for a model whose file brings no chat template, or one that does not work; else empty.
    QString formatNote() const;
    /// What the engine said about that, in its own terms; may be empty.
    QString formatDetails() const { return facts_.warnings.join(QLatin1Char('\n')); }
    /// Whether the loaded model goes on with a text and has no form for turns.
    bool completes() const { return state_ == Ready && facts_.chatTemplate == QLatin1String("none"); }
    int contextLengthTrained() const { return facts_.contextLength; }
    /// What the model's file suggests for sampling (see ModelFacts): as loaded, else as the list has it.
    const QJsonObject& suggestedSampling() const {
        return state_ == Ready ? facts_.sampling : listedSampling_;
    }
    /// Whether what was set since would open the model, or the one that failed, in another way.
    bool isOutdated() const;
    const ModelFacts& facts() const { return facts_; }
    const Failure& failure() const { return failure_; }

    void load(const QString& path);
    Q_INVOKABLE void unload();
    Q_INVOKABLE void cancelLoad();
    void setResidentBytes(qint64 bytes);
    /// What the list says of path(); an empty name where it is not in it.
    void setListed(const QString& name, const QJsonObject& sampling);

  signals:
    void changed();
    void progressChanged();
    void memoryChanged();
    /// A load that this object asked for ended, in Ready, Failed or (cancelled) None.
    void settled();

    /// The graphics card failed while it answered; the processor goes on, and deviceRemark() says why.
    void cardLost();

  private:
    void takeDevice(const DeviceFacts& device);
    void onFinished(RequestId id, const Outcome& outcome);
    void setState(State state);

    EngineInterface& engine_;
    Settings& settings_;
    const ModelOptions& options_;
    State state_ = None;
    double progress_ = 0;
    RequestId request_ = 0;
    QString path_;
    QString listedName_;
    QJsonObject listedSampling_;
    ModelFacts facts_;
    Failure failure_;
    QString problem_;
    QString problemText_;
    qint64 residentBytes_ = 0;
    LoadRequest loaded_;
};

}  // namespace kinglet::gui

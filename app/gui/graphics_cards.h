// The graphics cards of this computer, as the settings list them.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QVariantList>
#include <functional>

#include "inference/engine/engine.h"

namespace kinglet::gui {

/// Names under which the settings remember cards, in their order: the card's own, with a number where there
/// are several alike.
QStringList cardKeys(const engine::GraphicsDevices& list);

/// Looked up on a worker when they are first asked for, since drivers take their time.
class GraphicsCards : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("AppContext.graphicsCards is the one instance")
    /// "key", "name", "about" (kind and memory) and "technical" (driver and features) each; the best first.
    Q_PROPERTY(QVariantList cards READ cards NOTIFY changed)
    Q_PROPERTY(bool looking READ looking NOTIFY changed)
    /// Why there is none, one sentence; empty where there is one, or nobody has looked.
    Q_PROPERTY(QString whyNone READ whyNone NOTIFY changed)
  public:
    using Lister = std::function<engine::GraphicsDevices()>;
    /// `lister` is called on a worker; null: what the machine has.
    explicit GraphicsCards(Lister lister, QObject* parent = nullptr);

    QVariantList cards() const { return cards_; }
    bool looking() const { return looking_; }
    QString whyNone() const { return whyNone_; }
    /// Looks (again): cards come and go, and their free memory changes.
    Q_INVOKABLE void look();

  signals:
    void changed();

  private:
    void take(const engine::GraphicsDevices& list);

    Lister lister_;
    QVariantList cards_;
    QString whyNone_;
    bool looking_ = false;
};

}  // namespace kinglet::gui

#include "app/gui/graphics_cards.h"

#include <QHash>
#include <QLocale>
#include <QVariantMap>
#include <QtConcurrent>
#include <cmath>
#include <utility>

#include "app/gui/futures.h"

namespace kinglet::gui {

namespace {

QString kindText(const engine::GraphicsDevice& device) {
    if (device.is_processor) return GraphicsCards::tr("The processor through a driver, slower than without");
    if (device.kind == "graphics card") return GraphicsCards::tr("Graphics card");
    if (device.kind == "integrated graphics")
        return GraphicsCards::tr("Part of the processor, shares its memory");
    return GraphicsCards::tr("Graphics device");
}

/// As makers of cards count: a card "of 8 GB" has 2^33 bytes.
QString memoryText(std::uint64_t bytes) {
    const double gigabytes = static_cast<double>(bytes) / (1 << 30);
    const double shown = std::round(gigabytes * 10) / 10;
    return GraphicsCards::tr("%1 GB").arg(QLocale().toString(shown, 'f', shown == std::floor(shown) ? 0 : 1));
}

QString aboutText(const engine::GraphicsDevice& device) {
    const QString memory = memoryText(device.memory_bytes);
    if (!device.tells_free) return GraphicsCards::tr("%1 · %2").arg(kindText(device), memory);
    const QString free = memoryText(device.free_bytes);
    return GraphicsCards::tr("%1 · %2, %3 free").arg(kindText(device), memory, free);
}

QString technicalText(const engine::GraphicsDevice& device) {
    QStringList features;
    for (const std::string& feature : device.features) features.append(QString::fromStdString(feature));
    const QString driver =
        GraphicsCards::tr("Vulkan %1, %2")
            .arg(QString::fromStdString(device.vulkan), QString::fromStdString(device.driver));
    return features.isEmpty() ? driver : driver + QLatin1Char('\n') + features.join(QStringLiteral(", "));
}

}  // namespace

QStringList cardKeys(const engine::GraphicsDevices& list) {
    QHash<QString, int> seen;
    QStringList keys;
    for (const engine::GraphicsDevice& device : list.devices) {
        const QString name = QString::fromStdString(device.name).simplified();
        const int number = ++seen[name];
        keys.append(number == 1 ? name : QStringLiteral("%1 #%2").arg(name).arg(number));
    }
    return keys;
}

GraphicsCards::GraphicsCards(Lister lister, QObject* parent)
    : QObject(parent), lister_(lister ? std::move(lister) : engine::graphics_devices) {}

void GraphicsCards::look() {
    if (std::exchange(looking_, true)) return;
    emit changed();
    whenDone(this, QtConcurrent::run(lister_), [this](const engine::GraphicsDevices& list) { take(list); });
}

void GraphicsCards::take(const engine::GraphicsDevices& list) {
    const QStringList keys = cardKeys(list);
    cards_.clear();
    for (std::size_t i = 0; i < list.devices.size(); ++i) {
        const QString& key = keys[static_cast<qsizetype>(i)];
        cards_.append(QVariantMap{{QStringLiteral("key"), key},
                                  {QStringLiteral("name"), key},
                                  {QStringLiteral("about"), aboutText(list.devices[i])},
                                  {QStringLiteral("technical"), technicalText(list.devices[i])}});
    }
    whyNone_ = QString::fromStdString(list.why_none);
    looking_ = false;
    emit changed();
}

}  // namespace kinglet::gui

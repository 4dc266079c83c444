#include "app/gui/engine_device.h"

#include <QCoreApplication>
#include <QHash>

#include "app/gui/graphics_cards.h"
#include "app/gui/words.h"
#include "app/machine/data_folder.h"

namespace kinglet::gui {

engine::DeviceOptions deviceOptions(const LoadRequest& request) {
    engine::DeviceOptions options;
    options.use = request.device == QLatin1String("cpu")      ? engine::DeviceUse::processor
                  : request.device == QLatin1String("vulkan") ? engine::DeviceUse::graphics
                                                              : engine::DeviceUse::automatic;
    options.context_length = request.contextLength;
    options.kv_type = kvTypeNamed(request.kvType);
    options.cache_folder = machine::cache_folder();
    if (options.use == engine::DeviceUse::graphics && !request.card.isEmpty())
        // A card that is gone leaves the choice to the engine.
        options.number = static_cast<int>(cardKeys(engine::graphics_devices()).indexOf(request.card));
    return options;
}

DeviceFacts deviceFacts(const engine::Model& model, bool cardExpected) {
    const engine::DeviceState state = model.device();
    DeviceFacts facts;
    facts.remark = sentence(QString::fromStdString(state.remark), {});
    if (state.number < 0) {
        facts.text = processorText(QString::fromStdString(model.info().isa));
        facts.fellBack = cardExpected;
    } else {
        facts.text = QString::fromStdString(state.name);
        if (state.layers < model.info().layer_count)
            facts.text = QCoreApplication::translate("EngineDevice", "%1, %2 of %3 layers")
                             .arg(facts.text)
                             .arg(state.layers)
                             .arg(model.info().layer_count);
    }
    return facts;
}

QString processorText(const QString& isa) {
    static const QHash<QString, QString> names = {
        {QStringLiteral("avx2"), QStringLiteral("AVX2")},
        {QStringLiteral("avxvnni"), QStringLiteral("AVX-VNNI")},
        {QStringLiteral("avx512"), QStringLiteral("AVX-512")},
        {QStringLiteral("avx512vnni"), QStringLiteral("AVX-512 VNNI")}};
    const QString processor = QCoreApplication::translate("EngineDevice", "Processor");
    const QString name = names.value(isa);
    return name.isEmpty() ? processor : processor + QStringLiteral(", ") + name;
}

engine::KvType kvTypeNamed(const QString& name) {
    for (const engine::KvType type : {engine::KvType::q8_0, engine::KvType::q4_0}) {
        const std::string_view known = engine::kv_type_name(type);
        if (name == QLatin1String(known.data(), static_cast<qsizetype>(known.size()))) return type;
    }
    return engine::KvType::f16;
}

}  // namespace kinglet::gui

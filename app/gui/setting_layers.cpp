#include "app/gui/setting_layers.h"

#include <QJsonArray>
#include <algorithm>
#include <cmath>

#include "app/gui/settings.h"
#include "app/starter/starter_model.h"

namespace kinglet::gui {

namespace {

/// What a setting can be. `choices` are those of a text; without any it is free.
struct Rule {
    const char* name;
    QJsonValue fallback;
    double low = 0;
    double high = 0;
    bool whole = false;
    QStringList choices = {};
    bool ofModels = true;
};

const QList<Rule>& rules() {
    static const QList<Rule> all = {
        {"context_length", 4096, 16, 1 << 20, true},
        {"threads", 0, 0, 1024, true},
        {"device", "auto", 0, 0, false, {"auto", "cpu", "vulkan"}},
        {"kv_type", "f16", 0, 0, false, {"f16", "q8_0", "q4_0"}},
        {"temperature", 0.7, 0, 2},
        {"top_k", 40, 0, 1000, true},
        {"top_p", 0.95, 0.05, 1},
        {"min_p", 0.05, 0, 1},
        {"repeat_penalty", 1.1, 1, 2},
        {"max_tokens", 1024, 0, 1 << 20, true},
        {"system_prompt", ""},
        {"adapters", QJsonArray()},
        {"seed", "", 0, 0, false, {}, false},
    };
    return all;
}

const Rule* ruleOf(const QString& name) {
    const auto found = std::find_if(rules().begin(), rules().end(),
                                    [&](const Rule& rule) { return name == QLatin1String(rule.name); });
    return found == rules().end() ? nullptr : &*found;
}

int wholeNumber(const SettingLayers& layers, const char* name) {
    return findSetting(layers, QLatin1String(name)).value.toInt();
}
double number(const SettingLayers& layers, const char* name) {
    return findSetting(layers, QLatin1String(name)).value.toDouble();
}

}  // namespace

const QStringList& settingNames() {
    static const QStringList names = [] {
        QStringList all;
        for (const Rule& rule : rules()) {
            if (rule.ofModels) all.append(QLatin1String(rule.name));
        }
        return all;
    }();
    return names;
}

QJsonValue admittedSetting(const QString& name, const QJsonValue& value) {
    const Rule* rule = ruleOf(name);
    if (!rule || value.type() != rule->fallback.type()) return QJsonValue::Undefined;
    if (value.isDouble()) {
        const double given = value.toDouble();
        if (!std::isfinite(given)) return QJsonValue::Undefined;
        const double within = std::clamp(given, rule->low, rule->high);
        return rule->whole ? std::round(within) : within;
    }
    if (!rule->choices.isEmpty() && !rule->choices.contains(value.toString())) return QJsonValue::Undefined;
    return value;
}

FoundSetting findSetting(const SettingLayers& layers, const QString& name) {
    const std::pair<const QJsonObject*, SettingOrigin> places[] = {{&layers.chat, SettingOrigin::Chat},
                                                                   {&layers.model, SettingOrigin::Model},
                                                                   {&layers.file, SettingOrigin::File},
                                                                   {&layers.program, SettingOrigin::Program}};
    for (const auto& [place, origin] : places) {
        const QJsonValue value = admittedSetting(name, place->value(name));
        if (!value.isUndefined()) return {value, origin};
    }
    const Rule* rule = ruleOf(name);
    return {rule ? rule->fallback : QJsonValue(QJsonValue::Undefined), SettingOrigin::Program};
}

QJsonObject programSettings(const Settings& settings, bool starter) {
    QJsonObject program{{QStringLiteral("context_length"), settings.defaultContextLength()},
                        {QStringLiteral("threads"), settings.threads()},
                        {QStringLiteral("device"), settings.device()},
                        {QStringLiteral("temperature"), settings.defaultTemperature()},
                        {QStringLiteral("top_k"), settings.defaultTopK()},
                        {QStringLiteral("top_p"), settings.defaultTopP()},
                        {QStringLiteral("min_p"), settings.defaultMinP()},
                        {QStringLiteral("repeat_penalty"), settings.defaultRepeatPenalty()},
                        {QStringLiteral("max_tokens"), settings.defaultMaxTokens()},
                        {QStringLiteral("system_prompt"), settings.defaultSystemPrompt()}};
    const auto own = [&](const QString& name, double value) {
        if (starter && !settings.isChosen(name)) program.insert(name, value);
    };
    own(QStringLiteral("temperature"), starter::temperature);
    own(QStringLiteral("repeat_penalty"), starter::repeat_penalty);
    return program;
}

Sampling samplingOf(const SettingLayers& layers) {
    Sampling sampling;
    sampling.temperature = number(layers, "temperature");
    sampling.topK = wholeNumber(layers, "top_k");
    sampling.topP = number(layers, "top_p");
    sampling.minP = number(layers, "min_p");
    sampling.repeatPenalty = number(layers, "repeat_penalty");
    sampling.maxTokens = wholeNumber(layers, "max_tokens");
    bool isNumber = false;
    const quint64 seed = findSetting(layers, QStringLiteral("seed")).value.toString().toULongLong(&isNumber);
    if (isNumber) sampling.seed = seed;
    return sampling;
}

LoadRequest loadRequestOf(const QString& path, const QJsonObject& modelSettings, const Settings& settings) {
    const SettingLayers layers{{}, modelSettings, {}, programSettings(settings, false)};
    LoadRequest request;
    request.path = path;
    request.threads = wholeNumber(layers, "threads");
    request.device = findSetting(layers, QStringLiteral("device")).value.toString();
    if (request.device == QLatin1String("vulkan")) request.card = settings.graphicsCard();
    request.contextLength = wholeNumber(layers, "context_length");
    request.kvType = findSetting(layers, QStringLiteral("kv_type")).value.toString();
    for (const AdapterChoice& adapter : adaptersOf(modelSettings)) {
        if (adapter.on) request.adapters.append({adapter.path, adapter.strength});
    }
    return request;
}

QList<AdapterChoice> adaptersOf(const QJsonObject& modelSettings) {
    QList<AdapterChoice> adapters;
    const QJsonArray kept = modelSettings.value(QLatin1String("adapters")).toArray();
    for (const QJsonValue& each : kept) {
        const QString path = each[QLatin1String("path")].toString();
        if (path.isEmpty() || adapters.size() == kMostAdapters) continue;
        const double strength = each[QLatin1String("strength")].toDouble(1);
        adapters.append(
            {path, std::clamp(strength, 0.0, kStrongestAdapter), each[QLatin1String("on")].toBool(true)});
    }
    return adapters;
}

void setAdapters(QJsonObject& modelSettings, const QList<AdapterChoice>& adapters) {
    QJsonArray kept;
    for (const AdapterChoice& each : adapters) {
        kept.append(QJsonObject{{QStringLiteral("path"), each.path},
                                {QStringLiteral("strength"), each.strength},
                                {QStringLiteral("on"), each.on}});
    }
    if (kept.isEmpty()) {
        modelSettings.remove(QLatin1String("adapters"));
    } else {
        modelSettings.insert(QStringLiteral("adapters"), kept);
    }
}

}  // namespace kinglet::gui

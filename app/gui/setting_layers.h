// Which of several places a setting comes from, decided here and nowhere else.
#pragma once

#include <QJsonObject>
#include <QJsonValue>
#include <QList>
#include <QString>
#include <QStringList>

#include "app/gui/engine_interface.h"

namespace kinglet::gui {

class Settings;

/// Where a setting comes from, the weakest first.
enum class SettingOrigin { Program, File, Model, Chat };

/// What each place says, by the names of settingNames(); a place that says nothing of a setting, or something
/// that it cannot be, is passed over. The strongest first: this chat's own settings, this model's, what the
/// model's file suggests, and the program's (Settings, else what Kinglet comes with).
struct SettingLayers {
    QJsonObject chat;
    QJsonObject model;
    QJsonObject file;
    QJsonObject program;
};

struct FoundSetting {
    QJsonValue value;
    SettingOrigin origin = SettingOrigin::Program;
};

/// Every setting that a model can have: context_length, threads, device, kv_type, temperature, top_k, top_p,
/// min_p, repeat_penalty, max_tokens, system_prompt and adapters. Chats can have those of an answer, and a
/// seed.
const QStringList& settingNames();

/// The value as a setting of that name can hold it: numbers within their bounds, whole where they count
/// something, texts one of those there are. Undefined where it is none, and for a name that is not known.
QJsonValue admittedSetting(const QString& name, const QJsonValue& value);

/// The strongest place that says something; the last one always does.
FoundSetting findSetting(const SettingLayers& layers, const QString& name);

/// What holds where nothing else is said. The starter model is at its best with values of its own, unless the
/// person chose others in Settings.
QJsonObject programSettings(const Settings& settings, bool starter);

Sampling samplingOf(const SettingLayers& layers);
/// How a model is opened, from what the person set for it.
LoadRequest loadRequestOf(const QString& path, const QJsonObject& modelSettings, const Settings& settings);

/// A LoRA adapter in a model's settings.
struct AdapterChoice {
    QString path;
    double strength = 1;
    bool on = true;
    bool operator==(const AdapterChoice&) const = default;
};
inline constexpr int kMostAdapters = 8;
inline constexpr double kStrongestAdapter = 2;

QList<AdapterChoice> adaptersOf(const QJsonObject& modelSettings);
/// Leaves the setting out where there are none.
void setAdapters(QJsonObject& modelSettings, const QList<AdapterChoice>& adapters);

}  // namespace kinglet::gui

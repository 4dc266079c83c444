// What a Conversation works with; AppContext owns it all.
#pragma once

#include <QJsonObject>

namespace kinglet::storage {
class ChatStore;
}

namespace kinglet::gui {

class Answers;
class ChatListModel;
class EngineInterface;
class ModelOptions;
class ModelStatus;
class Settings;
struct SettingLayers;

/// None is owned; all outlive the Conversation.
struct ConversationServices {
    storage::ChatStore* chats = nullptr;
    Answers* answers = nullptr;
    EngineInterface* engine = nullptr;
    ModelStatus* model = nullptr;
    Settings* settings = nullptr;
    ModelOptions* options = nullptr;
    ChatListModel* list = nullptr;
};

/// Where the settings of a chat come from, with the model that answers next.
SettingLayers layersOf(const QJsonObject& chatSettings, const ConversationServices& services);

}  // namespace kinglet::gui

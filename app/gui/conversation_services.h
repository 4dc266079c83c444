// What a Conversation works with; AppContext owns it all.
#pragma once

namespace kinglet::storage {
class ChatStore;
}

namespace kinglet::gui {

class Answers;
class ChatListModel;
class EngineInterface;
class ModelStatus;
class Settings;

/// None is owned; all outlive the Conversation.
struct ConversationServices {
    storage::ChatStore* chats = nullptr;
    Answers* answers = nullptr;
    EngineInterface* engine = nullptr;
    ModelStatus* model = nullptr;
    Settings* settings = nullptr;
    ChatListModel* list = nullptr;
};

}  // namespace kinglet::gui

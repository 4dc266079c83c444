// One turn of a conversation as chat templates see it.
#pragma once

#include <string>

namespace kinglet::chat {

/// A turn. `role` is what templates expect: "system", "user", "assistant" or "tool".
struct Message {
    std::string role;
    std::string content;
};

}  // namespace kinglet::chat

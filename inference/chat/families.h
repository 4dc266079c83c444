// Fallback templates and usual stop texts by model family, for models that ship no template or a broken one.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inference/base/result.h"
#include "inference/chat/chat_template.h"

namespace kinglet::chat {

/// One family of conversation formats.
struct Family {
    std::string_view name;           ///< e.g. "chatml"
    std::string_view template_text;  ///< Jinja
    std::span<const std::string_view>
        stop_texts;  ///< that end an answer where the model forgets its end token
};

/// Every family, in order of name.
std::span<const Family> families();

/// By name; null where there is none.
const Family* find_family(std::string_view name);

/// What the choice of a family looks at.
struct FamilyHints {
    std::string_view architecture;  ///< general.architecture
    std::string_view model_name;    ///< general.name, may be empty
    /// True where the vocabulary has this text as one token, e.g. "<|im_start|>".
    std::function<bool(std::string_view)> has_token;
};

/// The family that a vocabulary's turn markers speak of, else the architecture's; null for models that are
/// for completion only (no turn markers, and an architecture that names no chat format).
const Family* guess_family(const FamilyHints& hints);

/// How a model's conversations are rendered from here on.
struct ChosenTemplate {
    std::string name;  ///< "file", a family's name, or "none"
    std::string text;  ///< empty for "none"
    std::vector<std::string> stop_texts;
    std::string warning;  ///< why the file's own template is not used, where it has one; else empty
};

/// Takes the file's template where it parses and renders a plain one-turn dialogue, else the family's.
ChosenTemplate choose_template(std::string_view file_template, const FamilyHints& hints,
                               std::string_view bos_token, std::string_view eos_token);

}  // namespace kinglet::chat

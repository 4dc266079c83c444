// Chat templates: the Jinja that models ship, interpreted in a sandbox that sees nothing but its inputs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "inference/base/result.h"
#include "inference/chat/message.h"

namespace kinglet::chat {

/// JSON whose objects keep their order: templates print tools and arguments in the order in which they were
/// given.
using Json = nlohmann::ordered_json;

/// Bounds on what one rendering may use; each one exceeded is an error that names it.
struct Limits {
    std::uint64_t steps = 10'000'000;          ///< nodes evaluated
    std::size_t output_bytes = 32u << 20;      ///< of the prompt
    std::size_t allocated_bytes = 512u << 20;  ///< of all values ever made while rendering
    int depth = 200;                           ///< nested calls and expressions
};

/// What a template is rendered with.
struct RenderInput {
    Json messages =
        Json::array();  ///< list of objects with "role", "content" and whatever else the template reads
    Json tools;         ///< list of tool definitions; null = undefined in the template
    bool add_generation_prompt = true;
    std::string bos_token;
    std::string eos_token;
    /// What strftime_now() shows; the clock's time where empty.
    std::optional<std::chrono::local_seconds> now;
    /// Further variables, an object, e.g. {"enable_thinking": false}. They win over the ones above.
    Json extra = Json::object();
    Limits limits;
};

/// A parsed template. Immutable; may be shared between threads.
class Template {
  public:
    /// Errors: template_failed with line and cause. Text over 1 MiB is refused.
    static Result<Template> parse(std::string_view text);
    Template(Template&&) noexcept;
    Template& operator=(Template&&) noexcept;
    ~Template();

    /// The prompt. Errors: template_failed; where the template itself refused the conversation
    /// (raise_exception), the message is the template's own.
    Result<std::string> render(const RenderInput& input) const;

  private:
    struct Parsed;
    explicit Template(std::unique_ptr<const Parsed> parsed);
    std::unique_ptr<const Parsed> parsed_;
};

/// Plain turns as the JSON that templates take.
Json to_json(std::span<const Message> messages);

/// parse() and render() in one.
Result<std::string> render(std::string_view template_text, const RenderInput& input);

}  // namespace kinglet::chat

// Up to the first zero byte a template, after it the messages as JSON.
#include "inference/chat/chat_template.h"

#include "tests/fuzz/fuzz.h"

using namespace kinglet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::as_text(data, size);
    const std::string_view text = fuzz::take_until(rest, '\0');
    chat::RenderInput input;
    input.messages = chat::Json::parse(rest, nullptr, false);
    if (input.messages.is_discarded()) {
        input.messages = chat::Json::array(
            {{{"role", "user"}, {"content", "Hello \xC3\xA9"}}, {{"role", "assistant"}, {"content", "Hi"}}});
    }
    input.tools =
        chat::Json::array({{{"type", "function"}, {"function", {{"name", "f"}, {"parameters", nullptr}}}}});
    input.bos_token = "<s>";
    input.eos_token = "</s>";
    input.now = std::chrono::local_days(std::chrono::year(2026) / 1 / 15);
    input.limits.steps = 20'000;
    input.limits.allocated_bytes = 8u << 20;
    input.limits.output_bytes = 1u << 20;
    const auto parsed = chat::Template::parse(text);
    if (!parsed) {
        fuzz::require(!parsed.error().message.empty(), "an error has a message");
        return 0;
    }
    const auto first = parsed->render(input);
    const auto second = parsed->render(input);
    fuzz::require(first.has_value() == second.has_value(), "rendering twice ends the same way");
    if (first) fuzz::require(first->size() <= input.limits.output_bytes, "the output limit holds");
    return 0;
}

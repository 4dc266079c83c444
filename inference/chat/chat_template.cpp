#include "inference/chat/chat_template.h"

#include <fmt/format.h>

#include <ctime>
#include <new>
#include <stdexcept>

#include "inference/chat/jinja/interpreter.h"
#include "inference/chat/jinja/parser.h"

namespace kinglet::chat {
namespace {

constexpr std::size_t max_template_bytes = std::size_t{1} << 20;

tl::unexpected<Error> failure(const jinja::Failure& failed, int line) {
    if (failed.raised_by_template) {
        return fail(ErrorCode::template_failed, failed.message,
                    "The chat template refuses this conversation.");
    }
    return fail(ErrorCode::template_failed,
                fmt::format("The chat template fails in line {}: {}", line, failed.message));
}

/// The clock's time in the local time zone.
std::chrono::local_seconds local_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
#ifdef _WIN32
    localtime_s(&parts, &now);
#else
    localtime_r(&now, &parts);
#endif
    const std::chrono::year_month_day date{std::chrono::year(parts.tm_year + 1900),
                                           std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                           std::chrono::day(static_cast<unsigned>(parts.tm_mday))};
    return std::chrono::local_days(date) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

std::vector<std::pair<std::string, jinja::Value>> variables_of(jinja::Runtime& runtime,
                                                               const RenderInput& input) {
    std::vector<std::pair<std::string, jinja::Value>> variables = {
        {"messages", runtime.from_json(input.messages)},
        {"add_generation_prompt", input.add_generation_prompt},
        {"bos_token", runtime.text(input.bos_token)},
        {"eos_token", runtime.text(input.eos_token)},
    };
    if (!input.tools.is_null()) variables.emplace_back("tools", runtime.from_json(input.tools));
    if (input.extra.is_object()) {
        for (const auto& [name, value] : input.extra.items())
            variables.emplace_back(name, runtime.from_json(value));
    }
    return variables;
}

}  // namespace

struct Template::Parsed {
    jinja::Program program;
};

Template::Template(std::unique_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Result<Template> Template::parse(std::string_view text) {
    if (text.size() > max_template_bytes) {
        return fail(ErrorCode::template_failed, "The chat template is longer than 1 MiB.");
    }
    int line = 1;
    try {
        auto parsed = std::make_unique<Parsed>();
        parsed->program = jinja::parse(text, line);
        return Template(std::move(parsed));
    } catch (const jinja::Failure& failed) {
        return failure(failed, line);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::out_of_memory, "There is not enough memory to read the chat template.");
    }
}

Result<std::string> Template::render(const RenderInput& input) const {
    jinja::Runtime runtime(input.limits, input.now ? *input.now : local_now());
    try {
        return jinja::Interpreter(parsed_->program, runtime).run(variables_of(runtime, input));
    } catch (const jinja::Failure& failed) {
        return failure(failed, runtime.line);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::out_of_memory, "There is not enough memory to render the chat template.");
    } catch (const std::length_error&) {
        return fail(ErrorCode::template_failed, "The chat template makes a text that is too long.");
    }
}

Json to_json(std::span<const Message> messages) {
    Json list = Json::array();
    for (const Message& message : messages)
        list.push_back({{"role", message.role}, {"content", message.content}});
    return list;
}

Result<std::string> render(std::string_view template_text, const RenderInput& input) {
    const auto parsed = Template::parse(template_text);
    if (!parsed) return tl::unexpected(parsed.error());
    return parsed->render(input);
}

}  // namespace kinglet::chat

// The templates are written here for the formats that the families document; models that ship their own use
// that.
#include "inference/chat/families.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kinglet::chat {
namespace {

constexpr std::string_view alpaca_template = R"(
{%- for message in messages -%}
    {%- if message.role == 'system' -%}
        {{- message.content + '\n\n' -}}
    {%- elif message.role == 'user' -%}
        {{- '### Instruction:\n' + message.content + '\n\n' -}}
    {%- else -%}
        {{- '### Response:\n' + message.content + eos_token + '\n\n' -}}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '### Response:\n' }}{% endif -%})";

constexpr std::string_view chatml_template = R"(
{%- for message in messages -%}
    {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif -%})";

// Gemma knows no system turn: the instruction opens the first user turn.
constexpr std::string_view gemma_template = R"(
{{- bos_token -}}
{%- set ns = namespace(system='') -%}
{%- for message in messages -%}
    {%- if message.role == 'system' -%}
        {%- set ns.system = ns.system + message.content + '\n\n' -%}
    {%- else -%}
        {{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\n' -}}
        {%- if message.role == 'user' %}{{ ns.system }}{% set ns.system = '' %}{% endif -%}
        {{- message.content | trim + '<end_of_turn>\n' -}}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif -%})";

constexpr std::string_view granite_template = R"(
{%- for message in messages -%}
    {{- '<|start_of_role|>' + message.role + '<|end_of_role|>' + message.content + '<|end_of_text|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|start_of_role|>assistant<|end_of_role|>' }}{% endif -%})";

constexpr std::string_view llama2_template = R"(
{%- set ns = namespace(system='') -%}
{%- for message in messages -%}
    {%- if message.role == 'system' -%}
        {%- set ns.system = '<<SYS>>\n' + message.content + '\n<</SYS>>\n\n' -%}
    {%- elif message.role == 'user' -%}
        {{- bos_token + '[INST] ' + ns.system + message.content | trim + ' [/INST]' -}}
        {%- set ns.system = '' -%}
    {%- else -%}
        {{- ' ' + message.content | trim + ' ' + eos_token -}}
    {%- endif -%}
{%- endfor -%})";

constexpr std::string_view llama3_template = R"(
{{- bos_token -}}
{%- for message in messages -%}
    {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' + message.content | trim + '<|eot_id|>' -}}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif -%})";

constexpr std::string_view mistral_template = R"(
{{- bos_token -}}
{%- set ns = namespace(system='') -%}
{%- for message in messages -%}
    {%- if message.role == 'system' -%}
        {%- set ns.system = message.content + '\n\n' -%}
    {%- elif message.role == 'user' -%}
        {{- '[INST] ' + ns.system + message.content + ' [/INST]' -}}
        {%- set ns.system = '' -%}
    {%- else -%}
        {{- ' ' + message.content | trim + eos_token -}}
    {%- endif -%}
{%- endfor -%})";

constexpr std::string_view phi3_template = R"(
{%- for message in messages -%}
    {{- '<|' + message.role + '|>\n' + message.content + '<|end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif -%})";

// What Phi-1.5 and Phi-2 were shown: plain lines that say who speaks.
constexpr std::string_view plain_template = R"(
{%- for message in messages -%}
    {%- if message.role == 'system' -%}
        {{- message.content + '\n' -}}
    {%- else -%}
        {{- ('Assistant: ' if message.role == 'assistant' else 'User: ') + message.content + '\n' -}}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt %}{{ 'Assistant:' }}{% endif -%})";

constexpr std::string_view zephyr_template = R"(
{%- for message in messages -%}
    {{- '<|' + message.role + '|>\n' + message.content + eos_token + '\n' -}}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif -%})";

constexpr std::array<std::string_view, 2> alpaca_stops = {"### Instruction:", "### Response:"};
constexpr std::array<std::string_view, 2> chatml_stops = {"<|im_end|>", "<|im_start|>"};
constexpr std::array<std::string_view, 2> gemma_stops = {"<end_of_turn>", "<start_of_turn>"};
constexpr std::array<std::string_view, 2> granite_stops = {"<|end_of_text|>", "<|start_of_role|>"};
constexpr std::array<std::string_view, 1> llama2_stops = {"[INST]"};
constexpr std::array<std::string_view, 2> llama3_stops = {"<|eot_id|>", "<|start_header_id|>"};
constexpr std::array<std::string_view, 2> phi3_stops = {"<|end|>", "<|user|>"};
constexpr std::array<std::string_view, 2> plain_stops = {"\nUser:", "\nAssistant:"};
constexpr std::array<std::string_view, 2> zephyr_stops = {"<|user|>", "<|system|>"};

constexpr std::array<Family, 10> all_families = {{
    {"alpaca", alpaca_template, alpaca_stops},
    {"chatml", chatml_template, chatml_stops},
    {"gemma", gemma_template, gemma_stops},
    {"granite", granite_template, granite_stops},
    {"llama-2", llama2_template, llama2_stops},
    {"llama-3", llama3_template, llama3_stops},
    {"mistral", mistral_template, llama2_stops},
    {"phi-3", phi3_template, phi3_stops},
    {"plain", plain_template, plain_stops},
    {"zephyr", zephyr_template, zephyr_stops},
}};

struct MarkerRow {
    std::string_view token;
    std::string_view family;
};

/// Turn markers that are one token in the vocabulary say more than the architecture does. In order of trust.
constexpr std::array<MarkerRow, 8> markers = {{
    {"<|im_start|>", "chatml"},
    {"<|start_header_id|>", "llama-3"},
    {"<start_of_turn>", "gemma"},
    {"<|start_of_role|>", "granite"},
    {"<|end|>", "phi-3"},
    {"[INST]", "mistral"},
    {"<|user|>", "zephyr"},
    {"<|assistant|>", "zephyr"},
}};

struct NameRow {
    std::string_view part;
    std::string_view family;
};

/// Parts of a model's own name, in lower case, for formats whose markers are plain text.
constexpr std::array<NameRow, 8> names = {{
    {"tinyllama", "zephyr"},
    {"zephyr", "zephyr"},
    {"llama-2", "llama-2"},
    {"llama 2", "llama-2"},
    {"llama v2", "llama-2"},
    {"mistral", "mistral"},
    {"alpaca", "alpaca"},
    {"vicuna", "plain"},
}};

constexpr std::array<NameRow, 5> architectures = {{
    {"phi2", "plain"},
    {"gemma", "gemma"},
    {"gemma2", "gemma"},
    {"gemma3", "gemma"},
    {"qwen2", "chatml"},
}};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return out;
}

}  // namespace

std::span<const Family> families() {
    return all_families;
}

const Family* find_family(std::string_view name) {
    const auto found = std::ranges::find(all_families, name, &Family::name);
    return found == all_families.end() ? nullptr : &*found;
}

const Family* guess_family(const FamilyHints& hints) {
    for (const MarkerRow& row : markers) {
        if (hints.has_token && hints.has_token(row.token)) return find_family(row.family);
    }
    const std::string name = lower(hints.model_name);
    // A base model of that name was not taught to converse; those that were say so.
    const bool converses =
        name.find("chat") != std::string::npos || name.find("instruct") != std::string::npos ||
        name.find("-it") != std::string::npos || name.find("alpaca") != std::string::npos ||
        name.find("vicuna") != std::string::npos || name.find("zephyr") != std::string::npos;
    for (const NameRow& row : names) {
        if (converses && name.find(row.part) != std::string::npos) return find_family(row.family);
    }
    for (const NameRow& row : architectures) {
        if (hints.architecture == row.part) return find_family(row.family);
    }
    return nullptr;
}

ChosenTemplate choose_template(std::string_view file_template, const FamilyHints& hints,
                               std::string_view bos_token, std::string_view eos_token) {
    ChosenTemplate chosen;
    const Family* family = guess_family(hints);
    if (family != nullptr) chosen.stop_texts.assign(family->stop_texts.begin(), family->stop_texts.end());
    if (!file_template.empty()) {
        RenderInput trial;
        trial.messages = to_json(std::array{Message{"user", "Hello"}});
        trial.bos_token = bos_token;
        trial.eos_token = eos_token;
        const Result<std::string> prompt = render(file_template, trial);
        if (prompt && prompt->find("Hello") != std::string::npos) {
            chosen.name = "file";
            chosen.text = file_template;
            return chosen;
        }
        chosen.warning =
            prompt ? "The model's own chat template leaves the message out of the prompt."
                   : fmt::format("The model's own chat template does not work. {}", prompt.error().message);
    }
    chosen.name = family != nullptr ? std::string(family->name) : "none";
    if (family != nullptr) chosen.text = family->template_text;
    return chosen;
}

}  // namespace kinglet::chat

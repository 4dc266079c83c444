#include "inference/convert/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "inference/convert/arrange.h"
#include "inference/gguf/reader.h"

namespace kinglet::convert {
namespace {

constexpr std::size_t most_named = 6;
constexpr std::size_t most_kept = 1000;
/// Narrower tensors are tables that are read value by value; they stay exact.
constexpr std::uint64_t least_matrix_columns = 32;

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (std::size_t i = 0; i < std::min(names.size(), most_named); ++i)
        out += fmt::format("{}{}", i == 0 ? "" : ", ", shown(names[i]));
    if (names.size() > most_named) out += fmt::format(" and {} more", names.size() - most_named);
    return out;
}

bool number_at(std::string_view name, std::size_t& at, int& value) {
    const std::size_t begin = at;
    value = 0;
    while (at < name.size() && name[at] >= '0' && name[at] <= '9' && at - begin < 6)
        value = value * 10 + (name[at++] - '0');
    return at > begin;
}

class Planner {
  public:
    Planner(const Recipe& recipe, const Model& model, std::optional<DType> type)
        : recipe_(recipe), model_(model), type_(type) {}

    Result<Plan> run() {
        if (auto status = index(); !status) return tl::unexpected(status.error());
        if (auto status = add_layer(-1); !status) return tl::unexpected(status.error());
        for (int i = 0; i < model_.facts.layers; ++i) {
            if (auto status = add_layer(i); !status) return tl::unexpected(status.error());
        }
        for (const ComputedTensor& tensor : model_.computed)
            plan_.tensors.push_back({tensor.name, {tensor.values.size()}, DType::f32, {}, tensor.values});
        if (auto status = check_complete(); !status) return tl::unexpected(status.error());
        return std::move(plan_);
    }

  private:
    tl::unexpected<Error> stop(ErrorCode code, const std::string& what, std::string hint) const {
        const std::string folder = model_.checkpoint.folder().string();
        return tl::unexpected(Error{code, fmt::format("{}: {}", folder, what), std::move(hint), folder, {}});
    }

    /// The checkpoint's tensors by their names without prefix.
    Status index() {
        for (const auto& [name, tensor] : model_.checkpoint.tensors()) {
            std::string_view rest = name;
            for (const std::string_view prefix : recipe_.prefixes) {
                if (!rest.starts_with(prefix)) continue;
                rest.remove_prefix(prefix.size());
                break;
            }
            if (by_name_.emplace(rest, &tensor).second) continue;
            return stop(ErrorCode::bad_format, fmt::format("the tensor {} is there twice", shown(rest)),
                        "The folder mixes two checkpoints; download it again into an empty one.");
        }
        return {};
    }

    bool wanted(const TensorRule& rule, int layer) const {
        const auto i = static_cast<std::size_t>(std::max(layer, 0));
        const Facts& f = model_.facts;
        const auto holds = [&](const std::vector<bool>& flags) { return flags.empty() || flags[i]; };
        switch (rule.need) {
            case Need::attention:
                return holds(f.attends);
            case Need::recurrent:
                return !holds(f.attends);
            case Need::dense:
                return f.experts == 0;
            case Need::experts:
                return f.experts > 0;
            case Need::own_keys:
                return holds(f.own_keys);
            case Need::own_values:
                return holds(f.own_values);
            case Need::per_layer:
                return f.per_layer;
            case Need::normed_heads:
                return f.head_norms;
            case Need::serial:
                return !f.parallel;
            case Need::untied:
            case Need::own_head:
                return !f.tied.value_or(false);
            default:
                return true;
        }
    }

    bool required(const TensorRule& rule) const {
        if (rule.need == Need::untied) return model_.facts.tied.has_value();
        return rule.need != Need::optional && rule.need != Need::own_head;
    }

    /// What is meant to be in another layer or model is unknown here; these alone may be there for nothing.
    static bool may_be_idle(const TensorRule& rule) {
        return rule.need == Need::own_keys || rule.need == Need::own_values || rule.need == Need::untied ||
               rule.need == Need::own_head;
    }

    Status add_layer(int layer) {
        for (const auto& rules : recipe_.rules) {
            for (const TensorRule& rule : rules) {
                const bool per_layer = rule.source.find('#') != std::string_view::npos;
                if (rule.target.empty() || per_layer != (layer >= 0)) continue;
                if (auto status = add(rule, layer); !status) return status;
            }
        }
        return {};
    }

    /// How many tensors of the checkpoint make one.
    int parts(const TensorRule& rule) const {
        if (rule.source.find('@') == std::string_view::npos) return 1;
        if (rule.rows == Rows::query_heads) return model_.facts.heads;
        if (rule.rows == Rows::key_heads) return model_.facts.kv_heads;
        return model_.facts.experts;
    }

    Status add(const TensorRule& rule, int layer) {
        const bool want = wanted(rule, layer);
        if (!want && !may_be_idle(rule)) return {};
        const bool stacked = rule.source.find('@') != std::string_view::npos;
        const int count = parts(rule);
        OutputTensor out;
        out.name = filled(rule.target, layer, 0);
        for (int expert = 0; expert < count; ++expert) {
            const std::string name = filled(rule.source, layer, expert);
            const auto found = by_name_.find(name);
            if (found == by_name_.end()) {
                if (want && required(rule) && missing_.size() < most_kept) missing_.push_back(name);
                continue;
            }
            used_.insert(name);
            if (!want) {
                plan_.left_out.push_back(found->second->name);
                continue;
            }
            if (auto status = add_part(rule, *found->second, out); !status) return status;
        }
        if (out.parts.empty() || out.parts.size() != static_cast<std::size_t>(count)) return {};
        if (stacked) out.shape.insert(out.shape.begin(), static_cast<std::uint64_t>(count));
        return finish(std::move(out));
    }

    Status add_part(const TensorRule& rule, const SourceTensor& source, OutputTensor& out) {
        if (source.element == Element::other) {
            return stop(ErrorCode::unsupported,
                        fmt::format("the tensor {} is {}, a type that is not read", shown(source.name),
                                    source.element_name),
                        "Use the model's unquantized checkpoint (BF16, F16 or F32).");
        }
        auto arranged = arrange(rule, source, model_.facts);
        if (!arranged) return stop(arranged.error().code, arranged.error().message, arranged.error().hint);
        if (!out.parts.empty() && out.shape != arranged->dimensions) {
            return stop(ErrorCode::bad_format,
                        fmt::format("the tensor {} has another shape than its siblings", shown(source.name)),
                        "The download may be incomplete; download the checkpoint again.");
        }
        out.shape = std::move(arranged->dimensions);
        out.parts.push_back(std::move(arranged->part));
        return {};
    }

    Status finish(OutputTensor out) {
        if (out.shape.size() > gguf::max_dimensions) {
            return stop(ErrorCode::bad_format, fmt::format("the tensor {} has too many dimensions", out.name),
                        "Choose another model.");
        }
        for (const std::uint64_t n : out.shape) {
            if (n > 0) continue;
            return stop(ErrorCode::bad_format,
                        fmt::format("the tensor {} is empty", shown(out.parts[0].source->name)),
                        "The download may be incomplete; download the checkpoint again.");
        }
        out.type = type_for(out);
        plan_.tensors.push_back(std::move(out));
        return {};
    }

    DType type_for(const OutputTensor& out) const {
        const Part& part = out.parts.front();
        const bool exact = out.shape.size() < 2 || out.shape.back() < least_matrix_columns ||
                           part.change != Change::none || out.name.ends_with("norm.weight");
        if (exact) return DType::f32;
        if (type_) return *type_;
        switch (part.source->element) {
            case Element::f16:
                return DType::f16;
            case Element::bf16:
                return DType::bf16;
            default:
                return DType::f32;
        }
    }

    /// Whether a rule without target says that this tensor has no place in the result.
    bool ignored(const std::string& name) const {
        int layer = 0;
        int expert = 0;
        for (const auto& rules : recipe_.rules) {
            for (const TensorRule& rule : rules) {
                if (rule.target.empty() && matches(rule.source, name, layer, expert)) return true;
            }
        }
        return false;
    }

    Status check_complete() {
        if (!missing_.empty()) {
            return stop(ErrorCode::bad_format,
                        fmt::format("the checkpoint lacks {} for {}: {}",
                                    missing_.size() == 1 ? "a tensor" : "tensors", model_.architecture,
                                    listed(missing_)),
                        "The download may be incomplete; download the checkpoint again.");
        }
        std::vector<std::string> unknown;
        for (const auto& [name, tensor] : by_name_) {
            if (used_.contains(name)) continue;
            if (ignored(name)) {
                plan_.left_out.push_back(tensor->name);
            } else {
                unknown.push_back(tensor->name);
            }
        }
        if (unknown.empty()) return {};
        return stop(ErrorCode::unsupported,
                    fmt::format("{} not known in {}: {}", unknown.size() == 1 ? "a tensor is" : "tensors are",
                                model_.architecture, listed(unknown)),
                    "This may be a variant of the model that Kinglet cannot compute; choose another.");
    }

    const Recipe& recipe_;
    const Model& model_;
    std::optional<DType> type_;
    std::map<std::string, const SourceTensor*> by_name_;
    std::set<std::string> used_;
    std::vector<std::string> missing_;
    Plan plan_;
};

}  // namespace

std::uint64_t OutputTensor::bytes() const {
    const DTypeInfo& info = dtype_info(type);
    std::uint64_t count = 1;
    for (const std::uint64_t n : shape) count *= n;
    return count / info.block_length * info.block_bytes;
}

bool matches(std::string_view pattern, std::string_view name, int& layer, int& expert) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '*' && i + 1 == pattern.size()) return true;
        if (c == '#' || c == '@') {
            if (!number_at(name, at, c == '#' ? layer : expert)) return false;
        } else {
            if (at >= name.size() || name[at] != c) return false;
            ++at;
        }
    }
    return at == name.size();
}

std::string filled(std::string_view pattern, int layer, int expert) {
    std::string out;
    for (const char c : pattern) {
        if (c == '#') {
            out += std::to_string(layer);
        } else if (c == '@') {
            out += std::to_string(expert);
        } else {
            out += c;
        }
    }
    return out;
}

Result<Plan> make_plan(const Recipe& recipe, const Model& model, std::optional<DType> type) {
    return Planner(recipe, model, type).run();
}

}  // namespace kinglet::convert

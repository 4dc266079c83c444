#include "inference/convert/adapter.h"
#include "inference/base/path_text.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "inference/convert/arrange.h"
#include "inference/convert/hyper.h"

namespace kinglet::convert {
namespace {

constexpr std::string_view hint_variant = "Kinglet applies plain LoRA adapters; choose another adapter.";

/// The two factors of one adapted matrix.
struct Pair {
    const SourceTensor* a = nullptr;  ///< (rank, inputs)
    const SourceTensor* b = nullptr;  ///< (outputs, rank)
};

/// The config.json of the base model: `given`, or the folder that the adapter names, or the adapter's own.
std::filesystem::path base_config(const std::filesystem::path& folder, const Json& settings,
                                  const std::filesystem::path& given) {
    if (!given.empty()) return given / "config.json";
    std::error_code ignored;
    if (const std::string* name = text_of(member(settings, "base_model_name_or_path"))) {
        const auto path = path_of(*name) / "config.json";
        if (std::filesystem::exists(path, ignored)) return path;
    }
    return folder / "config.json";
}

class AdapterPlanner {
  public:
    AdapterPlanner(const Recipe& recipe, const Facts& facts, const Checkpoint& checkpoint,
                   std::optional<DType> type)
        : recipe_(recipe), facts_(facts), checkpoint_(checkpoint), type_(type) {}

    Result<std::vector<OutputTensor>> run() {
        if (auto status = collect(); !status) return tl::unexpected(status.error());
        for (const auto& [module, pair] : pairs_) {
            if (auto status = add(module, pair); !status) return tl::unexpected(status.error());
        }
        if (out_.empty()) return stop("there is no adapted tensor in it");
        return std::move(out_);
    }

    /// Of the last pair, and whether all have the same.
    std::uint64_t rank() const { return rank_; }
    bool one_rank() const { return one_rank_; }

  private:
    tl::unexpected<Error> stop(const std::string& what) const {
        const std::string folder = checkpoint_.folder().string();
        return tl::unexpected(Error{ErrorCode::unsupported,
                                    fmt::format("{}: {}", folder, what),
                                    std::string(hint_variant),
                                    folder,
                                    {}});
    }

    /// base_model.model.MODULE.lora_A.weight, with the adapter's name behind lora_A in some files.
    Status collect() {
        constexpr std::string_view prefix = "base_model.model.";
        for (const auto& [name, tensor] : checkpoint_.tensors()) {
            std::string_view module = name;
            if (module.starts_with(prefix)) module.remove_prefix(prefix.size());
            const bool first =
                module.ends_with(".lora_A.weight") || module.ends_with(".lora_A.default.weight");
            const bool second =
                module.ends_with(".lora_B.weight") || module.ends_with(".lora_B.default.weight");
            if (!first && !second)
                return stop(fmt::format("the tensor {} is no part of a plain LoRA adapter", shown(name)));
            if (tensor.element == Element::other || tensor.shape.size() != 2)
                return stop(fmt::format("the tensor {} is no matrix of floats", shown(name)));
            module = module.substr(0, module.rfind(first ? ".lora_A" : ".lora_B"));
            Pair& pair = pairs_[std::string(module)];
            (first ? pair.a : pair.b) = &tensor;
        }
        return {};
    }

    std::string without_prefix(const std::string& module) const {
        for (const std::string_view prefix : recipe_.prefixes) {
            if (module.starts_with(prefix)) return module.substr(prefix.size());
        }
        return module;
    }

    Status add(const std::string& module, const Pair& pair) {
        if (pair.a == nullptr || pair.b == nullptr)
            return stop(fmt::format("{} has only one of lora_A and lora_B", shown(module)));
        const std::uint64_t rank = pair.a->shape[0];
        if (rank == 0 || rank > 4096 || pair.b->shape[1] != rank)
            return stop(fmt::format("the two factors of {} do not go together", shown(module)));
        one_rank_ = one_rank_ && (rank_ == 0 || rank == rank_);
        rank_ = rank;
        const std::string source = without_prefix(module) + ".weight";
        bool found = false;
        for (const auto& rules : recipe_.rules) {
            for (const TensorRule& rule : rules) {
                int layer = 0;
                int expert = 0;
                if (rule.target.empty() || !matches(rule.source, source, layer, expert)) continue;
                if (rule.source.find('@') != std::string_view::npos || rule.change != Change::none ||
                    layer >= facts_.layers)
                    return stop(fmt::format("{} cannot be adapted", shown(module)));
                const bool dense_part = facts_.experts == 0;
                if ((rule.need == Need::dense && !dense_part) || (rule.need == Need::experts && dense_part))
                    continue;
                found = true;
                if (auto status = add_factors(rule, filled(rule.target, layer, 0), pair); !status)
                    return status;
            }
        }
        if (found) return {};
        return stop(fmt::format("{} is not known in {}", shown(module), recipe_.architecture));
    }

    /// What the base's rule does to rows happens to lora_B, what it does to columns to lora_A. Matrices that
    /// the base stores transposed have their factors the usual way round.
    Status add_factors(TensorRule rule, const std::string& target, const Pair& pair) {
        TensorRule columns = rule;
        if (rule.rows != Rows::value_columns) columns.rows = Rows::same;
        if (rule.rows == Rows::value_columns || rule.rows == Rows::transposed) rule.rows = Rows::same;
        if (auto status = add_factor(columns, target + ".lora_a", *pair.a); !status) return status;
        return add_factor(rule, target + ".lora_b", *pair.b);
    }

    Status add_factor(const TensorRule& rule, std::string name, const SourceTensor& source) {
        auto arranged = arrange(rule, source, facts_);
        if (!arranged) return stop(arranged.error().message);
        OutputTensor out;
        out.name = std::move(name);
        out.shape = std::move(arranged->dimensions);
        out.parts.push_back(std::move(arranged->part));
        out.type = type_.value_or(source.element == Element::f16    ? DType::f16
                                  : source.element == Element::bf16 ? DType::bf16
                                                                    : DType::f32);
        out_.push_back(std::move(out));
        return {};
    }

    const Recipe& recipe_;
    const Facts& facts_;
    const Checkpoint& checkpoint_;
    std::optional<DType> type_;
    std::map<std::string, Pair> pairs_;
    std::vector<OutputTensor> out_;
    std::uint64_t rank_ = 0;
    bool one_rank_ = true;
};

/// Kinds of adapter that look like LoRA but are computed otherwise.
Status check_settings(const Json& settings, const std::string& file) {
    const auto refuse = [&](const std::string& what) -> Status {
        return fail(ErrorCode::unsupported, fmt::format("{}: {}", file, what), std::string(hint_variant));
    };
    const std::string* type = text_of(member(settings, "peft_type"));
    if (type != nullptr && *type != "LORA")
        return refuse(fmt::format("the adapter is of the kind {}", shown(*type)));
    if (flag_of(member(settings, "use_dora")).value_or(false)) return refuse("the adapter is a DoRA");
    const Json* pattern = member(settings, "alpha_pattern");
    if (pattern != nullptr && pattern->is_object() && !pattern->empty())
        return refuse("alpha_pattern gives modules strengths of their own");
    return {};
}

}  // namespace

Result<Report> convert_adapter(const std::filesystem::path& folder, const std::filesystem::path& destination,
                               const Options& options) {
    const auto file = (folder / "adapter_config.json").string();
    const auto settings = read_json(file);
    if (!settings) return tl::unexpected(settings.error());
    if (auto status = check_settings(*settings, file); !status) return tl::unexpected(status.error());
    const auto checkpoint = Checkpoint::open(folder, "adapter_model");
    if (!checkpoint) return tl::unexpected(checkpoint.error());

    const auto config_file = base_config(folder, *settings, options.base);
    std::error_code ignored;
    if (!std::filesystem::exists(config_file, ignored)) {
        return fail(ErrorCode::not_found,
                    fmt::format("{} does not exist; an adapter's layout follows from its base model",
                                config_file.string()),
                    "Name the folder of the base model, with its config.json, by --base.");
    }
    auto json = read_json(config_file);
    if (!json) return tl::unexpected(json.error());
    Config config(std::move(*json), config_file.string());
    const Recipe* recipe = find_recipe(config.model_class());
    if (recipe == nullptr) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{}: the architecture \"{}\" is not supported", config.file(),
                                shown(config.model_class())),
                    fmt::format("These can be converted: {}.", convertible_classes()));
    }
    // The base's own pairs are not the adapter's: they go to a header that is never written.
    gguf::Writer unused;
    Model model{config, *checkpoint, unused, std::string(recipe->architecture), {}, {}, {}};
    recipe->describe(model);
    if (!config.ok()) return tl::unexpected(config.error());

    AdapterPlanner planner(*recipe, model.facts, *checkpoint, options.type);
    const auto tensors = planner.run();
    if (!tensors) return tl::unexpected(tensors.error());
    const double rank = static_cast<double>(planner.rank());
    double alpha = number_of(member(*settings, "lora_alpha")).value_or(rank);
    // Rank-stabilised adapters are scaled by alpha / sqrt(rank), GGUF's by alpha / rank.
    if (flag_of(member(*settings, "use_rslora")).value_or(false)) {
        if (!planner.one_rank()) {
            return fail(ErrorCode::unsupported,
                        fmt::format("{}: a rank-stabilised adapter has matrices of different ranks", file),
                        std::string(hint_variant));
        }
        alpha *= std::sqrt(rank);
    }
    Report report;
    report.architecture = model.architecture;
    report.name = folder.filename().string();
    report.adapter = true;
    gguf::Writer writer;
    writer.add_string("general.architecture", model.architecture);
    writer.add_string("general.type", "adapter");
    writer.add_string("general.name", report.name);
    writer.add_string("adapter.type", "lora");
    writer.add_f32("adapter.lora.alpha", static_cast<float>(alpha));
    return write_file(*checkpoint, *tensors, writer, destination, options, std::move(report));
}

}  // namespace kinglet::convert

#include "tests/support/fixture_models.h"

#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "inference/gguf/writer.h"
#include "tests/support/files.h"
#include "tests/support/random_values.h"

namespace kinglet::test {
namespace {

using Json = nlohmann::ordered_json;

struct Tensor {
    std::string name;
    std::vector<std::uint64_t> dimensions;
};

/// Names like blk.*.x stand for one tensor a layer, blk.0,2.x for those of the layers listed.
std::vector<Tensor> expand(const Json& entry) {
    std::vector<Tensor> out;
    const int layers = entry["metadata"]["block_count"];
    for (const auto& [name, dimensions] : entry["tensors"].items()) {
        const auto dims = dimensions.get<std::vector<std::uint64_t>>();
        if (!name.starts_with("blk.")) {
            out.push_back({name, dims});
            continue;
        }
        const std::size_t dot = name.find('.', 4);
        const std::string rest = name.substr(dot);
        std::string which = name.substr(4, dot - 4);
        if (which == "*") {
            which = "0";
            for (int i = 1; i < layers; ++i) which += "," + std::to_string(i);
        }
        std::istringstream list(which);
        for (std::string layer; std::getline(list, layer, ',');) out.push_back({"blk." + layer + rest, dims});
    }
    return out;
}

std::vector<float> draw(std::uint64_t seed, const Tensor& tensor) {
    std::uint64_t count = 1;
    for (const std::uint64_t n : tensor.dimensions) count *= n;
    const std::uint64_t stream = stream_of(seed, tensor.name);
    const std::string& name = tensor.name;
    float offset = 0;
    float scale = 1.7F / std::sqrt(static_cast<float>(tensor.dimensions[0]));
    if (name.ends_with("norm.weight") || name.ends_with("layer_output_scale.weight")) {
        offset = 1;
        scale = 0.25F;
    } else if (name.ends_with(".bias")) {
        scale = 0.3F;
    } else if (name.ends_with("ssm_a")) {
        offset = -1;
        scale = -0.5F;
    } else if (name.starts_with("rope_f")) {
        offset = 2;
        scale = 1;
    } else if (name.ends_with("embd.weight") || name == "token_types.weight") {
        scale = 1.7F;
    }
    std::vector<float> out(count);
    for (std::uint64_t i = 0; i < count; ++i) out[i] = offset + scale * value_of(stream, i);
    return out;
}

void add_metadata(gguf::Writer& writer, const std::string& architecture, const Json& metadata) {
    for (const auto& [name, value] : metadata.items()) {
        const std::string key = architecture + "." + name;
        if (value.is_boolean()) {
            writer.add_bool(key, value);
        } else if (value.is_number_integer()) {
            writer.add_u32(key, value);
        } else if (value.is_number()) {
            writer.add_f32(key, value);
        } else if (value.is_string()) {
            writer.add_string(key, value.get<std::string>());
        } else if (value[0].is_boolean()) {
            const auto flags = std::make_unique<bool[]>(value.size());
            for (std::size_t i = 0; i < value.size(); ++i) flags[i] = value[i];
            writer.add_bools(key, {flags.get(), value.size()});
        } else {
            writer.add_i32s(key, value.get<std::vector<std::int32_t>>());
        }
    }
}

/// A sentencepiece vocabulary of this size, of single letters, the last one a mask where one is wanted.
void add_vocabulary(gguf::Writer& writer, std::uint64_t size, bool masked) {
    std::vector<std::string> tokens{"<unk>", "<s>", "</s>", "\xe2\x96\x81"};
    std::vector<std::int32_t> types{2, 3, 3, 1};
    std::vector<float> scores{0, 0, 0, -1};
    while (tokens.size() < size) {
        scores.push_back(-static_cast<float>(tokens.size()));
        types.push_back(1);
        tokens.push_back(std::string(1, static_cast<char>('a' + tokens.size() - 4)));
    }
    if (masked) {
        tokens.back() = "[MASK]";
        types.back() = 3;
        writer.add_u32("tokenizer.ggml.mask_token_id", static_cast<std::uint32_t>(size - 1));
    }
    writer.add_string("tokenizer.ggml.model", "llama");
    writer.add_strings("tokenizer.ggml.tokens", tokens);
    writer.add_f32s("tokenizer.ggml.scores", scores);
    writer.add_i32s("tokenizer.ggml.token_type", types);
    writer.add_u32("tokenizer.ggml.bos_token_id", 1);
    writer.add_u32("tokenizer.ggml.eos_token_id", 2);
    writer.add_u32("tokenizer.ggml.unknown_token_id", 0);
}

}  // namespace

Result<Fixtures> Fixtures::read(const std::filesystem::path& json_file) {
    Fixtures fixtures;
    fixtures.text_ = read_file(json_file);
    const Json json = Json::parse(fixtures.text_, nullptr, false);
    if (!json.is_object()) return fail(ErrorCode::bad_format, json_file.string() + " is not JSON");
    for (const auto& [name, entry] : json["models"].items()) fixtures.names_.push_back(name);
    fixtures.tokens_ = json["tokens"].get<std::vector<int>>();
    return fixtures;
}

std::string Fixtures::architecture(const std::string& name) const {
    return Json::parse(text_)["models"][name]["architecture"];
}

Status Fixtures::write(const std::string& name, const std::filesystem::path& gguf_file) const {
    const Json entry = Json::parse(text_)["models"][name];
    const std::string architecture = entry["architecture"];
    const std::vector<Tensor> tensors = expand(entry);
    gguf::Writer writer;
    writer.add_string("general.architecture", architecture);
    writer.add_string("general.name", "fixture " + name);
    add_metadata(writer, architecture, entry["metadata"]);
    for (const Tensor& tensor : tensors) {
        if (tensor.name != "token_embd.weight") continue;
        add_vocabulary(writer, tensor.dimensions[1], entry["tensors"].contains("cls.norm.weight"));
    }
    for (const Tensor& tensor : tensors) {
        std::uint64_t count = 1;
        for (const std::uint64_t n : tensor.dimensions) count *= n;
        writer.add_tensor(tensor.name, 0, tensor.dimensions, count * sizeof(float));
    }
    if (auto status = writer.begin(gguf_file); !status) return status;
    for (const Tensor& tensor : tensors) {
        const std::vector<float> values = draw(entry["seed"], tensor);
        if (auto status = writer.write(std::as_bytes(std::span(values))); !status) return status;
    }
    return writer.finish();
}

}  // namespace kinglet::test

#include "inference/quantize/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <span>
#include <system_error>
#include <utility>

#include "inference/base/thread_pool.h"
#include "inference/gguf/writer.h"
#include "inference/kernels/select.h"
#include "inference/quantize/encoders.h"

namespace kinglet::quantize {
namespace {

namespace fs = std::filesystem;

/// Values that a thread takes at a time: whole blocks of every format.
constexpr std::size_t piece_values = 64 * 1024;
/// Pieces that are computed between two writes, for each thread.
constexpr std::size_t pieces_a_thread = 4;
/// The largest number that half precision holds. Scales are stored in it.
constexpr float largest_half = 65504.0F;

struct Plan {
    const gguf::TensorInfo* tensor;
    DType from;
    DType to;
    std::uint64_t values;
    std::uint64_t bytes;
};

std::uint64_t values_of(const gguf::TensorInfo& tensor) {
    std::uint64_t values = 1;
    for (const std::uint64_t n : tensor.dimensions) values *= n;
    return values;
}

/// Whether a dtype stores its values as they are (rounded, but in no blocks).
bool is_plain(DType type) {
    return dtype_info(type).block_length == 1;
}

Status check_destination(const gguf::ModelFile& source, const fs::path& destination) {
    std::error_code problem;
    for (const fs::path& part : source.paths) {
        if (!fs::equivalent(part, destination, problem) || problem) continue;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} is the file to read from; it would be overwritten", destination.string()),
                    "Choose another name for the new file.");
    }
    if (fs::is_directory(destination, problem)) {
        return fail(ErrorCode::not_a_file, fmt::format("{} is a folder", destination.string()),
                    "Give the name of the file to write.");
    }
    return {};
}

/// Refuses at once what would fail after minutes. Unknown free space counts as enough.
Status check_room(const fs::path& destination, std::uint64_t bytes) {
    std::error_code problem;
    const fs::path folder = destination.has_parent_path() ? destination.parent_path() : fs::path(".");
    const fs::space_info space = fs::space(folder, problem);
    if (problem || space.available == static_cast<std::uintmax_t>(-1) || space.available >= bytes) return {};
    return fail(ErrorCode::io,
                fmt::format("There is no room on the disk to write {}: it needs {} MB, and {} MB are free",
                            destination.string(), (bytes + 999'999) / 1'000'000, space.available / 1'000'000),
                "Free some space and try again.");
}

Result<std::vector<Plan>> make_plans(const gguf::File& file, const kernels::KernelTable& table,
                                     const Scheme& scheme, bool even, Report& report) {
    std::vector<Plan> plans;
    const Shape shape = shape_of(file);
    for (const gguf::TensorInfo& tensor : file.tensors()) {
        const DTypeInfo& from = *find_dtype(tensor.type);
        const Choice choice = choose(scheme, shape, tensor, even);
        Plan plan{&tensor, from.type, choice.type, values_of(tensor), tensor.bytes};
        if (plan.to != plan.from) {
            if (table.of(plan.from).to_float == nullptr) {
                return fail(ErrorCode::unsupported,
                            fmt::format("{}: the tensor {} is stored as {}, which cannot be decoded",
                                        file.name(), tensor.name, from.name),
                            "Quantize the original file, in F16 or BF16, instead.");
            }
            plan.bytes = plan.values / dtype_info(plan.to).block_length * dtype_info(plan.to).block_bytes;
            if (!is_plain(plan.from)) ++report.quantized_twice;
        }
        if (choice.wanted != choice.type) {
            report.fallbacks.push_back({std::string(tensor.name), choice.wanted, choice.type});
        }
        ++report.types[plan.to];
        report.weights += plan.values;
        report.bytes_before += tensor.bytes;
        report.bytes_after += plan.bytes;
        plans.push_back(plan);
    }
    report.tensors = plans.size();
    return plans;
}

/// Everything that the source says of itself, except what is no longer so.
void copy_metadata(const gguf::Metadata& metadata, const Scheme& scheme, gguf::Writer& writer) {
    constexpr std::array<std::string_view, 3> replaced{"general.file_type", "general.quantization_version",
                                                       "general.alignment"};
    for (std::size_t i = 0; i < metadata.size(); ++i) {
        const std::string_view key = metadata.key(i);
        const bool changes = std::find(replaced.begin(), replaced.end(), key) != replaced.end();
        if (!changes && !key.starts_with("split.")) writer.add(key, metadata.value(i));
    }
    writer.add_u32("general.quantization_version", 2);
    writer.add_u32("general.file_type", scheme.file_type);
}

/// Turns tensors from one type into another, piece by piece on all threads.
class Converter {
  public:
    Converter(const kernels::KernelTable& table, unsigned threads)
        : table_(table), pool_(threads), floats_(pool_.size()) {
        for (std::vector<float>& values : floats_) values.resize(piece_values);
    }

    /// Values that run() takes at most.
    std::size_t capacity() const { return pool_.size() * pieces_a_thread * piece_values; }

    /// The encoded bytes of `count` values, valid until the next call; empty where some are no numbers or too
    /// large for the type.
    std::span<const std::byte> run(const std::byte* source, const Plan& plan, std::size_t count) {
        const DTypeInfo& from = dtype_info(plan.from);
        const DTypeInfo& to = dtype_info(plan.to);
        const Encoder encode = find_encoder(plan.to);
        const auto round = table_.of(plan.to).from_float;
        const float limit = plan.to == DType::f32 || plan.to == DType::bf16 ? HUGE_VALF : largest_half;
        encoded_.resize(count / to.block_length * to.block_bytes);
        std::atomic<bool> good = true;
        pool_.parallel_for((count + piece_values - 1) / piece_values, [&](std::size_t piece,
                                                                          unsigned worker) {
            const std::size_t first = piece * piece_values;
            const std::size_t n = std::min(piece_values, count - first);
            float* values = floats_[worker].data();
            table_.of(plan.from).to_float(source + first / from.block_length * from.block_bytes, values, n);
            for (std::size_t i = 0; i < n; ++i) {
                if (!std::isfinite(values[i]) || std::fabs(values[i]) > limit) {
                    good = false;
                    return;
                }
            }
            std::byte* out = encoded_.data() + first / to.block_length * to.block_bytes;
            (encode != nullptr ? encode : round)(values, out, n);
        });
        return good ? std::span<const std::byte>(encoded_) : std::span<const std::byte>();
    }

  private:
    const kernels::KernelTable& table_;
    ThreadPool pool_;
    std::vector<std::vector<float>> floats_;
    std::vector<std::byte> encoded_;
};

/// Writes the tensors that were announced, telling how far it is.
class Run {
  public:
    Run(const gguf::ModelFile& source, const Options& options, Converter& converter, gguf::Writer& writer,
        std::uint64_t total)
        : source_(source), options_(options), converter_(converter), writer_(writer), total_(total) {}

    Status write(const Plan& plan) {
        const std::span<const std::byte> bytes = source_.file.data(*plan.tensor);
        const DTypeInfo& from = dtype_info(plan.from);
        const std::size_t step = converter_.capacity() / from.block_length * from.block_bytes;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            if (options_.stop.stop_requested()) {
                return fail(ErrorCode::cancelled, "Quantizing was stopped; no file was written");
            }
            const std::span<const std::byte> part = bytes.subspan(at, std::min(step, bytes.size() - at));
            if (auto status = write_part(plan, part); !status) return status;
            done_ += part.size();
            if (options_.on_progress) {
                options_.on_progress(static_cast<float>(
                    static_cast<double>(done_) / static_cast<double>(std::max<std::uint64_t>(total_, 1))));
            }
        }
        source_.release(source_.file.data(*plan.tensor));
        return {};
    }

  private:
    Status write_part(const Plan& plan, std::span<const std::byte> part) {
        if (plan.from == plan.to) return writer_.write(part);
        const DTypeInfo& from = dtype_info(plan.from);
        const std::size_t count = part.size() / from.block_bytes * from.block_length;
        const std::span<const std::byte> encoded = converter_.run(part.data(), plan, count);
        if (!encoded.empty()) return writer_.write(encoded);
        return fail(ErrorCode::bad_format,
                    fmt::format("{}: the tensor {} holds a value that is no number or too large for {}",
                                source_.file.name(), plan.tensor->name, dtype_info(plan.to).name),
                    "Check the file with kinglet-cli verify; BF16 holds large numbers too.");
    }

    const gguf::ModelFile& source_;
    const Options& options_;
    Converter& converter_;
    gguf::Writer& writer_;
    std::uint64_t total_;
    std::uint64_t done_ = 0;
};

}  // namespace

Encoder find_encoder(DType type) {
    switch (type) {
        case DType::q4_0:
            return encode_q4_0;
        case DType::q5_0:
            return encode_q5_0;
        case DType::q5_1:
            return encode_q5_1;
        case DType::q8_0:
            return encode_q8_0;
        case DType::q4_k:
            return encode_q4_k;
        case DType::q5_k:
            return encode_q5_k;
        case DType::q6_k:
            return encode_q6_k;
        default:
            return nullptr;
    }
}

Result<Report> quantize(const gguf::ModelFile& source, const fs::path& destination, const Scheme& scheme,
                        const Options& options) {
    const auto table = kernels::select_table();
    if (!table) return tl::unexpected(table.error());
    if (auto status = check_destination(source, destination); !status) return tl::unexpected(status.error());
    Report report;
    const auto plans = make_plans(source.file, **table, scheme, options.even, report);
    if (!plans) return tl::unexpected(plans.error());
    if (auto status = check_room(destination, report.bytes_after); !status) {
        return tl::unexpected(status.error());
    }
    gguf::Writer writer;
    copy_metadata(source.file.metadata(), scheme, writer);
    for (const Plan& plan : *plans) {
        const auto dimensions =
            std::span(plan.tensor->dimensions).first(static_cast<std::size_t>(plan.tensor->dimension_count));
        writer.add_tensor(plan.tensor->name, static_cast<std::uint32_t>(plan.to), dimensions, plan.bytes);
    }
    if (auto status = writer.begin(destination); !status) return tl::unexpected(status.error());
    Converter converter(**table, options.threads > 0 ? options.threads : default_thread_count());
    Run run(source, options, converter, writer, report.bytes_before);
    for (const Plan& plan : *plans) {
        if (auto status = run.write(plan); !status) return tl::unexpected(status.error());
    }
    if (auto status = writer.finish(); !status) return tl::unexpected(status.error());
    return report;
}

}  // namespace kinglet::quantize

#include "inference/convert/tensor_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "inference/kernels/half.h"

namespace kinglet::convert {
namespace {

constexpr std::size_t piece_bytes = 4u << 20;

Element element_of(DType type) {
    switch (type) {
        case DType::f16:
            return Element::f16;
        case DType::bf16:
            return Element::bf16;
        default:
            return Element::f32;
    }
}

template <class T>
T load(const std::byte* data, std::uint64_t index) {
    T value;
    std::memcpy(&value, data + index * sizeof(T), sizeof(T));
    return value;
}

float value_at(Element element, const std::byte* data, std::uint64_t index) {
    switch (element) {
        case Element::f16:
            return kernels::half_to_float(load<std::uint16_t>(data, index));
        case Element::bf16:
            return kernels::bf16_to_float(load<std::uint16_t>(data, index));
        case Element::f64:
            return static_cast<float>(load<double>(data, index));
        default:
            return load<float>(data, index);
    }
}

float changed(Change change, float value) {
    switch (change) {
        case Change::plus_one:
            return value + 1;
        case Change::negative_exp:
            return -std::exp(value);
        case Change::none:
            break;
    }
    return value;
}

/// Collects rows and hands them on in large pieces.
class Collector {
  public:
    Collector(DType type, const Sink& sink) : element_(element_of(type)), sink_(sink) {}

    Status add_row(const std::vector<float>& row) {
        const std::size_t size = element_bytes(element_);
        const std::size_t at = piece_.size();
        piece_.resize(at + row.size() * size);
        std::byte* out = piece_.data() + at;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (element_ == Element::f32) {
                std::memcpy(out + i * size, &row[i], size);
                continue;
            }
            const std::uint16_t bits =
                element_ == Element::f16 ? kernels::float_to_half(row[i]) : kernels::float_to_bf16(row[i]);
            if ((bits & 0x7FFFU) == 0x7C00U && element_ == Element::f16 && std::isfinite(row[i]))
                overflow_ = true;
            std::memcpy(out + i * size, &bits, size);
        }
        return piece_.size() >= piece_bytes ? flush() : Status();
    }

    Status add_bytes(std::span<const std::byte> bytes) {
        piece_.insert(piece_.end(), bytes.begin(), bytes.end());
        return piece_.size() >= piece_bytes ? flush() : Status();
    }

    Status flush() {
        if (overflow_)
            return fail(ErrorCode::bad_format, "holds values that F16 cannot", "Use --type bf16 or f32.");
        const Status status = sink_(piece_);
        piece_.clear();
        return status;
    }

  private:
    Element element_;
    const Sink& sink_;
    std::vector<std::byte> piece_;
    bool overflow_ = false;
};

Status stream_part(const Part& part, DType type, Collector& out) {
    const SourceTensor& source = *part.source;
    const std::size_t size = element_bytes(source.element);
    const bool rows_as_they_are = !part.transposed && part.column.empty() && part.change == Change::none;
    if (rows_as_they_are && source.element == element_of(type)) {
        // Whole rows are copied, as many at a time as lie together.
        const auto row_size = static_cast<std::size_t>(part.columns) * size;
        const std::uint64_t together =
            part.row ? 1 : std::max<std::uint64_t>(1, piece_bytes / std::max<std::size_t>(row_size, 1));
        for (std::uint64_t r = 0; r < part.rows; r += together) {
            const std::uint64_t from = part.row ? part.row(r) : r;
            const std::uint64_t count = std::min(together, part.rows - r);
            const auto bytes = source.data.subspan(static_cast<std::size_t>(from) * row_size,
                                                   static_cast<std::size_t>(count) * row_size);
            if (auto status = out.add_bytes(bytes); !status) return status;
        }
        return {};
    }
    std::vector<float> row(static_cast<std::size_t>(part.columns));
    for (std::uint64_t r = 0; r < part.rows; ++r) {
        const std::uint64_t from = part.row ? part.row(r) : r;
        for (std::uint64_t c = 0; c < part.columns; ++c) {
            const std::uint64_t column = part.column.empty() ? c : part.column[c];
            const std::uint64_t index =
                part.transposed ? column * part.rows + from : from * part.columns + column;
            row[static_cast<std::size_t>(c)] =
                changed(part.change, value_at(source.element, source.data.data(), index));
        }
        if (auto status = out.add_row(row); !status) return status;
    }
    return {};
}

}  // namespace

Status stream_tensor(const OutputTensor& tensor, const Sink& sink) {
    Collector out(tensor.type, sink);
    const auto named = [&](Status status) -> Status {
        if (!status && status.error().code == ErrorCode::bad_format)
            status.error().message = fmt::format("The tensor {} {}", tensor.name, status.error().message);
        return status;
    };
    for (const Part& part : tensor.parts) {
        if (auto status = stream_part(part, tensor.type, out); !status) return named(status);
    }
    if (!tensor.values.empty()) {
        if (auto status = out.add_row(tensor.values); !status) return named(status);
    }
    return named(out.flush());
}

}  // namespace kinglet::convert

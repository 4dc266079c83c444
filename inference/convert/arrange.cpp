#include "inference/convert/arrange.h"

#include <fmt/format.h>

namespace kinglet::convert {
namespace {

Shape shape_of(const SourceTensor& source) {
    Shape shape;
    const std::vector<std::uint64_t>& s = source.shape;
    if (s.size() <= 1) {
        shape.rows = source.count();
        shape.dimensions = {shape.rows};
        return shape;
    }
    shape.columns = s.back();
    for (std::size_t i = 0; i + 1 < s.size(); ++i) {
        if (i == 0 || s[i] != 1) shape.dimensions.push_back(s[i]);
    }
    shape.rows = shape.dimensions.back();
    for (std::size_t i = 0; i + 1 < shape.dimensions.size(); ++i) shape.planes *= shape.dimensions[i];
    shape.dimensions.push_back(shape.columns);
    return shape;
}

/// Rotations that pair value i with value i + n/2 of a head, turned into rotations of neighbours: the first n
/// values of each head take turns from its two halves.
std::function<std::uint64_t(std::uint64_t)> neighbours(std::uint64_t size, std::uint64_t rotated) {
    return [size, rotated](std::uint64_t r) {
        const std::uint64_t head = r / size;
        const std::uint64_t i = r % size;
        if (i >= rotated) return r;
        return head * size + (i % 2) * (rotated / 2) + i / 2;
    };
}

/// Which value head of the checkpoint stands at place a: there those of one key head are together, here they
/// come in turn.
std::uint64_t value_head(std::uint64_t a, std::uint64_t key_heads, std::uint64_t value_heads) {
    return a % key_heads * (value_heads / key_heads) + a / key_heads;
}

std::function<std::uint64_t(std::uint64_t)> value_heads(const Facts& f, std::uint64_t first,
                                                        std::uint64_t size) {
    const auto keys = static_cast<std::uint64_t>(f.key_heads);
    const auto values = static_cast<std::uint64_t>(f.value_heads);
    return [=](std::uint64_t r) {
        if (r < first) return r;
        const std::uint64_t v = r - first;
        return first + value_head(v / size, keys, values) * size + v % size;
    };
}

class Arranger {
  public:
    Arranger(const TensorRule& rule, const SourceTensor& source, const Facts& facts)
        : rule_(rule), source_(source), facts_(facts), shape_(shape_of(source)) {
        out_.part.source = &source;
        out_.part.rows = shape_.planes * shape_.rows;
        out_.part.columns = shape_.columns;
        out_.part.change = rule.change;
        out_.dimensions = shape_.dimensions;
    }

    Result<Arranged> run() {
        if (fits()) return std::move(out_);
        std::string shape;
        for (const std::uint64_t n : source_.shape)
            shape += fmt::format("{}{}", shape.empty() ? "" : " x ", n);
        return fail(
            ErrorCode::bad_format,
            fmt::format("the tensor {} is {}, which does not fit the config", shown(source_.name), shape),
            "The checkpoint's files do not belong together; download it again into an empty folder.");
    }

  private:
    bool rows_are(std::uint64_t n) const { return shape_.planes == 1 && shape_.rows == n; }

    bool heads(int count) {
        const auto size = static_cast<std::uint64_t>(facts_.head_size);
        out_.part.row = neighbours(size, static_cast<std::uint64_t>(facts_.rope_size));
        return rows_are(static_cast<std::uint64_t>(count) * size);
    }

    bool half(bool second) {
        const std::uint64_t rows = shape_.rows / 2;
        const std::uint64_t skipped = second ? rows : 0;
        out_.part.rows = shape_.planes * rows;
        out_.dimensions[out_.dimensions.size() - (out_.dimensions.size() > 1 ? 2 : 1)] = rows;
        out_.part.row = [rows, skipped](std::uint64_t r) {
            return rows == 0 ? 0 : r / rows * 2 * rows + skipped + r % rows;
        };
        return shape_.rows % 2 == 0;
    }

    bool interleaved() {
        const auto size = static_cast<std::uint64_t>(facts_.head_size);
        const auto count = static_cast<std::uint64_t>(facts_.heads);
        out_.part.row = [size, count](std::uint64_t r) {
            const std::uint64_t which = r / (count * size);
            const std::uint64_t head = r / size % count;
            return (head * 3 + which) * size + r % size;
        };
        return rows_are(3 * count * size);
    }

    bool value_parts() {
        const auto size = static_cast<std::uint64_t>(facts_.state_size);
        const auto keys = static_cast<std::uint64_t>(facts_.key_heads);
        const auto values = static_cast<std::uint64_t>(facts_.value_heads);
        if (size == 0 || keys == 0 || values % keys != 0) return false;
        switch (rule_.rows) {
            case Rows::value_heads:
                out_.part.row = value_heads(facts_, 0, 1);
                return rows_are(values);
            case Rows::value_rows:
                out_.part.row = value_heads(facts_, 0, size);
                return rows_are(values * size);
            case Rows::value_tail:
                out_.part.row = value_heads(facts_, 2 * keys * size, size);
                return rows_are((2 * keys + values) * size);
            default:
                break;
        }
        if (shape_.columns != values * size) return false;
        const auto column = value_heads(facts_, 0, size);
        for (std::uint64_t i = 0; i < shape_.columns; ++i)
            out_.part.column.push_back(static_cast<std::uint32_t>(column(i)));
        return true;
    }

    bool fits() {
        switch (rule_.rows) {
            case Rows::same:
                return true;
            case Rows::query_heads:
            case Rows::key_heads:
                return shape_.dimensions.size() == 1 &&
                       rows_are(static_cast<std::uint64_t>(facts_.head_size));
            case Rows::query:
                return heads(facts_.heads);
            case Rows::key:
                return heads(facts_.kv_heads);
            case Rows::transposed:
                if (shape_.dimensions.size() != 2) return false;
                out_.part.transposed = true;
                std::swap(out_.part.rows, out_.part.columns);
                std::swap(out_.dimensions[0], out_.dimensions[1]);
                return true;
            case Rows::first_half:
                return half(false);
            case Rows::second_half:
                return half(true);
            case Rows::interleaved:
                return interleaved();
            case Rows::value_heads:
            case Rows::value_rows:
            case Rows::value_tail:
            case Rows::value_columns:
                return value_parts();
            case Rows::single_column:
                out_.dimensions = {shape_.rows, 1};
                return shape_.dimensions.size() == 1;
            case Rows::groups: {
                const auto groups = static_cast<std::uint64_t>(facts_.groups);
                if (groups == 0 || shape_.dimensions.size() != 1 || shape_.rows % groups != 0) return false;
                out_.dimensions = {groups, shape_.rows / groups};
                return true;
            }
        }
        return false;
    }

    const TensorRule& rule_;
    const SourceTensor& source_;
    const Facts& facts_;
    Shape shape_;
    Arranged out_;
};

}  // namespace

Result<Arranged> arrange(const TensorRule& rule, const SourceTensor& source, const Facts& facts) {
    return Arranger(rule, source, facts).run();
}

}  // namespace kinglet::convert

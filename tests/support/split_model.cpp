#include "tests/support/split_model.h"

#include <fmt/format.h>

#include <span>

#include "inference/gguf/model_file.h"
#include "inference/gguf/writer.h"

namespace kinglet::test {
namespace {

Status write_part(const gguf::File& file, const std::filesystem::path& path, int index, int count) {
    gguf::Writer writer;
    if (index == 0) {
        for (std::size_t i = 0; i < file.metadata().size(); ++i)
            writer.add(file.metadata().key(i), file.metadata().value(i));
    }
    const std::size_t all = file.tensors().size();
    writer.add_u32("split.no", static_cast<std::uint32_t>(index));
    writer.add_u32("split.count", static_cast<std::uint32_t>(count));
    writer.add_i32("split.tensors.count", static_cast<std::int32_t>(all));
    const auto border = [&](int part) {
        return all * static_cast<std::size_t>(part) / static_cast<std::size_t>(count);
    };
    const auto tensors = file.tensors().subspan(border(index), border(index + 1) - border(index));
    for (const gguf::TensorInfo& tensor : tensors) {
        const auto dimensions =
            std::span(tensor.dimensions).first(static_cast<std::size_t>(tensor.dimension_count));
        writer.add_tensor(tensor.name, tensor.type, dimensions, tensor.bytes);
    }
    if (auto status = writer.begin(path); !status) return status;
    for (const gguf::TensorInfo& tensor : tensors) {
        if (auto status = writer.write(file.data(tensor)); !status) return status;
    }
    return writer.finish();
}

}  // namespace

Result<std::vector<std::filesystem::path>> split_model(const std::filesystem::path& model,
                                                       const std::filesystem::path& folder,
                                                       const std::string& stem, int count) {
    const auto source = gguf::ModelFile::open(model);
    if (!source) return tl::unexpected(source.error());
    std::vector<std::filesystem::path> paths;
    for (int i = 0; i < count; ++i) {
        paths.push_back(folder / fmt::format("{}-{:05}-of-{:05}.gguf", stem, i + 1, count));
        if (auto status = write_part(source->file, paths.back(), i, count); !status)
            return tl::unexpected(status.error());
    }
    return paths;
}

}  // namespace kinglet::test

#include "tests/support/adapter_writer.h"

#include <array>
#include <limits>
#include <span>
#include <vector>

#include "inference/gguf/writer.h"
#include "inference/tensor/dtype.h"
#include "tests/support/random_values.h"

namespace kinglet::test {

Status write_adapter(const std::filesystem::path& path, const TestAdapter& adapter) {
    gguf::Writer writer;
    writer.add_string("general.architecture", adapter.architecture);
    writer.add_string("general.type", "adapter");
    writer.add_string("adapter.type", "lora");
    writer.add_f32("adapter.lora.alpha", adapter.alpha);
    const auto drawn = [&](const std::string& name) {
        const auto stream = stream_of(adapter.seed, name);
        std::vector<float> values(adapter.width * adapter.rank);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.5F * value_of(stream, i);
        return values;
    };
    std::array matrices{drawn("a"), drawn("b")};
    if (adapter.not_a_number) matrices[1][3] = std::numeric_limits<float>::quiet_NaN();
    const auto f32 = static_cast<std::uint32_t>(DType::f32);
    const std::uint64_t bytes = adapter.width * adapter.rank * sizeof(float);
    writer.add_tensor(adapter.tensor + ".lora_a", f32, std::array{adapter.width, adapter.rank}, bytes);
    writer.add_tensor(adapter.tensor + ".lora_b", f32, std::array{adapter.rank, adapter.width}, bytes);
    if (auto status = writer.begin(path); !status) return status;
    for (const auto& matrix : matrices) {
        if (auto status = writer.write(std::as_bytes(std::span(matrix))); !status) return status;
    }
    return writer.finish();
}

}  // namespace kinglet::test

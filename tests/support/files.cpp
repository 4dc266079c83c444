#include "tests/support/files.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

namespace kinglet::test {

TemporaryFolder::TemporaryFolder() {
    std::random_device random;
    do {
        path_ = std::filesystem::temp_directory_path() /
                ("kinglet-test-" + std::to_string(random()) + std::to_string(random()));
    } while (!std::filesystem::create_directories(path_));
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(unlimited(path_), ignored);
}

std::filesystem::path unlimited(const std::filesystem::path& folder) {
#ifdef _WIN32
    return LR"(\\?\)" + std::filesystem::absolute(folder).make_preferred().wstring();
#else
    return folder;
#endif
}

std::optional<std::filesystem::path> shared_folder() {
    const char* folder = std::getenv("KINGLET_SHARED");
    if (folder == nullptr || !std::filesystem::is_directory(std::filesystem::path(folder) / "golden"))
        return {};
    return std::filesystem::path(folder);
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<float> read_floats(const std::filesystem::path& path) {
    const std::string bytes = read_file(path);
    std::vector<float> out(bytes.size() / sizeof(float));
    std::memcpy(out.data(), bytes.data(), out.size() * sizeof(float));
    return out;
}

std::vector<int> read_token_ids(const std::filesystem::path& path) {
    const auto json = nlohmann::json::parse(read_file(path), nullptr, false);
    if (!json.is_object() || !json.contains("tokens")) return {};
    return json["tokens"].get<std::vector<int>>();
}

double normalised_error(const std::vector<float>& actual, const std::vector<float>& expected) {
    if (actual.size() != expected.size() || expected.empty()) return std::numeric_limits<double>::infinity();
    double error = 0;
    double whole = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double difference = static_cast<double>(actual[i]) - static_cast<double>(expected[i]);
        error += difference * difference;
        whole += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    }
    const double ratio = error / whole;
    return std::isfinite(ratio) ? ratio : std::numeric_limits<double>::infinity();
}

}  // namespace kinglet::test

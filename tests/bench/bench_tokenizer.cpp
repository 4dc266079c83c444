// Bytes a second of encoding 1 MiB: the project's own sources and documents, and texts made to be slow.
// KINGLET_SHARED names the folder whose vocabularies are measured; --benchmark_filter chooses.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "inference/base/utf8.h"
#include "inference/gguf/mapped_file.h"
#include "inference/gguf/reader.h"
#include "inference/tokenizer/tokenizer.h"

using namespace kinglet;

namespace {

constexpr std::size_t text_bytes = std::size_t{1} << 20;

std::string repeated(std::string_view unit) {
    std::string text;
    while (text.size() < text_bytes) text += unit;
    return text;
}

/// Characters drawn one by one.
std::string drawn(const std::function<char32_t(std::mt19937_64&)>& draw) {
    std::mt19937_64 random(42);
    std::string text;
    while (text.size() < text_bytes) utf8::append(text, draw(random));
    return text;
}

std::string own_sources() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(KINGLET_SOURCE_FOLDER)) {
        const std::string path = entry.path().string();
        const std::string ending = entry.path().extension().string();
        if (path.find("/build/") != std::string::npos) continue;
        if (ending == ".cpp" || ending == ".h" || ending == ".md" || ending == ".qml") files.push_back(path);
    }
    std::sort(files.begin(), files.end());
    std::string text;
    for (const auto& path : files) {
        std::ifstream file(path, std::ios::binary);
        text.append(std::istreambuf_iterator<char>(file), {});
    }
    return text.substr(0, text_bytes);
}

struct Text {
    std::string name;
    std::string text;
};

std::vector<Text> texts() {
    const auto letter = [](std::mt19937_64& r) { return static_cast<char32_t>('a' + r() % 26); };
    const auto word = [&](std::mt19937_64& r) { return r() % 6 == 0 ? U' ' : letter(r); };
    const auto emoji = [](std::mt19937_64& r) { return static_cast<char32_t>(0x1F600 + r() % 80); };
    const auto han = [](std::mt19937_64& r) { return static_cast<char32_t>(0x4E00 + r() % 0x5000); };
    const auto any = [](std::mt19937_64& r) { return static_cast<char32_t>(r() % 0x30000); };
    const auto digit = [](std::mt19937_64& r) { return static_cast<char32_t>('0' + r() % 10); };
    return {{"own sources", own_sources()},
            {"random words", drawn(word)},
            {"one word: a", repeated("a")},
            {"one word: random letters", drawn(letter)},
            {"one word: syllables", repeated("internationalization")},
            {"spaces", repeated(" ")},
            {"newlines", repeated("\n")},
            {"one emoji", repeated("😀")},
            {"random emoji", drawn(emoji)},
            {"digits", drawn(digit)},
            {"punctuation", repeated("!")},
            {"random han", drawn(han)},
            {"random code points", drawn(any)},
            {"invalid bytes", repeated("\xF0\x9F")}};
}

std::shared_ptr<const tokenizer::Tokenizer> open(const std::filesystem::path& path) {
    const auto mapped = gguf::MappedFile::open(path);
    if (!mapped) return nullptr;
    const auto file = gguf::File::parse(mapped->bytes(), path.string());
    if (!file) return nullptr;
    auto vocabulary = tokenizer::read_vocabulary(file->metadata());
    if (!vocabulary) return nullptr;
    return tokenizer::Tokenizer::create(std::move(*vocabulary)).value_or(nullptr);
}

}  // namespace

int main(int argc, char** argv) {
    const char* shared = std::getenv("KINGLET_SHARED");
    const std::filesystem::path folder =
        std::filesystem::path(shared == nullptr ? "" : shared) / "golden/tokenizers";
    const std::vector<Text> all = texts();
    for (const char* name : {"gpt-2", "llama-bpe", "qwen2", "llama-spm", "bert-bge"}) {
        const auto made = open(folder / (std::string("ggml-vocab-") + name + ".gguf"));
        if (!made) {
            std::fprintf(stderr, "no vocabulary %s in %s\n", name, folder.c_str());
            continue;
        }
        for (const Text& text : all) {
            benchmark::RegisterBenchmark(
                (std::string(name) + "/" + text.name).c_str(), [made, &text](benchmark::State& state) {
                    for (auto _ : state) benchmark::DoNotOptimize(made->encode(text.text).data());
                    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.text.size()));
                });
        }
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

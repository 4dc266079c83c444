// Writes the test models for scripts: make_test_model KIND OUT.gguf, KIND one of those below.
#include <fmt/format.h>

#include <cstring>

#include "tests/support/model_writer.h"

int main(int argc, char** argv) {
    using namespace kinglet;
    if (argc != 3) {
        fmt::print(stderr, "usage: make_test_model llama|llama-spm|large-q8_0|large-q4_0 OUT.gguf\n");
        return 2;
    }
    test::TestModel model;
    const std::string kind = argv[1];
    if (kind == "llama-spm") {
        model.vocabulary = test::VocabularyKind::sentencepiece;
    } else if (kind == "large-q8_0") {
        model = test::large_model(DType::q8_0);
    } else if (kind == "large-q4_0") {
        model = test::large_model(DType::q4_0);
    } else if (kind != "llama") {
        fmt::print(stderr, "There is no test model {}\n", kind);
        return 2;
    }
    if (const auto status = test::write_model(argv[2], model); !status) {
        fmt::print(stderr, "{}\n", status.error().message);
        return 1;
    }
    return 0;
}

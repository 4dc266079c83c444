// What the test counts: one thread reads a prompt and writes so many tokens.
//   instruction_probe MODEL PROMPT_TOKENS ANSWER_TOKENS
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "inference/engine/engine.h"

using namespace kinglet;

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    engine::LoadOptions options;
    options.threads = 1;
    const auto model = engine::Model::load(argv[1], options);
    if (!model) return 1;
    const auto session = engine::Session::create(*model, {});
    if (!session) return 1;
    std::vector<Token> prompt;
    for (int i = 0; i < std::atoi(argv[2]); ++i) prompt.push_back(5 + i % 50);
    engine::GenerateParams params;
    params.sampling.temperature = 0;
    params.sampling.repeat_penalty = 1;
    params.max_tokens = std::atoi(argv[3]);
    const auto stats = (*session)->generate(prompt, params, {}, {});
    if (!stats) return 1;
    std::printf("%d %d\n", stats->prompt_tokens, stats->answer_tokens);
    return 0;
}

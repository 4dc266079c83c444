#include <cstdio>
#include <string>
#include <string_view>

#include "app/cli/cli.h"
#include "app/cli/terminal.h"

namespace kinglet::cli {

int report(const Error& error) {
    // File names and metadata appear in messages: they must not steer a terminal either.
    std::string text = "kinglet-cli: " + without_controls(error.message);
    if (std::string_view(".?!").find(text.back()) == std::string_view::npos) text += '.';
    text += '\n';
    if (!error.hint.empty()) text += "  " + without_controls(error.hint) + "\n";
    std::fflush(stdout);
    std::fwrite(text.data(), 1, text.size(), stderr);
    return error.code == ErrorCode::cancelled ? exit_interrupted : exit_failure;
}

}  // namespace kinglet::cli

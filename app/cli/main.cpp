// kinglet-cli: the engine without the window.
#include <CLI/CLI.hpp>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "app/cli/terminal.h"

namespace kinglet::cli {
namespace {

void describe(CLI::App& app) {
    app.description("Chat with a small language model on your own computer: the engine without the window.");
    app.footer(
        "Examples:\n"
        "  kinglet-cli chat model.gguf\n"
        "  kinglet-cli run model.gguf \"Why is the sky blue?\"\n"
        "  echo \"Why is the sky blue?\" | kinglet-cli chat\n"
        "  kinglet-cli info model.gguf --json\n"
        "\n"
        "kinglet-cli COMMAND --help shows the options of a command.\n"
        "Exit status: 0 success, 1 failure, 2 wrong usage, 130 ended by Ctrl+C.");
    app.set_version_flag("--version", "kinglet-cli " KINGLET_VERSION);
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
}

/// The command that a parse error is about, for the hint.
std::string command_in_use(const CLI::App& app) {
    std::string name = "kinglet-cli";
    for (const CLI::App* command : app.get_subcommands()) name += " " + command->get_name();
    return name;
}

int run(const std::vector<std::string>& arguments) {
    CLI::App app("", "kinglet-cli");
    int status = exit_ok;
    describe(app);
    add_chat_command(app, status);
    add_run_command(app, status);
    add_info_command(app, status);
    add_verify_command(app, status);
    add_models_command(app, status);
    add_tokenize_command(app, status);
    add_template_command(app, status);
    add_logits_command(app, status);
    add_embed_command(app, status);
    add_fill_command(app, status);
    add_bench_command(app, status);
    add_devices_command(app, status);
    add_convert_command(app, status);
    add_quantize_command(app, status);

    try {
        // Last first, and without the program's name, as this form of parse() takes them.
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
    } catch (const CLI::Success& success) {  // --help or --version
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        report({ErrorCode::invalid_argument,
                error.what(),
                command_in_use(app) + " --help shows the usage.",
                {},
                {}});
        return exit_usage;
    }
    return status;
}

}  // namespace
}  // namespace kinglet::cli

int main(int argc, char** argv) {
    kinglet::cli::install_interrupt_handler();
    kinglet::cli::prepare_streams();
    try {
        return kinglet::cli::run(kinglet::cli::utf8_arguments(argc, argv));
    } catch (const std::bad_alloc&) {
        return kinglet::cli::report({kinglet::ErrorCode::out_of_memory,
                                     "There is not enough memory for this.",
                                     "Close other programs, or choose a smaller context with --ctx.",
                                     {},
                                     {}});
    } catch (const std::exception& error) {
        return kinglet::cli::report({kinglet::ErrorCode::io, error.what(), {}, {}, {}});
    }
}

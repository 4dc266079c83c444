// What the commands of kinglet-cli share: exit statuses, errors, and where each command is declared.
#pragma once

#include "inference/base/result.h"

namespace CLI {
class App;
}

namespace kinglet::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;
/// What shells expect of a program that Ctrl+C ended: 128 + SIGINT.
inline constexpr int exit_interrupted = 130;

/// Prints "kinglet-cli: <sentence>" and the hint, if there is one, to stderr. Returns the exit status that
/// goes with the error.
int report(const Error& error);

// Each adds its command to `app`; when that command was given, its exit status ends up in `status`.
void add_run_command(CLI::App& app, int& status);
void add_chat_command(CLI::App& app, int& status);
void add_embed_command(CLI::App& app, int& status);
void add_fill_command(CLI::App& app, int& status);
void add_info_command(CLI::App& app, int& status);
void add_verify_command(CLI::App& app, int& status);
void add_tokenize_command(CLI::App& app, int& status);
void add_template_command(CLI::App& app, int& status);
void add_logits_command(CLI::App& app, int& status);
void add_bench_command(CLI::App& app, int& status);
void add_convert_command(CLI::App& app, int& status);
void add_devices_command(CLI::App& app, int& status);
void add_quantize_command(CLI::App& app, int& status);
void add_models_command(CLI::App& app, int& status);

}  // namespace kinglet::cli

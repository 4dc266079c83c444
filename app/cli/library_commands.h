// The commands of kinglet-cli that fetch and keep models. They use Qt and are left out where it is.
#pragma once

namespace CLI {
class App;
}

namespace kinglet::cli {

// Each adds its command to `models`; when it was given, its exit status ends up in `status`.
void add_models_search_command(CLI::App& models, int& status);
void add_models_pull_command(CLI::App& models, int& status);
void add_models_import_command(CLI::App& models, int& status);
void add_models_rm_command(CLI::App& models, int& status);

}  // namespace kinglet::cli

// The small model that ships with Kinglet, for as long as a person has no other.
#pragma once

#include <filesystem>
#include <optional>

namespace kinglet::starter {

/// How it is at its best: it recites what it has learned, word for word.
inline constexpr double temperature = 0;
inline constexpr double repeat_penalty = 1;

/// Stands for it where a model's path is kept: its file may lie elsewhere the next time. No file is called
/// so.
inline constexpr const char* stored_name = "kinglet:starter";

/// The file of the starter model, looked for from the folder of the program that runs, so that an installed
/// Kinglet can be moved and a built one need not be installed. None where this Kinglet comes without it.
std::optional<std::filesystem::path> find_model();

/// The same for a program in `folder`.
std::optional<std::filesystem::path> find_model(const std::filesystem::path& folder);

}  // namespace kinglet::starter

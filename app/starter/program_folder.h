// Where this program lies; one source file a system.
#pragma once

#include <filesystem>

namespace kinglet::starter {

/// The folder of the running program; empty where the system does not tell.
std::filesystem::path program_folder();

}  // namespace kinglet::starter

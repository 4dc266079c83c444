// The files of a model as one thing: where they are, whether they are there already, taking them away.
#pragma once

#include <QStringList>
#include <string>

#include "inference/base/result.h"

namespace kinglet::cli {

/// All parts of the model that the file belongs to, in order; the file alone where it is whole. Errors:
/// not_found naming the part that is missing, invalid_argument where it is no GGUF file.
Result<QStringList> parts_of(const std::string& path);

/// The model in the folder that a person means by its path, its file name or that without ".gguf"; all its
/// parts. Errors: not_found; invalid_argument for a path outside of the folder.
Result<QStringList> find_in_folder(const QString& folder, const std::string& name);

/// SHA-256 of a file, 64 hex digits. Errors: io.
Result<QString> sha256_of(const QString& path);

}  // namespace kinglet::cli

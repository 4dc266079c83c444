// The architectures that can be computed.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "inference/arch/builder.h"
#include "inference/arch/description.h"
#include "inference/base/result.h"
#include "inference/gguf/reader.h"

namespace kinglet::arch {

/// One architecture: general.architecture of its files, and how their Description is built.
struct Architecture {
    std::string_view name;
    void (*build)(Builder&);
};

/// All of them, by name.
std::span<const Architecture> architectures();

/// Their names, comma-separated, for messages.
std::string supported_names();

/// The description of a file's model. Errors: unsupported (an architecture not known, which is named together
/// with those that are; an element type without kernels), bad_format (a missing or absurd hyper-parameter, a
/// missing tensor or one of the wrong shape).
///
/// `adapters`, where given, are bound to the matrices they name; errors are theirs too where they do not fit.
Result<Description> describe(const gguf::File& file, Adapters* adapters = nullptr);

}  // namespace kinglet::arch

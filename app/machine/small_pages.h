// Memory in ordinary pages, for measuring; one source file a system.
#pragma once

#include <cstddef>

namespace kinglet::machine {

/// Zeroed memory in pages of the smallest kind: model files are mapped in those too, and huge ones would set
/// a limit that no model can reach. Null where memory is short.
void* allocate_small_pages(std::size_t bytes);
void free_small_pages(void* memory, std::size_t bytes);

}  // namespace kinglet::machine

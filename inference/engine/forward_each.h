// The loop over rows that Forward's files share.
#pragma once

#include <utility>

#include "inference/engine/forward.h"

namespace kinglet::engine {

template <class Body>
void Forward::each(int count, std::size_t work, Body&& body) {
    // Below this many operations waking the pool costs more than it saves.
    constexpr std::size_t worth_sharing = 32768;
    if (count < 2 || work * static_cast<std::size_t>(count) < worth_sharing) {
        for (int i = 0; i < count; ++i) body(i);
        return;
    }
    pool_.parallel_for(static_cast<std::size_t>(count),
                       [&](std::size_t i, unsigned) { body(static_cast<int>(i)); });
}

}  // namespace kinglet::engine

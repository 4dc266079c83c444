// Sleeping until a number changes; one source file a system.
#pragma once

#include <atomic>
#include <cstdint>

namespace kinglet {

/// Sleeps while `value` is `old`; may wake without a reason.
void sleep_while(const std::atomic<std::uint32_t>& value, std::uint32_t old);
/// Wakes who sleeps on `value`, which was changed before.
void wake_one(std::atomic<std::uint32_t>& value);
void wake_all(std::atomic<std::uint32_t>& value);

}  // namespace kinglet

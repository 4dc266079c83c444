// Windows' own futex: std::atomic::wait of libstdc++ 12 is made of a condition variable there, and looks at
// the number before it takes the lock, so that a change in between is slept through.
#include <windows.h>

#include "inference/base/sleep.h"

namespace kinglet {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void sleep_while(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
    WaitOnAddress(const_cast<std::atomic<std::uint32_t>*>(&value), &old, sizeof old, INFINITE);
}

void wake_one(std::atomic<std::uint32_t>& value) {
    WakeByAddressSingle(&value);
}

void wake_all(std::atomic<std::uint32_t>& value) {
    WakeByAddressAll(&value);
}

}  // namespace kinglet

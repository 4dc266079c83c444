// Whether this build is instrumented, which makes it many times slower.
#pragma once

namespace kinglet::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// After how long a program that a test started counts as hung, in ms.
inline constexpr int kHungMs = kSanitized ? 600'000 : 60'000;

}  // namespace kinglet::test

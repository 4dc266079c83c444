// What one rendering may still use, and the making of values, which is where it is charged.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "inference/chat/chat_template.h"
#include "inference/chat/jinja/value.h"

namespace kinglet::chat::jinja {

/// The budget and surroundings of one rendering.
class Runtime {
  public:
    Runtime(const Limits& limits, std::chrono::local_seconds now) : limits_(limits), now_(now) {}
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    /// Counts work; raises where the limit is passed.
    void step(std::uint64_t count = 1);
    /// Counts memory of new values.
    void allocate(std::size_t bytes);

    Value text(std::string bytes);
    Value list(List items, Sequence::Kind kind = Sequence::Kind::list);
    Value tuple(List items) { return list(std::move(items), Sequence::Kind::tuple); }
    Value dict(std::shared_ptr<Dict> dict);
    /// Values of a JSON document; objects become dicts in their order.
    Value from_json(const Json& json);

    /// Objects that may be part of a cycle are cleared when the rendering ends.
    template <class T>
    std::shared_ptr<T> keep(std::shared_ptr<T> object) {
        allocate(sizeof(T));
        kept_.push_back(object);
        return object;
    }

    const Limits& limits() const { return limits_; }
    std::chrono::local_seconds now() const { return now_; }

    /// One level deeper for as long as it lives.
    class Nested {
      public:
        explicit Nested(Runtime& runtime);
        ~Nested() { --runtime_.depth_; }
        Nested(const Nested&) = delete;
        Nested& operator=(const Nested&) = delete;

      private:
        Runtime& runtime_;
    };

    int line = 1;  ///< of the template, where evaluation is

  private:
    Limits limits_;
    std::chrono::local_seconds now_;
    std::uint64_t steps_ = 0;
    std::size_t allocated_ = 0;
    int depth_ = 0;
    std::vector<std::shared_ptr<Object>> kept_;
};

/// Containers nest no deeper than this, which bounds every walk through them.
inline constexpr int max_container_depth = 200;

}  // namespace kinglet::chat::jinja

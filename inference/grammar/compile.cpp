#include <fmt/format.h>

#include <algorithm>

#include "inference/grammar/check.h"
#include "inference/grammar/program.h"

namespace kinglet::grammar {
namespace {

constexpr std::size_t most_steps = 4'000'000;

class Compiler {
  public:
    Compiler(const Rules& rules, const std::vector<bool>& nullable)
        : rules_(rules), nullable_(nullable), program_(std::make_unique<Program>()) {}

    /// Null where the sets are too large.
    std::unique_ptr<const Program> run() {
        const std::size_t count = rules_.rules().size();
        // The first steps are the rules' entries, so that calls know where they lead.
        program_->steps.resize(count + 1);
        end_ = static_cast<Pc>(count);
        for (std::size_t i = 0; i < count; ++i) {
            const Pc body = write(rules_.rules()[i].body, end_);
            program_->steps[i] = {Step::Op::fork, body, body};
        }
        for (Step& step : program_->steps) {
            // Skips the entry: it only goes on.
            if (step.op == Step::Op::call) step.a = program_->steps[step.a].a;
        }
        program_->start = program_->steps[0].a;
        group_bytes();
        return too_large_ ? nullptr : std::move(program_);
    }

  private:
    Pc emit(const Step& step) {
        program_->steps.push_back(step);
        return static_cast<Pc>(program_->steps.size() - 1);
    }

    /// Writes a node that goes on at `next`; returns where it begins.
    Pc write(NodeId id, Pc next) {
        if (program_->steps.size() > most_steps) {
            too_large_ = true;
            return next;
        }
        const Node& node = rules_.node(id);
        switch (node.kind) {
            case Node::Kind::text:
                for (auto c = node.text.rbegin(); c != node.text.rend(); ++c) {
                    next = emit({Step::Op::byte, static_cast<unsigned char>(*c), next});
                }
                return next;
            case Node::Kind::set: {
                const auto place = program_->sets.add(node.ranges);
                if (!place) too_large_ = true;
                return emit({Step::Op::set, place.value_or(ByteSets::dead), next});
            }
            case Node::Kind::sequence:
                for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) {
                    next = write(*child, next);
                }
                return next;
            case Node::Kind::choice: {
                Pc entry = write(node.children.back(), next);
                for (std::size_t i = node.children.size() - 1; i-- > 0;) {
                    entry = emit({Step::Op::fork, write(node.children[i], next), entry});
                }
                return entry;
            }
            case Node::Kind::repeat:
                return write_repeat(node, next);
            case Node::Kind::rule:
                return emit({Step::Op::call, node.rule, next});
        }
        return next;
    }

    Pc write_repeat(const Node& node, Pc next) {
        const NodeId child = node.children.front();
        if (node.max == 0) return next;
        if (node.min == 1 && node.max == 1) return write(child, next);
        if (node.min == 0 && node.max == 1) return emit({Step::Op::fork, write(child, next), next});
        // What may be empty makes up for any number that is missing.
        const std::uint32_t min = nullable_[child] ? 0 : node.min;
        return emit({Step::Op::repeat, write(child, end_), next, min, node.max});
    }

    void group_bytes() {
        // Two bytes belong together where every set and every step treats them alike.
        const auto& steps = program_->steps;
        std::array<bool, 256> alone{};
        for (const Step& step : steps) {
            if (step.op == Step::Op::byte) alone[step.a] = true;
        }
        std::array<bool, 256> begins{};
        begins[0] = true;
        for (std::size_t byte = 1; byte < 256; ++byte) begins[byte] = alone[byte] || alone[byte - 1];
        for (ByteSets::Place place = 0; place < program_->sets.size(); ++place) {
            for (std::size_t byte = 1; byte < 256; ++byte) {
                const auto at = [&](std::size_t b) {
                    return program_->sets.next(place, static_cast<std::uint8_t>(b));
                };
                if (at(byte) != at(byte - 1)) begins[byte] = true;
            }
        }
        std::size_t group = 0;
        for (std::size_t byte = 0; byte < 256; ++byte) {
            if (byte > 0 && begins[byte]) ++group;
            program_->group_of[byte] = static_cast<std::uint8_t>(group);
        }
        program_->group_count = group + 1;
    }

    const Rules& rules_;
    const std::vector<bool>& nullable_;
    std::unique_ptr<Program> program_;
    Pc end_ = 0;
    bool too_large_ = false;
};

}  // namespace

Result<std::unique_ptr<const Program>> compile(const Rules& rules, std::string_view name) {
    const auto too_large = [&] {
        return fail(ErrorCode::too_large, fmt::format("{}: the grammar is too large", name),
                    "Use a simpler grammar.");
    };
    if (rules.too_large()) return too_large();
    const std::vector<bool> nullable = nullable_nodes(rules);
    if (auto status = check(rules, nullable, name); !status) return tl::unexpected(status.error());
    auto program = Compiler(rules, nullable).run();
    if (!program) return too_large();
    return program;
}

}  // namespace kinglet::grammar

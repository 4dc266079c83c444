// Tells a reasoning model's thoughts from its answer while the text arrives.
#pragma once

#include <QString>

namespace kinglet::gui {

/// Splits "<think> ... </think> answer" as it comes in pieces. Only a tag at the very beginning opens
/// thoughts; a beginning that may yet become one is held back until it is clear.
class ThinkingSplitter {
  public:
    /// Nothing is a thought, and nothing is left off at the beginning: what comes is all answer.
    void expectNone();
    void append(const QString& piece);
    /// No more text comes: what was held back is answer.
    void finish();

    const QString& answer() const { return answer_; }
    const QString& thinking() const { return thinking_; }
    /// Inside the thoughts now.
    bool isThinking() const { return state_ == State::Thinking; }
    bool hasThinking() const { return hadThinking_; }

  private:
    enum class State { Undecided, Thinking, Answer };
    void consume(bool last);

    State state_ = State::Undecided;
    bool hadThinking_ = false;
    bool answerBegun_ = false;
    QString pending_;
    QString answer_;
    QString thinking_;
};

}  // namespace kinglet::gui

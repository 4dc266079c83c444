#include "app/gui/fitting_text.h"

#include <algorithm>

namespace kinglet::gui {

qsizetype fittingStart(const QString& text, std::size_t most,
                       const std::function<std::size_t(const QString&)>& count) {
    qsizetype tooEarly = 0;
    qsizetype start = text.size();
    // As near as a few words: each step has the tokenizer read what may stay.
    const auto nearEnough = std::max<qsizetype>(8, static_cast<qsizetype>(most / 16));
    while (start - tooEarly > nearEnough) {
        const qsizetype middle = tooEarly + (start - tooEarly) / 2;
        (count(text.mid(middle)) <= most ? start : tooEarly) = middle;
    }
    // At most a quarter of what could stay is given for a better beginning.
    const qsizetype latest = start + (text.size() - start) / 4;
    const qsizetype lineEnd = text.indexOf(u'\n', std::max<qsizetype>(start - 1, 0));
    if (lineEnd >= 0 && lineEnd + 1 <= latest) {
        start = lineEnd + 1;
    } else {
        qsizetype word = start;
        while (word < latest && word > 0 && !text[word - 1].isSpace()) ++word;
        if (word < latest) start = word;
    }
    if (start < text.size() && text[start].isLowSurrogate()) ++start;
    return std::clamp<qsizetype>(start, 0, std::max<qsizetype>(text.size() - 1, 0));
}

}  // namespace kinglet::gui

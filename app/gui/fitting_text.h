// Where a text begins when its beginning has to be left out.
#pragma once

#include <QString>
#include <functional>

namespace kinglet::gui {

/// The place from which on `text` takes at most `most` tokens, or a little fewer: a paragraph's beginning
/// where one is near, else a word's. Something is always left; `count` tells how many tokens a text takes.
qsizetype fittingStart(const QString& text, std::size_t most,
                       const std::function<std::size_t(const QString&)>& count);

}  // namespace kinglet::gui

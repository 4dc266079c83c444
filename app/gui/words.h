// How the window writes numbers and sizes.
#pragma once

#include <QString>

namespace kinglet::gui {

/// "669 MB", "1.8 GB": decimal units, as shops and file managers count.
QString sizeText(qint64 bytes);
/// With the locale's separators: "2,048".
QString countText(qint64 number);
/// "28 tokens/s", with one digit behind the point below 10.
QString speedText(double tokensPerSecond);
/// "11 s", "3 min", "2 h 5 min".
QString durationText(qint64 seconds);
/// "1.1 billion parameters"; empty for 0.
QString parametersText(qint64 count);
/// A title for a chat from its first message: the first sentence or line without Markdown, cut at a word.
QString titleFromMessage(const QString& message);
/// An error's text as a sentence for the window: the file by its name instead of its whole path, a full stop
/// at the end.
QString sentence(const QString& text, const QString& path = {});
/// One line of it, at most `length` characters.
QString elided(const QString& text, int length);

}  // namespace kinglet::gui

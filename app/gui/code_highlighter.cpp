#include "app/gui/code_highlighter.h"

#include <QTextDocument>
#include <algorithm>

#include "app/gui/code_languages.h"

namespace kinglet::gui {

namespace {

// Colouring more than this would hold the window up; such a text is read by machines anyway.
constexpr int kMostLines = 4000;
constexpr qsizetype kLongestLine = 4000;

bool isWordStart(QChar c) {
    return c.isLetter() || c == u'_' || c == u'$';
}

}  // namespace

/// One line at a time; the state of a line is 0, 1 inside a block comment, 2 + n inside longQuotes[n].
class Highlighter : public QSyntaxHighlighter {
  public:
    using QSyntaxHighlighter::QSyntaxHighlighter;
    enum Color { Keyword, Type, String, Comment, Number };

    const CodeLanguage* language = nullptr;
    QColor colors[5];

  protected:
    void highlightBlock(const QString& text) override;

  private:
    void paint(qsizetype start, qsizetype length, Color color) {
        if (colors[color].isValid())
            setFormat(static_cast<int>(start), static_cast<int>(length), colors[color]);
    }
    qsizetype continueState(const QString& text);
    qsizetype comment(const QString& text, qsizetype at);
    qsizetype string(const QString& text, qsizetype at);
    qsizetype number(const QString& text, qsizetype at);
    qsizetype word(const QString& text, qsizetype at);
};

qsizetype Highlighter::continueState(const QString& text) {
    const int state = previousBlockState();
    if (state <= 0) return 0;
    const bool isComment = state == 1;
    const QString close = isComment ? language->blockClose : language->longQuotes.value(state - 2);
    const qsizetype end = close.isEmpty() ? -1 : text.indexOf(close);
    const qsizetype until = end < 0 ? text.size() : end + close.size();
    paint(0, until, isComment ? Comment : String);
    if (end < 0) setCurrentBlockState(state);
    return until;
}

/// The position after a comment that begins at `at`, or `at` where none does.
qsizetype Highlighter::comment(const QString& text, qsizetype at) {
    const QStringView rest = QStringView(text).mid(at);
    if (!language->blockOpen.isEmpty() && rest.startsWith(language->blockOpen)) {
        const qsizetype end = text.indexOf(language->blockClose, at + language->blockOpen.size());
        const qsizetype until = end < 0 ? text.size() : end + language->blockClose.size();
        paint(at, until - at, Comment);
        if (end < 0) setCurrentBlockState(1);
        return until;
    }
    for (const QString& mark : language->lineComments) {
        if (!rest.startsWith(mark)) continue;
        // A # within a word ($#, a#b) begins no comment.
        if (mark == QLatin1String("#") && at > 0 && !text[at - 1].isSpace() && text[at - 1] != u';') continue;
        paint(at, text.size() - at, Comment);
        return text.size();
    }
    return at;
}

qsizetype Highlighter::string(const QString& text, qsizetype at) {
    for (int i = 0; i < language->longQuotes.size(); ++i) {
        const QString& quote = language->longQuotes[i];
        if (!QStringView(text).mid(at).startsWith(quote)) continue;
        const qsizetype end = text.indexOf(quote, at + quote.size());
        const qsizetype until = end < 0 ? text.size() : end + quote.size();
        paint(at, until - at, String);
        if (end < 0) setCurrentBlockState(2 + i);
        return until;
    }
    if (!language->quotes.contains(text[at])) return at;
    qsizetype end = at + 1;
    while (end < text.size() && text[end] != text[at]) end += text[end] == u'\\' ? 2 : 1;
    end = std::min(end + 1, text.size());
    paint(at, end - at, String);
    return end;
}

qsizetype Highlighter::number(const QString& text, qsizetype at) {
    qsizetype end = at;
    while (end < text.size() && (text[end].isLetterOrNumber() || text[end] == u'.' || text[end] == u'_' ||
                                 (text[end] == u'\'' && end + 1 < text.size() && text[end + 1].isDigit()))) {
        ++end;
    }
    paint(at, end - at, Number);
    return end;
}

qsizetype Highlighter::word(const QString& text, qsizetype at) {
    qsizetype end = at;
    while (end < text.size() && (text[end].isLetterOrNumber() || text[end] == u'_' || text[end] == u'$' ||
                                 (language->dashInWords && text[end] == u'-'))) {
        ++end;
    }
    const QString raw = text.mid(at, end - at);
    const QString name = language->ignoreCase ? raw.toLower() : raw;
    const QStringView rest = QStringView(text).mid(end);
    if (language->markup) {
        if (at > 0 && (text[at - 1] == u'<' || (text[at - 1] == u'/' && at > 1 && text[at - 2] == u'<'))) {
            paint(at, end - at, Keyword);
        } else if (rest.startsWith(u'=')) {
            paint(at, end - at, Type);
        }
    } else if (language->keywords.contains(name)) {
        paint(at, end - at, Keyword);
    } else if (language->types.contains(name)) {
        paint(at, end - at, Type);
    } else if (language->scopedIsType && (rest.startsWith(QLatin1String("::")) ||
                                          (at > 1 && text[at - 1] == u':' && text[at - 2] == u':'))) {
        paint(at, end - at, Type);
    } else if (language->capitalIsType && raw.size() > 1 && raw[0].isUpper() &&
               std::any_of(raw.begin(), raw.end(), [](QChar c) { return c.isLower(); })) {
        paint(at, end - at, Type);
    }
    return end;
}

void Highlighter::highlightBlock(const QString& text) {
    setCurrentBlockState(0);
    if (!language || text.size() > kLongestLine || currentBlock().blockNumber() > kMostLines) return;
    qsizetype at = continueState(text);
    if (language->hashIsDirective && at == 0 && text.trimmed().startsWith(u'#')) {
        const qsizetype start = text.indexOf(u'#');
        qsizetype end = start + 1;
        while (end < text.size() && (text[end].isSpace() || text[end].isLetter())) {
            if (text[end].isSpace() && end > start + 1 && text[end - 1].isLetter()) break;
            ++end;
        }
        paint(start, end - start, Keyword);
        at = end;
    }
    while (at < text.size()) {
        qsizetype next = comment(text, at);
        if (next == at) next = string(text, at);
        if (next == at && text[at].isDigit()) {
            // The digits of a name with dashes or dots in it (model-1.1b) are no number.
            const bool inName =
                at > 1 && (text[at - 1] == u'-' || text[at - 1] == u'.') && text[at - 2].isLetterOrNumber();
            next = inName ? word(text, at) : number(text, at);
        }
        if (next == at && isWordStart(text[at])) next = word(text, at);
        at = std::max(next, at + 1);
    }
}

CodeHighlighter::CodeHighlighter(QObject* parent) : QObject(parent) {}

CodeHighlighter::~CodeHighlighter() {
    delete highlighter_;
}

void CodeHighlighter::setDocument(QQuickTextDocument* document) {
    if (document_ == document) return;
    delete highlighter_;
    document_ = document;
    if (document && document->textDocument()) highlighter_ = new Highlighter(document->textDocument());
    apply();
    emit documentChanged();
}

void CodeHighlighter::setLanguage(const QString& language) {
    if (language_ == language) return;
    language_ = language;
    apply();
    emit languageChanged();
}

QString CodeHighlighter::label() const {
    const CodeLanguage* language = findLanguage(language_);
    return language ? language->label : language_;
}

bool CodeHighlighter::known() const {
    return findLanguage(language_) != nullptr;
}

void CodeHighlighter::setColor(int index, const QColor& color) {
    if (colors_[index] == color) return;
    colors_[index] = color;
    apply();
    emit colorsChanged();
}

void CodeHighlighter::apply() {
    if (!highlighter_) return;
    highlighter_->language = findLanguage(language_);
    std::copy(std::begin(colors_), std::end(colors_), std::begin(highlighter_->colors));
    highlighter_->rehighlight();
}

}  // namespace kinglet::gui

#include "app/gui/text_page.h"

#include <QScopedValueRollback>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <algorithm>

#include "app/gui/conversation_p.h"
#include "app/gui/text_ink.h"
#include "storage/chat_store.h"

namespace kinglet::gui {

namespace {

/// Among the settings of a text: how much of its beginning the model no longer sees.
const char* const kUnseen = "text_start";

QString textOf(const QList<storage::Message>& path) {
    QString text;
    for (const storage::Message& piece : path) text += piece.content;
    return text;
}

QString textOf(const QTextDocument& document) {
    QString text = document.toRawText();
    text.replace(QChar::ParagraphSeparator, u'\n');
    text.replace(QChar::LineSeparator, u'\n');
    return text;
}

QList<qint64> idsOf(const QList<storage::Message>& path) {
    QList<qint64> ids;
    for (const storage::Message& piece : path) ids.append(piece.id);
    return ids;
}

}  // namespace

TextPage::TextPage(ConversationPrivate& conversation) : d_(conversation) {}
TextPage::~TextPage() = default;

void TextPage::setDocument(QQuickTextDocument* document) {
    if (document_ == document) return;
    if (document_) disconnect(document_->textDocument(), nullptr, this, nullptr);
    delete ink_;
    document_ = document;
    if (document_) {
        QTextDocument* words = document_->textDocument();
        ink_ = new TextInk(words);
        load();
        connect(words, &QTextDocument::contentsChanged, this, &TextPage::onDocumentChanged);
    }
    emit documentChanged();
}

void TextPage::setModelInk(const QColor& color) {
    if (modelInk_ == color) return;
    modelInk_ = color;
    paint(0, text_.size());
    emit looksChanged();
}

void TextPage::setUnseenInk(const QColor& color) {
    if (unseenInk_ == color) return;
    unseenInk_ = color;
    paint(0, text_.size());
    emit looksChanged();
}

void TextPage::setLineHeight(double multiple) {
    if (qFuzzyCompare(lineHeight_, multiple)) return;
    lineHeight_ = multiple;
    load();
    emit looksChanged();
}

/// Puts the text into the document; from here on edits can be undone.
void TextPage::load() {
    if (!document_) return;
    const QScopedValueRollback<bool> own(editing_, true);
    QTextDocument* words = document_->textDocument();
    words->setUndoRedoEnabled(false);
    QTextCursor cursor(words);
    cursor.select(QTextCursor::Document);
    QTextBlockFormat line;
    line.setLineHeight(lineHeight_ * 100, QTextBlockFormat::ProportionalHeight);
    cursor.setBlockFormat(line);
    cursor.insertText(text_);
    words->setUndoRedoEnabled(true);
    paint(0, text_.size());
}

void TextPage::show() {
    versions_.clear();
    for (const storage::Message& piece : std::as_const(d_.path)) versions_.add(piece);
    storedLeaf_ = d_.path.isEmpty() ? 0 : d_.path.last().id;
    d_.path = versions_.path(idsOf(d_.path));
    text_ = d_.job || d_.draft.isEmpty() ? textOf(d_.path) : asShown(d_.draft);
    spans_.clear();
    anotherWanted_ = false;
    note_.clear();
    match({});
    if (d_.job) joinJob(*d_.job);
    d_.draft = text_;
    load();
    emit textChanged();
    refresh();
}

/// The continuation under way has come as far as this by now. It stands behind its parent, in the place of
/// what may have been there; what is kept of it is not yet a piece.
void TextPage::joinJob(const AnswerJob& job) {
    while (!d_.path.isEmpty() && d_.path.last().id != job.request().parentId) d_.path.removeLast();
    beforeJob();
    written_ = job.text().size();
    cameInTheMidst_ = written_ > 0;
    if (written_ == 0) return;
    text_ = text_.left(writeFrom_) + job.text();
    spans_ = spansBefore_;
    appendSpan(spans_, writeFrom_, written_);
}

void TextPage::setText(const QString& text) {
    const QString wanted = asShown(text);
    const TextChange change = changeBetween(text_, wanted);
    if (change.added > 0 || change.removed > 0) {
        replaceInDocument(change, wanted.mid(change.start, change.added), false);
        seal();
    }
    setWords(wanted, change);
}

void TextPage::showPath() {
    for (const storage::Message& piece : std::as_const(d_.path)) versions_.add(piece);
    storedLeaf_ = d_.path.isEmpty() ? 0 : d_.path.last().id;
    note_.clear();
    setText(textOf(d_.path));
    refresh();
}

void TextPage::noteSaved(const storage::Message& piece) {
    versions_.add(piece);
    storedLeaf_ = piece.id;
    match({text_.size(), 0, 0});
}

/// Changes the document by our own hand, as an edit of its own or as more of the last one.
void TextPage::replaceInDocument(const TextChange& change, const QString& words, bool joinLast) {
    if (!document_) return;
    const QScopedValueRollback<bool> own(editing_, true);
    QTextCursor cursor(document_->textDocument());
    if (joinLast) {
        cursor.joinPreviousEditBlock();
    } else {
        cursor.beginEditBlock();
    }
    cursor.setPosition(static_cast<int>(change.start));
    cursor.setPosition(static_cast<int>(change.start + change.removed), QTextCursor::KeepAnchor);
    cursor.insertText(words);
    cursor.endEditBlock();
}

/// Keeps what is typed next from becoming part of our edit: of insertions that follow each other a document
/// makes one step, but not of one that follows a deletion.
void TextPage::seal() {
    if (!document_) return;
    const QScopedValueRollback<bool> own(editing_, true);
    QTextCursor cursor(document_->textDocument());
    cursor.joinPreviousEditBlock();
    cursor.movePosition(QTextCursor::End);
    cursor.insertText(QStringLiteral(" "));
    cursor.deletePreviousChar();
    cursor.endEditBlock();
}

/// The person typed, pasted, undid.
void TextPage::onDocumentChanged() {
    if (editing_ || !document_) return;
    const QString now = textOf(*document_->textDocument());
    if (now == text_) return;
    note_.clear();
    setWords(now, changeBetween(text_, now));
}

void TextPage::setWords(const QString& text, const TextChange& change) {
    const bool beginsOrEnds = text.isEmpty() != text_.isEmpty();
    text_ = text;
    d_.draft = text;
    if (change.start < storedUnseen()) forgetUnseen();
    match(change);
    d_.draftTimer.start();
    d_.measureSoon();
    emit textChanged();
    refresh();
    if (beginsOrEnds) emit d_.q.messagesChanged();
}

/// Finds what of the text is saved already, and with it who wrote what.
void TextPage::match(const TextChange& change) {
    match_ = versions_.match(text_, idsOf(d_.path));
    d_.path = versions_.path(match_.ids);
    QList<TextSpan> spans = versions_.spans(match_.ids);
    for (const TextSpan& span : afterChange(spans_, change)) {
        const qsizetype start = std::max(span.start, match_.length);
        appendSpan(spans, start, span.end() - start);
    }
    setSpans(spans, change);
}

void TextPage::setSpans(const QList<TextSpan>& spans, const TextChange& change) {
    const bool elsewhere = spans != afterChange(spans_, change);
    spans_ = spans;
    if (elsewhere || (ink_ && ink_->unseenLength != unseenLength())) {
        paint(0, text_.size());
    } else {
        paint(change.start, change.start + change.added);
    }
}

void TextPage::paint(qsizetype from, qsizetype to) {
    if (!ink_) return;
    // A document tells of new colours as of new words.
    const QScopedValueRollback<bool> own(editing_, true);
    ink_->modelInk = modelInk_;
    ink_->unseenInk = unseenInk_;
    ink_->unseenLength = unseenLength();
    ink_->modelSpans = spans_;
    ink_->paint(from, to);
}

void TextPage::forgetUnseen() {
    d_.chat.settings.remove(QLatin1String(kUnseen));
    d_.settingsTimer.start();
}

qint64 TextPage::storedUnseen() const {
    return d_.chat.settings.value(QLatin1String(kUnseen)).toInteger();
}

int TextPage::unseenLength() const {
    return static_cast<int>(std::clamp<qint64>(storedUnseen(), 0, text_.size()));
}

QString TextPage::prompt() const {
    const QString whole = textOf(d_.path);
    return unseenLength() < whole.size() ? whole.mid(unseenLength()) : whole;
}

QString TextPage::blockedReason() const {
    const QString reason = d_.sendBlockedReason();
    if (!reason.isEmpty()) return reason;
    return text_.isEmpty() ? tr("Write a beginning first.") : QString();
}

bool TextPage::canTryAnother() const {
    const storage::Message* last = leaf();
    return isSaved() && last && last->role == storage::Role::Assistant && d_.sendBlockedReason().isEmpty();
}

/// The last piece that has versions beside it; null where there is none, or where an edit is not saved that
/// another version would take from the page.
const storage::Message* TextPage::fork() const {
    if (!isSaved()) return nullptr;
    const auto found = std::find_if(d_.path.rbegin(), d_.path.rend(),
                                    [](const storage::Message& piece) { return piece.branchCount > 1; });
    return found == d_.path.rend() ? nullptr : &*found;
}

int TextPage::versionIndex() const {
    const storage::Message* piece = fork();
    return piece ? piece->branchIndex : 1;
}
int TextPage::versionCount() const {
    const storage::Message* piece = fork();
    return piece ? piece->branchCount : 1;
}

bool TextPage::goOn() {
    if (!canGoOn()) return false;
    save();
    anotherWanted_ = false;
    note_.clear();
    d_.goOn(text_.mid(match_.length), match_.leafId(), keptSpans(spans_, match_.length));
    return true;
}

bool TextPage::tryAnother() {
    if (!canTryAnother()) return false;
    save();
    anotherWanted_ = true;
    note_.clear();
    d_.answer(leaf()->parentId);
    return true;
}

void TextPage::retry() {
    if (anotherWanted_) {
        tryAnother();
    } else {
        goOn();
    }
}

void TextPage::selectVersion(int delta) {
    if (const storage::Message* piece = fork()) d_.selectBranch(piece->id, delta);
}

bool TextPage::begin(const QString& words) {
    if (!d_.sendBlockedReason().isEmpty()) return false;
    setText(text_ + words);
    return goOn();
}

void TextPage::beforeJob() {
    writeFrom_ = textOf(d_.path).size();
    spansBefore_ = versions_.spans(idsOf(d_.path));
    written_ = 0;
    cameInTheMidst_ = false;
}

void TextPage::follow(const AnswerJob& job) {
    const QString& all = job.text();
    if (all.size() <= written_) return;
    const bool first = written_ == 0;
    const TextChange change{writeFrom_ + written_, text_.size() - writeFrom_ - written_,
                            all.size() - written_};
    const QString words = all.mid(written_);
    written_ = all.size();
    text_ = text_.left(writeFrom_) + all;
    d_.draft = text_;
    // Before the words come, so that they come in their ink.
    spans_ = spansBefore_;
    appendSpan(spans_, writeFrom_, written_);
    if (ink_) ink_->modelSpans = spans_;
    replaceInDocument(change, words, !first);
    emit textChanged();
}

void TextPage::afterJob(const AnswerJob& job) {
    const bool saved = job.messageId() != AnswerJob::unsavedId;
    if (saved) {
        versions_.add(job.message());
        storedLeaf_ = job.messageId();
    }
    if (job.stats().droppedText > 0) {
        d_.chat.settings.insert(QLatin1String(kUnseen), unseenLength() + job.stats().droppedText);
        d_.saveSettings();
    }
    if (!saved && job.text().isEmpty() && job.stats().finishReason == QLatin1String("end")) {
        note_ = tr("For the model the text ends here. Write on, or change its last words.");
    }
    if (written_ > 0) seal();
    if (cameInTheMidst_ && document_) document_->textDocument()->clearUndoRedoStacks();
    written_ = 0;
    match({text_.size(), 0, 0});
    d_.draftTimer.start();
}

void TextPage::refresh() {
    card_ = {};
    if (!d_.job && !d_.sending) {
        if (d_.card) {
            card_ = failureRow(ConversationPrivate::cardId, *d_.card, d_.cardContext());
        } else if (const storage::Message* last = isSaved() ? leaf() : nullptr) {
            card_ = rowOf(*last, d_.cardContext());
            if (last->status == storage::MessageStatus::Interrupted) note_ = card_.noteText;
        }
    }
    emit changed();
}

void TextPage::save() {
    if (d_.job || d_.sending || d_.chat.id == 0) return;
    const QString draft = isSaved() ? QString() : text_;
    if (draft != d_.chat.draft) {
        d_.chat.draft = draft;
        d_.s.chats->saveDraft(d_.chat.id, draft);
    }
    if (isSaved() && storedLeaf_ != match_.leafId()) {
        storedLeaf_ = match_.leafId();
        d_.s.chats->showUpTo(d_.chat.id, storedLeaf_);
    }
}

}  // namespace kinglet::gui

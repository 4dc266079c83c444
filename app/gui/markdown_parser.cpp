#include "app/gui/markdown_parser.h"

#include <md4c.h>

#include <QHash>
#include <QRegularExpression>
#include <algorithm>

namespace kinglet::gui {

namespace {

constexpr qsizetype kLongestSegment = 256 * 1024;
constexpr int kMostCells = 20000;
constexpr int kMostBlocks = 50000;
constexpr int kDeepest = 8;  // deeper lists and quotes are drawn at this depth

/// "[name]: address" would vanish from the page, and act on text far away. A backslash shows it.
QString withoutDefinitions(QStringView text) {
    static const QRegularExpression definition(
        QStringLiteral(
            "^((?:[ \\t>]|[-*+][ \\t]|\\d{1,9}[.)][ \\t]){0,40})(?=\\[(?:\\\\.|[^\\[\\]\\\\]){1,999}\\]:)"),
        QRegularExpression::MultilineOption | QRegularExpression::DotMatchesEverythingOption);
    QString result = text.toString();
    if (result.contains(QLatin1String("]:"))) result.replace(definition, QStringLiteral("\\1\\"));
    return result;
}

QString entity(QStringView name) {
    static const QHash<QString, QString> named = {{QStringLiteral("&amp;"), QStringLiteral("&")},
                                                  {QStringLiteral("&lt;"), QStringLiteral("<")},
                                                  {QStringLiteral("&gt;"), QStringLiteral(">")},
                                                  {QStringLiteral("&quot;"), QStringLiteral("\"")},
                                                  {QStringLiteral("&apos;"), QStringLiteral("'")},
                                                  {QStringLiteral("&nbsp;"), QString(QChar(0x00a0))},
                                                  {QStringLiteral("&copy;"), QString(QChar(0x00a9))},
                                                  {QStringLiteral("&reg;"), QString(QChar(0x00ae))},
                                                  {QStringLiteral("&deg;"), QString(QChar(0x00b0))},
                                                  {QStringLiteral("&times;"), QString(QChar(0x00d7))},
                                                  {QStringLiteral("&divide;"), QString(QChar(0x00f7))},
                                                  {QStringLiteral("&ndash;"), QString(QChar(0x2013))},
                                                  {QStringLiteral("&mdash;"), QString(QChar(0x2014))},
                                                  {QStringLiteral("&lsquo;"), QString(QChar(0x2018))},
                                                  {QStringLiteral("&rsquo;"), QString(QChar(0x2019))},
                                                  {QStringLiteral("&ldquo;"), QString(QChar(0x201c))},
                                                  {QStringLiteral("&rdquo;"), QString(QChar(0x201d))},
                                                  {QStringLiteral("&bull;"), QString(QChar(0x2022))},
                                                  {QStringLiteral("&hellip;"), QString(QChar(0x2026))},
                                                  {QStringLiteral("&euro;"), QString(QChar(0x20ac))},
                                                  {QStringLiteral("&larr;"), QString(QChar(0x2190))},
                                                  {QStringLiteral("&rarr;"), QString(QChar(0x2192))},
                                                  {QStringLiteral("&le;"), QString(QChar(0x2264))},
                                                  {QStringLiteral("&ge;"), QString(QChar(0x2265))},
                                                  {QStringLiteral("&ne;"), QString(QChar(0x2260))},
                                                  {QStringLiteral("&middot;"), QString(QChar(0x00b7))}};
    if (name.startsWith(QLatin1String("&#"))) {
        const bool hex = name.size() > 2 && (name[2] == u'x' || name[2] == u'X');
        bool ok = false;
        const uint code = name.mid(hex ? 3 : 2, name.size() - (hex ? 4 : 3)).toUInt(&ok, hex ? 16 : 10);
        const bool usable = ok && code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
        const char32_t point = usable ? code : 0xfffd;
        return QString::fromUcs4(&point, 1);
    }
    const auto found = named.constFind(name.toString());
    return found == named.constEnd() ? name.toString() : *found;
}

QString decoded(const MD_ATTRIBUTE& attribute) {
    QString result;
    for (int i = 0; attribute.substr_offsets && attribute.substr_offsets[i] < attribute.size; ++i) {
        const MD_OFFSET from = attribute.substr_offsets[i];
        const QString part = QString::fromUtf8(attribute.text + from, attribute.substr_offsets[i + 1] - from);
        if (attribute.substr_types[i] == MD_TEXT_ENTITY) {
            result += entity(part);
        } else if (attribute.substr_types[i] == MD_TEXT_NULLCHAR) {
            result += QChar(QChar::ReplacementCharacter);
        } else {
            result += part;
        }
    }
    return result;
}

bool mayLink(const QString& address) {
    return address.startsWith(QLatin1String("https://"), Qt::CaseInsensitive) ||
           address.startsWith(QLatin1String("http://"), Qt::CaseInsensitive) ||
           address.startsWith(QLatin1String("mailto:"), Qt::CaseInsensitive);
}

/// Collects what md4c reports. Returning nonzero from a callback ends the parse.
class Builder {
  public:
    explicit Builder(qint64 firstNumber) : firstNumber_(firstNumber) {}

    int enterBlock(MD_BLOCKTYPE type, void* detail);
    int leaveBlock(MD_BLOCKTYPE type);
    int enterSpan(MD_SPANTYPE type, void* detail);
    int leaveSpan(MD_SPANTYPE type);
    int addText(MD_TEXTTYPE type, QStringView text);
    std::vector<MarkdownBlock> take() { return std::move(blocks_); }

  private:
    struct List {
        bool ordered = false;
        qint64 number = 0;
        QChar delimiter;
    };

    void beginLeaf(int kind);
    void endLeaf();
    void write(const QString& plain);
    void enterItem(const MD_BLOCK_LI_DETAIL& item);
    void enterOrderedList(const MD_BLOCK_OL_DETAIL& list);
    int enterCell(const MD_BLOCK_TD_DETAIL& cell);
    QString takeMarker() { return std::exchange(marker_, QString()); }

    std::vector<MarkdownBlock> blocks_;
    std::vector<List> lists_;
    std::vector<QString> links_;  // addresses of open links that are shown as text; empty: a real link
    QString marker_;
    MarkdownBlock leaf_;
    QString html_;
    QString text_;
    QVariantList row_;
    bool inLeaf_ = false;
    bool inCode_ = false;
    bool inTable_ = false;
    int quotes_ = 0;
    int images_ = 0;
    int cells_ = 0;
    qint64 firstNumber_;
};

void Builder::beginLeaf(int kind) {
    leaf_ = {};
    leaf_.kind = kind;
    leaf_.quoteDepth = std::min(quotes_, kDeepest);
    leaf_.level = static_cast<int>(std::min<std::size_t>(lists_.size(), kDeepest));
    if (!lists_.empty()) leaf_.marker = takeMarker();
    html_.clear();
    text_.clear();
    inLeaf_ = true;
}

void Builder::endLeaf() {
    if (!inLeaf_) return;
    inLeaf_ = false;
    leaf_.html = html_;
    leaf_.text = text_;
    blocks_.push_back(leaf_);
}

void Builder::enterItem(const MD_BLOCK_LI_DETAIL& item) {
    List& list = lists_.back();
    if (item.is_task) {
        marker_ = QString(item.task_mark == ' ' ? QChar(0x2610) : QChar(0x2611));
    } else if (list.ordered) {
        marker_ = QString::number(list.number) + list.delimiter;
    } else {
        marker_ = QString(QChar(0x2022));
    }
    ++list.number;
}

void Builder::enterOrderedList(const MD_BLOCK_OL_DETAIL& list) {
    endLeaf();
    const bool goesOn = lists_.empty() && firstNumber_ >= 0;
    lists_.push_back({true, goesOn ? firstNumber_ : static_cast<qint64>(list.start),
                      QChar(QLatin1Char(list.mark_delimiter))});
    if (goesOn) firstNumber_ = -1;
}

int Builder::enterCell(const MD_BLOCK_TD_DETAIL& cell) {
    if (++cells_ > kMostCells) return 1;
    html_.clear();
    if (leaf_.alignments.size() < leaf_.columns) {
        leaf_.alignments.append(cell.align == MD_ALIGN_CENTER ? 1 : cell.align == MD_ALIGN_RIGHT ? 2 : 0);
    }
    return 0;
}

int Builder::enterBlock(MD_BLOCKTYPE type, void* detail) {
    if (blocks_.size() > kMostBlocks) return 1;
    switch (type) {
        case MD_BLOCK_DOC:
        case MD_BLOCK_HTML:
        case MD_BLOCK_THEAD:
        case MD_BLOCK_TBODY:
            break;
        case MD_BLOCK_QUOTE:
            endLeaf();
            ++quotes_;
            break;
        case MD_BLOCK_UL:
            endLeaf();
            lists_.push_back({});
            break;
        case MD_BLOCK_OL:
            enterOrderedList(*static_cast<MD_BLOCK_OL_DETAIL*>(detail));
            break;
        case MD_BLOCK_LI:
            enterItem(*static_cast<MD_BLOCK_LI_DETAIL*>(detail));
            break;
        case MD_BLOCK_HR:
            beginLeaf(MarkdownBlocks::Rule);
            endLeaf();
            break;
        case MD_BLOCK_H:
            beginLeaf(MarkdownBlocks::Heading);
            leaf_.level = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
            break;
        case MD_BLOCK_CODE: {
            endLeaf();
            beginLeaf(MarkdownBlocks::Code);
            leaf_.language = decoded(static_cast<MD_BLOCK_CODE_DETAIL*>(detail)->lang).left(32);
            inCode_ = true;
            break;
        }
        case MD_BLOCK_P:
            beginLeaf(!lists_.empty() ? MarkdownBlocks::ListItem
                      : quotes_ > 0   ? MarkdownBlocks::Quote
                                      : MarkdownBlocks::Paragraph);
            break;
        case MD_BLOCK_TABLE:
            endLeaf();
            beginLeaf(MarkdownBlocks::Table);
            leaf_.columns = static_cast<int>(static_cast<MD_BLOCK_TABLE_DETAIL*>(detail)->col_count);
            inTable_ = true;
            break;
        case MD_BLOCK_TR:
            row_.clear();
            break;
        case MD_BLOCK_TH:
        case MD_BLOCK_TD:
            return enterCell(*static_cast<MD_BLOCK_TD_DETAIL*>(detail));
    }
    return 0;
}

int Builder::leaveBlock(MD_BLOCKTYPE type) {
    switch (type) {
        case MD_BLOCK_QUOTE:
            endLeaf();
            --quotes_;
            break;
        case MD_BLOCK_UL:
        case MD_BLOCK_OL:
            endLeaf();
            lists_.pop_back();
            break;
        case MD_BLOCK_LI:
            endLeaf();
            if (!marker_.isEmpty()) {  // an item without content still shows its mark
                beginLeaf(MarkdownBlocks::ListItem);
                endLeaf();
            }
            break;
        case MD_BLOCK_H:
        case MD_BLOCK_P:
            endLeaf();
            break;
        case MD_BLOCK_CODE:
            inCode_ = false;
            if (text_.endsWith(u'\n')) text_.chop(1);
            endLeaf();
            break;
        case MD_BLOCK_TH:
        case MD_BLOCK_TD:
            row_.append(html_);
            text_ += u'\t';
            break;
        case MD_BLOCK_TR:
            leaf_.cells.append(QVariant(row_));
            text_ += u'\n';
            break;
        case MD_BLOCK_TABLE:
            inTable_ = false;
            html_.clear();
            endLeaf();
            break;
        default:
            break;
    }
    return 0;
}

int Builder::enterSpan(MD_SPANTYPE type, void* detail) {
    if (!inLeaf_) beginLeaf(MarkdownBlocks::ListItem);  // tight items have no paragraph of their own
    switch (type) {
        case MD_SPAN_EM:
            html_ += QLatin1String("<i>");
            break;
        case MD_SPAN_STRONG:
            html_ += QLatin1String("<b>");
            break;
        case MD_SPAN_DEL:
            html_ += QLatin1String("<s>");
            break;
        case MD_SPAN_CODE:
            html_ += QLatin1String("<code>");
            break;
        case MD_SPAN_A: {
            const QString address = decoded(static_cast<MD_SPAN_A_DETAIL*>(detail)->href);
            if (mayLink(address) && images_ == 0) {
                html_ += QLatin1String("<a href=\"") + address.toHtmlEscaped() + QLatin1String("\">");
                links_.emplace_back();
            } else {
                links_.push_back(address.isEmpty() ? QStringLiteral("#") : address);
            }
            break;
        }
        case MD_SPAN_IMG:
            ++images_;
            links_.push_back(decoded(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src));
            break;
        default:
            break;
    }
    return html_.size() > kLongestSegment * 8 ? 1 : 0;
}

int Builder::leaveSpan(MD_SPANTYPE type) {
    switch (type) {
        case MD_SPAN_EM:
            html_ += QLatin1String("</i>");
            break;
        case MD_SPAN_STRONG:
            html_ += QLatin1String("</b>");
            break;
        case MD_SPAN_DEL:
            html_ += QLatin1String("</s>");
            break;
        case MD_SPAN_CODE:
            html_ += QLatin1String("</code>");
            break;
        case MD_SPAN_A:
        case MD_SPAN_IMG: {
            if (type == MD_SPAN_IMG) --images_;
            const QString address = links_.back();
            links_.pop_back();
            if (type == MD_SPAN_A && address.isEmpty()) {
                html_ += QLatin1String("</a>");
            } else if (!address.isEmpty()) {
                write(QLatin1String(" (") + address + QLatin1Char(')'));
            }
            break;
        }
        default:
            break;
    }
    return 0;
}

void Builder::write(const QString& plain) {
    html_ += plain.toHtmlEscaped();
    text_ += plain;
}

int Builder::addText(MD_TEXTTYPE type, QStringView text) {
    if (inCode_) {
        if (type == MD_TEXT_NULLCHAR) {
            text_ += QChar(QChar::ReplacementCharacter);
        } else {
            text_ += text;
        }
        return 0;
    }
    if (!inLeaf_) beginLeaf(MarkdownBlocks::ListItem);
    switch (type) {
        case MD_TEXT_NULLCHAR:
            write(QString(QChar(QChar::ReplacementCharacter)));
            break;
        case MD_TEXT_BR:
        case MD_TEXT_SOFTBR:
            // Models break lines where they mean it (verses, addresses), so a single break is shown as one.
            html_ += inTable_ ? QLatin1String(" ") : QLatin1String("<br/>");
            text_ += u'\n';
            break;
        case MD_TEXT_ENTITY:
            write(entity(text));
            break;
        default:
            write(text.toString());
            break;
    }
    return 0;
}

MD_PARSER callbacks() {
    MD_PARSER parser{};
    parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS |
                   MD_FLAG_PERMISSIVEURLAUTOLINKS | MD_FLAG_PERMISSIVEWWWAUTOLINKS | MD_FLAG_NOHTMLBLOCKS |
                   MD_FLAG_NOHTMLSPANS;
    parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* builder) {
        return static_cast<Builder*>(builder)->enterBlock(type, detail);
    };
    parser.leave_block = [](MD_BLOCKTYPE type, void*, void* builder) {
        return static_cast<Builder*>(builder)->leaveBlock(type);
    };
    parser.enter_span = [](MD_SPANTYPE type, void* detail, void* builder) {
        return static_cast<Builder*>(builder)->enterSpan(type, detail);
    };
    parser.leave_span = [](MD_SPANTYPE type, void*, void* builder) {
        return static_cast<Builder*>(builder)->leaveSpan(type);
    };
    parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* builder) {
        return static_cast<Builder*>(builder)->addText(type, QString::fromUtf8(text, size));
    };
    return parser;
}

MarkdownBlock plainBlock(QStringView text) {
    MarkdownBlock block;
    block.kind = MarkdownBlocks::Code;
    block.text = text.toString();
    return block;
}

MarkdownBlock fencedBlock(QStringView text) {
    MarkdownBlock block;
    block.kind = MarkdownBlocks::Code;
    const qsizetype headEnd = text.indexOf(u'\n');
    const FenceOpening fence = fenceOpening(headEnd < 0 ? text : text.left(headEnd));
    block.language = fence.info.toString().section(QLatin1Char(' '), 0, 0).left(32);
    qsizetype at = headEnd < 0 ? text.size() : headEnd + 1;
    block.text.reserve(text.size() - at);
    while (at < text.size()) {
        const qsizetype breakAt = text.indexOf(u'\n', at);
        const qsizetype end = breakAt < 0 ? text.size() : breakAt + 1;
        const QStringView line = text.mid(at, end - at);
        at = end;
        if (closesFence(line, fence.character, fence.length)) break;
        qsizetype skip = 0;
        while (skip < fence.indent && skip < line.size() && line[skip] == u' ') ++skip;
        block.text += line.mid(skip);
    }
    if (block.text.endsWith(u'\n')) block.text.chop(1);
    return block;
}

}  // namespace

std::vector<MarkdownBlock> parseSegment(QStringView text, const MarkdownSegment& segment) {
    const QStringView part = text.mid(segment.start, segment.end - segment.start);
    if (part.trimmed().isEmpty()) return {};
    if (segment.code) return {fencedBlock(part)};
    if (part.size() > kLongestSegment) return {plainBlock(part)};
    const QByteArray bytes = withoutDefinitions(part).toUtf8();
    static const MD_PARSER parser = callbacks();
    Builder builder(segment.number);
    if (md_parse(bytes.constData(), static_cast<MD_SIZE>(bytes.size()), &parser, &builder) != 0)
        return {plainBlock(part)};
    return builder.take();
}

}  // namespace kinglet::gui

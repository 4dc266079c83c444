// Markdown to blocks; the only place that knows md4c.
#pragma once

#include <QString>
#include <QStringView>
#include <vector>

#include "app/gui/markdown_blocks.h"
#include "app/gui/markdown_segments.h"

namespace kinglet::gui {

/// The blocks of one segment of `text`. Everything from the text is escaped in html; raw HTML is shown as it
/// stands; an image becomes its description and address as text; only http, https and mailto become links. A
/// segment that is absurdly large, or asks for absurdly much, becomes plain text. Definitions of link
/// references are shown, not applied: they would change what was settled long before.
std::vector<MarkdownBlock> parseSegment(QStringView text, const MarkdownSegment& segment);

}  // namespace kinglet::gui

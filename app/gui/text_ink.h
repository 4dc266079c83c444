// The two inks of a text: what the model wrote is told apart, and so is what it no longer sees.
#pragma once

#include <QColor>
#include <QSyntaxHighlighter>

#include "app/gui/text_versions.h"

namespace kinglet::gui {

/// Colours a document without changing it, so that nothing of it can be undone.
class TextInk : public QSyntaxHighlighter {
    Q_OBJECT
  public:
    using QSyntaxHighlighter::QSyntaxHighlighter;

    QColor modelInk;
    QColor unseenInk;
    QList<TextSpan> modelSpans;
    qsizetype unseenLength = 0;

    /// Colours again the lines from one position to another.
    void paint(qsizetype from, qsizetype to);

  protected:
    void highlightBlock(const QString& line) override;
};

}  // namespace kinglet::gui

// Colours for code blocks, table-driven.
#pragma once

#include <QtQml/qqmlregistration.h>
#include <QColor>
#include <QPointer>
#include <QQuickTextDocument>
#include <QSyntaxHighlighter>

namespace kinglet::gui {

class Highlighter;

/// Highlights the document of a TextEdit. A language that is not known is left plain.
class CodeHighlighter : public QObject {
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QQuickTextDocument* document READ document WRITE setDocument NOTIFY documentChanged)
    Q_PROPERTY(QString language READ language WRITE setLanguage NOTIFY languageChanged)
    Q_PROPERTY(QColor keywordColor READ keywordColor WRITE setKeywordColor NOTIFY colorsChanged)
    Q_PROPERTY(QColor typeColor READ typeColor WRITE setTypeColor NOTIFY colorsChanged)
    Q_PROPERTY(QColor stringColor READ stringColor WRITE setStringColor NOTIFY colorsChanged)
    Q_PROPERTY(QColor commentColor READ commentColor WRITE setCommentColor NOTIFY colorsChanged)
    Q_PROPERTY(QColor numberColor READ numberColor WRITE setNumberColor NOTIFY colorsChanged)
    /// What a label says for `language`: "C++" for "cpp"; the word itself where it is not known.
    Q_PROPERTY(QString label READ label NOTIFY languageChanged)
    Q_PROPERTY(bool known READ known NOTIFY languageChanged)
  public:
    explicit CodeHighlighter(QObject* parent = nullptr);
    ~CodeHighlighter() override;

    QQuickTextDocument* document() const { return document_; }
    void setDocument(QQuickTextDocument* document);
    QString language() const { return language_; }
    void setLanguage(const QString& language);
    QString label() const;
    bool known() const;
    QColor keywordColor() const { return colors_[0]; }
    QColor typeColor() const { return colors_[1]; }
    QColor stringColor() const { return colors_[2]; }
    QColor commentColor() const { return colors_[3]; }
    QColor numberColor() const { return colors_[4]; }
    void setKeywordColor(const QColor& color) { setColor(0, color); }
    void setTypeColor(const QColor& color) { setColor(1, color); }
    void setStringColor(const QColor& color) { setColor(2, color); }
    void setCommentColor(const QColor& color) { setColor(3, color); }
    void setNumberColor(const QColor& color) { setColor(4, color); }

  signals:
    void documentChanged();
    void languageChanged();
    void colorsChanged();

  private:
    void setColor(int index, const QColor& color);
    void apply();

    QPointer<QQuickTextDocument> document_;
    QPointer<Highlighter> highlighter_;
    QString language_;
    QColor colors_[5];
};

}  // namespace kinglet::gui

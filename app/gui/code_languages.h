// What the highlighter knows of programming languages: a row each.
#pragma once

#include <QSet>
#include <QString>
#include <QStringList>

namespace kinglet::gui {

/// How a language looks. Empty strings mean that it has no such thing.
struct CodeLanguage {
    QString label;  ///< "C++"
    QSet<QString> keywords;
    QSet<QString> types;
    QStringList lineComments;
    QString blockOpen;
    QString blockClose;
    QString quotes;          ///< characters that begin and end a string on one line
    QStringList longQuotes;  ///< delimiters of strings that may span lines
    bool ignoreCase = false;
    bool capitalIsType = false;    ///< Names in CamelCase are types
    bool scopedIsType = false;     ///< what stands around :: is a type
    bool dashInWords = false;      ///< font-size is one word
    bool markup = false;           ///< <tag attribute="value">
    bool hashIsDirective = false;  ///< # begins a preprocessor line
};

/// The row for what a fence says ("cpp", "C++", "py" ...); null where none fits.
const CodeLanguage* findLanguage(const QString& name);

}  // namespace kinglet::gui

// Answers as models write them, and as nobody should.
#pragma once

#include <QString>
#include <QStringList>

namespace kinglet::gui {

inline QStringList markdownSamples() {
    return {
        QStringLiteral("One line."),
        QStringLiteral("# Title\n\nA *paragraph* with **bold** and `code`.\nSecond line.\n\n---\n\nEnd."),
        QStringLiteral(
            "Before\n```cpp\nint main() {\n\n    return 0;\n}\n```\nAfter\n\n~~~\nplain ``` inside\n~~~\n"),
        QStringLiteral("1. one\n2. two\n\n   still two\n3. three\n   - inner\n   - inner two\n\n4. "
                       "four\n\nText.\n\n1. new list\n"),
        QStringLiteral("1. a\n1. b\n\n1. c\n"),
        QStringLiteral("- a\n- b\n\n  ```py\n  x = 1\n\n  y = 2\n  ```\n- c\n* other list\n"),
        QStringLiteral("| a | b |\n| :-: | --: |\n| 1 | 2 |\n| *x* | `y|z` |\n\nafter"),
        QStringLiteral("> quoted\n> still\n>\n> - item in quote\n\n> second quote\n"),
        QStringLiteral("- [ ] open\n- [x] done\n"),
        QStringLiteral("Unclosed\n\n```js\nlet a = 1;\n\nlet b = 2;"),
        QStringLiteral("Setext\n===\n\nAnother\n---\ntext\n"),
        QStringLiteral(
            "[link](https://example.org \"t\") and <https://example.org/a?b=c&d=e> and www.example.org\n"),
        QStringLiteral("![alt text](https://example.org/x.png) and [x](javascript:alert(1)) and "
                       "[f](file:///etc/passwd)\n"),
        QStringLiteral("<script>alert(1)</script>\n\n<img src=\"http://evil/x.png\">\n\n<b>bold?</b> "
                       "&lt;i&gt; &#60;u&#62; &bogus;\n"),
        QStringLiteral("[a]: https://example.org/one\n\nsee [a] and [b]\n\n[b]: https://example.org/two\n"),
        QStringLiteral("    indented code\n\n    more of it\n\ntext\n"),
        QStringLiteral("para\n2. not a list\n\n2. a list from two\n3. on\n"),
        QStringLiteral("Grüße, 世界 😀\n\n- ünï\n- 🚀 item\n"),
        QStringLiteral("text  \nhard break\\\nanother\n"),
        QStringLiteral("10) paren\n11) list\n\n* * *\n\n-\n\n- after empty\n"),
        QStringLiteral("\n\n\n   leading blank\n\n\n\n"),
        QStringLiteral("- a\n\n\n  b\n\n    code in item\n\nc\n"),
        QStringLiteral("``` not `a fence\n\n`````\n```\ninner\n```\n`````\nend\n"),
        QStringLiteral("**unclosed bold and *more\n\n_next_ [unclosed](http://x\n"),
        QString(QChar(0)) + QStringLiteral("nul\n\n") + QString(QChar(0xd83d)) +
            QStringLiteral(" lone surrogate\n"),
    };
}

}  // namespace kinglet::gui

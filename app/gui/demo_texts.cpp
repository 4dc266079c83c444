#include "app/gui/demo_texts.h"

namespace kinglet::gui {

namespace {

DemoMessage person(const char* text) {
    return {true, QString::fromUtf8(text), {}, 0, {}};
}
DemoMessage model(const char* text) {
    return {false, QString::fromUtf8(text), {}, 0, {}};
}

const char* const kCsvAnswer =
    R"(Read the file line by line and walk each line with a small state machine: outside quotes a comma ends the field; inside quotes only a closing quote does, and two quotes in a row stand for one.

```cpp
std::vector<std::string> fields(std::string_view line) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
            out.back() += line[++i];
        else if (line[i] == '"') quoted = !quoted;
        else if (line[i] == ',' && !quoted) out.emplace_back();
        else out.back() += line[i];
    }
    return out;
}
```)";

DemoChat csvChat() {
    DemoChat chat;
    chat.title = QStringLiteral("Fix the CSV parser");
    chat.minutesAgo = 95;
    DemoMessage answer = model(kCsvAnswer);
    answer.alternatives = {QStringLiteral("Use a library: quoted fields have more corners than one thinks."),
                           QStringLiteral("Split at commas, then join the pieces that begin with a quote.")};
    chat.messages = {person("How do I read a CSV in C++ without a library? It has quoted fields."), answer,
                     person("And if a quoted field spans two lines?")};
    return chat;
}

DemoChat lighthouseChat() {
    DemoChat chat;
    chat.title = QStringLiteral("Letter to the landlord");
    chat.daysAgo = 3;
    DemoMessage thoughtful = model(
        "He reads it aloud to the lamp, twice, and writes back on the same page:\n\n"
        "- that the light will not go out this winter,\n- that letters should be sent by day.");
    thoughtful.thinking = QStringLiteral(
        "The letter is addressed to the lamp, not to the keeper. So he should answer for the lamp, in few "
        "words.");
    thoughtful.thinkingSeconds = 4;
    chat.messages = {
        person("Summarise the first chapter for me."),
        model("It opens on a pier at night. A keeper finds a letter addressed to the lamp itself."),
        person("What does the keeper do next?"), thoughtful, person("Write the letter in full.")};
    return chat;
}

DemoChat quantizationChat() {
    DemoChat chat;
    chat.title = QStringLiteral("Explain quantization");
    chat.minutesAgo = 40;
    chat.messages = {person("What is quantization, and which file should I take?"),
                     model(R"(## In one sentence

Quantization stores each weight of a model in **fewer bits**, so that the file is smaller and the processor has less to read.

| Name | Bits a weight | 1.1 B parameters | What you notice |
| --- | :---: | ---: | --- |
| F16 | 16 | 2.2 GB | nothing, it is the original |
| Q8_0 | 8.5 | 1.2 GB | nothing |
| Q4_K_M | 4.8 | 669 MB | hardly anything |

How to choose:

1. Take **Q4_K_M** where memory is short.
2. Take *Q8_0* where it is not:
   - it loads as fast,
   - and answers at about half the speed.
3. Leave F16 to those who train.

> A smaller file is faster because a token needs every weight once, and reading them is what takes the time.

The [format is documented](https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), and `kinglet-cli info` shows what a file holds:

```sh
kinglet-cli info ~/models/tinyllama-1.1b.Q4_K_M.gguf   # name, size, context
```

---

- [x] read the table
- [ ] try both files)")};
    return chat;
}

DemoChat longChat() {
    DemoChat chat;
    chat.title = QStringLiteral("Names for a sailing boat");
    chat.daysAgo = 5;
    for (int i = 1; i <= 24; ++i) {
        chat.messages.append(
            {true, QStringLiteral("Give me name number %1, with a reason.").arg(i), {}, 0, {}});
        chat.messages.append(
            {false,
             QStringLiteral("**Kittiwake %1.** It is short, it can be heard over the wind, and it is a "
                            "bird that sleeps on the sea.\n\n- easy to spell on the radio\n- looks well on "
                            "the stern")
                 .arg(i),
             {},
             0,
             {}});
    }
    return chat;
}

DemoChat shortChat(const char* title, int daysAgo, const char* question, const char* answer) {
    DemoChat chat;
    chat.title = QString::fromUtf8(title);
    chat.daysAgo = daysAgo;
    chat.messages = {person(question), model(answer)};
    return chat;
}

}  // namespace

QList<DemoChat> demoChats() {
    DemoChat porto =
        shortChat("A weekend in Porto", 0, "Plan a weekend in Porto for two, without a car.",
                  "**Saturday.** Walk from São Bento over the upper deck of the bridge to Gaia, lunch by the "
                  "river, the cellars in the afternoon.\n\n**Sunday.** Tram 1 to Foz, along the sea to the "
                  "crystal palace gardens, and back by bus 500.");
    porto.minutesAgo = 12;
    return {
        shortChat("Haiku about compilers", 41, "A haiku about compilers.",
                  "Warnings fall like leaves\nand the linker waits for one\nsymbol left undefined"),
        shortChat("Summary of the lease", 38, "Summarise my lease in three lines.",
                  "It runs for two years, the rent may rise once, and the bicycle may stand in the hall."),
        shortChat("What is a monad", 6, "What is a monad?",
                  "A way to chain steps that carry a context with them."),
        longChat(),
        shortChat("Bread without kneading", 4, "Bread without kneading?",
                  "Flour, water, salt, a pinch of yeast, eighteen hours, and a very hot pot."),
        lighthouseChat(),
        csvChat(),
        quantizationChat(),
        porto};
}

DemoChat demoText() {
    DemoChat text;
    text.title = QStringLiteral("The keeper of the lighthouse");
    text.minutesAgo = 2;
    const auto person = [&](const char* words) { text.messages.append({true, QString::fromUtf8(words)}); };
    const auto model = [&](const char* words, const QStringList& alternatives = {}) {
        DemoMessage piece;
        piece.person = false;
        piece.text = QString::fromUtf8(words);
        piece.alternatives = alternatives;
        text.messages.append(piece);
    };
    person("The keeper of the lighthouse had one guest in winter, and it was a wren.");
    model(
        " It came in through the gap under the lamp room door when the first frost lay on the rocks, and it "
        "slept in the sleeve of his old coat.\n\nEvery evening he climbed the ninety steps with his can of "
        "oil, and every evening the wren hopped ahead of him, one step at a time, as if it had to show him "
        "the "
        "way.");
    person("\n\nOne night in January the fog came,");
    model(
        " thicker than he had ever seen it. He lit the lamp, but the light went no further than his arm. "
        "Then "
        "the wren began to sing.\n\nIt sang so loudly that the keeper put down his can and listened. Far "
        "out, "
        "where nothing could be seen, a ship's bell answered.",
        {QStringLiteral(" and with it a silence that lay on the sea like a blanket."),
         QStringLiteral(" and the keeper did not see his own hand.")});
    return text;
}

DemoChat demoHardTexts() {
    DemoChat chat;
    chat.title =
        QStringLiteral("A title that is far too long for the list of chats and for most windows, too");
    chat.messages = {
        person("מה ההבדל בין F16 לבין Q8_0, ולמה הקובץ קטן יותר?"),
        model("ההבדל הוא בדיוק של המספרים:\n\n- F16 שומר שישה עשר סיביות למשקל,\n- Q8_0 שומר שמונה."),
        person(
            "https://example.org/"
            "a-path-without-any-place-to-break-it/that-goes-on-and-on-and-on-for-much-longer-than-a-line-of-"
            "this-window-could-ever-hold?and=then&some=more"),
        model(
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsvorsitzender "
            "and "
            "`a_name_in_code_that_is_as_long_as_a_whole_line_of_the_window_and_then_a_little_longer_than_"
            "that`."
            "\n\n| Model | Weights | Context | Licence | Speed on this computer | Memory while it answers |\n"
            "| --- | ---: | ---: | --- | ---: | ---: |\n"
            "| A model whose name is long | 1,100,048,384 | 2,048 | Apache 2.0 | 28.4 tokens/s | 742 MB |\n"
            "| Short | 3,145,728 | 512 | MIT | 600 tokens/s | 12 MB |\n\n"
            "日本語の文章は単語の間に空白がありませんが、それでも行の終わりで正しく折り返されなければなりませ"
            "ん。 👩‍🚀🐦")};
    return chat;
}

QString demoAnswerUnderWay() {
    return QStringLiteral(
        "Then a line is no longer a record. Keep the quote state between lines: while a quote is open, "
        "append a newline "
        "to the current field and go on with the next line.");
}

}  // namespace kinglet::gui

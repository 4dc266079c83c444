// The fallback templates: prompts written out by hand from each format's description, and how a family is
// chosen.
#include <QtTest>

#include <array>
#include <set>

#include "inference/chat/families.h"

using namespace kinglet;
using chat::FamilyHints;
using chat::Message;

namespace {

const std::array<Message, 4> dialogue = {Message{"system", "Be brief."}, Message{"user", "Hi"},
                                         Message{"assistant", "Hello."}, Message{"user", "Bye"}};

std::string prompt_of(std::string_view family, bool add_generation_prompt = true) {
    chat::RenderInput input;
    input.messages = chat::to_json(dialogue);
    input.add_generation_prompt = add_generation_prompt;
    input.bos_token = "<s>";
    input.eos_token = "</s>";
    const auto prompt = chat::render(chat::find_family(family)->template_text, input);
    return prompt ? *prompt : prompt.error().message;
}

FamilyHints hints(std::string_view architecture, std::string_view name,
                  std::set<std::string, std::less<>> tokens = {}) {
    return {architecture, name, [tokens](std::string_view token) { return tokens.contains(token); }};
}

std::string guess(const FamilyHints& with) {
    const chat::Family* family = chat::guess_family(with);
    return family == nullptr ? "none" : std::string(family->name);
}

}  // namespace

class ChatFamilies : public QObject {
    Q_OBJECT

  private slots:
    void prompts_data() {
        QTest::addColumn<std::string>("family");
        QTest::addColumn<std::string>("wanted");
        const auto row = [](const char* family, const char* wanted) {
            QTest::newRow(family) << std::string(family) << std::string(wanted);
        };
        row("alpaca",
            "Be brief.\n\n### Instruction:\nHi\n\n### Response:\nHello.</s>\n\n### Instruction:\nBye\n\n"
            "### Response:\n");
        row("chatml",
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
            "<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>"
            "assistant\n");
        row("gemma",
            "<s><start_of_turn>user\nBe "
            "brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nHello.<end_of_turn>\n"
            "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n");
        row("granite",
            "<|start_of_role|>system<|end_of_role|>Be brief.<|end_of_text|>\n"
            "<|start_of_role|>user<|end_of_role|>Hi<|end_of_text|>\n"
            "<|start_of_role|>assistant<|end_of_role|>Hello.<|end_of_text|>\n"
            "<|start_of_role|>user<|end_of_role|>Bye<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|"
            ">");
        row("llama-2",
            "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello. </s><s>[INST] Bye [/INST]");
        row("llama-3",
            "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\nHello.<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n");
        row("mistral", "<s>[INST] Be brief.\n\nHi [/INST] Hello.</s>[INST] Bye [/INST]");
        row("phi-3",
            "<|system|>\nBe "
            "brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nHello.<|end|>\n<|user|>\nBye<|end|>\n"
            "<|assistant|>\n");
        row("plain", "Be brief.\nUser: Hi\nAssistant: Hello.\nUser: Bye\nAssistant:");
        row("zephyr",
            "<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\nHello.</s>\n<|user|>\nBye</s>\n"
            "<|assistant|>\n");
    }

    void prompts() {
        QFETCH(std::string, family);
        QFETCH(std::string, wanted);
        QCOMPARE(prompt_of(family), wanted);
    }

    void every_family_is_tested_and_has_stop_texts() {
        QCOMPARE(chat::families().size(), std::size_t{10});
        for (const chat::Family& family : chat::families()) {
            QVERIFY(!family.stop_texts.empty());
            QVERIFY(chat::Template::parse(family.template_text).has_value());
        }
        QVERIFY(chat::find_family("nothing") == nullptr);
    }

    void generation_prompt_can_be_left_out() {
        QVERIFY(!QString::fromStdString(prompt_of("chatml", false)).endsWith("assistant\n"));
    }

    void families_are_guessed() {
        QCOMPARE(guess(hints("llama", "", {"<|im_start|>"})), std::string("chatml"));
        QCOMPARE(guess(hints("llama", "", {"<|start_header_id|>"})), std::string("llama-3"));
        QCOMPARE(guess(hints("llama", "TinyLlama 1.1B Chat")), std::string("zephyr"));
        QCOMPARE(guess(hints("llama", "Llama-2-7b-chat")), std::string("llama-2"));
        QCOMPARE(guess(hints("llama", "Llama-2-7b")), std::string("none"));
        QCOMPARE(guess(hints("llama", "Mistral-7B-Instruct-v0.1")), std::string("mistral"));
        QCOMPARE(guess(hints("gemma2", "")), std::string("gemma"));
        QCOMPARE(guess(hints("phi2", "")), std::string("plain"));
        QCOMPARE(guess(hints("gpt2", "")), std::string("none"));
    }

    void the_files_template_is_taken_where_it_works() {
        const auto chosen =
            chat::choose_template("{{ messages[0].content }}", hints("gpt2", ""), "<s>", "</s>");
        QCOMPARE(chosen.name, std::string("file"));
        QVERIFY(chosen.warning.empty());
    }

    void a_broken_template_falls_back_and_says_so() {
        for (const char* text :
             {"{% for %}", "{{ raise_exception('never') }}", "always the same", "{{ a.b.c }}"}) {
            const auto chosen = chat::choose_template(text, hints("x", "", {"<|im_start|>"}), "<s>", "</s>");
            QCOMPARE(chosen.name, std::string("chatml"));
            QCOMPARE(chosen.text, std::string(chat::find_family("chatml")->template_text));
            QVERIFY(!chosen.warning.empty());
            QVERIFY(!chosen.stop_texts.empty());
        }
        const auto none = chat::choose_template("", hints("gpt2", ""), "", "");
        QCOMPARE(none.name, std::string("none"));
        QVERIFY(none.text.empty());
        QVERIFY(none.warning.empty());
    }
};

QTEST_GUILESS_MAIN(ChatFamilies)
#include "chat_families.moc"

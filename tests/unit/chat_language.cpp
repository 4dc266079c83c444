// The template language, held to what Jinja2 itself makes of the same templates (data/make_jinja_cases.py),
// and the bounds of the sandbox.
#include <QtTest>

#include <fstream>
#include <iterator>

#include "inference/chat/chat_template.h"

using namespace kinglet;
using chat::Json;

namespace {

Json read_cases() {
    std::ifstream in(KINGLET_TEST_DATA "/jinja_cases.json", std::ios::binary);
    return Json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
}

chat::RenderInput plain_input() {
    chat::RenderInput input;
    input.messages = Json::array({{{"role", "user"}, {"content", "Hi"}}});
    return input;
}

std::string error_of(std::string_view text, const chat::RenderInput& input = plain_input()) {
    const auto prompt = chat::render(text, input);
    return prompt ? "rendered: " + prompt->substr(0, 200) : prompt.error().message;
}

}  // namespace

class ChatLanguage : public QObject {
    Q_OBJECT

  private slots:
    void does_as_jinja_does() {
        const Json all = read_cases();
        int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
        std::sscanf(all["now"].get<std::string>().c_str(), "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour,
                    &minute, &second);
        chat::RenderInput input;
        input.extra = all["context"];
        input.now = std::chrono::local_days(std::chrono::year(year) / month / day) +
                    std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
        int failures = 0;
        for (const Json& example : all["cases"]) {
            const auto text = example["template"].get<std::string>();
            const auto got = chat::render(text, input);
            std::string problem;
            if (example.contains("expect")) {
                const auto wanted = example["expect"].get<std::string>();
                if (!got || *got != wanted) {
                    problem = "got <" + (got ? *got : "error: " + got.error().message) + ">\nwanted <" +
                              wanted + ">";
                }
            } else if (got) {
                problem = "rendered <" + *got + ">, should be refused";
            } else if (example.contains("raised") &&
                       got.error().message != example["raised"].get<std::string>()) {
                problem = "said <" + got.error().message + ">";
            }
            if (problem.empty()) continue;
            ++failures;
            qWarning("template <%s>\n%s", text.c_str(), problem.c_str());
        }
        QVERIFY(all["cases"].size() > 130);
        QCOMPARE(failures, 0);
    }

    void errors_tell_the_line() {
        QVERIFY(error_of("a\nb\n{{ messages.x.y }}").find("line 3") != std::string::npos);
        QVERIFY(error_of("a\n\n{% nope %}").find("line 3") != std::string::npos);
    }

    void work_is_bounded() {
        chat::RenderInput input = plain_input();
        const std::string loops =
            "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% set x = 1 %}"
            "{% endfor %}{% endfor %}{% endfor %}";
        input.limits.steps = 100'000;
        QVERIFY(error_of(loops, input).find("steps") != std::string::npos);
    }

    void memory_is_bounded() {
        chat::RenderInput input = plain_input();
        input.limits.allocated_bytes = 4u << 20;
        for (const char* text :
             {"{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor "
              "%}",
              "{{ 'x' * 999999999999 }}", "{{ ([1] * 99999) * 99999 }}", "{{ 'a'|center(99999999) }}",
              "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor "
              "%}",
              "{% set x = 'a' * 99999 %}{% for i in range(9999) %}{% set y = x|upper %}{% endfor %}"}) {
            QVERIFY2(error_of(text, input).find("MiB") != std::string::npos, error_of(text, input).c_str());
        }
    }

    void output_is_bounded() {
        chat::RenderInput input = plain_input();
        input.limits.output_bytes = 1u << 20;
        const std::string text = "{% set x = 'a' * 100000 %}{% for i in range(100) %}{{ x }}{% endfor %}";
        QVERIFY(error_of(text, input).find("longer than 1 MiB") != std::string::npos);
    }

    void depth_is_bounded() {
        const auto repeat = [](const std::string& part, int count) {
            std::string all;
            for (int i = 0; i < count; ++i) all += part;
            return all;
        };
        QVERIFY(error_of("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}").find("deeply") !=
                std::string::npos);
        QVERIFY(error_of("{{ " + repeat("(", 5000) + "1" + repeat(")", 5000) + " }}").find("deeply") !=
                std::string::npos);
        QVERIFY(error_of("{{ " + repeat("not ", 5000) + "1 }}").find("deeply") != std::string::npos);
        QVERIFY(error_of("{{ " + repeat("-", 5000) + "1 }}").find("deeply") != std::string::npos);
        QVERIFY(error_of(repeat("{% if 1 %}", 5000)).find("deeply") != std::string::npos);
        QVERIFY(error_of("{{ 1" + repeat("+1", 5000) + " }}").find("too long") != std::string::npos);
        QVERIFY(error_of("{{ a" + repeat(".a", 5000) + " }}").find("too long") != std::string::npos);
        const std::string nest =
            "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ "
            "ns.x }}";
        QVERIFY(error_of(nest).find("deeply") != std::string::npos);
        chat::RenderInput input = plain_input();
        input.messages = Json::parse(repeat("[", 900) + repeat("]", 900));
        QVERIFY(error_of("{{ messages }}", input).find("deeply") != std::string::npos);
        // What templates really nest is far from these bounds.
        QCOMPARE(*chat::render(repeat("{% if 1 %}", 12) + "x" + repeat("{% endif %}", 12), plain_input()),
                 std::string("x"));
        QCOMPARE(*chat::render("{{ 'a'" + repeat(" + 'a'", 90) + " }}", plain_input()), std::string(91, 'a'));
    }

    void values_that_hold_each_other_are_freed() {
        // Leaks are for the sanitizer builds to see.
        const auto text =
            "{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}{% set a.me = [a] %}"
            "{% macro m() %}{{ caller }}{% endmacro %}{% set a.m = m %}{% for x in [1] %}{% set a.l = loop %}"
            "{% endfor %}{% set a.c = cycler(a) %}{% set a.j = joiner(a) %}{% set a.g = a.c.next %}done";
        QCOMPARE(*chat::render(text, plain_input()), std::string("done"));
    }

    void nothing_but_the_input_is_seen() {
        for (const char* text : {"{{ ''.__class__ }}", "{{ messages.__len__ }}", "{{ self }}",
                                 "{{ cycler.__init__ }}", "{{ environment }}", "{{ request }}", "{{ os }}"}) {
            const auto prompt = chat::render(text, plain_input());
            QVERIFY2(!prompt || prompt->empty(), text);
        }
        for (const char* text :
             {"{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}", "{{ 1|random }}"}) {
            QVERIFY2(!chat::render(text, plain_input()), text);
        }
    }

    void a_template_renders_the_same_again() {
        const auto parsed =
            chat::Template::parse("{% for m in messages %}{{ loop.index }}{{ m.content }}{% endfor %}");
        QVERIFY(parsed.has_value());
        QCOMPARE(*parsed->render(plain_input()), std::string("1Hi"));
        QCOMPARE(*parsed->render(plain_input()), std::string("1Hi"));
    }

    void long_templates_are_refused() {
        QVERIFY(error_of(std::string((1u << 20) + 1, 'a')).find("1 MiB") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(ChatLanguage)
#include "chat_language.moc"

#!/usr/bin/env python3
"""Writes jinja_cases.json: templates with what Jinja2 itself makes of them, set up as Hugging Face sets it up.

Needs the Python package Jinja2 (3.1). A case that raises is kept as "error": that it raises is what must agree, the
words only where the template raised on purpose.
"""

import datetime
import json
import pathlib
from random import Random

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2026, 1, 5, 13, 7, 9)

CONTEXT = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi <b>&</b> \u00e9\u4e2d \U0001F600"},
        {"role": "assistant", "content": None, "tool_calls": [
            {"type": "function", "function": {"name": "f", "arguments": {"b": 1, "a": [1.5, True, None, "x'y"]}}}]},
        {"role": "tool", "content": "42"},
    ],
    "numbers": [3, 1, 2, 10, -4],
    "words": ["pear", "Apple", "fig", "apple"],
    "nested": {"a": {"b": {"c": [10, 20, 30]}}, "items": "shadow", "empty": {}, "one two": 1},
    "text": "  The quick brown fox\njumps over\n\n  the lazy dog.  ",
    "accents": "\u00c9t\u00e9 STRASSE \u00fcber",
    "flag": True, "nothing": None, "half": 0.5, "big": 12345678901,
    "add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>",
}

CASES = r"""
plain text
{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }}
{{ 1.0 }} {{ 1.5e3 }} {{ 1e16 }} {{ 1e-5 }} {{ 0.1 + 0.2 }} {{ 1e22 }} {{ -0.0 }} {{ 100000.0 * 10 }} {{ 3.0 // 2 }} {{ -3.5 % 2 }}
{{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1_000 }} {{ 1_0.5 }}
{{ "a" ~ 1 ~ none ~ true ~ 1.0 ~ undefined_name }} {{ "a" "b" 'c' }}
{{ 'it\'s' }} {{ "tab\there" }} {{ "nl\nx" }} {{ '\x41\u00e9\U0001F600\101' }} {{ 'back\\slash' }} {{ '\q' }}
{{ true and false }} {{ 1 and 2 }} {{ 0 or "x" }} {{ not 0 }} {{ not not 1 }} {{ none or [] }} {{ 1 if 0 else 2 }} [{{ 1 if 0 }}]
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 == true }} {{ "a" < "b" }} {{ [1, 2] < [1, 3] }} {{ (1, 2) == (1, 2) }} {{ [1] == (1,) }}
{{ 'a' in 'cat' }} {{ 'x' not in 'cat' }} {{ 1 in [1, 2] }} {{ 'a' in {'a': 1} }} {{ 3 in (1, 2) }} {{ 1 in undefined_name }}
{{ [1, 'a', none, true, 1.5, (1,), {'k': 'v'}] }} {{ {'a': "it's", 'b': 'q"q', 1: 2} }} {{ () }} {{ (1, 2) }} {{ [] }} {{ {} }}
{{ messages[1].content }} {{ messages[-1]['role'] }} {{ messages[9] }}|{{ messages[0].nope }}|{{ messages[0]['nope'] is defined }}
{{ nested.a.b.c[1] }} {{ nested['a']['b'].c[-1] }} {{ nested.items is string }} {{ nested['items'] }} {{ nested['one two'] }} {{ nested.get('x', 'dflt') }} {{ nested.get('x') }}
{{ numbers[1:3] }} {{ numbers[::-1] }} {{ numbers[:-1] }} {{ numbers[::2] }} {{ numbers[5:] }} {{ 'hello'[1:3] }} {{ 'h\u00e9llo'[::-1] }} {{ 'hello'[-3:] }} {{ (1, 2, 3)[1:] }} {{ numbers[3:1:-1] }} {{ 'abc'[10:] }}|
{{ undefined_name }}|{{ undefined_name is defined }}|{{ undefined_name is none }}|{{ undefined_name|length }}|{{ undefined_name == undefined_other }}|{{ not undefined_name }}
{{ undefined_name.x }}
{{ undefined_name + 1 }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ [1] + (2,) }}
{{ undefined_name() }}
{{ 'abc'() }}
{{ none.x }}|{{ none.x is defined }}
{{ none[1:] }}
{{ 1 // 0 }}
{{ 5 < 'a' }}
{{ none < 1 }}
{{ numbers.append(4) }}
{{ nested.update({}) }}
{% set _ = numbers.pop() %}
{{ nested.a.b.c.append is defined }}
{{ -numbers[0] }} {{ +3 }} {{ -2 ** 2 }} {{ 2 ** 3 ** 2 }} {{ -1.5|abs }} {{ 1 - -1 }}
{{ 'ab' * 3 }} {{ [0] * 3 }} {{ 3 * 'x' }} {{ 'x' * -1 }}| {{ [1] + [2] }} {{ (1,) + (2,) }} {{ true + true }}
{% for m in messages %}{{ loop.index }}/{{ loop.length }} {{ m.role }}{{ "," if not loop.last }}{% endfor %}
{% for x in numbers if x > 1 %}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.revindex0 }}:{{ x }};{% else %}none{% endfor %}
{% for x in [] %}{{ x }}{% else %}empty{% endfor %}
{% for k, v in nested.a.items() %}{{ k }}={{ v }}{% endfor %}{% for k in nested %}{{ k }},{% endfor %}
{% for a, (b, c) in [(1, (2, 3)), (4, (5, 6))] %}{{ a }}{{ b }}{{ c }} {% endfor %}
{% for x in numbers %}{{ loop.previtem }}<{{ x }}<{{ loop.nextitem }} {{ loop.cycle('odd', 'even') }} {{ loop.changed(x > 1) }};{% endfor %}
{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for n in [1, [2, [3, 4]], 5] recursive %}{% if n is iterable %}[{{ loop(n) }}]{% else %}{{ n }}@{{ loop.depth }}{% endif %}{% endfor %}
{% for c in 'h\u00e9y' %}{{ c }}-{% endfor %}{% for i in range(3, 0, -1) %}{{ i }}{% endfor %}{{ range(4)|list }}
{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + 10 %}{{ x }} {% endfor %}{{ x }}
{% set ns = namespace(n=0, s='') %}{% for i in numbers %}{% set ns.n = ns.n + i %}{% set ns.s = ns.s ~ i %}{% endfor %}{{ ns.n }} {{ ns.s }} {{ ns.missing is defined }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, 2 %}{{ t }}{% set (c, d) = [3, 4] %}{{ c + d }}
{% set a, b = [1, 2, 3] %}
{% set a, b = [1] %}
{% set block %}one {{ 1 + 1 }}{% endset %}[{{ block }}]{% set shout | upper | replace('B', 'x') %}abc{% endset %}{{ shout }}
{% if flag %}a{% elif nothing %}b{% else %}c{% endif %}{% if nothing %}a{% elif half %}b{% else %}c{% endif %}{% if 0 %}a{% else %}c{% endif %}
{% if true %}{% set y = 5 %}{% endif %}{{ y }}
{% macro m(a, b=2, c='x') %}({{ a }},{{ b }},{{ c }}){% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c='y') }}{{ m() }}{{ m.name }}
{% macro v(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ v(1, 2, 3, k=4) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, z=2) }}
{% macro outer() %}{{ y }}{% endmacro %}{% set y = 3 %}{{ outer() }}{% set y = 4 %}{{ outer() }}
{% macro f(n) %}{{ n }}{% if n > 0 %},{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(4) }}
{% macro l() %}{% set inner = 1 %}{{ inner }}{% endmacro %}{{ l() }}[{{ inner }}]
{% macro dlg(title) %}<{{ title }}>{{ caller() }}</>{% endmacro %}{% call dlg('t') %}body {{ flag }}{% endcall %}
{% macro each(xs) %}{% for x in xs %}{{ caller(x, loop.index) }}{% endfor %}{% endmacro %}{% call(x, i) each([7, 8]) %}{{ i }}={{ x }} {% endcall %}
{% macro needs() %}{{ caller() }}{% endmacro %}{{ needs() }}
{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}[{{ a }}]
{% with %}{% set q = 1 %}{{ q }}{% endwith %}[{{ q }}]
{% filter upper %}abc {{ 'def' }}{% endfilter %}
{% raw %}{{ not rendered }} {% if %}{% endraw %}|{% raw -%}  x  {%- endraw %}|
a {#- comment -#} b {# plain #} c
{% generation %}gen{% set g = 1 %}{% endgeneration %}[{{ g }}]
{{ words|sort }} {{ words|sort(case_sensitive=true) }} {{ words|sort(reverse=true) }} {{ numbers|sort }} {{ messages|sort(attribute='role')|map(attribute='role')|list }}
{{ words|unique|list }} {{ words|unique(case_sensitive=true)|list }} {{ numbers|min }} {{ numbers|max }} {{ words|min }} {{ []|min }}| {{ numbers|sum }} {{ [[1], [2]]|sum(start=[]) }}
{{ words|join(', ') }} {{ numbers|join }} {{ messages|join('|', attribute='role') }} {{ 'abc'|join('-') }} {{ words|first }} {{ words|last }} {{ []|first }}|
{{ words|length }} {{ text|length }} {{ nested|length }} {{ words|count }} {{ words|reverse|list }} {{ 'abc'|reverse }} {{ words|list }} {{ 'abc'|list }} {{ nested|list }}
{{ numbers|batch(2)|list }} {{ numbers|batch(2, 'x')|list }} {{ numbers|slice(2)|list }} {{ numbers|slice(2, 'x')|list }}
{{ messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|list }} {{ messages|rejectattr('content')|map(attribute='role')|list }} {{ numbers|select('odd')|list }} {{ numbers|reject('gt', 2)|list }} {{ [0, 1, '']|select|list }}
{{ messages|selectattr('tool_calls', 'defined')|list|length }} {{ numbers|map('string')|list }} {{ words|map('upper')|join }} {{ words|map('replace', 'p', 'b')|list }} {{ messages|map(attribute='nope', default='-')|list }} {{ [[1, 2], [3]]|map(attribute=0)|list }}
{% for g in messages|groupby('role') %}{{ g.grouper }}:{{ g.list|length }} {{ g[0] }} {% endfor %}{% for r, l in messages|groupby('role') %}{{ r }}{% endfor %}
{{ nested|dictsort|map('first')|list }} {{ {'b': 1, 'A': 3, 'c': 2}|dictsort }} {{ {'b': 1, 'A': 3, 'c': 2}|dictsort(by='value') }} {{ {'b': 1, 'A': 3}|dictsort(true) }} {{ {'a': 1}|items|list }} {{ undefined_name|items|list }}
{{ 'abc'|upper }} {{ 'ABC'|lower }} {{ 'hello world-foo'|title }} {{ 'hELLO'|capitalize }} {{ accents|lower }} {{ accents|upper }} {{ accents|title }}
{{ text|trim }}| {{ 'xxaxx'|trim('x') }} {{ 'a.b.c'|replace('.', '-') }} {{ 'aaa'|replace('a', 'b', 2) }} {{ 'ab'|replace('', '-') }} {{ 5|replace(5, 6) }}
{{ text|indent }}|{{ text|indent(2, true) }}|{{ text|indent('> ', true, true) }}|{{ ''|indent }}|{{ 'a\n\nb'|indent(1) }}
{{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true) }} {{ 'foo bar baz qux'|truncate(11) }} {{ 'foo bar baz qux'|truncate(11, false, '...', 0) }} {{ 'the quick'|wordcount }} {{ 'x'|center(5) }}|
{{ '<a href="x">\'&'|escape }} {{ '<b>'|e }} {{ '<b>x</b>  y <!-- c -->z'|striptags }} {{ 'a b/c?d=\u00e9'|urlencode }} {{ '<b>'|safe }}
{{ '42'|int }} {{ '42.7'|int }} {{ 'x'|int }} {{ 'x'|int(-1) }} {{ '0x1F'|int(0, 16) }} {{ 3.9|int }} {{ -3.9|int }} {{ none|int }} {{ true|int }} {{ '1_000'|int }} {{ ' 7 '|int }}
{{ '1.5'|float }} {{ 'x'|float }} {{ 'x'|float(2.5) }} {{ 3|float }} {{ '1e3'|float }} {{ 2.5|round }} {{ 3.5|round }} {{ 2.675|round(2) }} {{ 2.3|round(0, 'ceil') }} {{ 2.7|round(method='floor') }} {{ 7|round }} {{ 1234.5678|round(-2) }} {{ -2|abs }}
{{ nothing|default('d') }} {{ undefined_name|default('d') }} {{ undefined_name|d }}| {{ ''|default('d', true) }} {{ 0|default(1, boolean=true) }} {{ false|default('x') }} {{ none|string }} {{ 1.0|string }} {{ [1]|string }}
{{ messages|tojson }}
{{ messages[2]|tojson(indent=2) }} {{ {'b': 1, 'a': 2}|tojson(sort_keys=true) }} {{ '</script> \u00e9 "q" \\ \n\t\x01'|tojson }} {{ []|tojson(indent=4) }} {{ {}|tojson(indent=4) }} {{ [1, [2]]|tojson(separators=(',', ':')) }} {{ '\u00e9\U0001F600'|tojson(ensure_ascii=true) }} {{ {1: 2, none: 3, true: 4}|tojson }} {{ 1e20|tojson }} {{ (1, 2)|tojson }} {{ [1, {'a': []}]|tojson(indent=1) }}
{{ numbers|map('string')|tojson }}
{{ undefined_name|tojson }}
{{ 1|tojson(foo=2) }}
{{ '%s is %d and %.2f' % ('a', 5, 1.239) }} {{ '%5d|%-5d|%05d|%+d' % (1, 2, 3, 4) }} {{ '%x %o %e' % (255, 8, 12345.678) }} {{ '%(a)s %%' % {'a': 1} }} {{ '%r' % 'q' }} {{ '%s' % [1] }} {{ '%c' % 'x' }}
{{ '%s %s' % 'a' }}
{{ '%d' % 'a' }}
{{ '{} {}'.format(1, 'b') }} {{ '{1}{0}'.format('a', 'b') }} {{ '{x:>5}|{x:<5}|{x:^5}|'.format(x='ab') }} {{ '{:.2f} {:05d} {:,} {:x} {:%}'.format(1.005, 42, 1234567, 255, 0.25) }} {{ '{{}}'.format() }} {{ '{!r}'.format('a') }} {{ '{0[a]} {0[b][1]}'.format({'a': 1, 'b': [2, 3]}) }} {{ '%s-%s'|format(1, 2) }} {{ '{:*^9}'.format('mid') }} {{ '{:+.1f} {:e}'.format(2.25, 3.5) }} {{ '{}'.format(true) }}
{{ ' a b '.strip() }}|{{ 'xay'.strip('xy') }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'a,b,,c'.split(',') }}|{{ ' a  b '.split() }}|{{ 'a b c'.split(' ', 1) }}|{{ 'a b c'.rsplit(' ', 1) }}|{{ 'a\nb\r\nc'.splitlines() }}|{{ ''.split() }}|{{ ''.split(',') }}|{{ 'a-b-c'.partition('-') }}|{{ 'a-b-c'.rpartition('-') }}|{{ 'a  b c'.split(none, 1) }}|{{ 'a b  c'.rsplit(none, 1) }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abc'.startswith('b', 1) }} {{ 'abcabc'.find('c') }} {{ 'abcabc'.rfind('c') }} {{ 'abc'.find('z') }} {{ 'abc'.index('b') }} {{ 'aXbX'.count('X') }} {{ 'abc'.replace('b', 'x') }} {{ 'aaa'.replace('a', 'b', 1) }} {{ 'h\u00e9llo'.find('l') }}
{{ 'abc'.index('z') }}
{{ 'a'.upper() }}{{ 'A'.lower() }} {{ 'hello wORLD'.title() }} {{ 'hELLO'.capitalize() }} {{ 'aBc'.swapcase() }} {{ '-'.join(['a', 'b']) }} {{ '42'.isdigit() }} {{ 'a1'.isalnum() }} {{ 'ab'.isalpha() }} {{ ''.isalpha() }} {{ ' '.isspace() }} {{ 'AB'.isupper() }} {{ 'a1'.islower() }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'a'.ljust(3, '.') }} {{ 'a'.rjust(3) }} {{ 'ab'.center(5, '*') }} {{ 'abc'.center(6, '*') }} {{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }}
{{ ', '.join([1, 2]) }}
{{ nested.a.keys()|list }} {{ nested.a.values()|list }} {{ nested.a.items()|list }} {{ [1, 2, 1].count(1) }} {{ [1, 2].index(2) }} {{ nested.a.items() }}
{{ 1 is defined }} {{ none is none }} {{ 'a' is string }} {{ 1 is number }} {{ 1.5 is float }} {{ 1 is integer }} {{ true is integer }} {{ true is boolean }} {{ true is number }} {{ [] is sequence }} {{ {} is mapping }} {{ 'a' is iterable }} {{ 1 is iterable }} {{ {} is sequence }} {{ 'a' is sequence }} {{ 1 is sequence }} {{ range is callable }} {{ undefined_name is iterable }} {{ undefined_name is undefined }}
{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 1 is eq 1 }} {{ 1 is ne 2 }} {{ 2 is gt 1 }} {{ 2 is lessthan 1 }} {{ 1 is in [1] }} {{ 'a' is not in 'abc' }} {{ 'abc' is lower }} {{ 'ABC' is upper }} {{ true is true }} {{ 1 is true }} {{ false is false }} {{ none is sameas none }} {{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ 1 is not none and 2 is defined }}
{{ x is nosuchtest }}
{{ 1|nosuchfilter }}
{% nosuchtag %}
{{ 1 +
{% if 1 %}
{% for x in %}{% endfor %}
{{ raise_exception('on ' ~ 'purpose') }}
{{ strftime_now('%Y-%m-%d %H:%M:%S %d %b %B %a %A %j %p %I %y %-d %-m %% %e') }}
{% set g = numbers|map('string') %}{{ g|join(',') }}|{{ g|join(',') }}|{{ g is iterable }}
{{ dict(a=1, b=2) }} {{ dict([('x', 1)]) }} {{ namespace(a=1).a }} {% set j = joiner('; ') %}{{ j() }}a{{ j() }}b{% set c = cycler('x', 'y') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}
{{ [1, 2, 3]|last }} {{ messages|map(attribute='role')|list|last }} {{ (numbers|sort)[0] }} {{ numbers|sort|first }} {{ words[0]|upper|lower|title }}
{{ "a" if flag else "b" if nothing else "c" }} {{ ("x" if nothing) is defined }} {{ [1, 2][flag] }} {{ {true: 'yes'}[1] }}
{{ big * 1000 }} {{ big // 7 }} {{ 10 ** 15 }} {{ (1, 'a')|string }} {{ half }} {{ 1e3|int }} {{ 5 // 2.0 }} {{ 2 ** 0.5 }}
{{ messages[2].tool_calls[0].function.arguments }} {{ messages[2].tool_calls[0].function.arguments.a }} {{ "quote'd" }} {{ ["quote'd", 'dq"', "both'\""] }} {{ ['\n\t\\\x00\u200b\u00e9'] }}
{{ loop is defined }}{% for x in [1] %}{{ loop is defined }}{% for y in [1, 2] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
{{ 1000000|filesizeformat }} {{ 1|filesizeformat }} {{ 500|filesizeformat }} {{ 1500|filesizeformat(true) }} {{ 123456789|filesizeformat }} {{ {'a': 1, 'b': none}|xmlattr }} {{ nested|attr('keys') is callable }} {{ nested|attr('a') is defined }}
{%- if true -%}   trimmed   {%- endif -%}   end
{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}late{% endmacro %}{{ a() }}
{% set d = {'x': [1, 2]} %}{% for k, v in d|dictsort %}{{ k }}{{ v|length }}{% endfor %}{{ d.x[0] }}{{ d['x'][-1] }}
{% for m in messages if m.role != 'system' %}{{ loop.index }}{{ m.role[0] }}{% endfor %}{% for m in messages[1:] %}{{ m.role[:2] }}{% endfor %}
{{ 'a\u2028b\x0bc'.splitlines() }} {{ '\u00a0x\u3000'.strip() }}| {{ '\u01c5'|upper }} {{ 'ABC\u0130'|length }}
{{ f(**{'a': 1}) }}{% macro f() %}{% endmacro %}
{% macro f(a, b) %}{{ a }}-{{ b }}{% endmacro %}{{ f(*[1, 2]) }} {{ f(1, **{'b': 3}) }} {{ f(b=1, a=2) }}
{% set text = 'own' %}{{ text }}{% for t in [1] %}{{ text }}{% endfor %}
{{ (messages | selectattr("role", "eq", "user") | list)[0].content | trim }} {{ messages | map("length") | list }}
{% print 1, 2 %}{{ 1, 2 }}
{{ [1, 2,] }}{{ (1,) }}{{ {'a': 1,} }}{{ numbers[0,] }}
"""

BLOCKS = [
    # White space: trim_blocks takes the newline after a tag, lstrip_blocks the space before it.
    "a\n  {% if true %}\n    b\n  {% endif %}\nc\n",
    "a\n  {%- if true %}\n    b\n  {%- endif %}\nc",
    "a\n  {%+ if true %}\n    b\n  {%+ endif +%}\nc",
    "x {% if true %} y {% endif %} z",
    "{{ 1 }}\n{{ 2 }}\n",
    "{{- 1 -}}\n  {{- 2 }}\n\n",
    "  {# c #}\n  x{# d #}\n\ny",
    "line\n\n\n{%- set a = 1 -%}\n\n\nnext",
    "\t{% for i in [1, 2] %}\n\t{{ i }}\n\t{% endfor %}\nend",
    "a\r\nb\r\n{% if true %}\r\nc{% endif %}\r\n",
    "{% if true %}\n\n  {{ 1 }}\n{% endif %}",
    "{% raw %}\n {{ x }}\n{% endraw %}\nz",
    "{{ {'a': {'b': 1}} }}{{ '}}' }}{{ '%}' }}",
    "{% set a = [\n  1,\n  2\n] %}\n{{ a }}",
    "{{ 'a' }}\n",
    "\n\n{{ 'b' }}\n\n",
    "  {%- for i in [1] %}\n  x\n  {%- endfor %}  \n y",
    "{%- macro m() -%}\n  in\n{%- endmacro -%}\n[{{ m() }}]\n",
]


class Generation(Extension):
    """The `generation` block of Hugging Face, which prints its inside."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_inside"), [], [], body).set_lineno(line)

    def _inside(self, caller):
        return caller()


class Raised(jinja2.TemplateError):
    pass


def make_environment():
    def raise_exception(message):
        raise Raised(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def wordwrap_cases():
    """Texts of words, hyphens, dashes and spaces drawn at random, wrapped in every way."""
    random = Random(5)
    parts = ["well-known", "a", "the", " ", "  ", "\\n", "\\n\\n", "\\t", "-", "--", "---", "co-op", "x-1", "1-2-3", "e.g.", "mother-in-law",
             "internationalization", "\u4e2d\u6587", "\u00e9t\u00e9", ", ", ". ", "_a-b_", "(see)", "\u00a0", "--flag", "end--start", "a-b-c-d"]
    cases = []
    for i in range(60):
        text = "".join(random.choice(parts) + random.choice(["", " "]) for _ in range(random.randrange(14)))
        width = random.choice(["1", "2", "5", "9", "14", "30"])
        extra = random.choice(["", ", false", ", true, '|'", ", break_on_hyphens=false", ", false, '|', false"])
        cases.append("{{ '" + text + "'|wordwrap(" + width + extra + ") }}")
    return cases + ["{{ 'a b'|wordwrap }}", "{{ ''|wordwrap(3) }}|", "{{ 'a'|wordwrap(0) }}", "{{ 5|wordwrap(3) }}"]


def main():
    env = make_environment()
    cases = []
    for text in CASES.strip("\n").split("\n") + BLOCKS + wordwrap_cases():
        case = {"template": text}
        try:
            case["expect"] = env.from_string(text).render(**CONTEXT)
        except Raised as error:
            case["raised"] = str(error)
        except Exception as error:  # whatever Python raises is a refusal
            case["error"] = f"{type(error).__name__}: {error}"
        cases.append(case)
    path = pathlib.Path(__file__).with_name("jinja_cases.json")
    body = ",\n".join(json.dumps(c, ensure_ascii=True) for c in cases)
    path.write_text('{"now": ' + json.dumps(NOW.isoformat()) + ',\n"context": ' + json.dumps(CONTEXT) +
                    ',\n"cases": [\n' + body + "\n]}\n")
    print(len(cases), "cases,", sum("error" in c for c in cases), "errors")
    for c in cases:
        if "error" in c:
            print("  ", c["template"][:60], "->", c["error"][:100])


if __name__ == "__main__":
    main()

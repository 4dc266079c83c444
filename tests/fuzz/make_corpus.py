#!/usr/bin/env python3
"""Writes the seed inputs of the fuzz targets into corpus/TARGET/. Run it in this folder; the result is committed."""

import json
import pathlib
import struct

HERE = pathlib.Path(__file__).parent / "corpus"


def save(target, name, data):
    folder = HERE / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def string(text):
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def pair(key, kind, payload):
    return string(key) + struct.pack("<I", kind) + payload


def strings(items):
    return struct.pack("<IQ", 8, len(items)) + b"".join(string(i) for i in items)


def numbers(kind, code, items):
    return struct.pack("<IQ", kind, len(items)) + struct.pack(f"<{len(items)}{code}", *items)


def gguf(pairs, tensors=(), version=3, magic=b"GGUF", counts=None, data=b""):
    tensor_count, pair_count = counts or (len(tensors), len(pairs))
    head = magic + struct.pack("<IQQ", version, tensor_count, pair_count) + b"".join(pairs)
    for name, dimensions, kind, offset in tensors:
        head += string(name) + struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
        head += struct.pack("<IQ", kind, offset)
    return head + b"\0" * (-len(head) % 32) + data


def vocabulary_pairs():
    tokens = ["<unk>", "<s>", "</s>", "\u2581", "a", "b", "ab", "\u2581a"] + [f"<0x{i:02X}>" for i in range(256)]
    types = [2, 3, 3, 1, 1, 1, 1, 1] + [6] * 256
    return [
        pair("general.architecture", 8, string("llama")),
        pair("tokenizer.ggml.model", 8, string("llama")),
        pair("tokenizer.ggml.tokens", 9, strings(tokens)),
        pair("tokenizer.ggml.scores", 9, numbers(6, "f", [0.0] * 8 + [-1.0] * 256)),
        pair("tokenizer.ggml.token_type", 9, numbers(5, "i", types)),
        pair("tokenizer.ggml.bos_token_id", 4, struct.pack("<I", 1)),
    ]


def byte_pairs():
    tokens = ["<|end|>", "a", "b", "\u0120", "ab", "\u0120a"]
    return [
        pair("tokenizer.ggml.model", 8, string("gpt2")),
        pair("tokenizer.ggml.pre", 8, string("llama-bpe")),
        pair("tokenizer.ggml.tokens", 9, strings(tokens)),
        pair("tokenizer.ggml.merges", 9, strings(["a b", "\u0120 a"])),
    ]


def write_gguf():
    scalars = [
        pair("a.u8", 0, b"\x01"), pair("a.i8", 1, b"\xff"), pair("a.u16", 2, b"\x01\x02"),
        pair("a.u32", 4, struct.pack("<I", 7)), pair("a.f32", 6, struct.pack("<f", 1.5)), pair("a.bool", 7, b"\x01"),
        pair("a.text", 8, string("hello")), pair("a.u64", 10, struct.pack("<Q", 2**63)),
        pair("a.f64", 12, struct.pack("<d", 0.5)), pair("a.list", 9, numbers(4, "I", [1, 2, 3])),
    ]
    tensors = [("w", (4, 2), 0, 0), ("v", (32,), 8, 32)]
    good = gguf(scalars, tensors, data=bytes(range(96)))
    save("gguf_reader", "scalars", good)
    save("gguf_reader", "version2", gguf(scalars, tensors, version=2, data=bytes(96)))
    save("gguf_reader", "vocabulary", gguf(vocabulary_pairs()))
    save("gguf_reader", "merges", gguf(byte_pairs()))
    save("gguf_reader", "truncated", good[: len(good) // 2])
    save("gguf_reader", "empty", b"")
    save("gguf_reader", "magic", b"GGUF")
    save("gguf_reader", "wrong_magic", gguf(scalars, magic=b"GGML"))
    save("gguf_reader", "huge_counts", gguf(scalars, counts=(2**60, 2**60)))
    save("gguf_reader", "huge_string", gguf([pair("k", 8, struct.pack("<Q", 2**62))]))
    save("gguf_reader", "huge_array", gguf([pair("k", 9, struct.pack("<IQ", 8, 2**61))]))
    save("gguf_reader", "nested_array", gguf([pair("k", 9, struct.pack("<IQIQ", 9, 1, 9, 1))]))
    save("gguf_reader", "overlap", gguf([], [("a", (8,), 0, 0), ("b", (8,), 0, 0)], data=bytes(64)))
    save("gguf_reader", "outside", gguf([], [("a", (8,), 0, 2**40)], data=bytes(64)))
    save("gguf_reader", "overflow", gguf([], [("a", (2**63, 2**63), 0, 0)], data=bytes(64)))
    save("gguf_reader", "unknown_type", gguf([], [("a", (8,), 250, 0)], data=bytes(64)))


def write_tokenizer():
    text = "Hello world  123\n\ta\u00e9 \u2581 \U0001f680<|im_end|><tool> don't".encode()
    for kind in range(4):
        save("tokenizer", f"kind{kind}", bytes([kind, 2]) + text)
        save("tokenizer", f"invalid{kind}", bytes([kind, 1]) + b"a\xff\xc3(\xf0\x9f\x98 \xed\xa0\x80")
        save("tokenizer", f"long{kind}", bytes([kind, 3]) + b"a" * 600 + b" " * 300)
        hostile = b"1<unk>\n8a\n8b\n8ab\n8\n\na b\nab ab\n\nababab"
        save("tokenizer", f"hostile{kind}", bytes([kind + 4, 0]) + hostile)
    for pre in range(32):
        save("tokenizer", f"pre{pre:02}", bytes([1, pre]) + text)


TEMPLATES = {
    "chatml": "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m.content }}{% endfor %}",
    "macro": "{% macro f(a, b=2, *c) %}{{ a }}{% endmacro %}{{ f(1) }}",
    "macros": "{% macro f(a, b=2) %}{{ a ~ b ~ varargs ~ kwargs }}{% endmacro %}{{ f(1, 2, 3, x=4) }}",
    "recursion": "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "loops": "{%- for i in range(3) if i != 1 -%}{{ loop.index }}{% if i %}{% break %}{% endif %}{% else %}x{% endfor %}",
    "tree": "{% for n in [[1, [2]], 3] recursive %}{% if n is iterable %}{{ loop(n) }}{% else %}{{ n }}{% endif %}{% endfor %}",
    "namespace": "{% set ns = namespace(a=[]) %}{% for i in range(9) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a }}",
    "filters": "{{ messages | map(attribute='role') | unique | sort | join(',') | upper | replace('U', 'v') | indent }}",
    "select": "{{ messages | selectattr('role', 'equalto', 'user') | list | tojson(indent=2) }}",
    "group": "{% for g in messages | groupby('role') %}{{ g.grouper }}{{ g.list | length }}{% endfor %}",
    "slices": "{{ 'abc\u00e9'[::-1] }}{{ messages[1:][0].content[-2:] }}{{ [1, 2, 3][:2] }}",
    "format": "{{ '%5.2f|%-4d|%s|%(a)s' % {'a': 1} }}{{ '{:>8} {0!r}'.format(1) }}",
    "numbers": "{{ 7 // -2 }}{{ -7 % 3 }}{{ 2 ** 62 }}{{ 1e300 * 10 }}{{ 0x1F }}{{ 1_000 }}",
    "growth": "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x * 9 %}{% endfor %}{{ ns.x }}",
    "call": "{% macro d() %}[{{ caller(1) }}]{% endmacro %}{% call(x) d() %}{{ x }}{% endcall %}",
    "blocks": "{% set x | upper %}a{{ 1 }}{% endset %}{{ x }}{% filter trim %} b {% endfilter %}{% raw %}{{ }}{% endraw %}",
    "with": "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{% generation %}x{% endgeneration %}",
    "undefined": "{{ a }}{{ a is defined }}{{ a.b }}",
    "raise": "{{ raise_exception('no ' ~ strftime_now('%d %B %Y')) }}",
    "broken": "{% for %}{{ 'a }}{# ",
    "deep": "{{ " + "(" * 200 + "1" + ")" * 200 + " }}",
    "long": "{{ 1" + " + 1" * 500 + " }}",
    "space": "  {%- if true +%}  \n {#- c -#} x {{- 1 -}} \n{% endif %}\n",
}


def write_chat():
    for name, text in TEMPLATES.items():
        save("chat_template", name, text.encode())
    messages = b'[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"tool","content":null}]'
    save("chat_template", "with_messages", b"{% for m in messages %}{{ m }}{{ m.content | tojson }}{% endfor %}\0" + messages)


def checksum(data):
    """As inference/base/checksum.h."""
    state, mask = 0x6B696E676C657421, 2**64 - 1

    def add(word):
        nonlocal state
        state = (state ^ word) * 0x9E3779B97F4A7C15 & mask
        state ^= state >> 32

    for at in range(0, len(data) - len(data) % 8, 8):
        add(int.from_bytes(data[at:at + 8], "little"))
    if rest := data[len(data) - len(data) % 8:]:
        add(int.from_bytes(rest, "little"))
        add(len(rest))
    return state


def words(*numbers):
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def session_state(length, window_base, marked=0, saved=0):
    """Of the model in saved_session.cpp: a layer of keys and values, one with a window of 3, a convolution."""
    rows = bytes(range(8)) * length
    state = words(3, length) + words(1, 1, 8, 8, 0, length, 0) + rows + rows + words(0, 0)
    kept = bytes(8 * (length - window_base))
    state += words(1, 1, 8, 8, 3, length, window_base) + kept + kept + words(marked, saved)
    if saved:
        first = max(0, marked - 2)
        state += words(first) + bytes(2 * 8 * (marked - first))
    return state + words(2, 8, 8, length) + bytes(32) + words(1, max(1, length - 1)) + bytes(32)


def session_file(state, tokens, note=b"note", name=b"model", version=1):
    head = words(0x0A54454C474E494B, version, 1, 2, 1, 32, len(name), len(note), len(tokens))
    data = head + name + note + struct.pack(f"<{len(tokens)}i", *tokens) + state
    return data + words(checksum(data))


def write_session():
    for name, state in {
        "whole": session_state(6, 0),
        "window": session_state(12, 6, 5, 1),
        "marked": session_state(12, 4, 9),
        "too_long": session_state(40, 30),
        "empty": session_state(0, 0),
    }.items():
        save("saved_session", f"state_{name}", state)
        save("saved_session", name, session_file(state, list(range(6))))
    save("saved_session", "other_version", session_file(b"", [], version=9))
    save("saved_session", "cut", session_file(session_state(6, 0), [1, 2, 3])[:100])
    save("saved_session", "no_state", session_file(b"", []))


def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def write_safetensors():
    tensor = lambda begin, end, shape, kind="F32": {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}
    good = {"__metadata__": {"format": "pt"}, "a": tensor(0, 8, [2]), "b": tensor(8, 12, [1, 2], "BF16"), "c": tensor(12, 20, [1], "I64")}
    save("safetensors", "sound", safetensors(good, bytes(range(20))))
    save("safetensors", "empty", b"")
    save("safetensors", "no_tensors", safetensors({}))
    save("safetensors", "truncated", safetensors(good, bytes(10)))
    save("safetensors", "huge_header", safetensors(good, bytes(20), 2**60))
    save("safetensors", "long_header", safetensors(good, bytes(20), 2**20))
    save("safetensors", "overlap", safetensors({"a": tensor(0, 8, [2]), "b": tensor(4, 12, [2])}, bytes(12)))
    save("safetensors", "overflow", safetensors({"a": tensor(0, 8, [2**32, 2**32, 2**32])}, bytes(8)))
    save("safetensors", "outside", safetensors({"a": tensor(2**40, 2**40 + 8, [2])}, bytes(8)))
    save("safetensors", "twice", safetensors(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', b"ab"))
    save("safetensors", "deep", safetensors(b'{"a":' + b"[" * 200 + b"]" * 200 + b"}"))
    save("safetensors", "wrong_kinds", safetensors({"a": {"dtype": 1, "shape": {}, "data_offsets": [None, "x"]}}))


def varint(n):
    out = b""
    n %= 2**64
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def message(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def write_sentencepiece():
    piece = lambda text, score, kind: message(1, message(1, text.encode()) + b"\x15" + struct.pack("<f", score) + b"\x18" + varint(kind))
    trainer = message(2, b"\x18\x02" + b"".join(varint(n << 3) + varint(i) for n, i in ((40, 0), (41, 1), (42, 2), (43, -1))))
    pieces = b"".join(piece(t, -i, k) for i, (t, k) in enumerate([("<unk>", 2), ("<s>", 3), ("</s>", 3), ("\u2581", 1), ("a", 1), ("\u2581a", 1)]))
    byte_pieces = b"".join(piece(f"<0x{i:02X}>", 0, 6) for i in range(256))
    good = pieces + byte_pieces + trainer + message(3, message(1, b"identity") + b"\x18\x01")
    save("sentencepiece_model", "sound", good)
    save("sentencepiece_model", "pieces", pieces)
    save("sentencepiece_model", "truncated", good[:-7])
    save("sentencepiece_model", "empty", b"")
    save("sentencepiece_model", "long_varint", b"\xff" * 20)
    save("sentencepiece_model", "huge_length", b"\x0a" + varint(2**62))
    save("sentencepiece_model", "group", b"\x0b\x00")
    save("sentencepiece_model", "unknown_type", message(1, message(1, b"a") + b"\x18\x09"))
    save("sentencepiece_model", "far_ids", pieces + message(2, varint(41 << 3) + varint(2**40)))


def write_grammar():
    gbnf = lambda name, text, follow=b"": save("grammar", name, b"\0" + text.encode() + b"\0" + follow)
    schema = lambda name, text, follow=b"": save("grammar", "schema_" + name, b"\1" + text.encode() + b"\0" + follow)
    gbnf("list", 'root ::= "[" item ("," item)* "]" # a list\nitem ::= [a-z]{1,3} | "\\u00e9"', b"[ab,\xc3\xa9]")
    gbnf("recursion", 'root ::= "(" root ")" | .?', b"((a))")
    gbnf("left_recursion", 'root ::= root "a" | "a"')
    gbnf("no_end", 'root ::= "a" root')
    gbnf("nothing", "")
    gbnf("deep", "root ::= " + "(" * 300)
    gbnf("counts", 'root ::= (("a"{1,900}){1,900}){1,900}', b"a" * 60)
    gbnf("escapes", 'root ::= [^\\x00-\\x1f\\]\\\\-]+ "\\U0001F600"', "é😀".encode())
    schema("person", '{"properties":{"name":{"type":"string","maxLength":3},"age":{"type":"integer","minimum":-3}},"required":["name"]}', b'{"name": "ab","age":-1}')
    schema("cycle", '{"$ref":"#/$defs/n","$defs":{"n":{"type":"array","items":{"$ref":"#/$defs/n"}}}}', b"[[],[]]")
    schema("bare_cycle", '{"$ref":"#"}')
    schema("all_of", '{"allOf":[{"properties":{"a":true}},{"required":["b"]}]}', b'{"a":1,"b":2}')
    schema("one_of", '{"oneOf":[{"const":1},{"type":"string","pattern":"^\\\\d+$"}]}', b'"12"')
    schema("formats", '{"prefixItems":[{"format":"date"},{"format":"uuid"}],"minItems":2}', b'["2024-02-29",')
    schema("additional", '{"properties":{"ab":{"type":"null"}},"additionalProperties":{"type":"number"}}', b'{"abc":1.5}')
    schema("odd_types", '{"required":{"a":1},"items":3,"enum":7,"$ref":[]}')
    schema("broken", '{"type":')


if __name__ == "__main__":
    write_gguf()
    write_tokenizer()
    write_chat()
    write_session()
    write_safetensors()
    write_sentencepiece()
    write_grammar()

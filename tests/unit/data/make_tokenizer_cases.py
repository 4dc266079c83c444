#!/usr/bin/env python3
"""Writes tokenizer_cases.json: small vocabularies and what an independent implementation makes of texts with them,
and pretokenizer_cases.json: how long the pieces are into which further pre-tokenizers cut texts, as published.

The implementations here are the plain textbook ones: quadratic, and written for being read. They share nothing with
the C++ code but the definition of each algorithm. Needs the Python package `regex` (for \\p{L}).
"""

import collections
import json
import pathlib
import random
import unicodedata

import regex

CORPUS = """The kinglet is a very small bird. It weighs five grams, sings high and quickly, and hangs upside down from
the twigs of spruces. Kinglets don't migrate far: they'll stay where it's cold, and we've seen them at -20 degrees.
    for i in range(10):
        print(i, "kinglet")   # indented
Der Zaunkönig und das Goldhähnchen sind winzig. Le roitelet pèse cinq grammes; c'est l'été. Маленькая птица поёт.
小鸟在树上唱歌。 1234 56 7 2024-01-15 !!! ??? ... the the the then there these those with without within
"""

TEXTS = [
    "", " ", "  ", "   ", "\n", "\n\n", "\t", " \n ", "Hello", " Hello", "  Hello", "Hello  ", "the kinglet sings",
    "The kinglet's nest isn't here, they'll say", "I'VE we'Re YOU'LL", "1", "12", "123", "1234567", "a1b22c333",
    "Zaunkönig Größe", "роитель птица", "小鸟 唱歌", "emoji \U0001F426 and \U0001F468\u200D\U0001F469\u200D\U0001F467",
    "x = {'a': [1, 2]};\n\treturn x  # done", "....!!!???", "a\u00a0b\u3000c", "\u2581 mark", "tail   ",
    "mixed\r\nline\r\n\r\nends", "e\u0301 combining", "ſt long s: 'ſ", "fi\u200bzero", "A" * 40, "kinglet" * 12,
    "CamelCaseWord HTTPServer", "  (bracket) [list] <tag>", "日本語テキスト、混在english", "½ ² Ⅷ ٣",
]

SPECIAL_TEXTS = ["<s>hi</s>", "a<|end|>b", "<|end|><|end|>", "say <tool> now", "<|en d|>", "<s><|end|> x"]


def learn_merges(words, count):
    """Byte-pair merges by frequency; ties go to the pair that sorts first."""
    words = {tuple(w): n for w, n in words.items()}
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        merged = collections.Counter()
        for word, n in words.items():
            merged[tuple(merge_all(list(word), best))] += n
        words = merged
    return merges


def merge_all(symbols, pair):
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


# --- byte-level BPE ---------------------------------------------------------------------------------------------

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = CL100K.replace(r"\p{N}{1,3}", r"\p{N}")
CASED = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s"
         r"|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SUFFIX = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
PRETOKENIZERS = {
    "gpt-2": [GPT2],
    "llama-bpe": [CL100K],
    "qwen2": [QWEN2],
    "starcoder": [r"\p{N}", GPT2],
    "falcon": [r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"],
    "tekken": [CASED % ("", "", "")],
    "gpt-4o": [CASED % (SUFFIX, SUFFIX, "{1,3}")],
    "deepseek-v3": [
        r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
        r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
        r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
}
WHOLE_WORDS = {"llama-bpe", "tekken"}

# Pre-tokenizers of which only the cutting is checked, by the expressions that the models publish.
KIMI = (r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"
        r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+%s"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*%s"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+") % (SUFFIX, SUFFIX)
SPACES = "".join(r"|\s{%d}(?!\S)" % n for n in (512, 256, 128, 64, 32, 16, 8, 4)) + r"|\s{1,2}(?!\S)|\s{1}"
THREES = r"\d{1,3}(?=(?:\d{3})*(?!\d))"
PUNCTUATION = r"[\p{P}\$\+<=>\^~\|]+"
BLOOM = " ?[^(\\s|.,!?…。，、।۔،)]+"
CJK = "[一-龥ࠀ-一가-퟿]+"
CUT_ONLY = {
    "default": [PUNCTUATION, GPT2, r"\p{N}+", "[0-9][0-9][0-9]"],
    "dbrx": [CL100K],
    "qwen35": [QWEN2.replace(r"\p{L}+", r"[\p{L}\p{M}]+").replace(r"[^\s\p{L}", r"[^\s\p{L}\p{M}")],
    "bailingmoe": [r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]"
                   r"|\s+(?!\S)|\s+"],
    "seed-coder": [QWEN2.replace(r"[^\s\p{L}\p{N}]+[\r\n]*", r"[^\s\p{L}\p{N}\r\n]+")],
    "deepseek-llm": [r"[\r\n]", r"\s?[\p{Lu}\p{Ll}\p{Lt}]+", r"\s?[!-/:-~！-／：-～‘-‟　-。]+", r"\s+$", CJK, r"\p{N}+"],
    "deepseek-coder": [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", CJK, r"\p{N}"],
    "bloom": [BLOOM],
    "viking": [BLOOM, r"\p{N}"],
    "granite-embed-multi-97m": [CASED % (SUFFIX, SUFFIX, "{1,3}")],
    "kimi-k2": [KIMI],
    "youtu": ["[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+", CASED % (SUFFIX, SUFFIX, "")],
    "minicpm5": [r"\p{N}{1,3}", CL100K.replace(r"\p{N}{1,3}", r"\p{N}+")],
    "jais-2": [CL100K.replace(r"|\s+(?!\S)|\s+", "") + SPACES],
    "laguna": [r"[^\n]+|[\n]+", QWEN2],
    "exaone-moe": [r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}"
                   r"| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"],
    "chameleon": ["<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", "([\t\n]|    |  )", r"\p{N}",
                  r"[\p{P}!-/:-@\[-`{-~]", GPT2],
    "tiny_aya": [r"\d{1,3}(?=(?:\d{3})*\b)", CASED % (SUFFIX, SUFFIX, "{1,3}")],
    "afmoe": [THREES, "[一-鿿㐀-䶿豈-﫿぀-ゟ゠-ヿ･-ﾟ⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+",
              PRETOKENIZERS["deepseek-v3"][2]],
    "superbpe": [r"\p{N}+", r"(?=(\d{3})+(?!\d))"],
}
CUT_TEXTS = [
    "12 123 1234 1234567 1234abc 12_3456 a1234567b 1,234,567.89", "½1234 100½ 12½3456 1½2½3456789 ٣٤٥٦ 1234½567 Ⅷ1234½½12",
    "漢字かな交じり文 Kanjiと漢字のMix 中文 々〻 㐂 ｶﾅ", "한국어 문장 입니다 and 漢字", "ไทย ລາວ ខ្មែរ မြန်မာ",
    "<sentinel:12> IMGIMGABZ IMGIMGJZ\t    x  y", "word word  word\nnext  line\n\n\n  in", " " * 700 + "x" + " " * 90,
    "हिन्दी में लिखा e\u0301e\u0301", "iPhone getUserName HTTPServer's X'S", "a/b//c\r\n/\n", "  1  12  123  ", "1" * 1000,
]


def byte_letters():
    keep = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters, spare = {}, 256
    for byte in range(256):
        if byte in keep:
            letters[byte] = chr(byte)
        else:
            letters[byte] = chr(spare)
            spare += 1
    return letters


LETTERS = byte_letters()


def split_all(text, expressions):
    pieces = [text]
    for expression in expressions:
        flags = regex.V1 if "&&" in expression else 0
        finer = []
        for piece in pieces:
            at = 0
            for match in regex.finditer(expression, piece, flags):
                finer += [piece[at:match.start()], match.group()]
                at = match.end()
            finer.append(piece[at:])
        pieces = [piece for piece in finer if piece]
    return pieces


def write_cuts(path):
    texts = CUT_TEXTS + TEXTS + [CORPUS]
    rows = [json.dumps({"texts": texts}, ensure_ascii=True, separators=(",", ":"))]
    for pre, expressions in CUT_ONLY.items():
        cuts = [[len(p.encode()) for p in split_all(t, expressions)] for t in texts]
        rows.append(json.dumps({"pre": pre, "lengths": cuts}, separators=(",", ":")))
    path.write_text("[\n" + ",\n".join(rows) + "\n]\n")


def encode_byte_bpe(text, model):
    ids = {t: i for i, t in enumerate(model["tokens"])}
    ranks = {tuple(m.split(" ")): i for i, m in enumerate(model["merges"])}
    out = []
    for piece in split_all(text, PRETOKENIZERS[model["pre"]]):
        word = [LETTERS[b] for b in piece.encode()]
        if model["pre"] in WHOLE_WORDS and "".join(word) in ids:
            out.append(ids["".join(word)])
            continue
        while True:
            pairs = [p for p in zip(word, word[1:]) if p in ranks]
            if not pairs:
                break
            word = merge_all(word, min(pairs, key=ranks.get))
        out.extend(ids[s] for s in word)
    return out


def make_byte_bpe(pre):
    words = collections.Counter()
    for piece in split_all(CORPUS, PRETOKENIZERS[pre]):
        words["".join(LETTERS[b] for b in piece.encode())] += 1
    merges = learn_merges(words, 160)
    tokens = [LETTERS[b] for b in range(256)] + ["".join(m) for m in merges]
    # A word that the merges alone cannot make.
    if pre in WHOLE_WORDS:
        tokens.append("A" * 40)
    types = [1] * len(tokens)
    for text, kind in (("<s>", 3), ("</s>", 3), ("<|end|>", 3), ("<tool>", 4)):
        tokens.append(text)
        types.append(kind)
    return {"model": "gpt2", "pre": pre, "tokens": tokens, "types": types, "merges": [" ".join(m) for m in merges],
            "bos": tokens.index("<s>"), "eos": tokens.index("</s>")}


# --- sentencepiece ----------------------------------------------------------------------------------------------

MARK = "\u2581"


def make_sentencepiece(split_marks):
    text = MARK + CORPUS.replace(" ", MARK)
    words = collections.Counter(regex.findall(MARK + "*[^" + MARK + "]*", text) if split_marks else text.split("\n"))
    merges = learn_merges({w: n for w, n in words.items() if w}, 150)
    tokens, types, scores = ["<unk>", "<s>", "</s>", "<|end|>", "<tool>"], [2, 3, 3, 3, 4], [0.0] * 5
    for byte in range(256):
        tokens.append(f"<0x{byte:02X}>")
        types.append(6)
        scores.append(0.0)
    for i, merge in enumerate(merges):
        tokens.append("".join(merge))
        types.append(1)
        scores.append(-float(i))
    for i, c in enumerate(sorted(set(text) - {"小", "鸟", "ё"})):
        if c not in tokens:
            tokens.append(c)
            types.append(1)
            scores.append(-1000.0 - i)
    # Two entries of one score: of equals the leftmost joins first.
    rng = random.Random(7)
    for pair in ("zz", "qq", "zq", "qz"):
        tokens.append(pair)
        types.append(1)
        scores.append(-500.0)
    for c in "zq":
        if c not in tokens:
            tokens.append(c)
            types.append(1)
            scores.append(-3000.0 - rng.random())
    return {"model": "llama", "pre": "default", "tokens": tokens, "types": types, "scores": scores, "merges": [],
            "unknown": 0, "bos": 1, "eos": 2}


def encode_sentencepiece(text, model, first=True):
    if not text:
        return []
    ids = {t: i for i, t in enumerate(model["tokens"]) if model["types"][i] in (1, 4)}
    symbols = list((MARK if first else "") + text.replace(" ", MARK))
    symbols = [c if c != " " else MARK for c in symbols]
    while True:
        best = None
        for i, (a, b) in enumerate(zip(symbols, symbols[1:])):
            if a + b in ids:
                score = model["scores"][ids[a + b]]
                if best is None or score > best[0]:
                    best = (score, i)
        if best is None:
            break
        i = best[1]
        symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
    out = []
    for s in symbols:
        out.extend([ids[s]] if s in ids else [5 + b for b in s.encode()])
    return out


def make_text_bpe():
    """Gemma 4's kind: merges of characters over whole lines, in which spaces are marks."""
    lines = collections.Counter(line for line in CORPUS.replace(" ", MARK).split("\n") if line)
    merges = learn_merges(lines, 150)
    tokens, types = ["<pad>", "</s>", "<s>", "<unk>", "<|end|>", "<tool>"], [3, 3, 3, 2, 3, 4]
    for byte in range(256):
        tokens.append(f"<0x{byte:02X}>")
        types.append(6)
    known = [*sorted(set("".join(lines)) - {"小", "鸟", "ё"}), *("".join(m) for m in merges), "\n", "\n\n", "\n\n\n"]
    for token in dict.fromkeys(known):
        tokens.append(token)
        types.append(1)
    return {"model": "gemma4", "pre": "default", "tokens": tokens, "types": types,
            "merges": [" ".join(m) for m in merges], "unknown": 3, "bos": 2, "eos": 1}


def encode_text_bpe(text, model):
    ids = {t: i for i, t in enumerate(model["tokens"]) if model["types"][i] in (1, 4)}
    ranks = {tuple(m.split(" ")): i for i, m in enumerate(model["merges"])}
    out = []
    for word in regex.findall(r"[^\n]+|\n+", text.replace(" ", MARK)):
        symbols = [word] if word[0] == "\n" and word in ids else list(word)
        while True:
            pairs = [p for p in zip(symbols, symbols[1:]) if p in ranks]
            if not pairs:
                break
            symbols = merge_all(symbols, min(pairs, key=ranks.get))
        for s in symbols:
            out.extend([ids[s]] if s in ids else [6 + b for b in s.encode()])
    return out


# --- WordPiece --------------------------------------------------------------------------------------------------


def make_wordpiece():
    text = clean(CORPUS)
    words = collections.Counter(basic_words(text))
    merges = learn_merges(words, 120)
    pieces = sorted({c for w in words for c in w} - {"鸟"}) + ["".join(m) for m in merges]
    tokens, types = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], [3, 2, 3, 3, 3]
    for piece in dict.fromkeys(pieces):
        for spelled in (MARK + piece, piece):
            tokens.append(spelled)
            types.append(1)
    return {"model": "bert", "pre": "default", "tokens": tokens, "types": types, "merges": [], "unknown": 1,
            "separator": 3, "classify": 2, "mask": 4, "padding": 0}


def clean(text):
    out = []
    for c in text:
        if c in "\t\n\r" or unicodedata.category(c) == "Zs":
            out.append(" ")
        elif ord(c) in (0, 0xFFFD) or unicodedata.category(c) in ("Cc", "Cf", "Cn", "Co"):
            continue
        else:
            out.append(c)
    text = unicodedata.normalize("NFD", "".join(out))
    return "".join(c for c in text if unicodedata.category(c) != "Mn").lower()


def basic_words(text):
    word = ""
    for c in text:
        ascii_mark = 33 <= ord(c) <= 47 or 58 <= ord(c) <= 64 or 91 <= ord(c) <= 96 or 123 <= ord(c) <= 126
        alone = ascii_mark or unicodedata.category(c).startswith("P") or 0x4E00 <= ord(c) <= 0x9FFF
        if c == " " or alone:
            if word:
                yield word
            word = ""
            if alone:
                yield c
        else:
            word += c
    if word:
        yield word


def encode_wordpiece(text, model):
    ids = {t: i for i, t in enumerate(model["tokens"]) if model["types"][i] == 1}
    out = []
    for word in basic_words(clean(text)):
        rest, pieces = MARK + word, []
        while rest:
            end = next((n for n in range(len(rest), 0, -1) if rest[:n] in ids), 0)
            if end == 0:
                pieces = [1]
                break
            pieces.append(ids[rest[:end]])
            rest = rest[end:]
        out.extend(pieces if len(word) <= 100 else [1])
    return out


# --- special tokens ---------------------------------------------------------------------------------------------


def encode_special(text, model, encode):
    """Control and user-defined tokens are cut out first; of several at one place the longest."""
    special = {t: i for i, t in enumerate(model["tokens"]) if model["types"][i] in (2, 3, 4)}
    out, plain, at, first = [], "", 0, True
    while at < len(text):
        found = max((t for t in special if text.startswith(t, at)), key=len, default=None)
        if found is None:
            plain += text[at]
            at += 1
            continue
        out += encode(plain, model, first) if plain else []
        out.append(special[found])
        plain, first, at = "", True, at + len(found)
    return out + (encode(plain, model, first) if plain else [])


def main():
    models = []
    plans = [(make_sentencepiece(True), encode_sentencepiece, "sentencepiece"),
             (make_sentencepiece(False), encode_sentencepiece, "sentencepiece with marks inside tokens"),
             (make_text_bpe(), lambda t, m, first=True: encode_text_bpe(t, m), "BPE of characters"),
             (make_wordpiece(), lambda t, m, first=True: encode_wordpiece(t, m), "wordpiece")]
    for pre in PRETOKENIZERS:
        plans.append((make_byte_bpe(pre), lambda t, m, first=True: encode_byte_bpe(t, m), "byte-level " + pre))
    for model, encode, name in plans:
        cases = [{"text": t, "ids": encode(t, model)} for t in TEXTS + [CORPUS, "zzqzqqzz qzqz"]]
        special = [{"text": t, "ids": encode_special(t, model, encode)} for t in SPECIAL_TEXTS]
        models.append({"name": name, "vocabulary": model, "cases": cases, "special": special})
    path = pathlib.Path(__file__).with_name("tokenizer_cases.json")
    lines = ",\n".join(json.dumps(m, ensure_ascii=True, separators=(",", ":")) for m in models)
    path.write_text("[\n" + lines + "\n]\n")
    write_cuts(path.with_name("pretokenizer_cases.json"))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""kinglet-cli convert on checkpoints in the layout of Hugging Face: every fixture model of tests/golden and every model
of ../shared is laid out as the checkpoint it could have come from, converted, and must compute what its golden says.

Usage: convert_test.py --cli kinglet-cli [--shared FOLDER] [-k NAME]. With --shared, the models and vocabularies of that folder
alone; exit status 77 where it is absent. Only the standard library."""
import argparse
import array
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import hf_files  # noqa: E402
import reference_models  # noqa: E402
from gguf_file import Fixture, Gguf, Matrix  # noqa: E402
from hf_layout import checkpoint_of  # noqa: E402

GOLDEN = HERE.parent / "golden"
OPTIONS = None
EXACT = 1e-9

# Their frequency factors are random, so no config gives them.
UNREACHABLE = {"llama-factors": "rope_freqs.weight", "gemma4": "rope_freqs.weight"}


def run(*arguments):
    return subprocess.run([OPTIONS.cli, *map(str, arguments)], capture_output=True, text=True, timeout=120)


def floats(path):
    return array.array("f", path.read_bytes())


def error_of(actual, expected):
    if len(actual) != len(expected):
        return math.inf
    return sum((a - e) ** 2 for a, e in zip(actual, expected)) / sum(e * e for e in expected)


def fixture_vocabulary(size):
    """What tests/support/fixture_models.cpp gives every fixture."""
    tokens = ["<unk>", "<s>", "</s>", "\u2581"] + [chr(ord("a") + i) for i in range(size - 4)]
    return {"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": [2, 3, 3] + [1] * (size - 3),
            "tokenizer.ggml.scores": [0.0, 0.0, 0.0] + [-float(i) for i in range(3, size)],
            "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.unknown_token_id": 0}


class Case(unittest.TestCase):
    def setUp(self):
        keeper = tempfile.TemporaryDirectory()
        self.addCleanup(keeper.cleanup)
        self.folder = pathlib.Path(keeper.name)

    def convert(self, folder, *more):
        out = self.folder / "out.gguf"
        outcome = run("convert", folder, out, *more)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        return out

    def compute(self, model, tokens, embeds):
        out = self.folder / "out.bin"
        command = "embed" if embeds else "logits"
        outcome = run(command, model, "--tokens", ",".join(map(str, tokens)), "--out", out)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        return floats(out)

    def refused(self, folder, *words):
        out = self.folder / "out.gguf"
        outcome = run("convert", folder, out)
        self.assertEqual(outcome.returncode, 1, outcome.stdout)
        for word in words:
            self.assertIn(word, outcome.stderr)
        self.assertEqual(len(outcome.stderr.splitlines()), 2 if "\n  " in outcome.stderr else 1, outcome.stderr)
        self.assertEqual([p.name for p in self.folder.iterdir() if "out.gguf" in p.name], [])


def same_tensors(case, source, converted, without=()):
    """Bit for bit what the source has, but for what a subtraction and an addition round."""
    for name, matrix in source.tensors.items():
        if name in without or name not in converted.tensors:
            continue
        ours = converted.tensors[name]
        worst = max((abs(a - b) for a, b in zip(matrix.values, ours.values)), default=0)
        case.assertEqual(product_of(matrix.shape), product_of(ours.shape), name)
        case.assertLess(worst, 3e-7, name)


def product_of(shape):
    return math.prod(shape)


class Fixtures(Case):
    """Needs nothing but the repository."""

    def check(self, name, entry, tokens):
        source = Fixture(name, entry)
        checkpoint = checkpoint_of(source)
        folder = self.folder / name
        hf_files.write_checkpoint(folder, checkpoint, shards=3 if name == "llama" else 1)
        hf_files.write_tokenizer(folder, fixture_vocabulary(source.tensors["token_embd.weight"].shape[0]))
        model = self.convert(folder)
        converted = Gguf(model)
        same_tensors(self, source, converted, [UNREACHABLE.get(name)])
        self.assertEqual(converted.metadata["general.architecture"], entry["architecture"])
        if name in UNREACHABLE:
            return
        embeds = "pooling_type" in entry["metadata"]
        expected = floats(GOLDEN / "expected" / f"{name}.bin")
        self.assertLess(error_of(self.compute(model, tokens, embeds), expected), EXACT)


class Reference(Case):
    """Checkpoints that numpy computed as the transformers library does (reference/make_expected.py)."""

    def check(self, name):
        model_class, config, shapes = reference_models.MODELS[name]
        folder = self.folder / name
        folder.mkdir()
        tensors = {}
        for tensor, shape in shapes.items():
            offset, scale = reference_models.offset_and_scale(model_class, tensor, shape)
            tensors[tensor] = Fixture.values(reference_models.SEED, tensor, shape, offset, scale)
        (folder / "config.json").write_text(json.dumps({"architectures": [model_class], **config}))
        hf_files.write_safetensors(folder / "model.safetensors", tensors)
        hf_files.write_tokenizer(folder, fixture_vocabulary(reference_models.VOCABULARY))
        actual = self.compute(self.convert(folder), reference_models.TOKENS, name == "bert")
        self.assertLess(error_of(actual, floats(HERE / "expected" / f"{name}.bin")), EXACT)


class Shared(Case):
    """The larger models, whose goldens come from another engine."""

    def check(self, path, tokens):
        source = Gguf(path)
        checkpoint = checkpoint_of(source)
        folder = self.folder / path.stem
        hf_files.write_checkpoint(folder, checkpoint, shards=2 if path.stem == "qwen3" else 1)
        pre = "gpt-2" if source.metadata.get("tokenizer.ggml.pre") not in hf_files.PRE_TOKENIZERS else None
        hf_files.write_tokenizer(folder, source.metadata, pre)
        model = self.convert(folder)
        converted = Gguf(model)
        unreachable = "rope_freqs.weight" if path.stem == "llama3-ropefreqs" else None
        same_tensors(self, source, converted, [unreachable])
        for key, value in source.metadata.items():
            if key.startswith("tokenizer.ggml.") and not (key.endswith(".pre") and value not in hf_files.PRE_TOKENIZERS):
                if key not in ("tokenizer.ggml.token_type_count",):
                    self.assertEqual(converted.metadata.get(key), value, key)
        if unreachable:
            return
        embeds = "pooling_type" in "".join(source.metadata)
        expected = floats(pathlib.Path(OPTIONS.shared) / "golden" / "logits" / f"{path.stem}.bin")
        self.assertLess(error_of(self.compute(model, tokens, embeds), expected), 1e-6)


def small_llama(folder, rows, tied=True, **config):
    """A model of one layer and four values a token, to hold a vocabulary."""
    folder.mkdir()
    four = lambda *shape: Matrix(shape, [0.01 * (i % 7 - 3) for i in range(math.prod(shape))])
    at = "model.layers.0."
    tensors = {"model.embed_tokens.weight": four(rows, 4), "model.norm.weight": four(4), at + "input_layernorm.weight": four(4),
               at + "post_attention_layernorm.weight": four(4)}
    tensors.update({f"{at}self_attn.{x}_proj.weight": four(4, 4) for x in "qkvo"})
    tensors.update({f"{at}mlp.{x}_proj.weight": four(4, 4) for x in ("gate", "up", "down")})
    hf_files.write_safetensors(folder / "model.safetensors", tensors)
    settings = {"architectures": ["LlamaForCausalLM"], "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
                "intermediate_size": 4, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "tie_word_embeddings": tied, **config}
    (folder / "config.json").write_text(json.dumps(settings))
    return tensors


TINY_MERGES = ["h e", "l l", "he ll", "hell o", "\u0120 w", "o r", "\u0120w or", "l d", "\u0120wor ld"]


def tiny_byte_level(pairs=False, pre="llama-bpe"):
    """A byte-level vocabulary: every byte, a few words, special tokens."""
    printable = [b for b in range(256) if 33 <= b <= 126 or 161 <= b and b != 173]
    rest = [b for b in range(256) if b not in printable]
    letters = {b: chr(b) for b in printable} | {b: chr(256 + n) for n, b in enumerate(rest)}
    tokens = [letters[b] for b in range(256)] + [m.replace(" ", "") for m in TINY_MERGES]
    types = [1] * len(tokens) + [3, 3, 4]
    tokens += ["<|begin|>", "<|end|>", "<think>"]
    return hf_files.byte_level(tokens, types, TINY_MERGES, pre, pairs), tokens, types


class Details(Case):
    """What a checkpoint says besides its weights; needs nothing but the repository."""

    def tiny(self, pairs=False, spare=0, settings=None, **config):
        folder = self.folder / "tiny"
        text, tokens, types = tiny_byte_level(pairs)
        self.tensors = small_llama(folder, len(tokens) + spare, **config)
        (folder / "tokenizer.json").write_text(json.dumps(text))
        (folder / "tokenizer_config.json").write_text(json.dumps(settings or {}))
        return folder, tokens, types

    def ids(self, model, text):
        file = self.folder / "text"
        file.write_text(text)
        return json.loads(run("tokenize", model, "--file", file).stdout)

    def test_byte_level_vocabulary(self):
        for pairs in (False, True):
            folder, tokens, types = self.tiny(pairs, spare=2)
            got = Gguf(self.convert(folder)).metadata
            self.assertEqual(got["tokenizer.ggml.tokens"], tokens + [f"[PAD{len(tokens) + i}]" for i in range(2)])
            self.assertEqual(got["tokenizer.ggml.token_type"], types + [5, 5])
            self.assertEqual(got["tokenizer.ggml.merges"], TINY_MERGES)
            self.assertEqual(got["tokenizer.ggml.pre"], "dbrx")  # the expressions of llama-bpe, but merges come first
            self.assertEqual(self.ids(self.folder / "out.gguf", "hello world"), [tokens.index("hello"), tokens.index("\u0120world")])
            subprocess.run(["rm", "-r", folder], check=True)

    def test_special_tokens(self):
        settings = {"bos_token": {"content": "<|begin|>"}, "eos_token": "<|end|>", "add_bos_token": True, "chat_template": [
            {"name": "tool_use", "template": "no"}, {"name": "default", "template": "{{ messages }}"}]}
        folder, tokens, _ = self.tiny(settings=settings)
        (folder / "generation_config.json").write_text(json.dumps(
            {"eos_token_id": [257, tokens.index("<|end|>"), 258], "temperature": 0.6, "top_k": 20, "top_p": 0.95}))
        got = Gguf(self.convert(folder)).metadata
        self.assertEqual(got["tokenizer.ggml.bos_token_id"], tokens.index("<|begin|>"))
        self.assertEqual(got["tokenizer.ggml.eos_token_id"], tokens.index("<|end|>"))
        self.assertEqual(got["tokenizer.ggml.eot_token_id"], 257)
        self.assertIs(got["tokenizer.ggml.add_bos_token"], True)
        self.assertEqual(got["tokenizer.chat_template"], "{{ messages }}")
        self.assertAlmostEqual(got["general.sampling.temp"], 0.6, 6)
        self.assertEqual(got["general.sampling.top_k"], 20)
        (folder / "chat_template.jinja").write_text("{# own file #}")
        self.assertEqual(Gguf(self.convert(folder)).metadata["tokenizer.chat_template"], "{# own file #}")

    def test_post_processor_says_what_is_added(self):
        folder, tokens, _ = self.tiny(settings={"bos_token": "<|begin|>"})
        text = json.loads((folder / "tokenizer.json").read_text())
        text["post_processor"] = {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing", "single": [
            {"SpecialToken": {"id": "<|begin|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]}]}
        (folder / "tokenizer.json").write_text(json.dumps(text))
        self.assertIs(Gguf(self.convert(folder)).metadata["tokenizer.ggml.add_bos_token"], True)

    def test_unknown_pretokenizer_is_named(self):
        folder, _, _ = self.tiny()
        text = json.loads((folder / "tokenizer.json").read_text())
        text["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "[a-z]+|."
        (folder / "tokenizer.json").write_text(json.dumps(text))
        self.refused(folder, "[a-z]+|.", "--pre")
        self.assertEqual(Gguf(self.convert(folder, "--pre", "qwen2")).metadata["tokenizer.ggml.pre"], "qwen2")

    def test_vocabulary_of_two_files(self):
        """vocab.json and merges.txt give, byte for byte, what tokenizer.json of the same model gives."""
        for tokenizer_class, pre in (("GPT2Tokenizer", "gpt-2"), ("Qwen2Tokenizer", "qwen2")):
            text, tokens, types = tiny_byte_level(pre=pre)
            settings = {"bos_token": "<|begin|>", "eos_token": "<|end|>", "tokenizer_class": tokenizer_class}
            folder = self.folder / pre
            small_llama(folder, len(tokens))
            (folder / "tokenizer_config.json").write_text(json.dumps(settings))
            (folder / "tokenizer.json").write_text(json.dumps(text))
            wanted = self.convert(folder).read_bytes()
            (folder / "tokenizer.json").unlink()
            (folder / "vocab.json").write_text(json.dumps(text["model"]["vocab"]))
            (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(TINY_MERGES) + "\n")
            (folder / "added_tokens.json").write_text(json.dumps({t: i for i, (t, k) in enumerate(zip(tokens, types)) if k > 1}))
            (folder / "special_tokens_map.json").write_text(json.dumps({"bos_token": {"content": "<|begin|>"}, "eos_token": "<|end|>"}))
            self.assertTrue(self.convert(folder).read_bytes() == wanted, pre)
            self.assertEqual(self.ids(self.folder / "out.gguf", "hello world"), [tokens.index("hello"), tokens.index("\u0120world")])

    def test_broken_vocabularies_of_two_files(self):
        folder, _, _ = self.tiny()
        (folder / "tokenizer.json").unlink()
        self.refused(folder, "vocab.json with merges.txt")
        (folder / "vocab.json").write_text("[]")
        self.refused(folder, "vocab.json with merges.txt")
        (folder / "merges.txt").write_text("#version: 0.2\nh e\n")
        self.refused(folder, "vocab.json")
        (folder / "vocab.json").write_text(json.dumps({"h": 0, "e": "one"}))
        self.refused(folder, "vocab.json", "no id")
        (folder / "vocab.json").write_text(json.dumps({"h": 0, "e": 1, "he": 2}))
        (folder / "merges.txt").write_text("h e\nalone\n")
        self.refused(folder, "alone")

    def test_merges_of_characters_are_kept(self):
        folder = self.folder / "characters"
        merges = ["\u2581 h", "l l", "\u2581h e", "e ll", "\u2581he ll"]
        tokens = ["<unk>", "<s>", "</s>", "\u2581", *"helo", "\u2581h", "ll", "\u2581he", "ell", "\u2581hell"] + [f"<0x{i:02X}>" for i in range(256)]
        small_llama(folder, len(tokens))
        text = {"added_tokens": hf_files.added(tokens, [3, 3, 3]), "model": {"type": "BPE", "byte_fallback": True, "unk_token": "<unk>",
                "vocab": {t: i for i, t in enumerate(tokens)}, "merges": [m.split(" ") for m in merges]},
                "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
                "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious"}}
        (folder / "tokenizer.json").write_text(json.dumps(text))
        model = self.convert(folder)
        got = Gguf(model).metadata
        self.assertEqual((got["tokenizer.ggml.model"], got["tokenizer.ggml.merges"]), ("gemma4", merges))
        # By score "hell" would be one token; the merges have no "h ell".
        self.assertEqual(self.ids(model, "hell hell?"), [tokens.index(t) for t in ("h", "ell", "\u2581hell", "<0x3F>")])

    def test_merges_of_pieces_become_scores(self):
        folder = self.folder / "pieces"
        merges = ["h e", "l l", "he ll", "hell o", "\u2581 hello"]
        tokens = ["<unk>", "<s>", "</s>", "\u2581", *"helo", "he", "ll", "hell", "hello", "\u2581hello"] + [f"<0x{i:02X}>" for i in range(256)]
        small_llama(folder, len(tokens))
        text = {"added_tokens": hf_files.added(tokens, [3, 3, 3]), "model": {"type": "BPE", "byte_fallback": True, "unk_token": "<unk>",
                "vocab": {t: i for i, t in enumerate(tokens)}, "merges": merges},
                "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"},
                                                                   {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]}}
        (folder / "tokenizer.json").write_text(json.dumps(text))
        model = self.convert(folder)
        self.assertEqual(self.ids(model, "hello hell"), [tokens.index("\u2581hello"), tokens.index("\u2581"), tokens.index("hell")])
        got = Gguf(model).metadata
        self.assertEqual(got["tokenizer.ggml.token_type"][:4], [2, 3, 3, 1])
        self.assertEqual(got["tokenizer.ggml.token_type"][-1], 6)

    def test_types(self):
        folder, _, _ = self.tiny()
        for kind, number in (("f16", 1), ("bf16", 30), ("f32", 0)):
            got = Gguf(self.convert(folder, "--type", kind))
            # Rows of four values are tables; they stay exact. Only wide matrices are rounded.
            self.assertEqual(set(got.types.values()), {0})
        wide = checkpoint_of(Fixture("llama", json.loads((GOLDEN / "fixtures.json").read_text())["models"]["llama"]))
        for stored, number in (("F16", 1), ("BF16", 30)):
            folder = self.folder / stored
            hf_files.write_checkpoint(folder, wide, kind=stored)
            hf_files.write_tokenizer(folder, fixture_vocabulary(24))
            got = Gguf(self.convert(folder))
            self.assertEqual(got.types["blk.0.attn_q.weight"], number)
            self.assertEqual(got.types["output_norm.weight"], 0)
            self.assertEqual(got.metadata["general.file_type"], {1: 1, 30: 32}[number])

    def test_quantized_type(self):
        entry = json.loads((GOLDEN / "fixtures.json").read_text())["models"]["llama"]
        folder = self.folder / "checkpoint"
        hf_files.write_checkpoint(folder, checkpoint_of(Fixture("llama", entry)))
        hf_files.write_tokenizer(folder, fixture_vocabulary(24))
        got = Gguf(self.convert(folder, "--type", "Q8_0"))
        self.assertEqual(got.types["blk.0.attn_q.weight"], 8)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["checkpoint", "out.gguf"])

    def test_llama3_frequencies(self):
        """The published formula, once more: slow waves are divided by the factor, those between in part."""
        scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
        folder, _, _ = self.tiny(rope_scaling=scaling, rope_theta=500000.0, head_dim=2)
        small = Gguf(self.convert(folder)).tensors["rope_freqs.weight"]
        self.assertEqual(list(small.values), [1.0])
        name = "llama"
        source = Fixture(name, json.loads((GOLDEN / "fixtures.json").read_text())["models"][name])
        checkpoint = checkpoint_of(source)
        checkpoint.config.update({"rope_scaling": scaling, "rope_theta": 500000.0})
        folder = self.folder / "frequencies"
        hf_files.write_checkpoint(folder, checkpoint)
        hf_files.write_tokenizer(folder, fixture_vocabulary(24))
        got = Gguf(self.convert(folder)).tensors["rope_freqs.weight"].values
        for i, divisor in enumerate(got):
            frequency = 500000.0 ** (-2 * i / 8)
            wave = 2 * math.pi / frequency
            scaled = frequency
            if wave > 64:
                scaled = frequency / 8
            elif wave > 16:
                smooth = (64 / wave - 1) / 3
                scaled = (1 - smooth) * frequency / 8 + smooth * frequency
            self.assertAlmostEqual(divisor, frequency / scaled, 5)

    def test_wrong_tensors_are_named(self):
        folder, _, _ = self.tiny()
        tensors = dict(self.tensors)
        missing = tensors.pop("model.layers.0.mlp.up_proj.weight")
        hf_files.write_safetensors(folder / "model.safetensors", tensors)
        self.refused(folder, "lacks a tensor", "layers.0.mlp.up_proj.weight")
        hf_files.write_safetensors(folder / "model.safetensors", {**tensors, "model.layers.0.mlp.up_proj.weight": missing, "model.layers.0.extra.weight": missing})
        self.refused(folder, "not known in llama", "model.layers.0.extra.weight")
        hf_files.write_safetensors(folder / "model.safetensors", {**self.tensors, "model.layers.0.self_attn.q_proj.weight": Matrix((6, 4), [0.5] * 24)})
        self.refused(folder, "model.layers.0.self_attn.q_proj.weight is 6 x 4, which does not fit the config")

    def test_nothing_is_left_of_what_fails(self):
        folder, _, _ = self.tiny()
        (self.folder / "out.gguf").write_text("old")
        self.assertEqual(run("convert", self.folder / "nowhere", self.folder / "out.gguf").returncode, 1)
        self.assertEqual((self.folder / "out.gguf").read_text(), "old")
        (folder / "tokenizer.json").unlink()
        outcome = run("convert", folder, self.folder / "out.gguf")
        self.assertIn("tokenizer.json", outcome.stderr)
        self.assertEqual((self.folder / "out.gguf").read_text(), "old")

    def test_report(self):
        folder, _, _ = self.tiny()
        report = json.loads(run("convert", folder, self.folder / "out.gguf", "--json").stdout)
        self.assertEqual(report["architecture"], "llama")
        self.assertEqual(report["tensors"], len(self.tensors))
        self.assertEqual(report["kind"], "model")


class Adapters(Case):
    """PEFT adapters; the sum of base and adapter is known, because a merged checkpoint can be made of them."""

    def check(self, name, modules, tokens, **settings):
        entry = json.loads((GOLDEN / "fixtures.json").read_text())["models"][name]
        checkpoint = checkpoint_of(Fixture(name, entry))
        base, adapter, merged = (self.folder / n for n in ("base", "adapter", "merged"))
        hf_files.write_checkpoint(base, checkpoint)
        hf_files.write_tokenizer(base, fixture_vocabulary(24))
        rank, alpha, low = 2, 3, {}
        for module in modules:
            outputs, inputs = checkpoint.tensors[module + ".weight"].shape
            if name.startswith("gpt2"):
                outputs, inputs = inputs, outputs
            a = Fixture.draw(5, module + "a", [inputs, rank])
            b = Fixture.draw(5, module + "b", [rank, outputs])
            low[f"base_model.model.{module}.lora_A.weight"], low[f"base_model.model.{module}.lora_B.weight"] = a, b
            scale = alpha / math.sqrt(rank) if settings.get("use_rslora") else alpha / rank
            delta = [scale * sum(b.row(o)[r] * a.row(r)[i] for r in range(rank)) for o in range(outputs) for i in range(inputs)]
            delta = Matrix((outputs, inputs), delta)
            whole = checkpoint.tensors[module + ".weight"]
            if name.startswith("gpt2"):
                delta = delta.transposed()
            checkpoint.tensors[module + ".weight"] = Matrix(whole.shape, [x + y for x, y in zip(whole.values, delta.values)])
        hf_files.write_checkpoint(merged, checkpoint)
        hf_files.write_tokenizer(merged, fixture_vocabulary(24))
        adapter.mkdir()
        hf_files.write_safetensors(adapter / "adapter_model.safetensors", low)
        (adapter / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": rank, "lora_alpha": alpha, **settings}))
        files = {}
        for kind, folder in (("base", base), ("merged", merged), ("adapter", adapter)):
            files[kind] = self.folder / f"{kind}.gguf"
            outcome = run("convert", folder, files[kind], *(("--base", base) if kind == "adapter" else ()))
            self.assertEqual(outcome.returncode, 0, outcome.stderr)
        got = Gguf(files["adapter"])
        self.assertEqual(got.metadata["general.type"], "adapter")
        self.assertEqual(len(got.dims), 2 * len(modules))
        expected = self.compute(files["merged"], tokens, False)
        out = self.folder / "adapted.bin"
        outcome = run("logits", files["base"], "--lora", files["adapter"], "--tokens", ",".join(map(str, tokens)), "--out", out)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        self.assertLess(error_of(floats(out), expected), EXACT)
        self.assertGreater(error_of(self.compute(files["base"], tokens, False), expected), 1e-3)

    tokens = [3, 17, 5, 5, 22, 1, 9]

    def test_llama(self):
        at = "model.layers.1."
        self.check("llama", [at + "self_attn.q_proj", at + "self_attn.k_proj", at + "mlp.down_proj"], self.tokens)

    def test_rank_stabilised(self):
        self.check("qwen2", ["model.layers.0.self_attn.v_proj"], self.tokens, use_rslora=True)

    def test_matrices_that_are_stored_transposed(self):
        self.check("gpt2", ["h.0.attn.c_attn", "h.1.mlp.c_fc"], self.tokens)

    def test_value_heads(self):
        at = "model.language_model.layers.0.linear_attn."
        self.check("qwen35", [at + "in_proj_qkv", at + "in_proj_z", at + "out_proj"], self.tokens)

    def test_other_kinds_are_refused(self):
        adapter = self.folder / "adapter"
        adapter.mkdir()
        hf_files.write_safetensors(adapter / "adapter_model.safetensors", {"base_model.model.x.lora_A.weight": Matrix((1, 1), [1])})
        for settings, word in (({"peft_type": "IA3"}, "IA3"), ({"use_dora": True}, "DoRA"), ({"alpha_pattern": {"x": 1}}, "alpha_pattern")):
            (adapter / "adapter_config.json").write_text(json.dumps(settings))
            self.refused(adapter, word)
        (adapter / "adapter_config.json").write_text("{}")
        self.refused(adapter, "config.json", "--base")


class Vocabularies(Case):
    """The vocabularies of published models, laid out as those models ship them."""

    def check(self, path):
        source = Gguf(path).metadata
        folder = self.folder / "vocabulary"
        small_llama(folder, len(source["tokenizer.ggml.tokens"]))
        hf_files.write_tokenizer(folder, source)
        got = Gguf(self.convert(folder)).metadata
        keys = ["tokens", "merges", "scores", "model", "padding_token_id", "add_bos_token"]
        if source["tokenizer.ggml.model"] != "bert":  # CLS and SEP stand for them there
            keys += ["bos_token_id", "eos_token_id"]
        for key in keys:
            self.assertEqual(got.get("tokenizer.ggml." + key), source.get("tokenizer.ggml." + key), key)
        if source["tokenizer.ggml.model"] == "gpt2":
            self.assertEqual(got["tokenizer.ggml.pre"], source["tokenizer.ggml.pre"])
        differ = [i for i, (a, b) in enumerate(zip(got["tokenizer.ggml.token_type"], source["tokenizer.ggml.token_type"])) if a != b]
        unknown = source.get("tokenizer.ggml.unknown_token_id")
        self.assertEqual([i for i in differ if i != unknown], [])


def add_shared_cases(shared):
    tokens = json.loads((shared / "golden" / "tokens.json").read_text())["tokens"]
    for path in sorted((shared / "models").glob("*.gguf")):
        def check(self, path=path):
            self.check(path, tokens)
        setattr(Shared, "test_" + path.stem.replace("-", "_"), check)
    for path in sorted((shared / "golden" / "tokenizers").glob("*.gguf")):
        def check(self, path=path):
            self.check(path)
        setattr(Vocabularies, "test_" + path.stem.replace("-", "_"), check)


def add_cases(suite, only):
    golden = json.loads((GOLDEN / "fixtures.json").read_text())
    for name, entry in golden["models"].items():
        def check(self, name=name, entry=entry):
            self.check(name, entry, golden["tokens"])
        setattr(Fixtures, "test_" + name.replace("-", "_"), check)
    for name in reference_models.MODELS:
        def check(self, name=name):
            self.check(name)
        setattr(Reference, "test_" + name, check)
    if OPTIONS.shared:
        add_shared_cases(pathlib.Path(OPTIONS.shared))
    cases = (Shared, Vocabularies) if OPTIONS.shared else (Reference, Fixtures, Details, Adapters)
    for case in cases:
        for test in unittest.defaultTestLoader.loadTestsFromTestCase(case):
            if only in test.id():
                suite.addTest(test)


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--shared", default="")
    parser.add_argument("-k", default="")
    OPTIONS = parser.parse_args()
    if OPTIONS.shared and not (pathlib.Path(OPTIONS.shared) / "golden" / "tokens.json").exists():
        print("SKIPPED: the folder of shared models is not there")
        return 77
    suite = unittest.TestSuite()
    add_cases(suite, OPTIONS.k)
    return 0 if unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())

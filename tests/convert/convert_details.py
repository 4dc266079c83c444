"""What a checkpoint says besides its weights: vocabularies, special tokens, types, frequencies, and what is refused."""
import json
import math
import subprocess

import hf_files
from convert_case import GOLDEN, Case, fixture_vocabulary, run, small_llama
from gguf_file import Fixture, Gguf, Matrix
from hf_layout import checkpoint_of

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
        for stored, number in (("F16", 1), ("BF16", 30)):
            got = Gguf(self.convert(self.fixture("llama", kind=stored)))
            self.assertEqual(got.types["blk.0.attn_q.weight"], number)
            self.assertEqual(got.types["output_norm.weight"], 0)
            self.assertEqual(got.metadata["general.file_type"], {1: 1, 30: 32}[number])

    def test_norms_stay_exact(self):
        """Also where they are matrices, here one row a group of 32 values."""
        folder = self.fixture("granitehybrid", kind="BF16")
        got = Gguf(self.convert(folder))
        self.assertEqual(got.dims["blk.0.ssm_norm.weight"], (2, 32))
        self.assertEqual((got.types["blk.0.ssm_norm.weight"], got.types["blk.0.ssm_in.weight"]), (0, 30))

    def test_head_norms(self):
        """Phi's have no place in GGUF; StableLM's must all be there, and only where the config says so."""
        folder, _, _ = self.tiny(architectures=["PhiForCausalLM"], qk_layernorm=True)
        self.refused(folder, "qk_layernorm")
        folder = self.fixture("stablelm-head-norms", without="model.layers.1.self_attn.k_layernorm.norms.1.weight")
        self.refused(folder, "lacks a tensor", "layers.1.self_attn.k_layernorm.norms.1.weight")
        folder = self.fixture("stablelm-head-norms", qk_layernorm=False)
        self.refused(folder, "not known in stablelm", "layers.0.self_attn.k_layernorm.norms.0.weight")

    def test_experts_of_gemma4(self):
        folder, _, _ = self.tiny(architectures=["Gemma4ForCausalLM"], enable_moe_block=True)
        self.refused(folder, "enable_moe_block", "experts")

    def test_parallel_branches(self):
        """A norm that is missing does not turn a model into the variant without it."""
        folder = self.fixture("stablelm-parallel", use_parallel_residual=False)
        self.refused(folder, "lacks tensors", "layers.0.post_attention_layernorm.weight")

    def fixture(self, name, kind="F32", without=None, **config):
        """The checkpoint of a golden model, changed."""
        checkpoint = checkpoint_of(Fixture(name, json.loads((GOLDEN / "fixtures.json").read_text())["models"][name]))
        checkpoint.config.update(config)
        checkpoint.tensors.pop(without, None)
        folder = self.folder / f"checkpoint{len(list(self.folder.iterdir()))}"
        hf_files.write_checkpoint(folder, checkpoint, kind=kind)
        hf_files.write_tokenizer(folder, fixture_vocabulary(24))
        return folder

    def test_quantized_type(self):
        folder = self.fixture("llama")
        got = Gguf(self.convert(folder, "--type", "Q8_0"))
        self.assertEqual(got.types["blk.0.attn_q.weight"], 8)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), [folder.name, "out.gguf"])

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

#!/usr/bin/env python3
"""kinglet-cli convert on checkpoints in the layout of Hugging Face: every fixture model of tests/golden and every model
of ../shared is laid out as the checkpoint it could have come from, converted, and must compute what its golden says.

Usage: convert_test.py --cli kinglet-cli [--shared FOLDER] [-k NAME]. With --shared, the models and vocabularies of that folder
alone; exit status 77 where it is absent. Only the standard library."""
import argparse
import json
import math
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import convert_case  # noqa: E402
import hf_files  # noqa: E402
import reference_models  # noqa: E402
from convert_case import EXACT, GOLDEN, Case, error_of, fixture_vocabulary, floats, run, small_llama  # noqa: E402
from convert_details import Details  # noqa: E402
from gguf_file import Fixture, Gguf, Matrix  # noqa: E402
from hf_layout import checkpoint_of  # noqa: E402

# Their frequency factors are random, so no config gives them.
UNREACHABLE = {"llama-factors": "rope_freqs.weight", "gemma4": "rope_freqs.weight"}


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
        expected = floats(pathlib.Path(convert_case.OPTIONS.shared) / "golden" / "logits" / f"{path.stem}.bin")
        self.assertLess(error_of(self.compute(model, tokens, embeds), expected), 1e-6)


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
    if convert_case.OPTIONS.shared:
        add_shared_cases(pathlib.Path(convert_case.OPTIONS.shared))
    cases = (Shared, Vocabularies) if convert_case.OPTIONS.shared else (Reference, Fixtures, Details, Adapters)
    for case in cases:
        for test in unittest.defaultTestLoader.loadTestsFromTestCase(case):
            if only in test.id():
                suite.addTest(test)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--shared", default="")
    parser.add_argument("-k", default="")
    options = convert_case.OPTIONS = parser.parse_args()
    if options.shared and not (pathlib.Path(options.shared) / "golden" / "tokens.json").exists():
        print("SKIPPED: the folder of shared models is not there")
        return 77
    suite = unittest.TestSuite()
    add_cases(suite, options.k)
    return 0 if unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())

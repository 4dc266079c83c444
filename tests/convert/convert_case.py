"""What the tests of kinglet-cli convert share: running it, what it must compute or refuse, and a model of four values a token."""
import array
import json
import math
import pathlib
import subprocess
import tempfile
import unittest

import hf_files
from gguf_file import Matrix

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
OPTIONS = None  # of the command line, set by convert_test.py
EXACT = 1e-9


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

"""Writes a checkpoint as a GGUF file: llama architecture, Q8_0 matrices, F32 norms, ChatML."""
import argparse
import json
import pathlib
import struct

import numpy as np

import starter_bpe

CHATML = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
          "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
ALIGNMENT = 32
F32, Q8_0 = 0, 8
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def quantized(rows):
    """Q8_0: blocks of 32 values, each a half-precision scale and 32 signed bytes."""
    blocks = rows.astype(np.float32).reshape(-1, 32)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / 127.0
    inverse = np.where(scale > 0, 1.0 / np.where(scale > 0, scale, 1), 0)
    whole = np.clip(np.round(blocks * inverse), -127, 127).astype(np.int8)
    return np.concatenate([scale.astype(np.float16).view(np.uint8), whole.view(np.uint8)], axis=1).tobytes()


def neighbouring_pairs(rows, heads):
    """Training turns element i of a head with i + head/2; the llama architecture of GGUF turns neighbours."""
    columns = rows.shape[1]
    return rows.reshape(heads, 2, -1, columns).swapaxes(1, 2).reshape(-1, columns)


def string(text):
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def value(kind, content):
    if kind == STRING:
        return string(content)
    return struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}[kind], content)


def entry(key, kind, content):
    if isinstance(content, list):
        body = struct.pack("<IIQ", ARRAY, kind, len(content)) + b"".join(value(kind, item) for item in content)
    else:
        body = struct.pack("<I", kind) + value(kind, content)
    return string(key) + body


def metadata(config, tok):
    heads = config["heads"]
    control = len(starter_bpe.SPECIALS)
    return [
        entry("general.architecture", STRING, "llama"),
        entry("general.type", STRING, "model"),
        entry("general.name", STRING, "Kinglet Starter"),
        entry("general.description", STRING, "The model that Kinglet brings along: it knows Kinglet and small language models"),
        entry("general.quantization_version", UINT32, 2),
        entry("general.file_type", UINT32, 7),
        entry("llama.block_count", UINT32, config["layers"]),
        entry("llama.context_length", UINT32, config["context"]),
        entry("llama.embedding_length", UINT32, config["width"]),
        entry("llama.feed_forward_length", UINT32, config["feed_forward"]),
        entry("llama.attention.head_count", UINT32, heads),
        entry("llama.attention.head_count_kv", UINT32, config["kv_heads"]),
        entry("llama.attention.layer_norm_rms_epsilon", FLOAT32, config["epsilon"]),
        entry("llama.rope.dimension_count", UINT32, config["width"] // heads),
        entry("llama.rope.freq_base", FLOAT32, config["rope_base"]),
        entry("llama.vocab_size", UINT32, config["vocabulary"]),
        entry("tokenizer.ggml.model", STRING, "gpt2"),
        entry("tokenizer.ggml.pre", STRING, "gpt-2"),
        entry("tokenizer.ggml.tokens", STRING, tok.tokens),
        entry("tokenizer.ggml.token_type", INT32, [1] * (len(tok.tokens) - control) + [3] * control),
        entry("tokenizer.ggml.merges", STRING, [a + " " + b for a, b in tok.merges]),
        entry("tokenizer.ggml.bos_token_id", UINT32, tok.end_of_text),
        entry("tokenizer.ggml.eos_token_id", UINT32, tok.end),
        entry("tokenizer.ggml.padding_token_id", UINT32, tok.end_of_text),
        entry("tokenizer.ggml.add_bos_token", BOOL, False),
        entry("tokenizer.chat_template", STRING, CHATML),
    ]


def tensors(state, config):
    """(name, shape as GGUF writes it, type, bytes) of each tensor."""

    def matrix(name, rows):
        return name, [rows.shape[1], rows.shape[0]], Q8_0, quantized(rows)

    def vector(name, row):
        return name, [row.shape[0]], F32, row.astype(np.float32).tobytes()

    yield matrix("token_embd.weight", state["embedding"])
    for i in range(config["layers"]):
        part = {key[len(f"layers.{i}."):]: rows for key, rows in state.items() if key.startswith(f"layers.{i}.")}
        yield vector(f"blk.{i}.attn_norm.weight", part["attention_norm.weight"])
        yield matrix(f"blk.{i}.attn_q.weight", neighbouring_pairs(part["q"], config["heads"]))
        yield matrix(f"blk.{i}.attn_k.weight", neighbouring_pairs(part["k"], config["kv_heads"]))
        yield matrix(f"blk.{i}.attn_v.weight", part["v"])
        yield matrix(f"blk.{i}.attn_output.weight", part["o"])
        yield vector(f"blk.{i}.ffn_norm.weight", part["ffn_norm.weight"])
        yield matrix(f"blk.{i}.ffn_gate.weight", part["gate"])
        yield matrix(f"blk.{i}.ffn_up.weight", part["up"])
        yield matrix(f"blk.{i}.ffn_down.weight", part["down"])
    yield vector("output_norm.weight", state["norm.weight"])


def write(path, state, config, tok):
    entries, rows = metadata(config, tok), list(tensors(state, config))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(rows), len(entries)) + b"".join(entries)
    body = b""
    for name, shape, kind, data in rows:
        head += string(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", kind, len(body))
        body += data + b"\0" * (-len(data) % ALIGNMENT)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"\0" * (-len(head) % ALIGNMENT) + body)


def export(folder, path):
    import torch
    checkpoint = torch.load(folder / "checkpoint.pt", map_location="cpu")
    state = {name: tensor.numpy() for name, tensor in checkpoint["model"].items()}
    tok = starter_bpe.Tokenizer(json.loads((folder / "merges.json").read_text()))
    write(path, state, checkpoint["config"], tok)
    print(f"{path}: step {checkpoint['step']}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="folder", type=pathlib.Path, required=True, help="folder of the training")
    parser.add_argument("--to", type=pathlib.Path, required=True, help="the GGUF file")
    args = parser.parse_args()
    export(args.folder, args.to)

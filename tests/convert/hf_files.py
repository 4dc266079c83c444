"""Writes the files of a Hugging Face checkpoint: safetensors, config, tokenizers. Only the standard library."""
import array
import json
import struct

GPT2_WORDS = None  # what ByteLevel cuts by itself; tokenizers has it built in
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")

# How tokenizer.json of the models that each name of tokenizer.ggml.pre stands for cuts text.
PRE_TOKENIZERS = {
    "gpt-2": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    "llama-bpe": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": LLAMA3}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]},
    "qwen2": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": QWEN2}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]},
    "starcoder": {"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": True},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]},
}


def encoded(matrix, kind):
    """Little-endian bytes of the values, rounded as BF16 or F16 are."""
    if kind == "F32":
        return matrix.values.tobytes()
    if kind == "F16":
        return struct.pack(f"<{len(matrix.values)}e", *matrix.values)
    words = array.array("I", matrix.values.tobytes())
    return array.array("H", ((w + 0x7FFF + (w >> 16 & 1)) >> 16 for w in words)).tobytes()


def write_safetensors(path, tensors, kind="F32"):
    header, body, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, matrix in tensors.items():
        data = encoded(matrix, kind)
        header[name] = {"dtype": kind, "shape": list(matrix.shape), "data_offsets": [at, at + len(data)]}
        body.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(body))


def write_shards(folder, tensors, count, stem="model"):
    names, weight_map = list(tensors), {}
    for n in range(count):
        file = f"{stem}-{n + 1:05}-of-{count:05}.safetensors"
        part = {name: tensors[name] for name in names[n::count]}
        write_safetensors(folder / file, part)
        weight_map.update({name: file for name in part})
    (folder / f"{stem}.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


def varint(n):
    n %= 2**64
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def sentencepiece(tokens, scores, types, unk=0, bos=1, eos=2, space=True):
    """tokenizer.model: the protobuf message of sentencepiece."""
    out = b""
    for text, score, kind in zip(tokens, scores, types):
        piece = field(1, text.encode("utf-8", "surrogateescape")) + b"\x15" + struct.pack("<f", score)
        out += field(1, piece + (b"\x18" + varint(kind) if kind != 1 else b""))
    trainer = b"\x18\x02" + b"".join(varint(n << 3) + varint(i) for n, i in ((40, unk), (41, bos), (42, eos), (43, -1)))
    return out + field(2, trainer) + field(3, field(1, b"identity") + b"\x18" + varint(int(space)))


def added(tokens, types):
    return [{"id": i, "content": t, "special": k == 3, "normalized": False, "single_word": False, "lstrip": False, "rstrip": False}
            for i, (t, k) in enumerate(zip(tokens, types)) if k in (3, 4)]


def byte_level(tokens, types, merges, pre, pairs=False, ignore_merges=False):
    return {"version": "1.0", "added_tokens": added(tokens, types), "normalizer": None, "pre_tokenizer": PRE_TOKENIZERS[pre],
            "decoder": {"type": "ByteLevel"}, "post_processor": {"type": "ByteLevel"},
            "model": {"type": "BPE", "ignore_merges": ignore_merges,
                      "vocab": {t: i for i, (t, k) in enumerate(zip(tokens, types)) if k == 1},
                      "merges": [m.split(" ") for m in merges] if pairs else merges}}


def word_pieces(tokens, types):
    """GGUF marks beginnings of words, the original what continues them."""
    vocab = {}
    for i, (text, kind) in enumerate(zip(tokens, types)):
        if text.startswith("\u2581"):
            text = text[1:]
        elif not (text.startswith("[") and text.endswith("]") and len(text) > 2):
            text = "##" + text
        vocab[text] = i
    return {"version": "1.0", "added_tokens": added(tokens, types), "normalizer": {"type": "BertNormalizer", "lowercase": True},
            "pre_tokenizer": {"type": "BertPreTokenizer"}, "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": vocab}}


def write_tokenizer(folder, metadata, pre=None):
    """The tokenizer's files for the vocabulary of a GGUF file's metadata."""
    get = lambda key, fallback=None: metadata.get("tokenizer.ggml." + key, fallback)
    tokens, types = get("tokens"), get("token_type")
    settings = {}
    for name, key in (("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding"),
                      ("cls_token", "cls"), ("sep_token", "seperator"), ("mask_token", "mask")):
        i = get(key + "_token_id")
        if i is not None and i < len(tokens):
            settings[name] = tokens[i]
    if get("add_bos_token") is not None:
        settings["add_bos_token"] = get("add_bos_token")
    model = get("model")
    if model == "llama":
        (folder / "tokenizer.model").write_bytes(sentencepiece(
            tokens, get("scores"), types, get("unknown_token_id", 0), get("bos_token_id", 1), get("eos_token_id", 2),
            get("add_space_prefix", True)))
    elif model == "gpt2":
        pre = pre or get("pre")
        text = byte_level(tokens, types, get("merges"), pre, ignore_merges=pre == "llama-bpe")
        (folder / "tokenizer.json").write_text(json.dumps(text))
    else:
        (folder / "tokenizer.json").write_text(json.dumps(word_pieces(tokens, types)))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def write_checkpoint(folder, checkpoint, shards=1, kind="F32"):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(checkpoint.config))
    if shards > 1:
        write_shards(folder, checkpoint.tensors, shards)
    else:
        write_safetensors(folder / "model.safetensors", checkpoint.tensors, kind)
    for module, tensors in checkpoint.modules.items():
        (folder / module).mkdir()
        write_safetensors(folder / module / "model.safetensors", tensors)
    if checkpoint.pooling is not None:
        (folder / "1_Pooling").mkdir()
        modes = {"pooling_mode_cls_token": checkpoint.pooling == 2, "pooling_mode_mean_tokens": checkpoint.pooling == 1,
                 "pooling_mode_lasttoken": checkpoint.pooling == 3}
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(modes))

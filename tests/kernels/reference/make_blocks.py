#!/usr/bin/env python3
"""Writes blocks.txt: for each quantized format some blocks of random bytes and the values that they stand for.

This is a second, independent reading of the GGUF block formats, in whole-array numpy terms, so that a
misunderstanding in the C++ decoders does not go unnoticed. Each line of the output is
    NAME HEXBYTES HEXFLOATS
with the values as little-endian float32. Run it with python3 (needs numpy); the result is committed.
"""
import struct
import sys

import numpy as np

import make_grids

RNG = np.random.default_rng(20240607)


def half(raw):
    """The float16 in two bytes, as float32."""
    return np.frombuffer(bytes(raw), "<f2").astype(np.float32)[0]


def u8(raw):
    return np.frombuffer(bytes(raw), np.uint8).astype(np.int32)


def nibbles32(raw):
    """16 bytes: low nibbles, then high nibbles."""
    b = u8(raw)
    return np.concatenate([b & 15, b >> 4])


def bits32(raw):
    """4 bytes as 32 bits, lowest first."""
    return np.unpackbits(np.frombuffer(bytes(raw), np.uint8), bitorder="little").astype(np.int32)


def f32(x):
    return np.asarray(x, np.float32)


def q4_0(b):
    return half(b[:2]) * f32(nibbles32(b[2:]) - 8)


def q4_1(b):
    return half(b[:2]) * f32(nibbles32(b[4:])) + half(b[2:4])


def q5_0(b):
    return half(b[:2]) * f32(nibbles32(b[6:]) + 16 * bits32(b[2:6]) - 16)


def q5_1(b):
    return half(b[:2]) * f32(nibbles32(b[8:]) + 16 * bits32(b[4:8])) + half(b[2:4])


def q8_0(b):
    return half(b[:2]) * f32(np.frombuffer(bytes(b[2:]), np.int8))


def crumbs(raw):
    """64 bytes to 256 values of 2 bits: each half of 32 bytes holds four runs of 32."""
    b = u8(raw).reshape(2, 1, 32)
    return ((b >> np.array([0, 2, 4, 6]).reshape(1, 4, 1)) & 3).reshape(256)


def q2_k(b):
    s = np.repeat(u8(b[:16]), 16)
    return half(b[80:82]) * f32(s & 15) * f32(crumbs(b[16:80])) - half(b[82:84]) * f32(s >> 4)


def q3_k(b):
    mask = u8(b[:32])
    high = np.concatenate([(mask >> run) & 1 for run in range(8)])
    # 16 scales of 6 bits: 8 bytes of two low nibbles each, then 4 bytes with four times two high bits each.
    packed = u8(b[96:108])
    low = np.concatenate([packed[:8] & 15, packed[:8] >> 4])
    top = np.concatenate([(packed[8:] >> shift) & 3 for shift in (0, 2, 4, 6)])
    scale = np.repeat(low + 16 * top - 32, 16)
    return half(b[108:110]) * f32(scale) * f32(crumbs(b[32:96]) + 4 * high - 4)


def k_scales(raw):
    """12 bytes: eight 6-bit scales and eight 6-bit minima."""
    p = u8(raw)
    scale = np.concatenate([p[:4] & 63, (p[8:] & 15) | ((p[:4] & 0xC0) >> 2)])
    least = np.concatenate([p[4:8] & 63, (p[8:] >> 4) | ((p[4:8] & 0xC0) >> 2)])
    return np.repeat(scale, 32), np.repeat(least, 32)


def q4_k(b):
    scale, least = k_scales(b[4:16])
    pairs = u8(b[16:]).reshape(4, 32)
    q = np.stack([pairs & 15, pairs >> 4], axis=1).reshape(256)
    return half(b[:2]) * f32(scale) * f32(q) - half(b[2:4]) * f32(least)


def q5_k(b):
    scale, least = k_scales(b[4:16])
    high = np.concatenate([(u8(b[16:48]) >> g) & 1 for g in range(8)])
    pairs = u8(b[48:]).reshape(4, 32)
    q = np.stack([pairs & 15, pairs >> 4], axis=1).reshape(256) + 16 * high
    return half(b[:2]) * f32(scale) * f32(q) - half(b[2:4]) * f32(least)


def q6_k(b):
    low = u8(b[:128]).reshape(2, 2, 32)
    high = u8(b[128:192]).reshape(2, 32)
    q = np.empty((2, 4, 32), np.int32)
    for run in range(4):
        four = low[:, run % 2] >> (4 if run >= 2 else 0) & 15
        q[:, run] = four + 16 * ((high >> (2 * run)) & 3) - 32
    scale = np.repeat(np.frombuffer(bytes(b[192:208]), np.int8).astype(np.int32), 16)
    return half(b[208:210]) * f32(scale) * f32(q.reshape(256))


LEVELS = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113])


def iq4_nl(b):
    return half(b[:2]) * f32(LEVELS[nibbles32(b[2:])])


def iq4_xs(b):
    top = struct.unpack("<H", bytes(b[2:4]))[0]
    low = u8(b[4:8])
    scale = np.array([((low[g // 2] >> (4 * (g % 2))) & 15) + 16 * ((top >> (2 * g)) & 3) - 32 for g in range(8)])
    q = np.concatenate([LEVELS[nibbles32(b[8 + 16 * g : 24 + 16 * g])] for g in range(8)])
    return half(b[:2]) * f32(np.repeat(scale, 32)) * f32(q)


def digits(raw, count):
    """Base-3 digits of each byte as a fraction of 256: all first digits, all second digits, ..."""
    fraction = u8(raw)
    out = []
    for _ in range(count):
        tripled = fraction * 3
        out.append(tripled >> 8)
        fraction = tripled & 255
    return np.concatenate(out)


def tq1_0(b):
    q = np.concatenate([digits(b[:32], 5), digits(b[32:48], 5), digits(b[48:52], 4)])
    return half(b[52:54]) * f32(q - 1)


def tq2_0(b):
    return half(b[64:66]) * f32(crumbs(b[:64]) - 1)


def mxfp4(b):
    fours = nibbles32(b[1:])
    exponent, mantissa = (fours >> 1) & 3, fours & 1
    magnitude = np.where(exponent == 0, mantissa * 0.5, (1 + 0.5 * mantissa) * 2.0 ** (exponent - 1))
    return f32(np.where(fours & 8, -magnitude, magnitude) * 2.0 ** (float(b[0]) - 127))


WORDS = {name: np.array(words) for name, _, words in make_grids.grids()}
THREE_LEVELS = np.array([8, 25, 43])
EIGHT_LEVELS = np.array([4, 12, 20, 28, 36, 44, 52, 62])


def sixteens(raw):
    return np.frombuffer(bytes(raw), "<u2").astype(np.int64)


def all_nibbles(raw):
    """Both nibbles of each byte, the low one first."""
    b = u8(raw)
    return np.stack([b & 15, b >> 4], axis=1).reshape(-1)


def signs(sets):
    """Sets of eight bits to factors 1 and -1."""
    return 1 - 2 * ((np.asarray(sets)[:, None] >> np.arange(8)) & 1).reshape(-1)


def even_signs(sets):
    """Sets of seven bits, to which an eighth is added so that the number of bits is even."""
    bits = (np.asarray(sets)[:, None] >> np.arange(7)) & 1
    return 1 - 2 * np.concatenate([bits, bits.sum(axis=1, keepdims=True) % 2], axis=1).reshape(-1)


def tails(words):
    """Words that end a group: four sets of seven signs and, on top, the scale."""
    words = np.asarray(words)
    return even_signs(((words[:, None] >> np.array([0, 7, 14, 21])) & 127).reshape(-1)), words >> 28


def iq2_xxs(b):
    groups = u8(b[2:]).reshape(8, 8)
    sign, scale = tails(np.frombuffer(groups[:, 4:].astype(np.uint8).tobytes(), "<u4").astype(np.int64))
    magnitude = THREE_LEVELS[WORDS["IQ2_XXS"][groups[:, :4].reshape(-1)]].reshape(-1)
    return half(b[:2]) * f32(np.repeat(0.5 + scale, 32) * 0.25) * f32(magnitude * sign)


def iq2_xs(b):
    q = sixteens(b[2:66])
    magnitude = THREE_LEVELS[WORDS["IQ2_XS"][q & 511]].reshape(-1)
    scale = np.repeat(0.5 + all_nibbles(b[66:74]), 16) * 0.25
    return half(b[:2]) * f32(scale) * f32(magnitude * even_signs(q >> 9))


def iq2_s(b):
    upper = ((u8(b[66:74])[:, None] >> np.array([0, 2, 4, 6])) & 3).reshape(-1)
    magnitude = THREE_LEVELS[WORDS["IQ2_S"][u8(b[2:34]) + 256 * upper]].reshape(-1)
    scale = np.repeat(0.5 + all_nibbles(b[74:82]), 16) * 0.25
    return half(b[:2]) * f32(scale) * f32(magnitude * signs(u8(b[34:66])))


def iq3_xxs(b):
    sign, scale = tails(np.frombuffer(bytes(b[66:98]), "<u4").astype(np.int64))
    magnitude = EIGHT_LEVELS[WORDS["IQ3_XXS"][u8(b[2:66])]].reshape(-1)
    return half(b[:2]) * f32(np.repeat(0.5 + scale, 32) * 0.5) * f32(magnitude * sign)


def iq3_s(b):
    ninth = np.unpackbits(np.frombuffer(bytes(b[66:74]), np.uint8), bitorder="little").astype(np.int32)
    magnitude = 1 + 2 * WORDS["IQ3_S"][u8(b[2:66]) + 256 * ninth].reshape(-1)
    scale = np.repeat(1 + 2 * all_nibbles(b[106:110]), 32)
    return half(b[:2]) * f32(scale) * f32(magnitude * signs(u8(b[74:106])))


def iq1_s(b):
    head = sixteens(b[34:50])
    upper = ((head[:, None] >> np.array([0, 3, 6, 9])) & 7).reshape(-1)
    value = WORDS["IQ1"][u8(b[2:34]) + 256 * upper].reshape(-1) - 1
    scale = np.repeat(2 * ((head >> 12) & 7) + 1, 32)
    shift = np.repeat(np.where(head >> 15, -0.125, 0.125), 32)
    return half(b[:2]) * f32(scale) * f32(value + shift)


def iq1_m(b):
    heads = all_nibbles(b[32:48])
    value = WORDS["IQ1"][u8(b[:32]) + 256 * (heads & 7)].reshape(-1) - 1
    packed = sixteens(b[48:56])
    d = half(struct.pack("<H", sum(int(word >> 12) << (4 * i) for i, word in enumerate(packed))))
    scale = np.repeat((2 * ((packed[:, None] >> np.array([0, 3, 6, 9])) & 7) + 1).reshape(-1), 16)
    return d * f32(scale) * f32(value + np.repeat(np.where(heads & 8, -0.125, 0.125), 8))


# name: decoder, bytes of a block, offsets of its float16 fields
FORMATS = {
    "Q4_0": (q4_0, 18, [0]),
    "Q4_1": (q4_1, 20, [0, 2]),
    "Q5_0": (q5_0, 22, [0]),
    "Q5_1": (q5_1, 24, [0, 2]),
    "Q8_0": (q8_0, 34, [0]),
    "Q2_K": (q2_k, 84, [80, 82]),
    "Q3_K": (q3_k, 110, [108]),
    "Q4_K": (q4_k, 144, [0, 2]),
    "Q5_K": (q5_k, 176, [0, 2]),
    "Q6_K": (q6_k, 210, [208]),
    "IQ4_NL": (iq4_nl, 18, [0]),
    "IQ4_XS": (iq4_xs, 136, [0]),
    "TQ1_0": (tq1_0, 54, [52]),
    "TQ2_0": (tq2_0, 66, [64]),
    "MXFP4": (mxfp4, 17, []),
    "IQ2_XXS": (iq2_xxs, 66, [0]),
    "IQ2_XS": (iq2_xs, 74, [0]),
    "IQ2_S": (iq2_s, 82, [0]),
    "IQ3_XXS": (iq3_xxs, 98, [0]),
    "IQ3_S": (iq3_s, 110, [0]),
    "IQ1_S": (iq1_s, 50, [0]),
    "IQ1_M": (iq1_m, 56, []),
}


def main():
    lines = []
    for name, (decode, size, halves) in FORMATS.items():
        for _ in range(2):
            block = bytearray(RNG.integers(0, 256, size, np.uint8).tobytes())
            for offset in halves:
                block[offset : offset + 2] = np.float16(RNG.uniform(-0.05, 0.05)).tobytes()
            if name == "IQ1_M":  # its float16 lies in the upper nibbles of four words; its top is made 0x2000
                block[55] = (block[55] & 15) | 0x20
            values = f32(decode(block))
            lines.append(f"{name} {block.hex()} {values.astype('<f4').tobytes().hex()}")
    target = sys.argv[1] if len(sys.argv) > 1 else __file__.rsplit("/", 1)[0] + "/blocks.txt"
    with open(target, "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

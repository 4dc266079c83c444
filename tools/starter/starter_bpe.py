"""Byte-level byte pair encoding, as GPT-2 defined it: training the merges, and turning text into ids and back."""
import collections
import heapq
import re

# GPT-2's splitting. Python's own re knows no \p{L}; [^\W\d_] is the letters and \d the decimal digits, which is the
# same for the text that this project writes.
SPLIT = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def byte_letters():
    """The printable letter that stands for each byte in a vocabulary: GPT-2's table."""
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, spare = {}, 0
    for byte in range(256):
        if byte in printable:
            table[byte] = chr(byte)
        else:
            table[byte] = chr(256 + spare)
            spare += 1
    return table


LETTER = byte_letters()
BYTE = {letter: byte for byte, letter in LETTER.items()}


def letters(word):
    return tuple(LETTER[b] for b in word.encode("utf-8"))


def train(texts, merges_wanted):
    """The merges, most frequent pair first; ties go to the pair that sorts first, so the result is always the same."""
    counts = collections.Counter()
    for text in texts:
        counts.update(SPLIT.findall(text))
    words = [[list(letters(word)), count] for word, count in sorted(counts.items())]
    pairs, places = collections.Counter(), collections.defaultdict(set)
    for index, (symbols, count) in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += count
            places[pair].add(index)
    heap = [(-count, pair) for pair, count in pairs.items()]
    heapq.heapify(heap)
    merges = []
    while heap and len(merges) < merges_wanted:
        negative, pair = heapq.heappop(heap)
        if pairs[pair] != -negative or negative == 0:
            continue  # an entry that has changed since
        merges.append(pair)
        changed = set()
        for index in sorted(places.pop(pair)):
            symbols, count = words[index]
            for old in zip(symbols, symbols[1:]):
                pairs[old] -= count
                changed.add(old)
            merged, at = [], 0
            while at < len(symbols):
                if at + 1 < len(symbols) and (symbols[at], symbols[at + 1]) == pair:
                    merged.append(symbols[at] + symbols[at + 1])
                    at += 2
                else:
                    merged.append(symbols[at])
                    at += 1
            words[index][0] = merged
            for new in zip(merged, merged[1:]):
                pairs[new] += count
                places[new].add(index)
                changed.add(new)
        for entry in changed:
            if pairs[entry] > 0 and entry != pair:
                heapq.heappush(heap, (-pairs[entry], entry))
        pairs[pair] = 0
    return merges


class Tokenizer:
    """Ids: the 256 bytes in the order of their letters, then the merges, then the special tokens."""

    def __init__(self, merges):
        self.merges = [tuple(m) for m in merges]
        self.tokens = sorted(LETTER.values()) + [a + b for a, b in self.merges] + SPECIALS
        self.ids = {token: index for index, token in enumerate(self.tokens)}
        self.rank = {pair: index for index, pair in enumerate(self.merges)}
        self.cache = {}
        self.end_of_text, self.start, self.end = (self.ids[s] for s in SPECIALS)

    def _word(self, word, dropout=0.0, rng=None):
        if not dropout and word in self.cache:
            return self.cache[word]
        symbols = list(letters(word))
        while len(symbols) > 1:
            best = None
            for at, pair in enumerate(zip(symbols, symbols[1:])):
                rank = self.rank.get(pair)
                if rank is None or (dropout and rng.random() < dropout):
                    continue
                if best is None or rank < best[0]:
                    best = (rank, at)
            if best is None:
                break
            at = best[1]
            symbols[at:at + 2] = [symbols[at] + symbols[at + 1]]
        ids = [self.ids[s] for s in symbols]
        if not dropout:
            self.cache[word] = ids
        return ids

    def encode(self, text, dropout=0.0, rng=None):
        """The ids of a text without special tokens. With dropout some merges are left out at random, so that a model
        also learns words from their pieces."""
        out = []
        for word in SPLIT.findall(text):
            out.extend(self._word(word, dropout, rng))
        return out

    def decode(self, ids):
        data = bytearray()
        for index in ids:
            token = self.tokens[index]
            data += token.encode() if token in SPECIALS else bytes(BYTE[c] for c in token)
        return data.decode("utf-8", errors="replace")

    def chat(self, turns, system="", **how):
        """ChatML: ids of a chat up to where the model goes on. turns: [(role, text), ...]"""
        out = []
        if system:
            turns = [("system", system)] + list(turns)
        for role, text in turns:
            out += [self.start] + self.encode(role + "\n") + self.encode(text, **(how if role == "user" else {})) + [self.end] \
                + self.encode("\n")
        return out + [self.start] + self.encode("assistant\n")

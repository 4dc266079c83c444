#!/usr/bin/env python3
"""Writes inference/kernels/grid_words.inc from grids.txt: the same words in a sixth of the characters.

The words of a format rise, so that only the gaps between them are kept: a gap is the sum of its characters' distances
from '0', of which all but the last are 'o' (63, "and more follows"). inference/kernels/grids.cpp reads it back while
compiling. Run it with python3 after changing grids.txt; --check only compares.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parents[2] / "inference" / "kernels" / "grid_words.inc"
MORE = 63
WIDTH = 100


def grids():
    """Yields name, levels and words (lists of digits)."""
    name = levels = None
    words = []
    for line in (HERE / "grids.txt").read_text(encoding="ascii").splitlines():
        if line.startswith("#"):
            continue
        fields = line.split()
        if not fields[0].isdigit():
            if name:
                yield name, levels, words
            name, levels, words = fields[0], int(fields[3]), []
        else:
            words += [[int(digit) for digit in word] for word in fields]
    yield name, levels, words


def gaps(levels, words):
    last = -1
    text = ""
    for word in words:
        number = sum(digit * levels**place for place, digit in enumerate(word))
        assert number > last, "the words do not rise"
        gap, last = number - last - 1, number
        text += chr(ord("0") + MORE) * (gap // MORE) + chr(ord("0") + gap % MORE)
    return text


def main():
    lines = ["// Written by tests/kernels/reference/make_grids.py from grids.txt there."]
    for name, levels, words in grids():
        text = gaps(levels, words)
        lines.append(f"constexpr std::string_view kWords{name} =")
        pieces = [text[i : i + WIDTH] for i in range(0, len(text), WIDTH)]
        lines += [f'    R"({piece})"' for piece in pieces]
        lines[-1] += ";"
    content = "\n".join(lines) + "\n"
    if "--check" in sys.argv:
        return 0 if TARGET.read_text(encoding="ascii") == content else 1
    TARGET.write_text(content, encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())

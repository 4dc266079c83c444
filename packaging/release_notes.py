#!/usr/bin/env python3
"""Prints what CHANGELOG.md says of one version, for the notes of its release: release_notes.py VERSION [CHANGELOG.md]

The version is that of a heading "## VERSION" or "## VERSION (date)"; a leading "v", as tags have, is left out.
Exits with 1 where there is no such heading, or nothing below it."""

import pathlib
import re
import sys


def notes(changelog: str, version: str) -> str:
    """The text below the version's heading, up to the next one; empty where there is none."""
    heading = re.compile(r"^## (\S+)(?: .*)?$", re.MULTILINE)
    places = list(heading.finditer(changelog))
    for number, place in enumerate(places):
        if place.group(1) == version:
            end = places[number + 1].start() if number + 1 < len(places) else len(changelog)
            return changelog[place.end() : end].strip()
    return ""


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    version = sys.argv[1].removeprefix("v")
    default = pathlib.Path(__file__).resolve().parent.parent / "CHANGELOG.md"
    changelog = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else default
    text = notes(changelog.read_text(encoding="utf-8"), version)
    if not text:
        print(f"{changelog}: there is nothing about {version}", file=sys.stderr)
        return 1
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

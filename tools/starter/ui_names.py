#!/usr/bin/env python3
"""The names of buttons, pages and shortcuts that the starter model speaks of, compared with the window's sources.

--write makes resources/starter/ui-names.json from the corpus. Without it, checks that the list is that of the corpus and
that every name and shortcut in it stands in the window's sources; says what does not and ends with status 1.
"""
import argparse
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from starter_corpus import CORPUS, Corpus  # noqa: E402

# Sentences of the corpus that hold only as long as the code says this; a file may be a pattern.
FACTS = [
    {"file": "app/gui/app_context*", "contains": "kDaysToUndo = 30", "because": "deleted chats are erased after 30 days"},
    {"file": "storage/database_file.cpp", "contains": "PRAGMA secure_delete = ON", "because": "erasing overwrites a chat"},
    {"file": "ui/qml/theme/Keymap.qml", "contains": '"keys": "Esc"', "because": "Escape stops an answer"},
    {"file": "ui/qml/theme/Keymap.qml", "contains": '"keys": "Shift+Enter"', "because": "Shift+Enter makes a new line"},
    {"file": "ui/qml/theme/Keymap.qml", "contains": '"keys": "Up"', "because": "Up edits the last message"},
]


def wanted(corpus_folder):
    names, keys = Corpus(corpus_folder).ui_names()
    return {"names": names, "shortcuts": keys, "facts": FACTS}


def sources(root):
    files = [path for folder in ("ui/qml", "app/gui") for suffix in ("*.qml", "*.cpp", "*.h")
             for path in sorted((root / folder).rglob(suffix))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def check(root, corpus_folder):
    problems = []
    expected = wanted(corpus_folder)
    listed = root / "resources/starter/ui-names.json"
    if not listed.exists() or json.loads(listed.read_text(encoding="utf-8")) != expected:
        problems.append(f"{listed} is not the list of the corpus. Run tools/starter/ui_names.py --write.")
    text = sources(root)
    shown = set(re.findall(r'(?:qsTr|\btr)\(\s*"((?:[^"\\]|\\.)*)"', text))
    keymap = set(re.findall(r'"keys":\s*"([^"]+)"', text))
    for name, intents in expected["names"].items():
        if name not in shown:
            problems.append(f'The window shows no "{name}", of which the corpus speaks in: {", ".join(intents)}.')
    for key, intents in expected["shortcuts"].items():
        if key not in keymap:
            problems.append(f"There is no shortcut {key}, of which the corpus speaks in: {', '.join(intents)}.")
    for fact in expected["facts"]:
        if not any(fact["contains"] in path.read_text(encoding="utf-8") for path in root.glob(fact["file"])):
            problems.append(f"{fact['file']} no longer holds '{fact['contains']}', but the corpus says: {fact['because']}.")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=HERE.parents[1])
    parser.add_argument("--corpus", type=pathlib.Path, default=CORPUS)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if args.write:
        path = args.root / "resources/starter/ui-names.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(wanted(args.corpus), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return 0
    problems = check(args.root, args.corpus)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

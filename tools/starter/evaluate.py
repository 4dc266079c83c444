#!/usr/bin/env python3
"""Scores the starter model on the held-out questions.

An answer is right when it is the answer of an expected intent and whole: made of sentences of the corpus, so that it
holds no broken text. A dialogue of several turns is right when every answer in it is.

  tools/starter/evaluate.py --cli build/dev/app/cli/kinglet-cli       as people run it
  tools/starter/evaluate.py --numpy                                   without a built Kinglet
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import starter_bpe  # noqa: E402
import starter_gguf  # noqa: E402
from starter_corpus import Corpus  # noqa: E402

REFUSALS = {"unknown", "arith"}
SAME = {"joke2": "joke", "joke3": "joke"}


def sentences(text):
    return [s.strip() for s in re.split(r"(?<=[.?!])\s+(?=[A-Z0-9])", text.strip()) if s.strip()]


class Judge:
    def __init__(self, corpus):
        self.by_opening, self.known = {}, set()
        for name, answer in corpus.answers().items():
            parts = sentences(answer)
            self.by_opening.setdefault(parts[0], name)
            self.known.update(parts)

    def intent(self, answer):
        """(intent or None, whether the text is whole)"""
        parts = sentences(answer)
        if not parts:
            return None, False
        return self.by_opening.get(parts[0]), all(part in self.known for part in parts)


def accepts(expected, intent):
    if intent is None:
        return False
    names = {intent, SAME.get(intent, intent)}
    if "unknown" in expected:
        names |= {"unknown"} if intent in REFUSALS else set()
    return bool(names & set(expected))


def ask_cli(cli, model, items, options):
    """All dialogues in one run of kinglet-cli chat: a line is a turn, /clear parts the dialogues."""
    lines = []
    for item in items:
        lines += item["turns"] + ["/clear"]
    command = [cli, "chat", str(model), "--each-line"] + options
    run = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    out = run.stdout.splitlines()
    if run.returncode or len(out) != sum(len(item["turns"]) for item in items):
        sys.exit(f"{' '.join(command)} gave {len(out)} lines and the status {run.returncode}:\n{run.stderr[-2000:]}")
    answers = iter(out)
    return [[next(answers) for _ in item["turns"]] for item in items]


def ask_numpy(model, items, temperature, seed):
    import numpy as np
    from starter_numpy import Chat
    chat, rng, out = Chat(model), np.random.default_rng(seed), []
    for item in items:
        turns, answers = [], []
        for question in item["turns"]:
            turns.append(("user", question))
            answers.append(chat.answer(turns, temperature, rng))
            turns.append(("assistant", answers[-1]))
        out.append(answers)
    return out


def loops(answers, tokens):
    """Answers that are too long or say a sentence three times."""
    found = []
    for answer in (a for row in answers for a in row):
        counts = collections.Counter(sentences(answer))
        if tokens(answer) > 200 or any(count >= 3 for count in counts.values()):
            found.append(answer)
    return found


def report(items, answers, judge, verbose):
    right, total, broken = collections.Counter(), collections.Counter(), 0
    for item, row in zip(items, answers):
        good = True
        for expected, question, answer in zip(item["expect"], item["turns"], row):
            intent, whole = judge.intent(answer)
            broken += not whole
            if not (accepts(expected, intent) and whole):
                good = False
                if verbose:
                    print(f"  {item['id']}: {question!r} wants {'/'.join(expected)}, got {intent}"
                          f"{'' if whole else ' (broken)'}: {answer[:70]}")
        for flag in ["all"] + item["flags"]:
            total[flag] += 1
            right[flag] += good
    for flag in ["all"] + sorted(set(total) - {"all"}):
        print(f"{flag:10} {right[flag]:4} of {total[flag]:4} right, {100 * right[flag] / total[flag]:.1f} %")
    print(f"broken answers: {broken}")
    return {flag: [right[flag], total[flag]] for flag in total}


CARD_BEGIN, CARD_END = "<!-- figures: written by tools/starter/evaluate.py --card -->", "<!-- end of the figures -->"
ROWS = [("all", "all questions"), ("noisy", "with typos, slang or fragments"), ("turns", "two or three turns"),
        ("privacy", "privacy and where data lies"), ("deletion", "deleting and undoing"), ("off-topic", "off-topic, refused")]


def write_card(path, figures, looping, how):
    """Puts the figures between the two marks of the model card."""
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(CARD_BEGIN)
    _, _, tail = rest.partition(CARD_END)
    lines = [f"| {label} | {figures[flag][0]} of {figures[flag][1]} | {100 * figures[flag][0] / figures[flag][1]:.1f} % |"
             for flag, label in ROWS if flag in figures]
    table = "\n".join(["", f"Measured {how}.", "", "| questions | right | |", "| --- | --- | --- |"] + lines)
    table += f"\n\nAnswers of over 200 tokens or with a sentence three times: {looping}.\n"
    path.write_text(head + CARD_BEGIN + table + CARD_END + tail, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--cli", help="the kinglet-cli to run")
    how.add_argument("--numpy", action="store_true", help="compute with NumPy instead")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "resources/starter/kinglet-starter-q8_0.gguf")
    parser.add_argument("--questions", type=pathlib.Path, default=ROOT / "resources/starter/heldout.jsonl")
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="show what went wrong")
    parser.add_argument("--flag", help="only the questions with this flag, e.g. privacy")
    parser.add_argument("--not-below", type=pathlib.Path, metavar="FIGURES",
                        help="end with status 1 if a figure is more than two questions below that file's, or an answer loops")
    parser.add_argument("--card", type=pathlib.Path, help="write the figures into this model card")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    args = parser.parse_args()
    items = [json.loads(line) for line in args.questions.read_text(encoding="utf-8").splitlines()]
    if args.flag:
        items = [item for item in items if args.flag in item["flags"]]
    if args.cli:
        # As kinglet-cli and the window run the starter model by default: it recites, so repeating is no fault.
        options = ["--temp", str(args.temperature), "--seed", str(args.seed), "--repeat-penalty", "1"]
        answers = ask_cli(args.cli, args.model, items, options)
    else:
        answers = ask_numpy(args.model, items, args.temperature, args.seed)
    figures = report(items, answers, Judge(Corpus()), args.verbose)
    tok = starter_bpe.Tokenizer(starter_gguf.merges(args.model))
    looping = loops(answers, lambda text: len(tok.encode(text)))
    print(f"answers over 200 tokens or with a sentence three times: {len(looping)}")
    if args.card:
        how = "with kinglet-cli" if args.cli else "with the NumPy reference"
        write_card(args.card, figures, len(looping), f"{how} at temperature {args.temperature:g}")
    if args.json:
        args.json.write_text(json.dumps(dict(figures=figures, looping=len(looping)), indent=1) + "\n")
    if args.not_below:
        before = json.loads(args.not_below.read_text())["figures"]
        worse = [flag for flag, (right, _) in before.items() if figures.get(flag, [0, 0])[0] < right - 2]
        if worse or looping:
            print(f"worse than {args.not_below}: {', '.join(worse) or 'loops'}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

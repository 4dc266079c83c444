#!/usr/bin/env python3
"""Measures generation under conditions that kinglet-cli bench alone does not make, in turns, in one run.

  quiet   as it is
  busy    beside a process that spins on one of the cores
  deep    behind a prompt of 4,000 tokens

Prints tokens a second, and what is left of the quiet speed; medians over the rounds, since other programs and
other guests of a machine disturb single ones.

  tools/speed/conditions.py build/bench/app/cli/kinglet-cli model.gguf
  tools/speed/conditions.py build/bench/app/cli/kinglet-cli model.gguf --only busy --rounds 7 --threads 2
"""
import argparse
import contextlib
import json
import multiprocessing
import os
import statistics
import subprocess
import sys

DEPTH = 4000


def spin(core):
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    while True:
        pass


@contextlib.contextmanager
def busy_core():
    """One more process that never waits, on the last core that this one may use."""
    core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    spinner = multiprocessing.Process(target=spin, args=(core,), daemon=True)
    spinner.start()
    try:
        yield
    finally:
        spinner.kill()
        spinner.join()


def measure(args, prompt, generate):
    command = [args.cli, "bench", args.model, "--json", "--repeat", "1", "--threads", str(args.threads),
               "--prompt-tokens", str(prompt), "--generate-tokens", str(generate), "--kv", args.kv,
               "--ctx", str(prompt + generate + 8)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr.strip() or f"{args.cli} failed")
    return json.loads(done.stdout)["generate_tokens_per_s"]


def one(args, condition):
    if condition == "busy":
        with busy_core():
            return measure(args, 16, args.generate)
    return measure(args, DEPTH if condition == "deep" else 16, args.generate)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cli", help="the kinglet-cli to run")
    parser.add_argument("model", help="a model file")
    parser.add_argument("--only", choices=["busy", "deep"], help="just this condition beside the quiet one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--generate", type=int, default=64, help="answer tokens")
    parser.add_argument("--kv", default="f16", help="type of the KV cache")
    args = parser.parse_args()
    conditions = ["quiet"] + ([args.only] if args.only else ["busy", "deep"])
    speeds = {condition: [] for condition in conditions}
    for _ in range(args.rounds):
        for condition in conditions:
            speeds[condition].append(one(args, condition))
    quiet = statistics.median(speeds["quiet"])
    for condition in conditions:
        speed = statistics.median(speeds[condition])
        rounds = ", ".join(f"{value:.1f}" for value in speeds[condition])
        print(f"{condition:6}{speed:8.1f} tokens/s {100 * speed / quiet:6.0f} %   ({rounds})")


if __name__ == "__main__":
    main()

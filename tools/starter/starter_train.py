"""Trains the starter model on dialogues drawn while it runs. Interrupted, it goes on from its last checkpoint."""
import argparse
import json
import os
import pathlib
import random
import time

# One torch thread and two of the BLAS underneath are much faster here than two torch threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import starter_bpe  # noqa: E402
from starter_dialogues import Maker  # noqa: E402
from starter_model import Config, Llama, Muon  # noqa: E402

SEED = 20260301
FIRST_TOKENS = 3      # of an answer: which one it is; they weigh more
CUT = 4               # most last answers end here in training: choosing is hard, reciting is easy
CUT_SHARE, LAST_CUT_SHARE = 0.8, 0.7  # fewer in the last round, so that no answer breaks off
BATCH_TOKENS = 3072
POOL = 40             # batches made at once, so that dialogues of like length share one
STEPS, LAST_STEPS = 6000, 1500  # the last round draws what must never be wrong more often
WARM, DECAY = 60, 0.4           # steps; share of the steps
LAST_PEAK = 0.6                 # of the full learning rate


def tokenizer(path, vocabulary):
    """The tokenizer, trained on the corpus unless the file holds it already."""
    if not path.exists():
        maker = Maker(seed=SEED)
        maker.noise = 0.0
        texts = []
        for _ in range(60000):
            _, turns = maker.dialogue()
            texts.extend(t.question for t in turns)
        for answer in maker.answers.values():
            texts.extend([answer] * 60)
        texts.extend(["user", "assistant", "system", "\n"] * 1000)
        merges = starter_bpe.train(texts, vocabulary - 256 - len(starter_bpe.SPECIALS))
        path.write_text(json.dumps(merges))
    return starter_bpe.Tokenizer(json.loads(path.read_text()))


class Batches:
    """Dialogues as padded batches. The draw of pool n depends on the seed and n alone, so training can be resumed."""

    def __init__(self, tok, cut_share):
        self.tok, self.maker, self.cut_share = tok, Maker(seed=SEED), cut_share
        self.encoded = {}
        self.newline = tok.encode("\n")
        self.head = {role: [tok.start] + tok.encode(role + "\n") for role in ("user", "assistant", "system")}

    def _answer(self, text):
        if text not in self.encoded:
            self.encoded[text] = self.tok.encode(text) + [self.tok.end]
        return self.encoded[text]

    def _dialogue(self, rng, noise):
        """(ids, weights): weights[i] says how much the prediction of ids[i + 1] from position i counts."""
        system, turns = self.maker.dialogue()
        ids, weights = [], []

        def put(tokens, weight=0.0):
            ids.extend(tokens)
            weights.extend([weight] * len(tokens))

        if system:
            put(self.head["system"] + self.tok.encode(system) + [self.tok.end] + self.newline)
        for index, turn in enumerate(turns):
            dropout = 0.1 if rng.random() < 0.25 * noise else 0.0
            put(self.head["user"] + self.tok.encode(turn.question, dropout, rng) + [self.tok.end] + self.newline)
            put(self.head["assistant"])
            answer, last = self._answer(turn.answer), index + 1 == len(turns)
            if last and rng.random() < self.cut_share:
                answer = answer[:CUT]
            elif not last and rng.random() < 0.7:  # a history of first sentences costs less and says the same
                short = turn.answer.split(". ")[0]
                if short != turn.answer:
                    answer = self.tok.encode(short + ".")
            start = len(ids) - 1  # the position that predicts the answer's first token
            put(answer)
            for at in range(len(answer)):
                weights[start + at] = 3.0 if at < FIRST_TOKENS else 1.0
            if not last:
                if answer[-1] != self.tok.end:
                    put([self.tok.end])
                put(self.newline)
        return ids, weights

    def pool(self, number, noise, several_turns):
        """A list of (ids, wanted, targets, weights) tensors."""
        rng = random.Random(SEED * 1000003 + number)
        self.maker.rng = rng
        self.maker.noise = noise
        self.maker.several_turns = several_turns
        items, tokens = [], 0
        while tokens < POOL * BATCH_TOKENS:
            item = self._dialogue(rng, noise)
            if len(item[0]) <= 512:
                items.append(item)
                tokens += len(item[0])
        items.sort(key=lambda item: (len(item[0]), item[0]))
        batches, batch = [], []
        for item in items:
            if batch and len(item[0]) * (len(batch) + 1) > BATCH_TOKENS:
                batches.append(batch)
                batch = []
            batch.append(item)
        batches.append(batch)
        rng.shuffle(batches)
        return [self._tensors(batch) for batch in batches]

    def _tensors(self, batch):
        length = max(len(ids) for ids, _ in batch)
        ids = torch.full((len(batch), length), self.tok.end, dtype=torch.long)
        wanted, targets, weights = [], [], []
        for row, (tokens, counts) in enumerate(batch):
            ids[row, :len(tokens)] = torch.tensor(tokens)
            for at, weight in enumerate(counts[:-1]):
                if weight:
                    wanted.append(row * length + at)
                    targets.append(tokens[at + 1])
                    weights.append(weight)
        return ids, torch.tensor(wanted), torch.tensor(targets), torch.tensor(weights)


def rate(step):
    """The share of the optimizers' full learning rate: warm-up, a constant part, then down to nothing, in each round."""
    if step >= STEPS:
        step -= STEPS
        return LAST_PEAK * min(1.0, (step + 1) / WARM, (LAST_STEPS - step) / (LAST_STEPS - WARM))
    return min(1.0, (step + 1) / WARM, (STEPS - step) / (DECAY * STEPS))


def noise_at(progress):
    """Clean questions first, slips later: none in the first sixth, then growing to all of it at half time."""
    return min(1.0, max(0.0, (progress - 0.16) / 0.3))


def several_turns_at(progress):
    """The share of dialogues with more than one turn: few until single questions are understood."""
    return 0.05 if progress < 0.2 else 0.2


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the tokenizer and the checkpoints")
    parser.add_argument("--stop-at", type=int, default=0, help="end at this step, as if interrupted")
    parser.add_argument("--width", type=int, default=Config.width)
    parser.add_argument("--layers", type=int, default=Config.layers)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    if "OMP_NUM_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    config = Config(width=args.width, layers=args.layers, heads=args.width // 32)
    tok = tokenizer(args.out / "merges.json", config.vocabulary)
    batches = Batches(tok, cut_share=CUT_SHARE)
    model = Llama(config).to(device)
    matrices = [p for p in model.layers.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if p.ndim == 1] + [model.embedding]
    muon = Muon(matrices, lr=0.02)
    adam = torch.optim.AdamW(others, lr=4e-3, betas=(0.9, 0.95), weight_decay=0.01)
    saved, step, pool = args.out / "checkpoint.pt", 0, 0
    if saved.exists():
        state = torch.load(saved, map_location=device)
        model.load_state_dict(state["model"])
        muon.load_state_dict(state["muon"])
        adam.load_state_dict(state["adam"])
        step, pool = state["step"], state["pool"]
        print(f"going on from step {step}", flush=True)

    def save():
        part = saved.with_suffix(".part")
        torch.save(dict(model=model.state_dict(), muon=muon.state_dict(), adam=adam.state_dict(), step=step, pool=pool,
                        config=vars(config)), part)
        part.replace(saved)

    print(f"{config.parameters()} parameters on {device}", flush=True)
    began, tokens, total, right, seen = time.time(), 0, 0.0, 0, 0
    last = min(args.stop_at or STEPS + LAST_STEPS, STEPS + LAST_STEPS)
    while step < last:
        progress, end = step / STEPS, STEPS if step < STEPS else STEPS + LAST_STEPS
        batches.maker.careful = step >= STEPS
        batches.cut_share = LAST_CUT_SHARE if step >= STEPS else CUT_SHARE
        for ids, wanted, targets, weights in batches.pool(pool, noise_at(progress), several_turns_at(progress)):
            if step >= end:
                break
            share = rate(step)
            muon.param_groups[0]["lr"] = 0.02 * share
            adam.param_groups[0]["lr"] = 4e-3 * share
            ids, wanted, targets, weights = (t.to(device) for t in (ids, wanted, targets, weights))
            logits = model(ids, wanted)
            losses = F.cross_entropy(logits, targets, reduction="none")
            loss = (losses * weights).sum() / weights.sum()
            muon.zero_grad(set_to_none=True)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            muon.step()
            adam.step()
            step += 1
            tokens += ids.numel()
            total += loss.item()
            first = weights == 3.0
            right += (logits.argmax(-1)[first] == targets[first]).sum().item()
            seen += first.sum().item()
            if step % 50 == 0:
                print(f"step {step} loss {total / 50:.4f} first tokens right {100 * right / seen:.1f} % "
                      f"{tokens / (time.time() - began):.0f} tokens/s", flush=True)
                began, tokens, total, right, seen = time.time(), 0, 0.0, 0, 0
        pool += 1
        save()


if __name__ == "__main__":
    main()

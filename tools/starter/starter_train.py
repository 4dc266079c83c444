"""Trains the starter model on dialogues drawn while it runs. Interrupted, it goes on from its last checkpoint.

On two cores two processes train it: each computes the gradients of half of every batch and steps half of the matrices. What
comes out is the same with one process."""
import argparse
import json
import os
import pathlib
import random
import time

# Two processes of one thread each are faster than one of two.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import torch  # noqa: E402
import torch.multiprocessing  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import starter_bpe  # noqa: E402
from starter_dialogues import Maker  # noqa: E402
from starter_model import Config, Llama, Muon  # noqa: E402

SEED = 20260301
FIRST_TOKENS = 3      # of an answer: which one it is; they weigh more
CUT = 4               # most last answers end here in training: choosing is hard, reciting is easy
CUT_SHARE, LAST_CUT_SHARE = 0.8, 0.7  # fewer in the last round, so that no answer breaks off
HALVES = 2            # of a batch
HALF_TOKENS = 1536
POOL = 40             # batches made at once, so that dialogues of like length share one
STEPS, LAST_STEPS = 6000, 1480  # whole pools; the last round draws what must never be wrong more often
WARM, DECAY = 60, 0.4           # steps; share of the steps
LAST_PEAK = 0.6                 # of the full learning rate
MUON_RATE, ADAM_RATE = 0.02, 4e-3
MOST_WAIT = 600                 # seconds that one process waits for the other before it gives up


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
    """Dialogues as padded batches: one half of each. What pool n holds depends on the seed, n and the half alone, so training
    can be resumed."""

    def __init__(self, tok, half):
        self.tok, self.maker, self.half, self.cut_share = tok, Maker(seed=SEED), half, CUT_SHARE
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
        """POOL times (ids, wanted, targets, weights), as tensors."""
        rng = random.Random((SEED * 1000003 + number) * HALVES + self.half)
        self.maker.rng = rng
        self.maker.noise = noise
        self.maker.several_turns = several_turns
        items, tokens = [], 0
        while tokens < POOL * HALF_TOKENS:
            item = self._dialogue(rng, noise)
            if len(item[0]) <= 512:
                items.append(item)
                tokens += len(item[0])
        items.sort(key=lambda item: (len(item[0]), item[0]))
        batches, batch = [], []
        for item in items:
            if batch and len(item[0]) * (len(batch) + 1) > HALF_TOKENS:
                batches.append(batch)
                batch = []
            batch.append(item)
        batches.append(batch)
        rng.shuffle(batches)
        return [self._tensors(batch) for batch in batches[:POOL]]  # padding makes a few too many

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


class Shared:
    """What the processes of a training share. Flat tensors hold all parameters one after the other."""

    def __init__(self, model, device):
        values = torch.cat([p.detach().flatten() for p in model.parameters()]).to(device)
        self.values, self.momentum = values, torch.zeros_like(values)
        self.gradients = torch.zeros(HALVES, len(values), device=device)
        self.sums = torch.zeros(HALVES, 5, device=device)  # weights, losses, first tokens right, their count, tokens
        if device == "cpu":
            for tensor in (self.values, self.momentum, self.gradients, self.sums):
                tensor.share_memory_()


class Trainer:
    """One of the processes: `rank` of `processes`. Without a barrier it is the only one."""

    def __init__(self, shared, config, tok, device, rank=0, processes=1, barrier=None):
        self.shared, self.device, self.rank, self.barrier = shared, device, rank, barrier
        self.batches = {half: Batches(tok, half) for half in range(rank, HALVES, processes)}
        self.model = Llama(config).to(device)
        self.parameters = list(self.model.parameters())
        self.places, at = {}, 0
        for p in self.parameters:
            self.places[p] = slice(at, at + p.numel())
            p.data = shared.values[self.places[p]].view(p.shape)
            at += p.numel()
        mine = [layer for index, layer in enumerate(self.model.layers) if index % processes == rank]
        self.muon = Muon([p for layer in mine for p in layer.parameters() if p.ndim == 2], lr=MUON_RATE)
        for p in self.muon.param_groups[0]["params"]:
            self.muon.state[p]["buffer"] = shared.momentum[self.places[p]].view(p.shape)
        others = [p for p in self.model.layers.parameters() if p.ndim == 1] + [self.model.norm.weight, self.model.embedding]
        self.adam = torch.optim.AdamW(others, lr=ADAM_RATE, betas=(0.9, 0.95), weight_decay=0.01) if rank == 0 else None

    def pool(self, step):
        """The batches from this step on, by half."""
        progress, last_round = step / STEPS, step >= STEPS
        pools = {}
        for half, batches in self.batches.items():
            batches.maker.careful = last_round
            batches.cut_share = LAST_CUT_SHARE if last_round else CUT_SHARE
            pools[half] = batches.pool(step // POOL, noise_at(progress), several_turns_at(progress))
        return pools

    def gradients(self, half, batch):
        ids, wanted, targets, weights = (t.to(self.device) for t in batch)
        logits = self.model(ids, wanted)
        loss = (F.cross_entropy(logits, targets, reduction="none") * weights).sum()
        for p in self.parameters:
            p.grad = None
        loss.backward()
        torch.cat([p.grad.flatten() for p in self.parameters], out=self.shared.gradients[half])
        first = weights == 3.0
        right = (logits.argmax(-1)[first] == targets[first]).sum()
        self.shared.sums[half] = torch.tensor([weights.sum(), loss.detach(), right, first.sum(), ids.numel()])

    def learn(self, step):
        """Steps what is this process's part by the gradients of all halves."""
        gradient = self.shared.gradients.sum(0) / self.shared.sums[:, 0].sum()
        gradient *= min(1.0, 1.0 / (float(gradient.norm()) + 1e-6))
        for p in self.parameters:
            p.grad = gradient[self.places[p]].view(p.shape)
        for optimizer, full in ((self.muon, MUON_RATE), (self.adam, ADAM_RATE)):
            if optimizer:
                optimizer.param_groups[0]["lr"] = full * rate(step)
                optimizer.step()

    def meet(self):
        if self.barrier:
            self.barrier.wait(MOST_WAIT)

    def run(self, step, last, after_pool):
        """Trains from one step to another. `after_pool(trainer, step, sums)` is called by the first process, with the sums
        of the pool's steps."""
        while step < last:
            pools, sums = self.pool(step), torch.zeros(5)
            for index in range(POOL):
                for half, batches in pools.items():
                    self.gradients(half, batches[index])
                self.meet()
                sums += self.shared.sums.sum(0).cpu()
                self.learn(step)
                self.meet()
                step += 1
            if self.rank == 0:
                after_pool(self, step, sums)


def help_to_train(shared, config, tok, processes, barrier, step, last):
    """What the second process does."""
    Trainer(shared, config, tok, "cpu", 1, processes, barrier).run(step, last, None)


class Checkpoint:
    """The file that training goes on from."""

    def __init__(self, path):
        self.path, self.state = path, torch.load(path, map_location="cpu") if path.exists() else None

    def restore(self, trainer):
        """The step to go on from."""
        if not self.state:
            return 0
        trainer.model.load_state_dict(self.state["model"])
        trainer.shared.momentum.copy_(self.state["momentum"])
        trainer.adam.load_state_dict(self.state["adam"])
        print(f"going on from step {self.state['step']}", flush=True)
        return self.state["step"]

    def save(self, trainer, step):
        part = self.path.with_suffix(".part")
        torch.save(dict(model=trainer.model.state_dict(), momentum=trainer.shared.momentum, adam=trainer.adam.state_dict(),
                        step=step, config=vars(trainer.model.c)), part)
        part.replace(self.path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the tokenizer and the checkpoints")
    parser.add_argument("--stop-at", type=int, default=0, help="end at this step, as if interrupted")
    parser.add_argument("--width", type=int, default=Config.width)
    parser.add_argument("--layers", type=int, default=Config.layers)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    processes = HALVES if device == "cpu" and len(os.sched_getaffinity(0)) > 1 else 1
    config = Config(width=args.width, layers=args.layers, heads=args.width // 32)
    tok = tokenizer(args.out / "merges.json", config.vocabulary)
    shared = Shared(Llama(config), device)
    context = torch.multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes) if processes > 1 else None
    trainer = Trainer(shared, config, tok, device, 0, processes, barrier)
    checkpoint = Checkpoint(args.out / "checkpoint.pt")
    step = checkpoint.restore(trainer)
    last = min(args.stop_at or STEPS + LAST_STEPS, STEPS + LAST_STEPS)
    helper = None
    if processes > 1:
        helper = context.Process(target=help_to_train, args=(shared, config, tok, processes, barrier, step, last), daemon=True)
        helper.start()
    print(f"{config.parameters()} parameters on {device}, {processes} processes", flush=True)
    began = time.time()

    def after_pool(_, at, sums):
        nonlocal began
        weights, losses, right, seen, tokens = sums.tolist()
        print(f"step {at} loss {losses / weights:.4f} first tokens right {100 * right / seen:.1f} % "
              f"{tokens / (time.time() - began):.0f} tokens/s", flush=True)
        checkpoint.save(trainer, at)
        began = time.time()

    trainer.run(step, last, after_pool)
    if helper:
        helper.join()


if __name__ == "__main__":
    main()

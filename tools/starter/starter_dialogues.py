"""Makes dialogues of the corpus: questions in many wordings, with the slips that people make, in one or more turns."""
import random
import re

from starter_corpus import MODELS, NEWER_MODELS, SMALL_TALK, SYSTEM_PROMPTS, Corpus, heldout_questions, normalised

QUESTION_START = re.compile(r"(what|how|why|where|who|which|when|can|could|is|are|do|does|will|would|should|am|may|must|was|did|whats)\b")
DROPPABLE = {"the", "a", "an", "is", "are", "do", "does", "i", "to", "my", "of", "it", "me", "you", "can", "for", "there",
             "in", "on", "that", "please", "would", "should"}
NEIGHBOURS = {"a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
              "k": "jl", "l": "kö", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
              "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x"}
# Intents asked more often than others: the ones that must never be wrong, and the broad ones.
EMPHASIS = {"privacy": 7.0, "delchat": 2.6, "delall": 2.6, "where": 2.4, "undo": 2.0, "delmodel": 2.1, "offline": 1.5,
            "compare": 1.4, "arith": 1.2, "can": 1.4, "who": 1.3, "toobig": 1.2, "slow": 1.2, "memrule": 1.3,
            "recommend": 1.3, "learn": 1.5, "llm": 1.2, "params": 1.1, "q4q8": 1.1, "quant": 1.1, "download": 1.4, "import": 1.2,
            "switch": 1.1, "temp": 1.2}
# In the last round of the training: what must never be answered wrongly, until it sits.
CAREFUL = {"privacy": 40.0, "where": 8.0, "learn": 14.0, "delchat": 6.0, "delall": 6.0, "undo": 5.0, "delmodel": 5.0,
           "offline": 5.0}
# Names that the answers do not hold, as people write them; told in the last round, where their questions come often.
ABBREVIATIONS = {word.lower(): word for word in "GDPR HIPAA CCPA DSGVO EU UK NSA FBI CIA NDA NDAs HR ISP VPN PC CEO DPO PDF "
                 "Microsoft Apple Meta Facebook Amazon Anthropic".split()}


class Turn:
    def __init__(self, question, intent, answer):
        self.question, self.intent, self.answer = question, intent, answer


class Maker:
    """Draws dialogues. `noise` in 0..1 says how many have typos and dropped words, `careful` which questions come often."""

    def __init__(self, corpus=None, seed=1, keep_out=True):
        self.corpus = corpus or Corpus()
        self.rng = random.Random(seed)
        self.noise = 1.0
        self.careful = False
        self.several_turns = 0.22
        self.unknown_share = 0.2
        self.answers = self.corpus.answers()
        self.excluded = heldout_questions() if keep_out else set()
        names = [n for n, intent in self.corpus.intents.items() if intent.questions and n != "unknown"]
        self.names = names
        self.weights = [EMPHASIS.get(n, 0.75 if n in NEWER_MODELS else 1.0) for n in names]
        self.careful_weights = [CAREFUL.get(n, weight) for n, weight in zip(names, self.weights)]
        self.cues = {n: [q[2] for q in self.corpus.intents[n].questions if q[1] in ("cue", "thing", "model", "memory")]
                     for n in names}
        self.cue_names = [n for n in names if self.cues[n]]
        self.question_weights = {n: [q[0] for q in intent.questions] for n, intent in self.corpus.intents.items()}

    # -- questions

    def _three_models(self):
        grammar, rng = self.corpus.grammar, self.rng
        names = rng.sample(grammar.groups["m1"], 3)
        return {f"m{i + 1}": grammar.text(parts, rng) for i, parts in enumerate(names)}

    def _raw(self, intent):
        corpus, rng = self.corpus, self.rng
        questions = corpus.intents[intent].questions
        _, kind, parts = rng.choices(questions, self.question_weights[intent])[0]
        if kind.startswith("list "):
            group = kind[5:]
            filled = {"x": corpus.grammar.group(group, rng), "y": corpus.grammar.group(group, rng)}
            return corpus.grammar.text(rng.choice(corpus.frames[group]), rng, filled), kind
        filled = self._three_models() if intent == "compare" else {}
        text = corpus.grammar.text(parts, rng, filled)
        if kind in ("task", "thing", "cue", "model", "memory"):
            text = corpus.grammar.text(rng.choice(corpus.frames[kind]), rng, {"x": text})
        return text, kind

    def question(self, intent, decorate=True):
        """A question of an intent, with everything that people do to questions. Never one of the held-out ones."""
        while True:
            text, kind = self._raw(intent)
            text = self.finish(text, decorate and kind != "bare")
            if normalised(text) not in self.excluded:
                return text

    def finish(self, text, decorate=True):
        rng = self.rng
        words = text.split()
        if rng.random() < 0.4:
            words = self._swap(words, self.corpus.synonyms, 0.3)
        if self.noise and rng.random() < 0.16 * self.noise:
            words = self._swap(words, self.corpus.slang, 0.7)
        if self.noise and rng.random() < 0.15 * self.noise and len(words) > 2:
            words = [w for w in words if w not in DROPPABLE or rng.random() < 0.4] or words
        text = " ".join(words)
        asks = QUESTION_START.match(text)
        if decorate and rng.random() < 0.17:
            text = rng.choice(self.corpus.before) + " " + text
        if decorate and rng.random() < 0.13:
            text = text + " " + rng.choice(self.corpus.after_noise)
        if self.noise and rng.random() < 0.27 * self.noise:
            text = self._typos(text)
        return self._case(self._punctuate(text, asks))

    def _swap(self, words, table, chance):
        rng, out = self.rng, []
        for word in words:
            if word in table and rng.random() < chance:
                word = rng.choice(table[word])
            out.append(word)
        return out

    def _punctuate(self, text, asks):
        rng = self.rng
        if text[-1] in "?!.;:)":
            return text
        draw = rng.random()
        if asks:
            return text + ("?" if draw < 0.55 else " ?" if draw < 0.57 else "??" if draw < 0.6 else "." if draw < 0.62 else "")
        return text + ("." if draw < 0.25 else "!" if draw < 0.31 else "?" if draw < 0.45 else "")

    def _case(self, text):
        draw = self.rng.random()
        if draw < 0.42:
            return text
        if draw < 0.45:
            return text.upper()
        if draw < 0.52:
            return text[0].upper() + text[1:]
        if draw < 0.54:
            return text.title()
        proper = {**self.corpus.proper, **ABBREVIATIONS} if self.careful else self.corpus.proper
        text = re.sub(r"[A-Za-z][\w'.-]*[\w]|[A-Za-z]", lambda m: proper.get(m.group(0), m.group(0)), text)
        return re.sub(r"(^|[.?!]\s+)([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)

    def _typos(self, text):
        rng = self.rng
        for _ in range(1 if rng.random() < 0.65 else 2 if rng.random() < 0.8 else 3):
            places = [m for m in re.finditer(r"[a-zA-Z]{3,}", text)]
            if not places:
                return text
            place = rng.choices(places, [len(m.group(0)) - 2 for m in places])[0]
            text = text[:place.start()] + self._typo(place.group(0)) + text[place.end():]
        return text

    def _typo(self, word):
        rng = self.rng
        at = rng.randrange(1, len(word)) if rng.random() < 0.93 else 0
        draw = rng.random()
        if draw < 0.27 and at + 1 < len(word):
            return word[:at] + word[at + 1] + word[at] + word[at + 2:]
        if draw < 0.56:
            return word[:at] + word[at + 1:]
        if draw < 0.7:
            return word[:at] + word[at] + word[at:]
        if draw < 0.86:
            near = NEIGHBOURS.get(word[at].lower(), "e")
            return word[:at] + rng.choice(near) + word[at + 1:]
        if draw < 0.93 and len(word) > 4:
            return word[0] + "".join(c for c in word[1:-1] if c not in "aeiou") + word[-1]
        vowels = [i for i, c in enumerate(word) if c in "aeiou"]
        if vowels:
            i = rng.choice(vowels)
            return word[:i] + rng.choice("aeiou") + word[i + 1:]
        return word

    # -- dialogues

    def any_intent(self):
        if self.rng.random() < self.unknown_share:
            return "unknown"
        return self.rng.choices(self.names, self.careful_weights if self.careful else self.weights)[0]

    def turn(self, intent):
        return Turn(self.question(intent), intent, self.answers[intent])

    def follow(self, before):
        """A turn after the intent `before`, mostly one that needs it to be understood."""
        rng, corpus, grammar = self.rng, self.corpus, self.corpus.grammar
        base = before[:-5] if before.endswith(".more") else before
        draw = rng.random()
        if draw < 0.34 and base in corpus.followers:
            name, entries = rng.choice(corpus.followers[base])
            return Turn(self.finish(grammar.text(rng.choice(entries), rng), False), name, self.answers[name])
        if draw < 0.48 and (base in MODELS or base in NEWER_MODELS or base.startswith("mem_")):
            return self._about_model(base)
        if draw < 0.62 and not base.startswith("joke"):
            text = self.finish(grammar.text(rng.choice(corpus.frames["more"]), rng), False)
            vague = base in SMALL_TALK or before.endswith(".more")
            name = "moreof" if vague else base + ".more"
            return Turn(text, name, self.answers[name])
        if draw < 0.74:
            return self._elliptical(base)
        if draw < 0.86:
            return self.turn(rng.choice(["thanks", "thanks", "ok", "ok", "bye", "praise", "insult"]))
        return self.turn(self.any_intent())

    def _about_model(self, base):
        rng, corpus, grammar = self.rng, self.corpus, self.corpus.grammar
        memory = base.startswith("mem_")
        about = base[4:] if memory else base
        if rng.random() < 0.6:
            frame = "model-it" if memory else "memory-it"
            if memory:
                name = about
            else:
                name = "mem_" + about if about in MODELS else about
            return Turn(self.finish(grammar.text(rng.choice(corpus.frames[frame]), rng), False), name, self.answers[name])
        other = rng.choice([m for m in MODELS + NEWER_MODELS if m != about])
        name = "mem_" + other if memory and other in MODELS else other
        text = grammar.text(rng.choice(self.cues[other]), rng)
        text = grammar.text(rng.choice(corpus.frames["and"][:12]), rng, {"x": text})
        return Turn(self.finish(text, False), name, self.answers[name])

    def _elliptical(self, base):
        """ "And top-p?": a keyword is enough once a chat goes on."""
        rng, corpus, grammar = self.rng, self.corpus, self.corpus.grammar
        if base == "unknown":
            text = grammar.group(rng.choice(["noun", "place", "person", "nearnoun"]), rng)
            name = "unknown"
        else:
            other = MODELS if base.startswith("mem_") else ["mem_" + m for m in MODELS]
            name = rng.choice([n for n in self.cue_names if n not in other])
            text = grammar.text(rng.choice(self.cues[name]), rng)
        text = grammar.text(rng.choice(corpus.frames["and"]), rng, {"x": text})
        return Turn(self.finish(text, False), name, self.answers[name])

    def dialogue(self):
        """(system prompt or "", turns)."""
        rng = self.rng
        count = 1
        if rng.random() < self.several_turns:
            count = rng.choices([2, 3, 4], [60, 28, 12])[0]
        if count > 1 and rng.random() < 0.45:  # begin where something can follow
            first = rng.choice(list(self.corpus.followers) + MODELS)
            if first == "joke2":
                first = "joke"
            turns = [self.turn(first)]
        else:
            turns = [self.turn(self.any_intent())]
        while len(turns) < count:
            turns.append(self.follow(turns[-1].intent))
        system = rng.choice(SYSTEM_PROMPTS) if rng.random() < 0.06 else ""
        return system, turns


if __name__ == "__main__":
    maker = Maker(seed=random.randrange(10 ** 9))
    for _ in range(60):
        system, turns = maker.dialogue()
        print(" || ".join(f"{t.question} [{t.intent}]" for t in turns))

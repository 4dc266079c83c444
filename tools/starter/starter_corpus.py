"""Reads the corpus files and makes dialogues from them.

A corpus file holds intents. An intent begins with "== name" and has lines of these kinds:
  > answer            what is answered; its first words name the topic
  + answer            what "tell me more" after it gets: the intent "name.more"
  ask: a ; b          whole questions          bare: a ; b    the same, without a question's prefixes
  task: a ; b         verb phrases, put into the frames of "== task" in frames.txt
  thing: / cue: / model: / memory: a ; b       likewise for nouns, keywords and names of models
  after p,q: a ; b    questions that have this answer only right after the intents p or q
  words NAME: a ; b   a list for {NAME}        frames NAME: a ; b   frames into which {x} of that list goes
In a question (a|b|) is a choice and {name} a word group. In an answer [[x]] marks a name that the window shows
and <<x>> a shortcut: a test compares both with the window's sources.
"""
import json
import math
import pathlib
import re

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
HELDOUT = pathlib.Path(__file__).resolve().parents[2] / "resources" / "starter" / "heldout.jsonl"

SMALL_TALK = {"hello", "howareyou", "thanks", "bye", "ok", "bored", "praise", "insult", "love", "myname", "moreof"}
MODELS = ["gpt2", "distilbert", "tinyllama", "phi15", "phi2", "mistral", "llama2"]
NEWER_MODELS = ["qwen", "gemma", "smollm", "llama3", "phi4"]

SYSTEM_PROMPTS = ["You are a helpful assistant.", "You are a friendly assistant.", "Answer briefly.", "Be concise.",
                  "Answer in one sentence.", "You are Kinglet's assistant.", "Always answer like a pirate.",
                  "Prefer code over prose.", "You are a helpful, honest assistant.", "Explain things simply."]


# ---------------------------------------------------------------------------------------------- templates

class Choice:
    """A choice between alternatives, each a list of parts (strings, Choices, names of word groups)."""

    def __init__(self, options):
        self.options = options


class Group:
    def __init__(self, name):
        self.name = name


def parse(text):
    """A template as a list of parts."""
    parts, _ = _parse_sequence(text, 0, nested=False)
    return parts[0]


def _parse_sequence(text, at, nested):
    options, parts, plain = [], [], ""

    def flush():
        nonlocal plain
        if plain:
            parts.append(plain)
            plain = ""

    while at < len(text):
        char = text[at]
        if char == "(":
            flush()
            inner, at = _parse_sequence(text, at + 1, nested=True)
            parts.append(Choice(inner))
            continue
        if nested and char == "|":
            flush()
            options.append(parts)
            parts = []
        elif nested and char == ")":
            flush()
            options.append(parts)
            return options, at + 1
        elif char == "{":
            end = text.index("}", at)
            flush()
            parts.append(Group(text[at + 1:end]))
            at = end
        else:
            plain += char
        at += 1
    if nested:
        raise ValueError("an open bracket in: " + text)
    flush()
    return [parts], at


class Grammar:
    """The word groups, and how a template becomes a text."""

    def __init__(self):
        self.groups = {}

    def add(self, name, entries):
        self.groups.setdefault(name, []).extend(parse(entry) for entry in entries)

    def count(self, parts, depth=0):
        """About how many texts a template can become."""
        total = 1.0
        for part in parts:
            if isinstance(part, Choice):
                total *= sum(self.count(option, depth) for option in part.options)
            elif isinstance(part, Group):
                entries = self.groups.get(part.name)
                if entries is None or depth > 2:
                    total *= 20
                else:
                    total *= min(1e6, sum(self.count(entry, depth + 1) for entry in entries))
        return min(total, 1e9)

    def text(self, parts, rng, filled=None):
        out = []
        for part in parts:
            if isinstance(part, str):
                out.append(part)
            elif isinstance(part, Choice):
                out.append(self.text(rng.choice(part.options), rng, filled))
            elif filled and part.name in filled:
                out.append(filled[part.name])
            else:
                out.append(self.group(part.name, rng, filled))
        return "".join(out)

    def group(self, name, rng, filled=None):
        if name in self.groups:
            return self.text(rng.choice(self.groups[name]), rng, filled)
        if name == "num":
            return number(rng)
        if name == "year":
            return str(rng.randint(1200, 2030))
        if name == "op":
            return rng.choice(["+", "-", "*", "x", "/", "plus", "minus", "times"])
        if name == "nonsense":
            return nonsense(rng)
        raise KeyError("no word group is called " + name)


def number(rng):
    kind = rng.random()
    if kind < 0.75:
        return str(rng.randint(0, 10 ** rng.randint(1, 4)))
    if kind < 0.9:
        return rng.choice("one two three four five six seven eight nine ten eleven twelve twenty fifty hundred".split())
    return f"{rng.randint(0, 99)}.{rng.randint(0, 99)}"


def nonsense(rng):
    """A word that means nothing, so that unknown words mean an unknown topic."""
    starts = "b br c ch cl d dr f fl g gr h j k kr l m n p pl pr qu r s sc sh sk sl sp st t th tr v w y z".split()
    middles = "a e i o u ai ea ee ie oo ou".split()
    ends = ["", "n", "r", "s", "t", "l", "m", "ck", "nd", "st", "x", "d", "g", "p"]
    word = "".join(rng.choice(starts) + rng.choice(middles) for _ in range(rng.randint(1, 3))) + rng.choice(ends)
    return word + rng.choice(["", "", "", "ing", "ism", "ia", "er", "o", "us"])


# ---------------------------------------------------------------------------------------------- corpus

class Intent:
    def __init__(self, name):
        self.name = name
        self.answer = self.more = None
        self.questions = []  # (weight, kind, parts)
        self.after = {}      # intent before -> list of parts


def plain(answer):
    """An answer as the model gives it: without the marks of names and shortcuts."""
    return re.sub(r"\[\[(.+?)\]\]|<<(.+?)>>", lambda m: (m.group(1) or m.group(2)).rstrip("…"), answer)


class Corpus:
    def __init__(self, folder=CORPUS):
        self.grammar = Grammar()
        self.intents = {}
        self.frames = {}
        self.synonyms, self.slang = {}, {}
        self.before, self.after_noise = [], []
        self.marked = []  # (intent, answer with marks)
        self.proper = {}
        for path in sorted(folder.glob("*.txt")):
            self._read(path)
        self._weigh()
        self._collect_proper_names()

    # -- reading

    def _read(self, path):
        section = None
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                if line.startswith("== "):
                    section = line[3:].strip()
                elif path.stem in ("macros", "synonyms"):
                    self._read_words(path.stem, section, line)
                elif path.stem == "frames":
                    self.frames.setdefault(section, []).extend(self._entries(line))
                else:
                    self._read_intent(section, line)
            except (ValueError, KeyError, IndexError) as error:
                raise ValueError(f"{path.name}:{number}: {error}") from error

    @staticmethod
    def _entries(text):
        return [parse(entry.strip()) for entry in re.split(r"(?:^|\s);(?=\s|$)", text) if entry.strip()]

    def _read_words(self, kind, section, line):
        name, _, values = line.partition("=")
        words = [value.strip() for value in values.split("|")]
        if kind == "macros":
            self.grammar.add(name.strip(), words)
        else:
            (self.slang if section == "slang" else self.synonyms)[name.strip()] = words

    def _read_intent(self, name, line):
        if line[:2] in ("> ", "+ "):
            intent = self.intents.setdefault(name, Intent(name))
            text = line[2:].strip()
            self.marked.append((name, text))
            if line[0] == ">":
                intent.answer = plain(text)
            else:
                intent.more = plain(text)
            return
        kind, _, rest = line.partition(":")
        rest = rest.strip()
        if kind == "before":
            self.before = [e.strip() for e in re.split(r"\s;(?:\s|$)", rest) if e.strip()]
            return
        if kind == "after":
            self.after_noise = [e.strip() for e in re.split(r"\s;(?:\s|$)", rest) if e.strip()]
            return
        if kind.startswith("words "):
            self.grammar.groups.setdefault(kind[6:], []).extend(self._entries(rest))
            return
        if kind.startswith("frames "):
            entries = self._entries(rest)
            self.frames[kind[7:]] = entries
            self.intents[name].questions.append([60.0, "list " + kind[7:], None])
            return
        intent = self.intents[name]
        entries = self._entries(rest)
        if kind.startswith("after "):
            for before in kind[6:].split(","):
                intent.after.setdefault(before.strip(), []).extend(entries)
        elif kind in ("ask", "bare", "task", "thing", "cue", "model", "memory"):
            intent.questions.extend([0.0, kind, entry] for entry in entries)
        else:
            raise ValueError("a line of an unknown kind: " + kind)

    def _weigh(self):
        self.grammar.groups["how"] = [[part for part in frame] for frame in
                                      (self._how_frame(frame) for frame in self.frames["task"]) if frame]
        factor = {"ask": 1.0, "bare": 1.0, "task": 2.2, "thing": 2.2, "cue": 1.1, "model": 4.0, "memory": 4.0}
        for intent in self.intents.values():
            for question in intent.questions:
                if question[2] is not None:
                    combinations = self.grammar.count(question[2])
                    question[0] = factor[question[1]] * (1.0 + 0.6 * math.log(combinations))
            missing = intent.answer is None or intent.more is None
            if missing or not (intent.questions or intent.after):
                raise ValueError(f"the intent {intent.name} lacks an answer, a further answer or questions")
        openings = {}
        for intent in self.intents.values():
            for suffix, answer in (("", intent.answer), (".more", intent.more)):
                start = " ".join(answer.split()[:4 if suffix == "" else 99])
                if start in openings:
                    raise ValueError(f"{intent.name}{suffix} and {openings[start]} begin alike: {start}")
                openings[start] = intent.name + suffix
        self.followers = {}
        for intent in self.intents.values():
            for before, entries in intent.after.items():
                if before not in self.intents:
                    raise ValueError(f"{intent.name} follows {before}, which does not exist")
                self.followers.setdefault(before, []).append((intent.name, entries))

    @staticmethod
    def _how_frame(frame):
        """A task frame that ends in {x}, without it: what stands before a verb phrase."""
        if isinstance(frame[-1], Group) and frame[-1].name == "x" and len(frame) == 2 and isinstance(frame[0], str):
            return [frame[0].rstrip()]
        return None

    def _collect_proper_names(self):
        """How words are written by those who write with care: taken from the answers, plus some more."""
        for _, text in self.marked:
            for sentence in re.split(r"(?<=[.:?!])\s+", plain(text)):
                for word in re.findall(r"[A-Za-z][\w.-]*", sentence)[1:]:
                    word = word.rstrip(".")
                    if word.lower() != word and len(word) > 1:
                        self.proper.setdefault(word.lower(), word)
        for word in ("I I'm I'd I'll I've English German French Spanish Italian Chinese Japanese Russian Polish Dutch ChatGPT "
                     "GPT OpenAI Google NVIDIA AMD CUDA Linux Mac USB HTTP API SSH RTX Wi-Fi TV USA LLM LLMs "
                     "AI GB MB RAM CPU GPU RAG LoRA QLoRA GGUF MMLU ARC KV BPE VRAM LLaMA").split():
            self.proper[word.lower()] = word
        for group in ("place", "person", "first"):
            for parts in self.grammar.groups[group]:
                for word in "".join(p for p in parts if isinstance(p, str)).split():
                    if word not in ("the", "of", "my", "da"):
                        self.proper.setdefault(word, word.capitalize())
        for word in ("general", "keys", "about", "settings", "open", "import", "export", "undo", "delete", "rename",
                     "library", "light", "dark", "small", "answer", "a", "text", "plain", "take", "sums", "test"):
            self.proper.pop(word, None)

    # -- what is known of answers

    def answers(self):
        """Name of the intent (also "name.more") -> its answer."""
        out = {}
        for intent in self.intents.values():
            out[intent.name] = intent.answer
            out[intent.name + ".more"] = intent.more
        return out

    def ui_names(self):
        """Names that the answers say the window shows, and the shortcuts, each with the intents that use it."""
        names, keys = {}, {}
        for intent, text in self.marked:
            for name in re.findall(r"\[\[(.+?)\]\]", text):
                names.setdefault(name, set()).add(intent)
            for key in re.findall(r"<<(.+?)>>", text):
                keys.setdefault(key, set()).add(intent)
        return ({k: sorted(v) for k, v in sorted(names.items())}, {k: sorted(v) for k, v in sorted(keys.items())})


def normalised(question):
    return " ".join(re.findall(r"[\w.+/%-]+", question.lower())).strip(".")


def heldout_questions(path=HELDOUT):
    """The single questions that must not be trained on."""
    if not path.exists():
        return set()
    items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {normalised(item["turns"][0]) for item in items}

"""The starter model's corpus against the window's sources, and the tools that rest on it."""
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "starter"))

import evaluate  # noqa: E402
import starter_bpe  # noqa: E402
import starter_corpus  # noqa: E402
import starter_dialogues  # noqa: E402
import starter_gguf  # noqa: E402
import ui_names  # noqa: E402

MODEL = ROOT / "resources" / "starter" / "kinglet-starter-q8_0.gguf"
HELDOUT = ROOT / "resources" / "starter" / "heldout.jsonl"


class Names(unittest.TestCase):
    def test_every_name_and_shortcut_of_the_corpus_is_in_the_window(self):
        self.assertEqual(ui_names.check(ROOT, starter_corpus.CORPUS), [])

    def test_a_name_that_the_window_does_not_show_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "corpus"
            shutil.copytree(starter_corpus.CORPUS, copy)
            chats = copy / "chats.txt"
            text = chats.read_text(encoding="utf-8")
            changed = text.replace("<<Ctrl+N>>", "<<Ctrl+Alt+9>>").replace("[[Rename]]", "[[Call it something else]]")
            self.assertNotEqual(text, changed)
            chats.write_text(changed, encoding="utf-8")
            problems = "\n".join(ui_names.check(ROOT, copy))
        self.assertIn("Ctrl+Alt+9", problems)
        self.assertIn("Call it something else", problems)


class Text(unittest.TestCase):
    def setUp(self):
        self.corpus = starter_corpus.Corpus()

    def test_answers_are_short(self):
        for name, answer in self.corpus.answers().items():
            self.assertLess(len(answer), 260, name)
            self.assertNotIn("[[", answer)

    def test_no_heldout_question_is_ever_made(self):
        maker = starter_dialogues.Maker(self.corpus, seed=3)
        kept_out = starter_corpus.heldout_questions()
        self.assertGreaterEqual(len(kept_out), 300)
        for _ in range(4000):
            _, turns = maker.dialogue()
            self.assertNotIn(starter_corpus.normalised(turns[0].question), kept_out)

    def test_the_same_seed_makes_the_same_dialogues(self):
        def some(seed):
            maker = starter_dialogues.Maker(self.corpus, seed=seed)
            return [[(t.question, t.intent) for t in maker.dialogue()[1]] for _ in range(200)]
        self.assertEqual(some(5), some(5))
        self.assertNotEqual(some(5), some(6))

    def test_heldout_questions_are_as_many_and_as_mixed_as_promised(self):
        items = [json.loads(line) for line in HELDOUT.read_text(encoding="utf-8").splitlines()]
        known = set(self.corpus.answers())
        for item in items:
            self.assertEqual(len(item["turns"]), len(item["expect"]))
            for expected in item["expect"]:
                self.assertTrue(set(expected) <= known, item)
        count = len(items)
        self.assertGreaterEqual(count, 300)
        self.assertGreaterEqual(sum("noisy" in item["flags"] for item in items), count / 3)
        self.assertGreaterEqual(sum("off-topic" in item["flags"] for item in items), count / 5)
        self.assertGreaterEqual(sum(len(item["turns"]) > 1 for item in items), 30)


class Score(unittest.TestCase):
    def setUp(self):
        self.corpus = starter_corpus.Corpus()
        self.judge = evaluate.Judge(self.corpus)

    def test_the_answers_of_the_corpus_are_recognised(self):
        for name, answer in self.corpus.answers().items():
            self.assertEqual(self.judge.intent(answer), (name, True))

    def test_broken_text_is_not_right(self):
        answer = self.corpus.answers()["privacy"]
        self.assertEqual(self.judge.intent(answer[:-10]), ("privacy", False))
        self.assertFalse(self.judge.intent("Something else entirely.")[1])
        self.assertEqual(self.judge.intent(""), (None, False))

    def test_loops_are_found(self):
        tokens = len
        self.assertEqual(evaluate.loops([["So it is. So it is. So it is."]], tokens), ["So it is. So it is. So it is."])
        self.assertEqual(evaluate.loops([["So it is. So it was."]], tokens), [])
        self.assertEqual(len(evaluate.loops([["a" * 201]], tokens)), 1)


class Bytes(unittest.TestCase):
    def test_text_survives_the_tokenizer(self):
        merges = starter_bpe.train(["how do i delete a chat", "how do i rename a chat"] * 3, 20)
        tok = starter_bpe.Tokenizer(merges)
        for text in ("how do i delete a chat?", "Größe 日本語 🐦 2 / 3", "  two  spaces\n"):
            self.assertEqual(tok.decode(tok.encode(text)), text)
        self.assertLess(len(tok.encode("how do i")), len("how do i"))

    def test_the_committed_model_is_small_and_whole(self):
        self.assertLess(MODEL.stat().st_size, 8 * 1000 * 1000)
        meta, tensors = starter_gguf.metadata(starter_gguf.Reader(MODEL))
        self.assertEqual(meta["general.name"], "Kinglet Starter")
        self.assertEqual(meta["general.architecture"], "llama")
        self.assertEqual(tensors, 9 * meta["llama.block_count"] + 2)
        self.assertEqual(len(meta["tokenizer.ggml.tokens"]), meta["llama.vocab_size"])


if __name__ == "__main__":
    unittest.main()

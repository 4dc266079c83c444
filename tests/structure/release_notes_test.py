"""What packaging/release_notes.py takes from a changelog."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "release_notes.py"
CHANGELOG = """# Changelog

## Unreleased

- Not yet.

## 1.10.0 (2027-01-02)

- Ten.
  Goes on.

### Known limits
- One.

## 1.1.0

- One.

## 1.0.0
"""


class ReleaseNotes(unittest.TestCase):
    def run_script(self, version, changelog=CHANGELOG):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "CHANGELOG.md"
            path.write_text(changelog, encoding="utf-8")
            return subprocess.run([sys.executable, SCRIPT, version, path], capture_output=True, text=True, check=False)

    def test_a_version_to_the_next_heading(self):
        done = self.run_script("1.10.0")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "- Ten.\n  Goes on.\n\n### Known limits\n- One.\n")

    def test_tags_have_a_letter_before(self):
        self.assertEqual(self.run_script("v1.1.0").stdout, "- One.\n")

    def test_parts_of_a_version_are_none(self):
        for version in ("1.1", "1", "1.10", "10.0"):
            self.assertEqual(self.run_script(version).returncode, 1, version)

    def test_nothing_below_is_an_error(self):
        done = self.run_script("1.0.0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing about 1.0.0", done.stderr)


if __name__ == "__main__":
    unittest.main()

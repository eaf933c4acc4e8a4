"""The tables of published failures: written from the tests, and complete."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = "Before\n<!-- failures -->\nold\n<!-- /failures -->\nafter\n"
TOLD = '@failure("a | b", here="done", size="3 calls")\n'


def write(root: Path, *words: str) -> tuple[int, str]:
    """Run the script over a repository; its exit code and what it said."""
    command = [sys.executable, "-m", "scripts.pages", "--only", "failure_table"]
    command += ["--root", str(root), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def repository(root: Path, tests: str, readme: str = README) -> Path:
    for folder in ("docs", "tests/deep"):
        (root / folder).mkdir(parents=True)
    (root / "README.md").write_text(readme, "utf-8")
    (root / "tests" / "deep" / "test_it.py").write_text(tests, "utf-8")
    return root


def test_the_tables_of_failures_are_what_their_script_writes() -> None:
    assert write(ROOT, "--check") == (0, "")


def test_eighteen_failures_were_published_and_each_is_in_both_tables() -> None:
    numbers = [f"F{number}" for number in range(1, 19)]
    for page in ("README.md", "docs/failures.md"):
        text = (ROOT / page).read_text("utf-8")
        assert re.findall(r"^\| \[(F\d+)\]", text, re.MULTILINE) == numbers


def test_a_row_holds_what_its_test_tells_and_every_test_of_its_number(tmp_path: Path) -> None:
    tests = f"{TOLD}async def test_f1_one(): ...\ndef test_f1_two(): ...\ndef test_other(): ...\n"
    root = repository(tmp_path, tests)
    assert write(root, "--check") == (1, "stale: docs/failures.md\nstale: README.md\n")
    assert write(root) == (0, "written: docs/failures.md\nwritten: README.md\n")
    assert write(root, "--check") == (0, "")
    readme = (root / "README.md").read_text("utf-8")
    assert "| [F1](docs/failures.md#f1) | a \\| b | 3 calls | done | 2 |" in readme
    assert (readme.startswith("Before\n"), readme.endswith("\nafter\n")) == (True, True)
    named = re.findall(r"`(\w+)`\]\((\S+)\)", (root / "docs/failures.md").read_text("utf-8"))
    assert named == [(f"test_f1_{name}", "../tests/deep/test_it.py") for name in ("one", "two")]


@pytest.mark.parametrize(
    ("tests", "complaint"),
    [
        (f"{TOLD}def test_f2_one(): ...", "F1 has no test"),
        ("def test_f1_one(): ...", "F1 is told 0 times"),
        (f"{TOLD}def test_f1_one(): ...\n{TOLD}def test_f1_two(): ...", "F1 is told 2 times"),
        (f"{TOLD}def test_one(): ...", "test_one tells a failure, and its name has no number"),
    ],
)
def test_what_does_not_fit_together_is_a_complaint_and_writes_nothing(
    tmp_path: Path, tests: str, complaint: str
) -> None:
    root = repository(tmp_path, tests)
    code, said = write(root)
    assert (code, complaint in said) == (1, True), said
    assert not (root / "docs/failures.md").exists()


def test_a_readme_without_a_place_for_the_table_is_a_complaint(tmp_path: Path) -> None:
    root = repository(tmp_path, f"{TOLD}def test_f1_one(): ...", readme="Nothing\n")
    assert write(root)[0] == 1

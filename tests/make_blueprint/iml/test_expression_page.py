import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_manual_of_expressions_is_what_its_script_writes():
    command = [sys.executable, "-m", "scripts.expression_pages", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

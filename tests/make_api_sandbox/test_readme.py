"""The code in the package's README runs."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "packages" / "make-api-sandbox" / "README.md"


def test_the_example_in_the_readme_prints_a_name() -> None:
    examples = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 1
    done = subprocess.run(
        [sys.executable, "-c", examples[0]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()

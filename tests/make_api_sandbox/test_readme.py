"""The code in the package's README runs, and its tables name what there is."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from make_api_sandbox.agents import LABEL
from make_api_sandbox.contracts.operations import operations
from make_api_sandbox.faults import DECLARATION
from make_api_sandbox.passwords import FIRST_PASSWORD

if TYPE_CHECKING:
    from .conftest import Studio

pytest_plugins = ["pytester"]
README = Path(__file__).parents[2] / "packages" / "make-api-sandbox" / "README.md"
TEXT = README.read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
IMPORTS = (
    "import httpx\nimport pytest\n\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
)


def test_the_examples_for_pytest_pass(pytester: pytest.Pytester) -> None:
    (example,) = (code for code in PYTHON if "make_sandbox" in code)
    marked = example.replace("async def", "@pytest.mark.anyio\nasync def")
    pytester.makepyfile(f"{IMPORTS}\n\n{marked}")
    options = ("-p", "make_api_sandbox.pytest", "-n", "0", "-p", "no:cacheprovider")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=2)


def test_the_example_without_pytest_prints_a_name() -> None:
    (example,) = (code for code in PYTHON if "make_sandbox" not in code)
    done = subprocess.run(
        [sys.executable, "-c", example], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.anyio
async def test_every_call_that_steers_is_taken(studio: "Studio") -> None:
    calls = [
        shlex.split(line)
        for line in TEXT.splitlines()
        if "/_sandbox/" in line and line.startswith("curl ") and "$" not in line
    ]
    assert len(calls) == 4
    for _, _, method, url, _, body in calls:
        await studio.control(method, url.partition("/_sandbox")[2], json.loads(body))


@pytest.mark.anyio
async def test_every_fault_that_is_shown_is_taken_and_none_is_left_out(studio: "Studio") -> None:
    table = TEXT.partition("## Steering")[2].partition("## Make's own clients")[0]
    shown = [
        json.loads(code) for code in re.findall(r"`(\{.*?\})`", table.partition("| What |")[2])
    ]
    for fault in shown:
        whole = (
            fault
            if not fault.keys() <= {"after", "times", "rate", "burst"}
            else {**fault, "status": 500}
        )
        await studio.control("POST", "/faults", whole)
    named = {name for fault in shown for name in fault} | {"method", "path"}
    assert named == set(DECLARATION.members)


def test_what_is_told_of_tokens_passwords_and_the_stand_in_is_so() -> None:
    assert f"`{FIRST_PASSWORD}`" in TEXT
    assert f"`{LABEL}`" in TEXT
    assert f"all {len(operations())} operations" in TEXT
    assert (README.parent / "COVERAGE.md").exists()

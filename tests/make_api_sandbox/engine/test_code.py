"""The Code app: JavaScript with inputs, limits and its price."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from make_api_sandbox import javascript
from make_api_sandbox.engine.execution import Execution, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.run import execute
from make_api_sandbox.engine.standing import standings

ROOT = Path(__file__).parents[3]
Json = Any


async def run(code: str, **mapper: Json) -> Execution:
    settings = {
        "language": "javascript",
        "inputFormat": "editor",
        "codeEditorJavascript": code,
        **mapper,
    }
    only = {"id": 1, "module": "code:ExecuteCode", "version": 1, "mapper": settings}
    document: dict[str, Json] = {"flow": [only], "metadata": {}}
    return await execute(document, Start("e" * 32), MemoryPorts())


async def result(code: str, **inputs: Json) -> Json:
    rows = [{"name": name, "value": value} for name, value in inputs.items()]
    done = await run(code, input=rows)
    assert done.status is Status.SUCCESS, done.error
    return done.records[0].returned[0]["result"]


async def failure(code: str, **mapper: Json) -> tuple[str, str]:
    done = await run(code, **mapper)
    assert done.error is not None
    return done.error.name, done.error.message


@pytest.mark.anyio
async def test_code_computes_with_its_inputs() -> None:
    code = "const { rows, rate } = input; return { total: rows.reduce((a, b) => a + b, 0) * rate };"
    assert await result(code, rows=[1, 2, 3], rate=2) == {"total": 12}


@pytest.mark.anyio
async def test_code_that_returns_nothing_has_an_empty_result() -> None:
    assert await result("console.log(input.a);", a=1) is None


@pytest.mark.anyio
async def test_code_costs_two_credits_a_started_second() -> None:
    done = await run("return 1;")
    assert (done.operations, done.centicredits) == (1, 200)


@pytest.mark.anyio
async def test_code_that_throws_fails_with_its_message() -> None:
    assert await failure("throw new Error('no stock');") == ("RuntimeError", "Error: no stock")


@pytest.mark.anyio
@pytest.mark.parametrize("code", ["return fetch('https://example.com');", "return require('fs');"])
async def test_code_reaches_neither_network_nor_files(code: str) -> None:
    name, message = await failure(code)
    assert (name, "not defined" in message) == ("RuntimeError", True)


@pytest.mark.anyio
async def test_code_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("make_api_sandbox.engine.modules.code.SECONDS", 0.2)
    name, _ = await failure("while (true) {}")
    assert name == "ModuleTimeoutError"


@pytest.mark.anyio
async def test_code_that_hoards_memory_is_stopped() -> None:
    name, message = await failure(
        "const a = []; while (true) a.push('x'.repeat(100000) + a.length);"
    )
    assert (name, "memory" in message) == ("RuntimeError", True)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["with space", "x" * 33, ""])
async def test_an_input_has_a_plain_name(name: str) -> None:
    wrong = await failure("return 1;", input=[{"name": name, "value": 1}])
    assert wrong[0] == "BundleValidationError"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "mapper", [{"language": "python", "codeEditorPython": "x = 1"}, {"dependencies": ["dayjs"]}]
)
async def test_what_the_sandbox_does_not_run_says_so(mapper: Json) -> None:
    name, message = await failure("return 1;", **mapper)
    assert (name, message.startswith("The sandbox")) == ("RuntimeError", True)


@pytest.mark.anyio
async def test_without_the_engine_code_fails_and_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "quickjs", None)
    assert await failure("return 1;") == ("RuntimeError", str(javascript.EngineMissing()))
    assert "make-api-sandbox[javascript]" in str(javascript.EngineMissing())


def test_every_module_that_answers_from_samples_says_why() -> None:
    by_slug = {each.slug: each for each in standings()}
    assert by_slug["code:ExecuteCode"].implemented
    assert not by_slug["slack:CreateMessage"].implemented
    assert not by_slug["rss:TriggerNewArticle"].implemented
    assert all(each.note for each in by_slug.values() if not each.implemented)


def test_the_page_of_modules_is_fresh() -> None:
    check = [sys.executable, "-m", "scripts.sandbox_modules", "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}; run python -m scripts.sandbox_modules"

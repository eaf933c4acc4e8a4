"""The Code app.

JavaScript runs in the embedded engine of the extra `make-api-sandbox[javascript]`, without files
and network, for at most five seconds of the processor and with 64 MB; the code is the body of a
function that sees `input` and returns the result. What it prints is dropped. Python is not run: no
engine that keeps it away from the machine comes with Python itself.
"""

import re
from collections.abc import Sequence

from make_api_sandbox import javascript
from make_api_sandbox.engine.errors import ModuleError, invalid_parameters
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.registry import CODE_MODULE, Operation, module
from make_api_sandbox.engine.values import Bundle, Value, as_bundle, size, text

SECONDS = 5.0
"""The limits of Make's own are not documented."""

NAME = re.compile(r"[a-zA-Z0-9_]{1,32}")
SOURCE = """
const console = Object.fromEntries(
  ["debug", "error", "info", "log", "warn"].map((name) => [name, () => undefined]));
function __code(input) {
%s
}
"""


@module(CODE_MODULE)
async def execute_code(operation: Operation) -> Sequence[Bundle]:
    """Run JavaScript with the mapped inputs; what it returns is the result."""
    settings: Bundle = {**as_bundle(operation.parameters), **operation.mapper}
    required(settings, "language")
    if text(settings["language"]) != "javascript":
        message = "The sandbox runs JavaScript only, no Python."
        raise ModuleError("RuntimeError", message)
    if settings.get("dependencies"):
        raise ModuleError("RuntimeError", "The sandbox installs no dependencies of code.")
    required(settings, "codeEditorJavascript")
    result = _result(operation, text(settings["codeEditorJavascript"]), _inputs(settings))
    operation.size = size(result)
    return [{"result": result}]


def _inputs(settings: Bundle) -> Bundle:
    given = settings.get("input")
    rows = [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []
    inputs = {text(row.get("name")): row.get("value") for row in rows}
    wrong = [name for name in inputs if not NAME.fullmatch(name)]
    if wrong:
        raise invalid_parameters([f"Input name '{name}' is not valid." for name in wrong])
    return inputs


def _result(operation: Operation, code: str, inputs: Bundle) -> Value:
    ports = operation.run.ports
    at = javascript.Surroundings(operation.run.now(), ports.timezone, ports.random)
    try:
        return javascript.call(SOURCE % code, "__code", [inputs], at, seconds=SECONDS)
    except javascript.TookTooLongError as error:
        message = f"The code took longer than {SECONDS:.0f} seconds."
        raise ModuleError("ModuleTimeoutError", message) from error
    except (javascript.ScriptError, javascript.EngineMissing) as error:
        raise ModuleError("RuntimeError", str(error)) from error

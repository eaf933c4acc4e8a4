"""The Text parser app: match, replace."""

import re
from collections.abc import Sequence

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, as_bundle, text, truth

LONGEST_SUBJECT = 1_000_000
"""Characters of a text that patterns are tried on."""


@module("regexp:Parser", "regexp:AdvancedParser")
async def match(operation: Operation) -> Sequence[Bundle]:
    """One bundle per match, with groups under `$1`, `$2`… or their names."""
    settings: Bundle = {**as_bundle(operation.parameters), **operation.mapper}
    required(settings, "pattern")
    found = _compiled(settings).finditer(text(settings.get("text"))[:LONGEST_SUBJECT])
    matches = (
        list(found) if truth(settings.get("global")) else [m for m in [next(found, None)] if m]
    )
    if not matches and truth(settings.get("continueWhenNoRes")):
        return [{"i": 0}]
    return [_bundle(index, each) for index, each in enumerate(matches, 1)]


def _bundle(index: int, found: re.Match[str]) -> Bundle:
    groups: Bundle = {f"${at}": group for at, group in enumerate(found.groups(), 1)}
    return {**groups, **found.groupdict(), "i": index, "__IMTMATCH__": found.group(0)}


@module("regexp:Replace")
async def replace(operation: Operation) -> Sequence[Bundle]:
    """Replace the first match, or all of them."""
    required(operation.mapper, "pattern")
    substitute = re.sub(
        r"\$(\d)", r"\\g<\1>", text(operation.mapper.get("value")).replace("\\", r"\\")
    )
    count = 0 if truth(operation.mapper.get("global")) else 1
    subject = text(operation.mapper.get("text"))[:LONGEST_SUBJECT]
    try:
        return [{"text": _compiled(operation.mapper).sub(substitute, subject, count=count)}]
    except (re.error, IndexError) as error:
        raise ModuleError("BundleValidationError", f"Invalid replacement: {error}") from error


def _compiled(settings: Bundle) -> re.Pattern[str]:
    pattern = text(settings.get("pattern"))
    flags = 0 if truth(settings.get("sensitive")) else re.IGNORECASE
    flags |= re.MULTILINE if truth(settings.get("multiline")) else 0
    flags |= re.DOTALL if truth(settings.get("singleline")) else 0
    try:
        return re.compile(
            pattern.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!"), flags
        )
    except re.error as error:
        message = f"Invalid regular expression '{pattern}': {error}"
        raise ModuleError("BundleValidationError", message) from error

"""The Text parser app: match, replace, HTML to text."""

from collections.abc import Sequence

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.html_text import html_to_text
from make_api_sandbox.engine.patterns import flags_of, match_bundle, matches, replaced
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, as_bundle, text, truth

NEWLINES = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


@module("regexp:Parser", "regexp:AdvancedParser")
async def match(operation: Operation) -> Sequence[Bundle]:
    """One bundle per match, with groups under `$1`, `$2`… or their names.

    A global search that matches an empty text would find it for ever. It fails, or with
    `ignoreInfiniteLoopsWhenGlobal` ends there with what it has; how Make ends it is not documented.
    """
    settings: Bundle = {**as_bundle(operation.parameters), **operation.mapper}
    required(settings, "pattern")
    bundles: list[Bundle] = []
    flags = flags_of(settings)
    for found in matches(text(settings["pattern"]), flags, text(settings.get("text"))):
        if "g" in flags and found.start == found.end:
            if truth(settings.get("ignoreInfiniteLoopsWhenGlobal")):
                break
            raise ModuleError("RuntimeError", "The pattern matches an empty text for ever.")
        bundles.append(match_bundle(len(bundles) + 1, found))
    if not bundles and truth(settings.get("continueWhenNoRes")):
        return [{"i": 0}]
    return bundles


@module("regexp:Replace")
async def replace(operation: Operation) -> Sequence[Bundle]:
    """Replace the first match, or all of them; `$1` in the new value is a group, `$&` the match."""
    required(operation.mapper, "pattern")
    pattern, flags = text(operation.mapper["pattern"]), flags_of(operation.mapper)
    subject, value = text(operation.mapper.get("text")), text(operation.mapper.get("value"))
    return [{"text": replaced(pattern, flags, subject, value)}]


@module("regexp:HTMLToText")
async def to_text(operation: Operation) -> Sequence[Bundle]:
    """Write HTML as plain text."""
    newline = NEWLINES.get(text(operation.mapper.get("newline")).lower(), "\n")
    plain = html_to_text(
        text(operation.mapper.get("html")),
        uppercase_headings=truth(operation.mapper.get("uppercaseHeadings")),
    )
    return [{"text": plain.replace("\n", newline)}]

"""Regular expressions of modules: JavaScript's, in a bounded number of steps."""

from collections.abc import Iterator

from make_blueprint.iml import ecmascript
from make_blueprint.iml.errors import Refused

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.values import Bundle, text, truth


def flags_of(settings: Bundle) -> str:
    """Flags by the switches of the Text parser's modules.

    Args:
        settings: `global`, `sensitive`, `multiline` and `singleline`, as booleans or texts.
    """
    switches = {"g": "global", "m": "multiline", "s": "singleline"}
    flags = [flag for flag, name in switches.items() if truth(settings.get(name))]
    return "".join(flags) + ("" if truth(settings.get("sensitive")) else "i")


def matches(pattern: str, flags: str, subject: str) -> Iterator[ecmascript.Found]:
    """Matches of a pattern.

    Raises:
        ModuleError: `BundleValidationError` for a pattern that cannot be used, for a text too long
            to be searched and for a search that takes too many steps.
    """
    try:
        yield from ecmascript.matches(pattern, flags, subject)
    except Refused as error:
        raise _refused(error) from error


def found(pattern: str, subject: str) -> bool:
    """Tell whether a pattern matches anywhere; raises as `matches` does."""
    return next(matches(pattern, "", subject), None) is not None


def replaced(pattern: str, flags: str, subject: str, replacement: str) -> str:
    """Replace the first match, or all with the flag `g`; raises as `matches` does."""
    try:
        return ecmascript.replaced(pattern, flags, subject, replacement)
    except Refused as error:
        raise _refused(error) from error


def match_bundle(index: int, match: ecmascript.Found) -> Bundle:
    """A match as the Text parser returns it: groups by number and name, its place, its text."""
    groups: Bundle = {f"${at}": match[at] for at in range(1, match.groups + 1)}
    named: Bundle = {name: match[at] for name, at in match.names.items()}
    return {**groups, **named, "i": index, "__IMTMATCH__": text(match[0])}


def _refused(error: Refused) -> ModuleError:
    message = str(error)
    return ModuleError("BundleValidationError", message[:1].upper() + message[1:] + ".")

"""Where an OpenAPI document comes from: text in JSON or YAML, or a public address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import anyio.to_thread
from make_mcp_base.authoring import Failure
from make_mcp_base.client.egress import check_url, send_outside

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject
    from yaml.nodes import ScalarNode

LONGEST = 4_000_000
"""Characters of a document."""
_LONGEST_YAML = 1_500_000
_DEEPEST = 200
_SECONDS = 30.0
_PLAIN_TAGS = ("null", "bool", "int", "float", "str", "seq", "map")
_AGAIN = "Call `custom_app_scaffold` again with the document as `spec`."


async def read_document(spec: str) -> tuple[JsonObject, str]:
    """Read a document.

    Args:
        spec: Its text in JSON or YAML, or an http(s) address.

    Returns:
        The document, and the address it came from or "".

    Raises:
        Failure: It cannot be had or read, or is no OpenAPI 3 document.
    """
    text = spec.strip()
    address = text if text.startswith(("http://", "https://")) and len(text.split()) == 1 else ""
    if address:
        text = await _fetched(address)
    document = await anyio.to_thread.run_sync(parse_document, text)
    return document, address


def parse_document(text: str) -> JsonObject:
    """Read the text of a document.

    Raises:
        Failure: It is neither JSON nor YAML, too large, or no OpenAPI 3 document.
    """
    if len(text) > LONGEST:
        raise _unreadable(f"It has more than {LONGEST} characters.", "Cut it to what is needed.")
    value = _json(text) if text.lstrip().startswith("{") else _yaml(text)
    if not isinstance(value, dict):
        raise _unreadable("It is no object.", _AGAIN)
    document = cast("JsonObject", value)
    version = str(document.get("openapi", ""))
    if not version.startswith("3."):
        said = f"It says openapi: {version[:20]}." if version else "It has no `openapi` member."
        if "swagger" in document:
            said = f"It is Swagger {str(document['swagger'])[:20]}."
        raise _unreadable(said, "Convert it to OpenAPI 3.0 or 3.1, then call again.")
    return document


async def _fetched(address: str) -> str:
    received = await send_outside(
        "GET",
        await check_url(address),
        headers={"accept": "application/json, application/yaml, text/yaml, */*"},
        limit=_SECONDS,
        max_bytes=LONGEST,
    )
    if received.status != 200:
        moved = received.headers.get("location", "") if 300 <= received.status < 400 else ""
        raise Failure(
            f"The address answered {received.status}, not a document.",
            why="Redirects are not followed." if moved else "",
            next_step=f"Check where it leads ({moved[:300]}) and call again with that address."
            if moved
            else "Check the address in a browser, or send the text of the document as `spec`.",
            code="document_not_there",
        )
    return received.body.decode("utf-8", errors="replace")


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise _unreadable(f"As JSON: {reason}.", "Correct it and call again.") from error


def _yaml(text: str) -> object:
    if len(text) > _LONGEST_YAML:
        raise _unreadable(f"YAML may have {_LONGEST_YAML} characters.", "Send it as JSON.")
    try:
        import yaml
    except ImportError as missing:
        raise Failure(
            "YAML needs PyYAML, which is not installed.",
            next_step="Install the extra `make-mcp-core-tools[yaml]` and start the server again,"
            " or send the document as JSON.",
            code="yaml_extra_missing",
        ) from missing
    try:
        _refuse_depth(text)
        return yaml.load(text, Loader=_loader())
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise _unreadable(f"As YAML: {reason}", "Correct it and call again.") from error


def _loader() -> type[Any]:
    """Make a loader of JSON's own types: dates stay text, keys are text, nothing is merged."""
    import yaml

    above: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class PlainLoader(above):
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
            found: dict[Any, Any] = yaml.constructor.BaseConstructor.construct_mapping(
                self, node, deep=deep
            )
            return {str(key): value for key, value in found.items()}

    def as_text(loader: Any, node: ScalarNode) -> str:
        return str(loader.construct_scalar(node))

    kept = {f"tag:yaml.org,2002:{name}" for name in _PLAIN_TAGS}
    PlainLoader.yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in rules if tag in kept]
        for first, rules in above.yaml_implicit_resolvers.items()
    }
    PlainLoader.yaml_constructors = {
        tag: make for tag, make in above.yaml_constructors.items() if tag in kept or tag is None
    }
    PlainLoader.add_constructor("tag:yaml.org,2002:timestamp", as_text)
    return PlainLoader


def _refuse_depth(text: str) -> None:
    """Refuse what is nested so deep that reading it would exhaust the stack of the reader in C."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=_loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise _unreadable("It is nested too deep.", "Flatten it and call again.")


def _unreadable(why: str, next_step: str) -> Failure:
    return Failure(
        "This OpenAPI document cannot be read.",
        why=why,
        next_step=next_step,
        code="unreadable_document",
    )

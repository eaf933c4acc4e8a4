"""What became of modules of Make's own apps whose newer versions name their fields anew.

HTTP 3 and 4, as their manifests and Make's help pages have them. Everything else is recognized by
comparing manifests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_blueprint.document import as_list, as_object

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue


@dataclass(slots=True)
class Succession:
    """What is known of a module's change.

    Attributes:
        renames: New names of fields by their old ones.
        values: Values that the old settings mean in new fields, by name.
        absorbed: Old fields whose value lives on in `values`: what is told of them.
        reshaped: Values of old fields in the shape of the new ones.
    """

    renames: dict[str, str] = field(default_factory=dict[str, str])
    values: JsonObject = field(default_factory=dict[str, "JsonValue"])
    absorbed: dict[str, str] = field(default_factory=dict[str, str])
    reshaped: JsonObject = field(default_factory=dict[str, "JsonValue"])


_REQUEST = {
    "handleErrors": "stopOnHttpError",
    "qs": "queryParameters",
    "followRedirect": "allowRedirects",
    "gzip": "requestCompressedContent",
}
_HTTP: dict[str, tuple[str, dict[str, str], str]] = {
    "ActionSendData": ("MakeRequest", _REQUEST, "noAuth"),
    "ActionSendDataAPIKeyAuth": ("MakeRequest", _REQUEST | {"auth": "apiKeyKeychain"}, "apiKey"),
    "ActionSendDataBasicAuth": (
        "MakeRequest",
        _REQUEST | {"key": "basicAuthKeychain"},
        "basicAuth",
    ),
    "ActionSendDataOAuth": ("MakeRequest", _REQUEST | {"account": "oAuthAccount"}, "oAuth"),
    "ActionGetFile": ("DownloadFile", {"handleErrors": "stopOnHttpError"}, "noAuth"),
}
"""Old module of HTTP 3: its successor in 4, renamed fields, authentication."""


def successor(app: str, name: str) -> str | None:
    """Name the module that took over from an old one; None when none is known."""
    return _HTTP[name][0] if app == "http" and name in _HTTP else None


def succession(module: JsonObject, app: str) -> Succession:
    """Tell what is known of the fields of one module.

    Args:
        module: As the blueprint has it.
        app: Name of its app.
    """
    name = str(module.get("module")).partition(":")[2]
    if app != "http" or name not in _HTTP:
        return Succession()
    _, renames, authentication = _HTTP[name]
    found = Succession(dict(renames), {"authenticationType": authentication})
    mapper = as_object(module.get("mapper"))
    if mapper.get("bodyType") == "raw":
        _raw(found, mapper)
    elif mapper.get("bodyType") == "x_www_form_urlencoded":
        found.renames["formFields"] = "urlEncodedBodyContent"
        found.reshaped["formFields"] = _pairs(mapper.get("formFields"))
        _body(found, "urlEncoded")
    return found


def _raw(found: Succession, mapper: JsonObject) -> None:
    kind = str(mapper.get("contentType") or "").partition(";")[0].strip().lower()
    if kind == "application/json":
        found.renames["data"] = "jsonStringBodyContent"
        found.values["inputMethod"] = "jsonString"
        found.absorbed["contentType"] = "mapper.contentType → mapper.contentType: json"
        _body(found, "json")
    else:
        found.renames |= {"data": "rawBodyContent", "contentType": "contentTypeValue"}
        _body(found, "custom")


def _body(found: Succession, kind: str) -> None:
    found.values["contentType"] = kind
    found.absorbed["bodyType"] = f"mapper.bodyType → mapper.contentType: {kind}"


def _pairs(value: JsonValue) -> JsonValue:
    """Name the keys of form fields as the newer version does; mapped lists stay as they are."""
    if not isinstance(value, list):
        return value
    return [
        {"name" if key == "key" else key: one for key, one in as_object(row).items()}
        if isinstance(row, dict)
        else row
        for row in as_list(value)
    ]

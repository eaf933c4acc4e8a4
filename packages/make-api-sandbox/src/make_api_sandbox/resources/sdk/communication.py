"""Carries out the communication of a custom app: requests described in JSON with IML.

Directives as the section language names them (API reference, chapter 2.30): `url`, `baseUrl`,
`method`, `headers`, `qs`, `body`, `type`, `temp`, `condition`, and in `response` `type`, `valid`,
`error`, `iterate`, `temp`, `output`, `limit`. Requests reach this machine and the sandbox's own
hooks, nothing else. `pagination`, `repeat`, `verification`, `aws`, `gzip` and `oauth` are not
carried out.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from make_blueprint.iml import IMLError, NotEvaluated, Scope, Special, evaluate_value
from make_blueprint.iml.coercion import to_boolean, to_text
from make_blueprint.iml.values import Value

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.ports import HttpRequest, HttpResponse
from make_api_sandbox.engine.values import plain
from make_api_sandbox.shapes import JsonObject

Send = Callable[[HttpRequest], Awaitable[HttpResponse]]
NOT_CARRIED_OUT = ("pagination", "repeat", "verification", "aws", "gzip", "oauth")


@dataclass
class Communication:
    """One communication on its way.

    Args:
        scope: Moment, chance, time zone and the app's own functions.
        values: What expressions see: `parameters`, `connection`, `common`.
        base: The app's base section, merged into every request.
        send: Sends a request.
    """

    scope: Scope
    values: dict[str, Any]
    base: JsonObject
    send: Send
    temp: dict[str, Any] = field(default_factory=dict[str, Any])

    async def carry_out(self, api: Any) -> Any:
        """Send the requests of an `api` section in order.

        Returns:
            The outputs of the last one: a list when it iterates, else one value.

        Raises:
            ModuleError: An expression failed, a directive is not carried out, the service was not
                reached, or its answer counts as an error.
        """
        requests = cast("list[Any]", api if isinstance(api, list) else [api])
        output: Any = None
        for number, request in enumerate(requests, 1):
            if not isinstance(request, dict):
                raise ModuleError("InvalidConfigurationError", f"Request {number} is no object.")
            output = await self._one(cast(JsonObject, request), output)
        return output

    async def _one(self, request: JsonObject, before: Any) -> Any:
        merged = merge(self.base, request)
        for directive in NOT_CARRIED_OUT:
            if merged.get(directive):
                message = f"The sandbox does not carry out the directive '{directive}'."
                raise ModuleError("InvalidConfigurationError", message)
        self._remember(merged.get("temp"), {})
        if not self._holds(merged.get("condition", True), {}):
            return before
        response: JsonObject = merged.get("response") or {}
        if not merged.get("url"):
            return self._output(response, {})
        answer = await self.send(self._request(merged))
        seen = _seen(answer, str(self._value(response.get("type", "automatic"), {})))
        self._refuse_errors(response, seen)
        self._remember(response.get("temp"), seen)
        return self._output(response, seen)

    # The request

    def _request(self, merged: JsonObject) -> HttpRequest:
        url = to_text(self._value(merged["url"], {}))
        if not urlsplit(url).scheme:
            url = to_text(self._value(merged.get("baseUrl", ""), {})) + url
        query = _pairs(self._value(merged.get("qs", {}), {}))
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query)
        headers = _pairs(self._value(merged.get("headers", {}), {}))
        body, media = self._body(merged)
        if media and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("content-type", media))
        return HttpRequest(
            method=to_text(self._value(merged.get("method", "GET"), {})).upper(),
            url=url,
            headers=tuple(headers),
            body=body,
            follow_redirects=bool(merged.get("followRedirects", True)),
        )

    def _body(self, merged: JsonObject) -> tuple[bytes, str]:
        body = self._value(merged.get("body"), {})
        kind = merged.get("type", "json")
        if body in (None, {}, ""):
            return b"", ""
        if kind == "urlencoded":
            return urlencode(_pairs(body)).encode(), "application/x-www-form-urlencoded"
        if kind == "json":
            return json.dumps(plain(body)).encode(), "application/json"
        if kind in ("text", "raw"):
            return to_text(body).encode(), "text/plain"
        message = f"The sandbox does not send bodies of type '{kind}'."
        raise ModuleError("InvalidConfigurationError", message)

    # The answer

    def _refuse_errors(self, response: JsonObject, seen: JsonObject) -> None:
        status: int = seen["statusCode"]
        valid = response.get("valid", True)
        condition = cast(JsonObject, valid).get("condition") if isinstance(valid, dict) else valid
        if status < 400 and self._holds(condition, seen):
            return
        told = _told(response.get("error"), status)
        kind = to_text(self._value(told.get("type", "RuntimeError"), seen))
        message = to_text(self._value(told.get("message", ""), seen))
        raise ModuleError(kind, f"[{status}] {message}".strip())

    def _output(self, response: JsonObject, seen: JsonObject) -> Any:
        if "iterate" not in response:
            return plain(self._value(response.get("output", "{{body}}"), seen))
        items = self._items(response["iterate"], seen)
        limit = self._value(response.get("limit"), seen)
        kept = items[: int(limit)] if isinstance(limit, int | float) else items
        template = response.get("output", "{{item}}")
        return [plain(self._value(template, {**seen, "item": item})) for item in kept]

    def _items(self, iterate: Any, seen: JsonObject) -> list[Any]:
        told = cast(JsonObject, iterate if isinstance(iterate, dict) else {"container": iterate})
        found = self._value(told.get("container"), seen)
        items = cast("list[Any]", found if isinstance(found, list) else [found])
        condition = told.get("condition", True)
        present = (item for item in items if item is not None)
        return [item for item in present if self._holds(condition, {**seen, "item": item})]

    # Expressions

    def _remember(self, template: Any, seen: JsonObject) -> None:
        if isinstance(template, dict):
            for name, each in cast(JsonObject, template).items():
                self.temp[name] = self._value(each, seen)

    def _holds(self, condition: Any, seen: JsonObject) -> bool:
        return to_boolean(cast(Value, self._value(condition, seen)))

    def _value(self, template: Any, seen: JsonObject) -> Any:
        extra = {**self.values, "temp": self.temp, **seen}
        within = Scope(
            now=self.scope.now,
            timezone=self.scope.timezone,
            random=self.scope.random,
            functions=self.scope.functions,
            extra=extra,
        )
        try:
            value = evaluate_value(template, within)
        except (IMLError, NotEvaluated) as error:
            raise ModuleError("RuntimeError", str(error)) from error
        return None if isinstance(value, Special) else value


def _told(error: Any, status: int) -> JsonObject:
    """What an app says about a failure: a text, an object, or one by status."""
    if isinstance(error, str):
        return {"message": error}
    if not isinstance(error, dict):
        return {}
    told = cast(JsonObject, error)
    return _told(told[str(status)], status) if str(status) in told else told


def merge(base: Mapping[str, Any], request: Mapping[str, Any]) -> JsonObject:
    """A request with what the base adds: its members win, headers and alike are joined."""
    merged = dict(base)
    for name, value in request.items():
        below = merged.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            value = merge(cast(JsonObject, below), cast(JsonObject, value))
        merged[name] = value
    return merged


def _pairs(value: Any) -> list[tuple[str, str]]:
    """Names and texts of an object; lists give a name several times, absent values none."""
    found: list[tuple[str, str]] = []
    for name, each in cast(JsonObject, value).items() if isinstance(value, dict) else ():
        many = cast("list[Any]", each if isinstance(each, list) else [each])
        found += [(name, to_text(one)) for one in many if one is not None]
    return found


def _seen(answer: HttpResponse, kind: str) -> JsonObject:
    """What expressions see of an answer."""
    headers = {name.lower(): value for name, value in answer.headers}
    content = answer.body.decode("utf-8", "replace")
    media = headers.get("content-type", "") if kind == "automatic" else kind
    body: Any = content
    if "json" in media:
        body = _parsed(content)
    elif "urlencoded" in media:
        body = dict(parse_qsl(content, keep_blank_values=True))
    return {"statusCode": answer.status, "headers": headers, "body": body}


def _parsed(content: str) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError as error:
        raise ModuleError("DataError", "The service answered with no valid JSON.") from error

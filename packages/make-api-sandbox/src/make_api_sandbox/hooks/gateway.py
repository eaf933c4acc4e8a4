"""The address side of hooks: what happens to a request (Make API reference, chapter 1.19)."""

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from make_api_sandbox.clock import milliseconds
from make_api_sandbox.engine.execution import Status
from make_api_sandbox.engine.plan import Settings
from make_api_sandbox.engine.ports import WebhookResponse
from make_api_sandbox.hooks.absence import is_given_up
from make_api_sandbox.hooks.guard import refusal
from make_api_sandbox.hooks.learning import learned
from make_api_sandbox.hooks.mail import CONTENT_TYPE, read_mail
from make_api_sandbox.hooks.payload import Payload, read_payload
from make_api_sandbox.scenarios.documents import module_names
from make_api_sandbox.scenarios.limits import is_paused
from make_api_sandbox.scenarios.order import HookRequest, Order
from make_api_sandbox.scenarios.queue import free_runs, has_unresolved, hold
from make_api_sandbox.scenarios.runs import Running, Runs, runs_of
from make_api_sandbox.scenarios.state import is_instant
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

if TYPE_CHECKING:
    from make_api_sandbox.app import Sandbox

LARGEST_PAYLOAD = 5 * 1024 * 1024
PATIENCE = 180.0
"""Seconds within which a Webhook response module has to be reached."""

MOST_REQUESTS = 300
WINDOW_MS = 10_000
"""At most 300 requests in 10 seconds."""

SERVER = "Make Gateway/production"
METHODS = "GET, PUT, POST, PATCH, DELETE, HEAD, OPTIONS"
RESPONDER = "gateway:WebhookRespond"


def attach(sandbox: "Sandbox") -> None:
    """Serve the addresses of the sandbox's hooks."""

    async def receive(request: Request, udid: str) -> Response:
        return await Gateway(sandbox).receive(request, udid)

    sandbox.receive_hook = receive


class Gateway:
    """Takes the requests that arrive at hooks."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    @property
    def _world(self) -> World:
        return self._sandbox.world

    @property
    def _runs(self) -> Runs:
        return runs_of(self._sandbox)

    async def receive(self, request: Request, udid: str) -> Response:
        """Answer one request to the address `udid`."""
        if request.method == "OPTIONS":
            return _preflight(request)
        hook = self._hook(request, udid)
        if hook is None:
            return answer(410, "Webhook not found.", cors=False)
        body = await request.body()
        refused = self._refusal(hook, body, request)
        if refused is not None:
            return refused
        payload = await self._payload(hook, request, body)
        response = await self._take(hook, payload)
        self._log(hook, request, payload, response)
        return response

    def _hook(self, request: Request, udid: str) -> Row | None:
        """The hook at an address: a mailhook takes mails, a webhook everything."""
        name = udid.partition("@")[0]
        hook = self._world.row("SELECT * FROM hooks WHERE udid = ?", name)
        if hook is None or (hook["type"] == "mail" and not _is_mail(request)):
            return None
        return hook

    async def _payload(self, hook: Row, request: Request, body: bytes) -> Payload:
        if hook["type"] == "mail":
            return read_mail(body, self._world.clock.now())
        return await read_payload(request, body, hook["data"])

    def _refusal(self, hook: Row, body: bytes, request: Request) -> Response | None:
        """Why the request is not taken at all, if so."""
        if hook["gone"] or not hook["enabled"]:
            return answer(410, "Webhook not found." if hook["gone"] else "Webhook is disabled.")
        if is_given_up(self._world, hook):
            return answer(410, "")
        barred = refusal(self._world, hook, request) if hook["type"] == "web" else None
        if barred is not None:
            return answer(*barred)
        if len(body) > LARGEST_PAYLOAD:
            return answer(413, "Payload too large")
        return answer(429, "Too many requests") if self._is_flooded(hook) else None

    def _is_flooded(self, hook: Row) -> bool:
        sql = "SELECT count(*) FROM hook_logs WHERE hook_id = ? AND logged_ms > ?"
        since = self._world.clock.milliseconds() - WINDOW_MS
        return self._world.value(sql, hook["id"], since) >= MOST_REQUESTS

    async def _take(self, hook: Row, payload: Payload) -> Response:
        scenario = self._world.row("SELECT * FROM scenarios WHERE hook_id = ?", hook["id"])
        active = scenario is not None and scenario["is_active"]
        if hook["learning"]:
            self._learn(hook, payload)
            if not active:
                return answer(200, "Accepted")
        faults = self._structure_faults(hook, payload.bundle)
        if faults:
            return answer(400, faults)
        if self._is_full(hook):
            return answer(400, "Queue is full")
        if scenario is not None and self._is_limited(scenario) and _responds(scenario):
            return answer(429, "Too many requests")
        item = self._enqueue(hook, payload)
        if scenario is None or not self._may_start(scenario):
            return answer(200, "Accepted")
        return await self._start(scenario, item)

    def _is_limited(self, scenario: Row) -> bool:
        """Tell whether the scenario's own rate limit is used up."""
        return self._may_run(scenario) and not free_runs(
            self._world, scenario, self._world.clock.now()
        )

    def _learn(self, hook: Row, payload: Payload) -> None:
        fields = learned(payload.bundle)
        self._world.update("hooks", hook["id"], learning=False, data_structure=fields)

    def _structure_faults(self, hook: Row, bundle: JsonObject) -> str:
        """Members that the hook's data structure demands and the request lacks."""
        structure = self._world.get("data_structures", hook["data"].get("udt") or 0)
        fields: list[JsonObject] = structure["spec"] if structure else []
        missing = [
            f"Missing value of required parameter '{field['name']}'."
            for field in fields
            if field.get("required") and bundle.get(field["name"]) in (None, "")
        ]
        return " ".join(missing)

    def _is_full(self, hook: Row) -> bool:
        licence: JsonObject = self._world.value(
            "SELECT o.license FROM organizations o JOIN teams t ON t.organization_id = o.id"
            " WHERE t.id = ?",
            hook["team_id"],
        )
        limit = licence.get("iolimit")
        count = "SELECT count(*) FROM hook_incomings WHERE hook_id = ?"
        return limit is not None and self._world.value(count, hook["id"]) >= limit

    def _enqueue(self, hook: Row, payload: Payload) -> HookRequest:
        ident = self._world.fresh_hex()
        self._world.insert(
            "hook_incomings",
            id=ident,
            hook_id=hook["id"],
            created=self._world.clock.stamp(),
            size=payload.size,
            data=payload.bundle,
        )
        return HookRequest(ident, payload.bundle)

    def _may_run(self, scenario: Row) -> bool:
        if not scenario["is_active"] or not is_instant(scenario):
            return False
        return not is_paused(self._world, scenario["id"])

    def _may_start(self, scenario: Row) -> bool:
        """Tell whether a run begins at once; otherwise the request waits in the queue."""
        if not self._may_run(scenario) or scenario["next_exec_ms"] is not None:
            return False
        if self._is_limited(scenario):
            hold(self._world, scenario, self._world.clock.now())
            return False
        if not Settings.of(scenario["blueprint"]).sequential:
            return True
        ident = scenario["id"]
        return not self._runs.is_running(ident) and not has_unresolved(self._world, ident)

    async def _start(self, scenario: Row, item: HookRequest) -> Response:
        if not _responds(scenario):
            self._runs.begin(Order(scenario, requests=(item,)))
            return answer(200, "Accepted")
        answered: asyncio.Future[WebhookResponse] = asyncio.get_running_loop().create_future()
        running = self._runs.begin(Order(scenario, requests=(item,), answer=answered))
        await _first_of(running, answered)
        if answered.done():
            return _custom(answered.result())
        answered.cancel()
        failed = running.result is not None and running.result.status is Status.ERROR
        return answer(500, "Scenario failed to complete.") if failed else answer(200, "Accepted")

    def _log(self, hook: Row, request: Request, payload: Payload, response: Response) -> None:
        ident = self._world.fresh_hex()
        now = milliseconds(self._world.clock.now())
        self._world.insert(
            "hook_logs",
            id=ident,
            imt_id=f"{now}_{ident[:20]}",
            hook_id=hook["id"],
            logged_ms=now,
            status_id=1 if response.status_code < 400 else 3,
            parser=hook["type_name"],
            size_before=payload.size,
            size_after=len(bytes(response.body)),
            data=_log_data(hook, request, payload, response),
        )


def _is_mail(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == CONTENT_TYPE


def _responds(scenario: Row) -> bool:
    return RESPONDER in module_names(scenario["blueprint"])


async def _first_of(running: Running, answered: "asyncio.Future[WebhookResponse]") -> None:
    """Wait until the run has answered, ended or parked, or for 180 seconds."""
    ended = asyncio.ensure_future(running.ended.wait())
    parked = asyncio.ensure_future(running.clock.parked.wait())
    waits: list[asyncio.Future[Any]] = [ended, parked, answered]
    await asyncio.wait(waits, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    for each in (ended, parked):
        each.cancel()
    await asyncio.gather(ended, parked, return_exceptions=True)


def _custom(response: WebhookResponse) -> Response:
    """The answer a Webhook response module gave; its headers win over the standard ones."""
    shown = Response(response.body, response.status)
    shown.headers["content-type"] = response.content_type
    shown.headers["access-control-allow-origin"] = "*"
    for name, value in response.headers:
        shown.headers[name] = value
    return shown


def answer(status: int, text: str, *, cors: bool = True) -> Response:
    """A standard answer of the gateway."""
    headers = {"x-powered-by": SERVER, "make-actual-status": str(status)}
    if cors and status < 400:
        headers["access-control-allow-origin"] = "*"
    return Response(text, status, headers, "text/plain; charset=utf-8")


def _preflight(request: Request) -> Response:
    response = answer(200, "ok")
    response.headers["access-control-allow-methods"] = METHODS
    asked = request.headers.get("access-control-request-headers")
    if asked:
        response.headers["access-control-allow-headers"] = asked
    return response


def _log_data(hook: Row, request: Request, payload: Payload, response: Response) -> JsonObject:
    return {
        "request": {
            "headers": dict(request.headers),
            "method": request.method,
            "query": dict(request.query_params),
            "ip": request.client.host if request.client else None,
            "parsed": payload.bundle,
            "body": payload.text,
            "url": f"/{hook['udid']}",
        },
        "response": {
            "headers": [{"name": n, "value": v} for n, v in response.headers.items()],
            "body": bytes(response.body).decode("utf-8", "replace"),
            "status": response.status_code,
        },
    }

"""Writes the page: every section by the server, so that it reads without JavaScript.

Whatever comes from the world or from a request passes `escape`. `/?only=runs,faults` gives these
sections alone; the script replaces the `data-live` part of each by it.
"""

from collections.abc import Callable, Iterable
from html import escape
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from make_api_sandbox.seed.licences import PLANS
from make_api_sandbox.seeding import Recipe
from make_api_sandbox.shapes import Row
from make_api_sandbox.tokens import ensure_owner_token
from make_api_sandbox.world import World

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
PACKAGE = "make_api_sandbox.page"
KINDS = {"page.css": "text/css", "page.js": "text/javascript"}
SHOWN_REQUESTS, SHOWN_RUNS = 50, 12


def page_routes(world: World, public_url: str | None) -> list[BaseRoute]:
    """The page and what it loads."""

    async def show(request: Request) -> Response:
        only = request.query_params.get("only")
        wanted = only.split(",") if only else list(SECTIONS)
        url = public_url or str(request.base_url).rstrip("/")
        parts = "\n".join(SECTIONS[name](world, url) for name in wanted if name in SECTIONS)
        return HTMLResponse(_file("page.html").replace("$sections", parts), headers=HEADERS)

    async def load(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in KINDS:
            return Response("Not found.", 404, media_type="text/plain")
        return Response(_file(name), media_type=KINDS[name], headers=HEADERS)

    return [Route("/", show), Route("/_sandbox/page/{name}", load)]


def _file(name: str) -> str:
    return files(PACKAGE).joinpath(name).read_text(encoding="utf-8")


# Sections


def _connect(world: World, url: str) -> str:
    told = _told(
        [
            ("Base URL", f"<code>{escape(url)}/api/v2</code>"),
            ("Token", f"<code>{escape(ensure_owner_token(world))}</code>"),
            ("Control", f"<code>{escape(url)}/_sandbox/</code>"),
        ]
    )
    return _section("connect", "Connect", told)


def _clock(world: World, url: str) -> str:
    mode, now = world.clock.mode, world.clock.stamp()
    told = _told(
        [
            ("Now", f'<time datetime="{now}">{now[:10]} {now[11:19]}</time> UTC'),
            ("Clock", "runs by itself" if mode == "real" else "moves only when told"),
        ]
    )
    steps = ((60, "+1 minute"), (3_600, "+1 hour"), (86_400, "+1 day"), (0, "Stop"))
    buttons = "".join(
        _button("advance", label, str(value)) for value, label in steps if value or mode == "real"
    )
    buttons += "" if mode == "real" else _button("release", "Let it run")
    live = f'<div data-mode="{mode}">{told}</div><form data-script hidden>{buttons}</form>'
    return _section("clock", "Time", live)


def _start(world: World, url: str) -> str:
    recipe = Recipe.of(world)
    told = _told(
        [
            ("Made from", f"seed {recipe.seed}, scale {recipe.scale}"),
            ("Plan", escape((recipe.plan or "as seeded").capitalize())),
            ("File", f"<code>{escape(str(world.path or 'in memory'))}</code>"),
        ]
    )
    choices = "".join(f"<option value={plan}>{plan.capitalize()}</option>" for plan in PLANS)
    form = (
        '<form id="over" data-script hidden>'
        f'<label>Seed<input name="seed" type="number" min="0" value="{recipe.seed}" required>'
        '</label><label>Plan<select name="plan"><option value="">As before</option>'
        f'{choices}</select></label><button class="main">Start over…</button></form>'
        '<dialog id="sure" aria-labelledby="sure-title"><h2 id="sure-title">Start over?</h2>'
        "<p>Everything in this world is lost and made anew.</p>"
        '<form id="really"><button class="main">Start over</button>'
        f"{_button('close', 'Keep it')}</form></dialog>"
    )
    return _section("start", "World", told, after=form)


def _world(world: World, url: str) -> str:
    rows = [
        row
        for organization in world.rows("SELECT * FROM organizations ORDER BY id")
        for row in (_organization(world, organization), *_teams(world, organization["id"]))
    ]
    head = _head("Team", *(f"#{title}" for title in ("Scenarios", "Active", "Connections", "Runs")))
    people = world.value("SELECT count(*) FROM users")
    live = _table(f"{people} people", head, rows)
    return _section("world", "Organizations and teams", live)


def _organization(world: World, row: Row) -> str:
    license = row["license"]
    said = f"{row['service_name']}: {license.get('operations', 0):,} credits a month"
    said += f", {license.get('apiLimit', 0)} calls a minute{', paused' if row['is_paused'] else ''}"
    name = f'{escape(row["name"])} <span class="soft">{escape(said)}</span>'
    return f'<tr class="group"><th scope="rowgroup" colspan="5">{name}</th></tr>'


def _teams(world: World, organization: int) -> Iterable[str]:
    sql = (
        "SELECT t.name, (SELECT count(*) FROM scenarios s WHERE s.team_id = t.id),"
        " (SELECT count(*) FROM scenarios s WHERE s.team_id = t.id AND s.is_active = 1) AS active,"
        " (SELECT count(*) FROM connections c WHERE c.team_id = t.id) AS connections,"
        " (SELECT count(*) FROM executions e WHERE e.team_id = t.id) AS runs"
        " FROM teams t WHERE t.organization_id = ? ORDER BY t.id"
    )
    for row in world.rows(sql, organization):
        name, *counts = row.values()
        cells = "".join(f'<td class="number">{count:,}</td>' for count in counts)
        yield f'<tr class="team"><th scope="row">{escape(name)}</th>{cells}</tr>'


def _runs(world: World, url: str) -> str:
    found = world.rows(
        "SELECT e.timestamp, e.state, e.operations, s.name FROM executions e"
        " JOIN scenarios s ON s.id = e.scenario_id WHERE e.kind = 'run'"
        " ORDER BY e.imt_id DESC LIMIT ?",
        SHOWN_RUNS,
    )
    rows = [
        f'<tr><td class="mono">{_time(row["timestamp"])}</td><td>{escape(row["name"])}</td>'
        f"<td>{_state(row['state'])}</td>"
        f'<td class="number">{row["operations"] or 0}</td></tr>'
        for row in found
    ]
    head = _head("Started", "Scenario", "State", "#Operations")
    return _section("runs", "Last runs", _table("", head, rows, nothing="Nothing ran yet."))


def _faults(world: World, url: str) -> str:
    rows = [
        f'<tr><td class="path"><code>{escape(_json(row["effect"]))}</code></td>'
        f'<td class="path">{escape(row["method"] or "any")} <code>{escape(row["path"] or "/")}'
        f'</code></td><td class="number">{row["fired"]}</td>'
        f"<td>{_button('remove', 'Remove', str(row['id']), hidden=True)}</td></tr>"
        for row in world.rows("SELECT * FROM faults ORDER BY id")
    ]
    head = _head("Effect", "Requests", "#Fired", "")
    live = _table("", head, rows, nothing="No fault is installed.")
    kinds = "".join(f'<option value="{key}">{text}</option>' for key, text in PRESETS.items())
    form = (
        '<form id="new-fault" data-script hidden>'
        f'<label class="grow">What goes wrong<select name="kind">{kinds}</select></label>'
        '<label class="grow">Path, a regular expression<input name="path" placeholder="/scenarios"'
        ' spellcheck="false" autocomplete="off"></label>'
        '<label>Times<input name="times" type="number" min="1" placeholder="always"></label>'
        '<button class="main">Install</button></form>'
    )
    return _section("faults", "Faults", live, after=form)


PRESETS = {
    "503": "Answers 503",
    "burst": "Answers 500, three in a row every minute",
    "429": "Answers 429 with Retry-After",
    "429-silent": "Answers 429 without Retry-After",
    "slow": "Is slow (lognormal, median 1.5 s)",
    "drop": "Drops the connection after the effect",
    "midway": "Drops the connection in the answer",
    "malformed": "Cuts the JSON short",
    "expired": "The token is expired",
    "skew": "The clock is five minutes ahead",
    "late": "Runs are logged a minute late",
}
"""What the form offers; the script holds what each installs."""


def _requests(world: World, url: str) -> str:
    found = world.rows("SELECT * FROM request_log ORDER BY id DESC LIMIT ?", SHOWN_REQUESTS)
    rows = [
        f'<tr><td class="mono">{_time(row["at"])}</td><td class="mono">{escape(row["method"])}</td>'
        f'<td class="path mono">{escape(row["path"])}<span class="soft">{_query(row)}</span></td>'
        f"<td>{_status(row)}</td></tr>"
        for row in found
    ]
    table = _table(
        "", _head("At", "Method", "Path", "Status"), rows, nothing="Nobody has called yet."
    )
    form = f"<form data-script hidden>{_button('clear-requests', 'Empty the log')}</form>"
    return _section("requests", "Requests", table, after=form, tall=True)


Section = Callable[[World, str], str]
SECTIONS: dict[str, Section] = {
    "connect": _connect,
    "clock": _clock,
    "start": _start,
    "world": _world,
    "faults": _faults,
    "runs": _runs,
    "requests": _requests,
}


# Pieces


def _section(ident: str, title: str, live: str, *, after: str = "", tall: bool = False) -> str:
    inner = f"<div data-live{_scrolling(title) if tall else ''}>{live}</div>"
    return (
        f'<section id="{ident}" aria-labelledby="{ident}-title"><h2 id="{ident}-title">{title}</h2>'
        f"{inner}{after}</section>"
    )


def _scrolling(title: str) -> str:
    """What scrolls is reached by keyboard."""
    return f' class="tall" tabindex="0" role="region" aria-label="{title}, newest first"'


def _told(pairs: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in pairs) + "</dl>"


def _head(*titles: str) -> str:
    return "".join(
        f'<th scope="col" class="number">{title[1:]}</th>'
        if title.startswith("#")
        else f'<th scope="col">{title}</th>'
        if title
        else "<td></td>"
        for title in titles
    )


def _table(caption: str, head: str, rows: list[str], *, nothing: str = "") -> str:
    if not rows:
        return f'<p class="nothing">{nothing}</p>'
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    body = "".join(rows)
    return (
        f'<div class="wide"><table>{said}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _button(does: str, label: str, value: str = "", *, hidden: bool = False) -> str:
    script = " data-script hidden" if hidden else ""
    small = ' class="small"' if hidden else ""
    return (
        f'<button type="button"{small} data-do="{does}" data-value="{escape(value)}"'
        f' data-key="{does}-{escape(value)}"{script}>{label}</button>'
    )


def _time(stamp: str) -> str:
    return f'<time datetime="{stamp}" title="{stamp}">{stamp[5:10]} {stamp[11:19]}</time>'


def _state(state: str | None) -> str:
    kinds = {"SUCCESS": "good", "WARNING": "warn", "ERROR": "bad"}
    text = (state or "unknown").capitalize()
    return f'<span class="{kinds.get(state or "", "soft")}">{escape(text)}</span>'


def _status(row: Row) -> str:
    status = row["status"]
    kind = "bad" if status is None or status >= 500 else "warn" if status >= 400 else "good"
    fault = f' <span class="soft">fault {row["fault_id"]}</span>' if row["fault_id"] else ""
    return f'<span class="{kind}">{status or "lost"}</span>{fault}'


def _query(row: Row) -> str:
    return f"?{escape(row['query'])}" if row["query"] else ""


def _json(effect: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in effect.items())

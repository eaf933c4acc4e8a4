"""Secrets: in no result, no log, no journal, no file of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from harness import Told
from make_mcp_base.safety.redaction import HIDDEN, redact
from processes import finished

if TYPE_CHECKING:
    from pathlib import Path

    from harness import Company, Connect

pytestmark = pytest.mark.anyio

SECRETS = {
    "bearer": "Bearer q7Hs2Lk9Wd4Zx8Vb1Nm6",
    "make token": "Token 5f0c1d9e-3b7a-4c2d-8e6f-1a2b3c4d5e6f",
    "openai": "sk-proj-Ab3dEf6hIj9kLm2nOp5q",
    "stripe": "sk_live_4eC39HqLyjWDarjtT1zd",
    "github": "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4",
    "slack": "xoxb-1234567890-abcdefghij",
    "google": "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p",
    "aws": "AKIAIOSFODNN7EXAMPLQ",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27u",
    "hook": "https://hook.eu1.make.com/abcdefghij0123456789klmnopqrstuv",
    "hook in capitals": "HTTPS://HOOK.EU1.MAKE.COM/abcdefghij0123456789klmnopqrstuv",
    "hook in JSON": "https:\\/\\/hook.eu1.make.com\\/abcdefghij0123456789klmnopqrstuv",
    "mailhook": "abcdefghij0123456789klmnopqrstuv@hook.eu1.make.com",
    "address": "postgres://admin:hunter2hunter2@db.example.com/x",
    "query": "https://api.example.com/v1?api_key=9s8d7f6g5h4j3k2l",
}
TELLTALE = {
    name: text.rsplit("/", 1)[-1]
    .rsplit(" ", 1)[-1]
    .rsplit("=", 1)[-1]
    .removesuffix("@hook.eu1.make.com")
    for name, text in SECRETS.items()
} | {"address": "hunter2hunter2"}


@pytest.mark.parametrize("name", SECRETS)
async def test_a_secret_is_known_by_its_look_wherever_it_stands(name: str) -> None:
    secret, telltale = SECRETS[name], TELLTALE[name]
    for value in (secret, f"before {secret} after", [{"note": secret}], {"a": {"b": [secret]}}):
        assert telltale not in json.dumps(redact(value)), value


NAMED: list[Any] = [
    {"apiKey": "plain-looking"},
    {"api_key": "plain-looking"},
    {"password": "plain-looking"},
    {"client_secret": "plain-looking"},
    {"refreshToken": "plain-looking"},
    {"Authorization": "plain-looking"},
    {"x-api-key": ["plain-looking", "other"]},
    {"headers": [{"name": "X-Api-Key", "value": "plain-looking"}]},
    {"qs": [{"key": "access_token", "value": "plain-looking"}]},
    {"body": '{"password":"plain-looking","user":"ada"}'},
    {"body": '{\\"client_secret\\": \\"plain-looking\\"}'},
    {"url": "https://api.example.com/?token=plain-looking&page=2"},
    {"pem": "-----BEGIN RSA PRIVATE KEY-----\nplain-looking\n-----END RSA PRIVATE KEY-----"},
]


@pytest.mark.parametrize("value", NAMED, ids=str)
async def test_a_secret_is_known_by_the_name_it_goes_by(value: Any) -> None:
    assert "plain-looking" not in json.dumps(redact(value))
    assert HIDDEN in json.dumps(redact(value))


OPEN: list[Any] = [
    {"name": "Monthly tokens report", "value": 5},
    {"tokens": 512, "operations": 3},
    {"fields": [{"name": "password", "type": "text", "label": "Password"}]},
    {"next_token": "c25"},
    {"url": "https://www.example.com/a/b?page=2&sort=name"},
    {"text": "The basic plan has a token limit of 5,000."},
    {"name": "secretary@example.com"},
    {"mapper": {"url": "https://api.example.com/?token={{1.token}}"}},
]


@pytest.mark.parametrize("value", OPEN, ids=str)
async def test_what_is_no_secret_stays_readable(value: Any) -> None:
    assert redact(value) == value


async def test_hook_addresses_are_shown_only_to_whom_asks_for_them(
    connect: Connect, company: Company
) -> None:
    hooks = (await company.get("/hooks", teamId=1))["hooks"]
    address = next(h["url"] for h in hooks if h.get("url"))
    async with connect() as server:
        listed = await server.call("hook_list", team_id=1)
        assert address.rsplit("/", 1)[1] not in str(listed.result)
        for path in ("scenario_list", "connection_list"):
            assert address.rsplit("/", 1)[1] not in str((await server.call(path, team_id=1)).result)


def files_below(folder: Path, company: Company) -> list[Path]:
    """Every file but those of the company itself, which is Make and not ours."""
    theirs = {company.world, *company.world.parent.glob(f"{company.world.name}-*")}
    return [f for f in folder.rglob("*") if f.is_file() and f not in theirs]


async def _patched(server: Any, scenario: int, secret: str) -> Told:
    told: Told = await server.call(
        "scenario_update", scenario_id=scenario, description=f"see {secret}"[:200]
    )
    return told


async def test_no_file_of_ours_holds_a_secret_that_went_through(
    connect: Connect, company: Company, tmp_path: Path
) -> None:
    scenario = (await company.get("/scenarios", teamId=1))["scenarios"][0]["id"]
    async with connect() as server:
        for secret in SECRETS.values():
            told = await _patched(server, scenario, secret)
            listed = await server.call("operation_list")
            first = listed.data["operations"][0]["operation_id"]
            detail = await server.call("operation_get", operation_id=first)
            seen = told.text + detail.text + str(detail.result.structured_content)
            assert not [t for t in TELLTALE.values() if t in seen]
        token = company.mounted.token
    files = files_below(tmp_path, company)
    assert [f for f in files if f.suffix == ".sqlite3"], files
    for file in files:
        content = file.read_bytes()
        found = [n for n, t in TELLTALE.items() if t.encode() in content]
        assert found == [], file
        assert token.encode() not in content


async def test_logs_hide_secrets_at_every_level(tmp_path: Path, seeded_world: Path) -> None:
    key = "7d1e4b2a-9c3f-4a5b-8d6e-0f1a2b3c4d5e"
    lines = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": SECRETS["openai"], "version": "1"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "team_get", "arguments": {"team_id": SECRETS["bearer"]}},
        },
    ]
    done = finished(
        "make_mcp_core",
        tmp=tmp_path,
        stdin="".join(json.dumps(line) + "\n" for line in lines),
        MAKE_API_KEY=key,
        MAKE_BASE_URL="http://127.0.0.1:9",
        MAKE_RETRIES="0",
        LOG_LEVEL="debug",
    )
    assert done.code == 0
    for secret in (key, TELLTALE["openai"], TELLTALE["bearer"]):
        assert secret not in done.err, done.err


async def test_a_hidden_value_is_never_written_back(connect: Connect, company: Company) -> None:
    scenario = (await company.get("/scenarios", teamId=1))["scenarios"][0]["id"]
    await company.control("DELETE", "/requests")
    async with connect() as server:
        told = await server.call(
            "scenario_update", scenario_id=scenario, description=f"key {HIDDEN}"
        )
        assert told.error["code"] == "hidden_value"
        made = await server.call("team_create", name=f"Team {HIDDEN}", organization_id=1)
        assert made.error["code"] == "hidden_value"
    seen = (await company.control("GET", "/requests"))["requests"]
    assert [r for r in seen if r["method"] != "GET"] == []

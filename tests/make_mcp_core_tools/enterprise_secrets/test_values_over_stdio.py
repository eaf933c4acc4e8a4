"""A server process as a client starts it: no value on its pipes, in its log, in its files."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company
from talking import INITIALIZED, Talk, initialize, request, talking

from .conftest import CANARY, ROOT, written
from .test_leak_places import plant_everywhere
from .test_rotation import OLD, ORGANIZATION, has, refuse_tests

if TYPE_CHECKING:
    from .conftest import Bao

pytestmark = pytest.mark.anyio

PATH = "secret/crm/api"


class Client:
    """Calls tools over the pipe and keeps every byte that came back."""

    def __init__(self, talk: Talk) -> None:
        self.talk, self.heard = talk, list[str]()
        self.talk.ask(initialize())
        self.talk.send(INITIALIZED)

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool; one that answers with a plan is called again with it."""
        told = self._call(name, arguments)
        if "plan" in told:
            told = self._call(name, {**arguments, "plan_id": told["plan"]["plan_id"]})
        assert "error" not in told, told
        return told

    def _call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        number = len(self.heard) + 2
        answer = self.talk.ask(request("tools/call", number, name=name, arguments=arguments))
        self.heard.append(json.dumps(answer))
        content: dict[str, Any] = answer["result"]["structuredContent"]
        return content


async def test_rotation_issuing_and_scanning_leave_no_value_anywhere(
    company: Company,
    bao: "Bao",
    team: int,
    connection: Callable[..., Awaitable[int]],
    new_scenario: Any,
    blueprint: Any,
    step: Any,
    hook: Any,
    tmp_path: Path,
) -> None:
    words = await plant_everywhere(company, team, new_scenario, blueprint, step, hook)
    model = await connection("Model", "openai-gpt-3", apiKey="first", organizationId="first")
    bao.put("crm/api", token=OLD, org=ORGANIZATION)
    where = {"VAULT_ADDR": bao.address, "VAULT_TOKEN": ROOT, "MAKE_SECRET_CRM": CANARY}
    where |= {"LOG_LEVEL": "debug", "MAKE_BREACH_ADDR": "http://127.0.0.1:9"}
    with talking(tmp_path, f"--sandbox={company.world}", **where) as talk:
        client = Client(talk)
        for parameter, field in (("apiKey", "token"), ("organizationId", "org")):
            sink = {"connection_id": model, "parameter": parameter}
            client.call("secret_binding_set", **sink, path=PATH, field=field)
        client.call("secret_rotation_run", path=PATH)
        client.call("secret_put", path=PATH, field="token", from_env="MAKE_SECRET_CRM")
        assert client.call("secret_rotation_run", path=PATH)["state"] == "rotated"
        assert has(company, model)["apiKey"] == CANARY
        await refuse_tests(company)
        told = client.call("secret_rotation_run", path=PATH, regenerate=["token"])
        assert told["state"] == "rolled_back"
        refused = bao.values("crm/api", version=3)["token"]
        client.call("operation_get", operation_id=told["operation_id"])
        rows = client.call("secret_scan", team_id=team, limit=100)["findings"]
        assert len(rows) == len(words)
        client.call("secret_exposure_check", finding_id=rows[0]["fingerprint"])
        client.call("secret_exposure_check", secret_ref=f"{PATH}#token", checks=["breached"])
        client.call("secret_posture_report", team_id=team)
        talk.end()
    heard = "".join(client.heard).encode() + (tmp_path / "stderr").read_bytes()
    kept = b"".join(written(tmp_path))
    assert b"secret_rotation_run" in kept, "the journal was not found"
    for value in (OLD, ORGANIZATION, CANARY, ROOT, refused, *words.values()):
        assert value.encode() not in heard
        assert value.encode() not in kept

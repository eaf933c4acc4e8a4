"""Binding, rotating, testing, going back; and no value anywhere on the way."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company

from .conftest import CANARY, ROOT, started_bao, written

if TYPE_CHECKING:
    from .conftest import Bao, Serve, Vaulted

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Connector = Callable[..., Awaitable[int]]

OLD, ORGANIZATION = "canary-5521-of-yesterday", "canary-9930-of-the-organization"
PATH = "secret/crm/api"


@pytest.fixture
async def model(connection: Connector) -> int:
    """A connection with two parameters."""
    return await connection(
        "Model", "openai-gpt-3", apiKey="canary-1111-typed", organizationId="canary-2222-typed"
    )


@pytest.fixture
async def bound(vaulted: "Vaulted", bao: "Bao", model: int) -> int:
    """The connection with both parameters bound to a secret."""
    bao.put("crm/api", token=OLD, org=ORGANIZATION)
    for parameter, field in (("apiKey", "token"), ("organizationId", "org")):
        told = await vaulted.call(
            "secret_binding_set", connection_id=model, parameter=parameter, path=PATH, field=field
        )
        assert told.data["changed"] is True
    return model


def has(company: Company, connection: int) -> dict[str, Any]:
    """What Make really holds; its API never tells."""
    world = company.mounted.sandbox.world
    data: dict[str, Any] = world.rows("SELECT data FROM connections WHERE id = ?", connection)[0][
        "data"
    ]
    return data


async def refuse_tests(company: Company, times: int = 1) -> None:
    """Let the service behind connections refuse what it is shown next."""
    text = "Access denied: the new key is not known."
    fault = {
        "method": "POST",
        "path": r"/connections/\d+/test$",
        "status": 424,
        "body": {"message": text, "detail": text},
        "times": times,
    }
    await company.control("POST", "/faults", fault)


async def test_a_binding_names_what_the_sink_still_lacks_and_is_listed_as_behind(
    vaulted: "Vaulted", bao: "Bao", model: int
) -> None:
    bao.put("crm/api", token=OLD, org=ORGANIZATION)
    wanted = {"connection_id": model, "parameter": "apiKey", "path": PATH, "field": "token"}
    assert (await vaulted.call("secret_binding_list")).data["bindings"] == []
    dry = await vaulted.call("secret_binding_set", **wanted, dry_run=True)
    assert dry.data["plan"]["diff"] == [f"connection {model} apiKey <- {PATH} token, version 1"]
    assert (await vaulted.call("secret_binding_list")).data["bindings"] == []
    told = (await vaulted.call("secret_binding_set", **wanted)).data
    assert told["unbound_parameters"] == ["organizationId"]
    assert (await vaulted.call("secret_binding_set", **wanted)).data["changed"] is False
    [row] = (await vaulted.call("secret_binding_list", connection_id=model)).data["bindings"]
    assert (row["name"], row["parameter"], row["field"]) == ("Model", "apiKey", "token")
    assert (row["version"], row["pushed_version"], row["behind"]) == (1, 0, True)
    refused = await vaulted.call("secret_rotation_run", path=PATH)
    assert refused.error["problems"][0]["path"] == f"connection {model} organizationId"
    gone = await vaulted.apply("secret_binding_delete", connection_id=model, parameter="apiKey")
    assert gone.data["path"] == PATH
    assert (await vaulted.call("secret_binding_list")).data["bindings"] == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"parameter": "colour"}, "invalid_arguments"),
        ({"field": "nothing"}, "not_found"),
        ({"path": "secret/no/such"}, "not_found"),
        ({"connection_id": 99999}, "not_found"),
        ({"key_id": 1}, "invalid_arguments"),
    ],
)
async def test_a_binding_to_what_is_not_there_is_refused(
    vaulted: "Vaulted", bao: "Bao", model: int, wrong: dict[str, Any], code: str
) -> None:
    bao.put("crm/api", token=OLD)
    wanted = {"connection_id": model, "parameter": "apiKey", "path": PATH, "field": "token"}
    refused = await vaulted.call("secret_binding_set", **{**wanted, **wrong})
    assert refused.error["code"] == code


async def test_one_parameter_has_one_source(vaulted: "Vaulted", bao: "Bao", bound: int) -> None:
    bao.put("other", token="x")
    refused = await vaulted.call(
        "secret_binding_set",
        connection_id=bound,
        parameter="apiKey",
        path="secret/other",
        field="token",
    )
    assert refused.error["code"] == "in_use"


async def test_the_newest_version_is_given_to_make_and_tested(
    vaulted: "Vaulted", company: Company, bound: int
) -> None:
    planned = await vaulted.call("secret_rotation_run", path=PATH)
    assert [r["method"] for r in planned.data["plan"]["requests"]] == ["POST"]
    assert has(company, bound)["apiKey"] == "canary-1111-typed"
    told = (await vaulted.apply("secret_rotation_run", path=PATH)).data
    assert (told["state"], told["version"]) == ("rotated", 1)
    assert told["steps"][0]["verified"] is True
    assert has(company, bound) == {"apiKey": OLD, "organizationId": ORGANIZATION}
    again = (await vaulted.call("secret_rotation_run", path=PATH)).data
    assert again["state"] == "nothing_to_do"


async def test_a_field_is_made_anew_and_reaches_make(
    vaulted: "Vaulted", company: Company, bao: "Bao", bound: int
) -> None:
    told = (await vaulted.apply("secret_rotation_run", path=PATH, regenerate=["token"])).data
    assert (told["state"], told["version"]) == ("rotated", 2)
    new = bao.values("crm/api")
    assert new["token"] != OLD
    assert new["org"] == ORGANIZATION
    assert has(company, bound) == {"apiKey": new["token"], "organizationId": ORGANIZATION}
    [row, _] = (await vaulted.call("secret_binding_list", path=PATH)).data["bindings"]
    assert (row["pushed_version"], row["behind"]) == (2, False)


async def test_when_the_service_refuses_source_and_make_go_back(
    vaulted: "Vaulted", company: Company, bao: "Bao", bound: int
) -> None:
    await vaulted.apply("secret_rotation_run", path=PATH)
    await refuse_tests(company)
    told = (await vaulted.apply("secret_rotation_run", path=PATH, regenerate=["token"])).data
    assert told["state"] == "rolled_back"
    assert (told["version"], told["same_as_version"]) == (3, 1)
    assert "not known" in told["steps"][1]["said"]
    assert (told["steps"][-1]["done"], told["steps"][-1]["verified"]) == (
        "given the former version back",
        True,
    )
    assert bao.values("crm/api") == {"token": OLD, "org": ORGANIZATION}
    assert has(company, bound) == {"apiKey": OLD, "organizationId": ORGANIZATION}
    assert (await vaulted.call("secret_binding_list", behind=True)).data["bindings"] == []


async def test_a_way_back_that_fails_too_is_said(
    vaulted: "Vaulted", company: Company, bound: int
) -> None:
    await vaulted.apply("secret_rotation_run", path=PATH)
    await refuse_tests(company, times=2)
    told = (await vaulted.apply("secret_rotation_run", path=PATH, regenerate=["token"])).data
    assert told["state"] == "rollback_failed"
    assert told["next_calls"][0]["tool"] == "connection_diagnose"


async def test_what_never_came_from_the_vault_cannot_be_put_back(
    vaulted: "Vaulted", company: Company, bound: int
) -> None:
    await refuse_tests(company)
    told = (await vaulted.apply("secret_rotation_run", path=PATH)).data
    assert told["state"] == "rollback_failed"
    assert "did not come from the secret manager" in told["steps"][-1]["done"]


async def test_a_key_is_fed_too_and_the_answer_says_that_make_cannot_test_it(
    vaulted: "Vaulted", company: Company, bao: "Bao", team: int
) -> None:
    bao.put("crm/basic", user="reader", password=OLD)
    body = {
        "teamId": team,
        "name": "Intranet",
        "typeName": "basicauth",
        "parameters": {"authUser": "a", "authPass": "b"},
    }
    key = (await company.send("POST", "/keys", body))["key"]["id"]
    for parameter, field in (("authUser", "user"), ("authPass", "password")):
        arguments = {"key_id": key, "parameter": parameter, "field": field}
        told = await vaulted.call("secret_binding_set", path="secret/crm/basic", **arguments)
        assert told.data["sink"] == f"key {key}"
    told = (await vaulted.apply("secret_rotation_run", path="secret/crm/basic")).data
    assert told["state"] == "rotated"
    assert "verified" not in told["steps"][0]
    assert "no test" in told["steps"][0]["said"]
    world = company.mounted.sandbox.world
    held = world.rows("SELECT parameters FROM keys WHERE id = ?", key)[0]["parameters"]
    assert held == {"authUser": "reader", "authPass": OLD}


async def test_a_key_is_made_from_the_vault_without_its_secret_passing_through(
    vaulted: "Vaulted", company: Company, bao: "Bao", team: int
) -> None:
    bao.put("crm/basic", password=OLD)
    wanted: dict[str, Any] = {
        "team_id": team,
        "type": "basicauth",
        "name": "Intranet",
        "parameters": {"authUser": "reader"},
        "from_vault": {"authPass": "secret/crm/basic#password"},
    }
    told = (await vaulted.call("key_create", **wanted)).data
    world = company.mounted.sandbox.world
    sql = "SELECT parameters FROM keys WHERE id = ?"
    held = world.rows(sql, told["key_id"])[0]["parameters"]
    assert held == {"authUser": "reader", "authPass": OLD}
    bao.put("crm/basic", password=ORGANIZATION)
    changed = {"key_id": told["key_id"], "from_vault": wanted["from_vault"]}
    changed["parameters"] = wanted["parameters"]
    await vaulted.apply("key_update", **changed)
    held = world.rows(sql, told["key_id"])[0]["parameters"]
    assert held == {"authUser": "reader", "authPass": ORGANIZATION}
    for value in (OLD, ORGANIZATION):
        assert value not in "".join(vaulted.texts)
    lost = {**wanted, "from_vault": {"authPass": "secret/crm/basic#nothing"}}
    assert (await vaulted.call("key_create", **lost)).error["code"] == "not_found"
    twice = {**wanted, "from_vault": {"authUser": "secret/crm/basic#password"}}
    assert (await vaulted.call("key_create", **twice)).error["code"] == "invalid_arguments"


async def test_the_plan_names_scenarios_and_when_they_run_next(
    vaulted: "Vaulted", new_scenario: Maker, blueprint: Builder, step: Builder, bound: int
) -> None:
    module = step(
        1,
        "openai-gpt-3:CreateCompletion",
        parameters={"__IMTCONN__": bound},
        metadata={"parameters": [{"name": "__IMTCONN__", "type": "account:openai-gpt-3"}]},
    )
    scenario = (await new_scenario(blueprint(module, name="Writer"), active=True))["id"]
    [row] = (await vaulted.call("secret_rotation_plan")).data["rotations"]
    assert (row["path"], row["version"], row["behind"]) == (PATH, 1, True)
    [sink] = row["sinks"]
    assert sink["scenarios"] == [f"“Writer” ({scenario}, active)"]
    assert (sink["parameters"], sink["tested"]) == (["apiKey", "organizationId"], True)
    assert row["quiet_until"] is not None
    old = (await vaulted.call("secret_rotation_plan", older_than_days=1)).data
    assert old["rotations"] == []
    planned = await vaulted.call("secret_rotation_run", path=PATH)
    assert f"({scenario}, active)" in str(planned.data["plan"]["affects"])


@pytest.mark.parametrize("refused", [False, True])
async def test_scenarios_rest_meanwhile_when_asked_and_go_on_whatever_comes(
    vaulted: "Vaulted",
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    bound: int,
    refused: bool,
) -> None:
    module = step(
        1,
        "openai-gpt-3:CreateCompletion",
        parameters={"__IMTCONN__": bound},
        metadata={"parameters": [{"name": "__IMTCONN__", "type": "account:openai-gpt-3"}]},
    )
    scenario = (await new_scenario(blueprint(module, name="Writer"), active=True))["id"]
    await vaulted.apply("secret_rotation_run", path=PATH)
    if refused:
        await refuse_tests(company)
    await company.control("DELETE", "/requests")
    wanted: dict[str, Any] = {"path": PATH, "regenerate": ["token"], "pause_scenarios": True}
    told = (await vaulted.apply("secret_rotation_run", **wanted)).data
    assert told["state"] == ("rolled_back" if refused else "rotated")
    log = (await company.control("GET", "/requests"))["requests"]
    changes = [one["path"].rpartition("/")[2] for one in log if one["method"] == "POST"]
    tried = ["set-data", "test"]
    assert sorted(changes) == sorted(["stop", *tried, *(tried if refused else []), "start"])
    assert (await company.get(f"/scenarios/{scenario}"))["scenario"]["isActive"] is True


async def test_nothing_bound_means_nothing_to_rotate(vaulted: "Vaulted", bao: "Bao") -> None:
    bao.put("crm/api", token=OLD)
    refused = await vaulted.call("secret_rotation_run", path=PATH)
    assert refused.error["code"] == "not_bound"
    assert (await vaulted.call("secret_rotation_plan")).data["rotations"] == []


async def test_no_value_is_in_any_answer_log_or_file_of_ours(
    vaulted: "Vaulted",
    company: Company,
    bao: "Bao",
    bound: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    await vaulted.apply("secret_rotation_run", path=PATH)
    env = {"path": PATH, "field": "token", "from_env": "MAKE_SECRET_CRM"}
    assert (await vaulted.call("secret_put", **env)).data["version"] == 2
    await vaulted.apply("secret_rotation_run", path=PATH)
    assert has(company, bound)["apiKey"] == CANARY
    await refuse_tests(company)
    told = await vaulted.apply("secret_rotation_run", path=PATH, regenerate=["token"])
    assert told.data["state"] == "rolled_back"
    for tool in ("secret_binding_list", "secret_list", "secret_rotation_plan"):
        await vaulted.call(tool)
    await vaulted.call("secret_get", path=PATH)
    await vaulted.call("operation_list")
    refused = bao.values("crm/api", version=3)["token"]
    shown = capfd.readouterr()
    texts = "".join(vaulted.texts) + caplog.text + shown.out + shown.err
    kept = b"".join(written(tmp_path))
    assert b"secret_rotation_run" in kept, "the journal was not found"
    for value in (OLD, ORGANIZATION, CANARY, ROOT, refused):
        assert value not in texts
        assert value.encode() not in kept


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 403}, {"malformed": True}])
async def test_a_test_that_cannot_be_made_takes_everything_back_too(
    vaulted: "Vaulted", company: Company, bao: "Bao", bound: int, fault: dict[str, Any]
) -> None:
    await vaulted.apply("secret_rotation_run", path=PATH)
    planned = await vaulted.call("secret_rotation_run", path=PATH, regenerate=["token"])
    broken = {"method": "POST", "path": r"/connections/\d+/test$", "times": 1}
    await company.control("POST", "/faults", {**broken, **fault})
    plan_id = planned.data["plan"]["plan_id"]
    told = await vaulted.call(
        "secret_rotation_run", path=PATH, regenerate=["token"], plan_id=plan_id
    )
    assert told.data["state"] == "rolled_back"
    assert bao.values("crm/api") == {"token": OLD, "org": ORGANIZATION}
    assert has(company, bound) == {"apiKey": OLD, "organizationId": ORGANIZATION}


async def test_a_source_that_cannot_be_read_whole_is_told_before_anything_is_done(
    serve: "Serve", vaulted: "Vaulted", company: Company, bao: "Bao", model: int
) -> None:
    bao.put("crm/api", token=OLD)
    bao.put("hr/org", id=ORGANIZATION)
    for parameter, path, name in (
        ("apiKey", PATH, "token"),
        ("organizationId", "secret/hr/org", "id"),
    ):
        wanted = {"connection_id": model, "parameter": parameter, "path": path, "field": name}
        assert (await vaulted.call("secret_binding_set", **wanted)).data["changed"] is True
    rules = (
        'path "secret/metadata/*" { capabilities = ["list", "read", "patch"] }\n'
        'path "secret/data/crm/*" { capabilities = ["read", "update"] }'
    )
    bao.send("POST", "sys/policies/acl/crm-only", {"policy": rules})
    made = bao.send("POST", "auth/token/create", {"policies": ["crm-only"], "ttl": "5m"})
    token = made["auth"]["client_token"]
    await company.control("DELETE", "/requests")
    async with serve(VAULT_ADDR=bao.address, VAULT_TOKEN=token) as server:
        refused = await server.call("secret_rotation_run", path=PATH, regenerate=["token"])
        problem = refused.error["problems"][0]
        assert problem["path"] == f"connection {model} organizationId"
        assert "refused to read" in problem["problem"]
    log = (await company.control("GET", "/requests"))["requests"]
    assert [one for one in log if one["method"] != "GET"] == []
    assert bao.values("crm/api") == {"token": OLD}


async def test_a_manager_that_seals_in_the_middle_leaves_no_scenario_off_and_claims_nothing(
    serve: "Serve",
    tmp_path_factory: pytest.TempPathFactory,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    model: int,
) -> None:
    module = step(
        1,
        "openai-gpt-3:CreateCompletion",
        parameters={"__IMTCONN__": model},
        metadata={"parameters": [{"name": "__IMTCONN__", "type": "account:openai-gpt-3"}]},
    )
    scenario = (await new_scenario(blueprint(module, name="Writer"), active=True))["id"]
    with started_bao(tmp_path_factory.mktemp("sealing")) as bao:
        bao.put("crm/api", token=OLD, org=ORGANIZATION)
        async with serve(VAULT_ADDR=bao.address, VAULT_TOKEN=ROOT) as server:
            for parameter, field in (("apiKey", "token"), ("organizationId", "org")):
                sink = {"connection_id": model, "parameter": parameter}
                await server.call("secret_binding_set", **sink, path=PATH, field=field)
            await server.apply("secret_rotation_run", path=PATH)
            store = await server.kernel.store()
            append = store.journal_append
            wanted: dict[str, Any] = {"path": PATH, "regenerate": ["token"]}
            wanted["pause_scenarios"] = True
            planned = await server.call("secret_rotation_run", **wanted)

            async def seals(entry: Any) -> Any:
                """Somebody seals it right after the new version was written."""
                if entry.kind == "done" and "version" in str(entry.body.get("answer")):
                    bao.send("PUT", "sys/seal")
                return await append(entry)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(store, "journal_append", seals)
                plan_id = planned.data["plan"]["plan_id"]
                told = await server.call("secret_rotation_run", **wanted, plan_id=plan_id)
    assert told.data["state"] == "rollback_failed"
    assert "could not be brought back" in str(told.data["steps"])
    assert has(company, model) == {"apiKey": OLD, "organizationId": ORGANIZATION}
    assert (await company.get(f"/scenarios/{scenario}"))["scenario"]["isActive"] is True

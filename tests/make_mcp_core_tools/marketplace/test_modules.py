"""Modules: their forms, their options, checks of their settings, and remote procedures."""

import json
from typing import Any

import pytest
from harness import Company, Connect
from jsonschema import Draft202012Validator

from .conftest import Shop

pytestmark = pytest.mark.anyio


async def test_modules_are_listed_by_kind_and_by_what_they_do(shop: Shop) -> None:
    told = (await shop.core.call("app_module_list", app="google-sheets", kind="action")).data
    assert [row["module"] for row in told["modules"]] == [
        "google-sheets:addRow",
        "google-sheets:updateRow",
    ]
    fitting = await shop.core.call("app_module_list", app="google-sheets", query="find rows")
    assert fitting.data["modules"][0]["module"] == "google-sheets:filterRows"


async def test_a_module_is_told_with_fields_and_a_template(shop: Shop) -> None:
    told = await shop.core.call("app_module_get", modules=["slack:CreateMessage", "util:Switcher"])
    slack, switcher = told.data["specs"]
    assert slack["needs"] == ["account:slack,slack2"]
    fields = {row["name"]: row for row in slack["mapper"]}
    assert (fields["channel"]["required"], fields["channel"]["options"]) == (
        True,
        "rpc://ListChannels",
    )
    assert slack["to_fill_in"] == ["parameters.__IMTCONN__", "mapper.channel"]
    assert switcher["module_template"]["module"] == "util:Switcher"


async def test_the_template_of_every_module_passes_the_validation(shop: Shop) -> None:
    apps = (await shop.core.call("app_list", team_id=shop.team, limit=100)).data["apps"]
    judged = 0
    for app in apps:
        rows = await shop.core.call("app_module_list", app=app["app"], limit=100)
        names = [row["module"] for row in rows.data["modules"]]
        for name in names:
            told = await shop.core.call("app_module_get", modules=[name], view="form")
            for spec in told.data["specs"]:
                judged += await _is_valid(shop, spec["module_template"], spec["kind"])
    assert judged > 40


async def _is_valid(shop: Shop, module: dict[str, Any], kind: str) -> int:
    """Hold a template against the validation; what only makes sense behind others is left out."""
    if kind not in ("action", "search", "trigger", "instant"):
        return 0
    blueprint = {"name": "One", "flow": [module], "metadata": {"version": 1}}
    told = (await shop.core.call("blueprint_validate", blueprint=blueprint)).data
    assert told["valid"], (module["module"], told["faults"])
    return 1


async def test_a_json_schema_takes_what_the_validation_takes(shop: Shop) -> None:
    told = await shop.core.call("app_module_get", modules=["http:MakeRequest"], view="json_schema")
    schema, made = told.data["specs"][0]["json_schema"], told.data["specs"][0]["module_template"]
    Draft202012Validator.check_schema(schema)
    validator: Any = Draft202012Validator(schema)
    mapped = {"url": "https://example.com", "method": "{{1.method}}", "timeout": 30}
    good = {"parameters": made["parameters"], "mapper": made["mapper"] | mapped}
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "mapper": good["mapper"] | {"method": "fetch"}})
    checked = await shop.core.call("app_module_validate", module="http:MakeRequest", **good)
    assert checked.data["valid"] is True


async def test_a_wrong_module_name_is_answered_with_the_nearest(shop: Shop) -> None:
    told = await shop.core.call("app_module_get", modules=["slack:createMesage"])
    assert told.error["code"] == "unknown_module"
    assert "`slack:CreateMessage`" in told.error["why"]
    shapeless = await shop.core.call("app_module_get", modules=["slack"])
    assert shapeless.error["code"] == "invalid_arguments"


# Options


async def options(shop: Shop, **arguments: Any) -> dict[str, Any]:
    return (await shop.core.call("app_module_option_list", team_id=shop.team, **arguments)).data


async def test_the_sheets_of_an_account_are_listed_step_by_step(shop: Shop) -> None:
    asked: dict[str, Any] = {
        "module": "google-sheets:addRow",
        "connection_id": shop.connections["google"],
    }
    sheets = await options(shop, field="spreadsheetId", **asked)
    assert {"value": "1LeadTracker", "label": "Lead tracker"} in sheets["options"]
    empty = await options(shop, field="sheetId", **asked)
    assert "spreadsheetId" in empty["note"]
    values = {"spreadsheetId": "1LeadTracker"}
    tabs = await options(shop, field="sheetId", values=values, **asked)
    assert [row["value"] for row in tabs["options"]] == ["Leads", "Won", "Lost"]
    values["sheetId"] = "Leads"
    fields = await options(shop, field="values", values=values, **asked)
    assert [row["label"] for row in fields["fields"]][:2] == ["ID (A)", "Email (B)"]


async def test_options_are_searched_and_paged(shop: Shop) -> None:
    asked: dict[str, Any] = {
        "module": "slack:CreateMessage",
        "field": "mapper.channel",
        "connection_id": shop.connections["slack"],
    }
    first = await options(shop, limit=2, **asked)
    rest = await options(shop, limit=100, cursor=first["next_cursor"], **asked)
    assert len(first["options"]) + len(rest["options"]) == first["total"]
    found = await options(shop, query="SALES", **asked)
    assert [row["value"] for row in found["options"]] == ["#sales"]


async def test_connections_of_the_right_type_are_options_too(shop: Shop) -> None:
    found = await options(shop, module="slack:CreateMessage", field="__IMTCONN__")
    assert [row["value"] for row in found["options"]] == [shop.connections["slack"]]
    assert found["source"] == "team"


async def test_fixed_options_come_from_the_manifest_with_what_they_bring(shop: Shop) -> None:
    found = await options(shop, module="http:MakeRequest", field="authenticationType")
    brings = {row["value"]: row.get("brings") for row in found["options"]}
    assert brings == {
        "noAuth": None,
        "apiKey": ["apiKeyKeychain"],
        "basicAuth": ["basicAuthKeychain"],
        "oAuth": ["oAuthAccount"],
    }
    nested = await options(
        shop,
        module="http:MakeRequest",
        field="apiKeyKeychain",
        values={"authenticationType": "apiKey"},
    )
    assert nested["type"] == "keychain:apikeyauth"


async def test_an_unknown_field_and_a_dead_connection_are_told(shop: Shop) -> None:
    unknown = await shop.core.call(
        "app_module_option_list", module="slack:CreateMessage", field="chanel", team_id=shop.team
    )
    assert "channel" in unknown.error["why"]
    dead = await shop.core.call(
        "app_module_option_list",
        module="slack:CreateMessage",
        field="channel",
        values={"__IMTCONN__": 424_242},
        team_id=shop.team,
    )
    assert dead.error["code"] == "options_unavailable"
    assert "connection_list" in dead.error["next_step"]


# Checking


async def check(shop: Shop, module: str, **arguments: Any) -> dict[str, Any]:
    told = await shop.core.call(
        "app_module_validate", module=module, team_id=shop.team, **arguments
    )
    return told.data


async def test_all_faults_of_a_module_come_in_one_answer(shop: Shop) -> None:
    told = await shop.core.call("app_module_get", modules=["http:MakeRequest"])
    defaults = told.data["specs"][0]["module_template"]["mapper"]
    told = await check(
        shop,
        "http:MakeRequest",
        parameters={"authenticationType": "{{1.login}}"},
        mapper=defaults | {"method": "fetch", "timeout": "long", "headers": {"a": "b"}},
    )
    assert told["valid"] is False
    assert {row["path"] for row in told["faults"] if row["severity"] == "error"} == {
        "parameters.authenticationType",
        "mapper.url",
        "mapper.method",
        "mapper.timeout",
        "mapper.headers",
    }


async def test_defaults_are_filled_in_on_request(shop: Shop) -> None:
    told = await check(
        shop,
        "http:MakeRequest",
        mapper={"url": "https://example.com", "method": "post"},
        fill_defaults=True,
    )
    assert told["valid"] is True
    assert told["filled"]["parameters"] == {"authenticationType": "noAuth"}
    assert told["filled"]["mapper"]["method"] == "post"
    bare = await check(shop, "http:MakeRequest", mapper={"url": "https://example.com"})
    faults = {row["path"]: row.get("fix") for row in bare["faults"]}
    assert faults["mapper.parseResponse"].startswith("Default: ")


async def test_a_mapped_formula_in_a_select_is_not_called_wrong(shop: Shop) -> None:
    told = await check(
        shop,
        "slack:CreateMessage",
        connection_id=shop.connections["slack"],
        mapper={"channel": "{{if(1.urgent; `#urgent`; `#sales`)}}", "text": "x"},
    )
    assert (told["valid"], told["faults"]) == (True, [])


async def test_a_mapped_choice_leaves_what_hangs_on_it_unchecked(shop: Shop) -> None:
    told = await check(
        shop,
        "google-sheets:addRow",
        connection_id=shop.connections["google"],
        mapper={
            "spreadsheetId": "1LeadTracker",
            "sheetId": "{{1.sheet}}",
            "values": {"0": "{{1.id}}", "whatever": 1},
        },
    )
    assert told["valid"] is True
    assert told["not_checked"] == ["mapper.values"]


async def test_the_fields_of_the_chosen_sheet_count(shop: Shop) -> None:
    mapper = {"spreadsheetId": "1LeadTracker", "sheetId": "Leads", "values": {"0": "a", "9": "b"}}
    told = await check(
        shop,
        "google-sheets:addRow",
        connection_id=shop.connections["google"],
        mapper=mapper,
        strict=True,
    )
    assert [row["path"] for row in told["faults"]] == ["mapper.values.9"]
    doubtful = await check(
        shop,
        "google-sheets:addRow",
        connection_id=shop.connections["google"],
        mapper=mapper | {"sheetId": "Leadz"},
    )
    fault = next(row for row in doubtful["faults"] if row["path"] == "mapper.sheetId")
    assert (fault["severity"], "Leads" in fault["fix"]) == ("warning", True)


async def test_a_connection_of_another_app_is_refused(shop: Shop) -> None:
    told = await check(
        shop,
        "google-sheets:addRow",
        parameters={"__IMTCONN__": shop.connections["slack"]},
        mapper={"spreadsheetId": "1LeadTracker", "sheetId": "Leads"},
    )
    fault = next(row for row in told["faults"] if row["path"] == "parameters.__IMTCONN__")
    assert fault["severity"] == "error"
    assert str(shop.connections["google"]) in fault["fix"]


async def test_what_the_editor_shows_of_choices_is_given_on_request(shop: Shop) -> None:
    told = await check(
        shop,
        "slack:CreateMessage",
        parameters={"__IMTCONN__": shop.connections["slack"]},
        mapper={"channel": "#sales", "text": "{{1.text}}"},
        restore=True,
    )
    assert told["restore"] == {
        "parameters": {
            "__IMTCONN__": {
                "label": "Slack sales bot",
                "data": {"scoped": "true", "connection": "slack"},
            }
        },
        "expect": {"channel": {"mode": "chose", "label": "#sales"}, "text": {"mode": "edit"}},
    }


async def test_every_module_of_the_company_passes_without_a_false_error(shop: Shop) -> None:
    """Scenarios that run are fine; only required fields may be called otherwise in them."""
    scenarios = (await shop.company.get("/scenarios", teamId=shop.team))["scenarios"]
    judged = 0
    for row in scenarios:
        kept = await shop.company.get(f"/scenarios/{row['id']}/blueprint")
        for module in kept["response"]["blueprint"]["flow"]:
            if not module.get("mapper") or module["module"].startswith("app#"):
                continue
            told = await check(
                shop,
                module["module"],
                version=module["version"],
                parameters=module.get("parameters") or {},
                mapper=module["mapper"],
            )
            wrong = [one for one in told["faults"] if one["severity"] == "error"]
            mandatory = [one for one in wrong if one["problem"] == "Field is mandatory."]
            assert wrong == mandatory, json.dumps([module, wrong])
            judged += 1
    assert judged > 20


async def test_a_used_up_rate_is_told_and_not_taken_for_a_fault(
    company: Company, connect: Connect
) -> None:
    fault = {"path": "^/api/v2/rpcs", "status": 429, "retry_after": 60}
    await company.control("POST", "/faults", fault)
    async with connect() as core:
        told = await core.call(
            "app_module_validate",
            module="slack:CreateMessage",
            parameters={"__IMTCONN__": 2},
            mapper={"channel": "#sales"},
            team_id=1,
        )
        assert told.error["retryable"] is True


# Procedures


async def test_a_procedure_that_forms_ask_runs_at_once(shop: Shop) -> None:
    data = {"__IMTCONN__": shop.connections["slack"]}
    told = await shop.core.call("app_rpc_execute", app="slack", rpc="ListChannels", data=data)
    assert {"label": "#sales", "value": "#sales"} in told.data["answer"]


async def test_another_procedure_answers_with_a_plan_first(shop: Shop) -> None:
    arguments: dict[str, Any] = {
        "app": "google-email",
        "rpc": "ListLabels",
        "data": {"__IMTCONN__": shop.connections["google-restricted"]},
    }
    await shop.company.control("DELETE", "/requests")
    planned = await shop.core.call("app_rpc_execute", **arguments)
    assert planned.data["plan"]["requests"][0]["path"] == "/rpcs/google-email/4/ListLabels"
    log = (await shop.company.control("GET", "/requests"))["requests"]
    assert [one for one in log if one["method"] == "POST"] == []
    done = await shop.core.apply("app_rpc_execute", **arguments)
    assert done.data["answer"][0] == {"label": "INBOX", "value": "INBOX"}


async def test_an_unknown_procedure_is_answered_with_those_there_are(shop: Shop) -> None:
    told = await shop.core.call("app_rpc_execute", app="slack", rpc="Channels")
    assert "ListChannels" in told.error["why"]


async def test_all_modules_that_are_not_there_are_told_at_once_with_those_meant(shop: Shop) -> None:
    wanted = ["slack:PostMessage", "json:ParseJSON", "http:MakeARequest", "slck:Send", "bare"]
    told = (await shop.core.call("app_module_get", modules=wanted)).error
    faults = {one["path"]: one["fix"] for one in told["problems"]}
    assert sorted(faults) == ["modules[0]", "modules[2]", "modules[3]", "modules[4]"]
    assert faults["modules[0]"].startswith("Most like it: `slack:CreateMessage`")
    assert "`http:MakeRequest`" in faults["modules[2]"]
    assert faults["modules[3]"].startswith("Most like it: `slack`")


async def test_an_app_and_a_module_may_be_named_apart(shop: Shop) -> None:
    given = {"field": "channel", "connection_id": shop.connections["slack"], "team_id": shop.team}
    apart = await shop.core.call(
        "app_module_option_list", app="slack", module="CreateMessage", **given
    )
    whole = await shop.core.call("app_module_option_list", module="slack:CreateMessage", **given)
    assert apart.data == whole.data
    assert apart.data["options"]


async def test_a_connection_that_is_named_stands_in_the_template_and_in_a_procedure(
    shop: Shop,
) -> None:
    own = shop.connections["slack"]
    told = await shop.core.call(
        "app_module_get", modules=["slack:CreateMessage"], connection_id=own, view="forman"
    )
    (spec,) = told.data["specs"]
    assert spec["module_template"]["parameters"] == {"__IMTCONN__": own}
    assert spec["to_fill_in"] == ["mapper.channel"]
    asked = {"app": "slack", "rpc": "ListChannels"}
    named = await shop.core.call("app_rpc_execute", **asked, connection_id=own)
    raw = await shop.core.call("app_rpc_execute", **asked, data={"__IMTCONN__": own})
    assert named.data["answer"] == raw.data["answer"]


async def test_credentials_of_a_custom_app_are_told_too(shop: Shop) -> None:
    rows = (await shop.core.call("app_list", team_id=shop.team, limit=100)).data["apps"]
    own = next(row["app"] for row in rows if row["app"].startswith("app#harbor-warehouse"))
    told = (await shop.core.call("app_credential_list", app=own)).data
    assert {row["name"] for row in told["modules"]} >= {"searchStock", "moveStock"}
    assert {row["type"] for row in told["modules"]} == {f"account:{own.removeprefix('app#')}"}
    none = await shop.core.call("app_credential_list", app="slack", version=77)
    assert none.error["code"] == "unknown_app"
    assert (await shop.core.call("app_credential_list", app="json")).data["modules"] == []


async def test_every_module_s_template_passes_validation_once_it_is_filled_in(shop: Shop) -> None:
    rows = (await shop.core.call("app_list", team_id=shop.team, limit=100)).data["apps"]
    checked = 0
    for app in [row["app"] for row in rows]:
        found = (await shop.core.call("app_module_list", app=app, limit=100)).data["modules"]
        names = [one["module"] for one in found if one["module"] != "builtin:BasicMerge"]
        for start in range(0, len(names), 10):
            told = await shop.core.call("app_module_get", modules=names[start : start + 10])
            for spec in told.data["specs"]:
                faults = await faults_of(shop, spec["module_template"])
                empty = [one.rpartition(".")[2] for one in spec.get("to_fill_in", [])]
                left = [one for one in faults if not any(name in str(one) for name in empty)]
                assert left == [], spec["module"]
                checked += 1
    assert checked > 90


async def faults_of(shop: Shop, module: dict[str, Any]) -> list[dict[str, Any]]:
    """What `blueprint_validate` holds against a blueprint of one module."""
    metadata = {"version": 1, "scenario": {}, "designer": {"orphans": list[str]()}}
    blueprint = {"name": "One", "flow": [module], "metadata": metadata}
    told = (await shop.core.call("blueprint_validate", blueprint=blueprint)).data
    return [one for one in told["faults"] if one["severity"] == "error"]


async def test_a_formula_in_any_select_is_not_held_against_its_options(shop: Shop) -> None:
    rows = (await shop.core.call("app_list", team_id=shop.team, limit=100)).data["apps"]
    selects = 0
    for app in [row["app"] for row in rows]:
        found = (await shop.core.call("app_module_list", app=app, limit=100)).data["modules"]
        names = [one["module"] for one in found][:10]
        for spec in (await shop.core.call("app_module_get", modules=names)).data["specs"]:
            chosen = [one["name"] for one in spec.get("mapper", []) if one["type"] == "select"]
            mapper = dict.fromkeys(chosen, "{{1.choice}}")
            told = await shop.core.call(
                "app_module_validate", module=spec["module"], mapper=mapper, team_id=shop.team
            )
            faults = [one for one in told.data["faults"] if "option" in one["problem"]]
            assert faults == [], spec["module"]
            selects += len(chosen)
    assert selects > 20

"""Backups, drift and restoring: what changed is kept, what did not makes no commit."""

import json
from collections.abc import Awaitable, Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from harness import Company, Server

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("many_calls")]

Document = dict[str, Any]
Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Edit = Callable[..., Awaitable[None]]
Git = Callable[..., str]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def scenarios(new_scenario: Maker, blueprint: Builder, step: Builder) -> list[int]:
    made = [
        await new_scenario(
            blueprint(step(1), step(2), name=f"Flow {number}"), scheduling={"type": "on-demand"}
        )
        for number in range(6)
    ]
    return [int(one["id"]) for one in made]


async def test_every_part_of_a_scenario_that_changes_makes_a_commit_and_nothing_else_does(
    core: Server, company: Company, team: int, scenarios: list[int], edit: Edit, git: Git
) -> None:
    store = (await core.call("blueprint_backup", team_id=team)).data["repository"]
    one = scenarios[0]
    fields = [{"name": "city", "type": "text", "label": "City", "required": True}]
    changes: list[tuple[str, str, Document]] = [
        ("description", f"/scenarios/{one}", {"description": "What it does"}),
        ("name", f"/scenarios/{one}", {"name": "Renamed"}),
        (
            "interface",
            f"/scenarios/{one}/interface",
            {"interface": {"input": fields, "output": []}},
        ),
        ("schedule", f"/scenarios/{one}", {"scheduling": '{"type":"on-demand","extra":1}'}),
    ]
    for part, path, body in changes:
        before = (await company.get(f"/scenarios/{one}/blueprint"))["response"]
        await company.send("PATCH", path, body)
        after = (await company.get(f"/scenarios/{one}/blueprint"))["response"]
        drift = (await core.call("blueprint_drift_get", team_id=team)).data
        told = (await core.call("blueprint_backup", team_id=team)).data
        if part == "schedule" and before["scheduling"] == after["scheduling"]:
            continue
        assert [(row["scenario_id"], row["parts"]) for row in drift["drifted"]] == [(one, [part])]
        assert (told["changed"], told["removed"]) == (True, 0), part
        again = (await core.call("blueprint_backup", team_id=team)).data
        assert (again["changed"], again["written"]) == (False, 0), part
        assert (await core.call("blueprint_drift_get", team_id=team)).data["in_step"] is True
    await company.send("POST", f"/scenarios/{one}/start")
    await company.send("POST", f"/scenarios/{one}/stop")
    count = git(store, "rev-list", "--count", "main")
    assert (await core.call("blueprint_backup", team_id=team)).data["changed"] is False
    assert git(store, "rev-list", "--count", "main") == count
    assert git(store, "fsck", "--strict", "--no-dangling") == ""


async def test_a_dry_run_of_a_backup_writes_nothing(
    core: Server, team: int, scenarios: list[int], edit: Edit, git: Git, writes: Writes
) -> None:
    await core.call("blueprint_backup", team_id=team)
    await edit(scenarios[0], "2")
    await writes()
    store = core.kernel.place / "blueprints.git"
    before = git(store, "for-each-ref")
    told = await core.call("blueprint_backup", team_id=team, dry_run=True)
    assert (told.data["changed"], told.data["written"]) == (False, 1)
    assert git(store, "for-each-ref") == before
    assert await writes() == []


@pytest.mark.parametrize("status", [500, 403])
async def test_a_scenario_that_cannot_be_read_keeps_its_file_and_is_told(
    core: Server,
    company: Company,
    team: int,
    scenarios: list[int],
    edit: Edit,
    git: Git,
    status: int,
) -> None:
    await core.call("blueprint_backup", team_id=team)
    broken, changed = scenarios[2], scenarios[4]
    await edit(broken, "unseen")
    await edit(changed, "seen")
    fault = {"path": f"/scenarios/{broken}/blueprint", "status": status}
    await company.control("POST", "/faults", fault)
    drift = (await core.call("blueprint_drift_get", team_id=team)).data
    assert [row["scenario_id"] for row in drift["drifted"]] == [changed]
    assert str(broken) in drift["warnings"][0]
    told = (await core.call("blueprint_backup", team_id=team)).data
    assert (told["written"], told["removed"], len(told["failed"])) == (1, 0, 1)
    assert told["failed"][0].startswith(f"{broken} ")
    kept = git(told["repository"], "show", f"main:team-{team}/scenario-{broken}.json")
    assert '"unseen"' not in kept
    whole = await core.call("blueprint_version_create", target_team_id=team, message="All")
    assert whole.error["code"] == "incomplete"
    await company.control("DELETE", "/faults")
    told = (await core.call("blueprint_backup", team_id=team)).data
    assert (told["written"], told.get("failed")) == (1, None)
    kept = git(told["repository"], "show", f"main:team-{team}/scenario-{broken}.json")
    assert '"unseen"' in kept


async def test_a_scenario_without_versions_says_how_to_keep_one(
    core: Server, company: Company
) -> None:
    old = (await company.get("/scenarios", teamId=1))["scenarios"][0]["id"]
    told = await core.call("blueprint_version_list", scenario_id=old)
    assert told.data["versions"] == []
    assert "blueprint_version_create" in told.data["warnings"][0]


async def test_a_whole_team_is_kept_under_a_tag(
    core: Server, team: int, scenarios: list[int], git: Git
) -> None:
    told = await core.call(
        "blueprint_version_create", target_team_id=team, message="Before the move", tag="v1"
    )
    assert len(told.data["files"]) == len(scenarios)
    names = git(told.data["repository"], "ls-tree", "--name-only", f"v1:team-{team}").split()
    assert names == sorted(f"scenario-{one}.json" for one in scenarios)
    for wrong in ({}, {"scenario_ids": scenarios[:1], "target_team_id": team}):
        refused = await core.call("blueprint_version_create", message="x", **wrong)
        assert refused.error["code"] == "invalid_arguments"


async def test_random_drift_is_found_whole(
    core: Server,
    company: Company,
    team: int,
    scenarios: list[int],
    edit: Edit,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
) -> None:
    random = Random(7)
    known = set(scenarios)
    for turn in range(4):
        await core.call("blueprint_backup", team_id=team)
        expected: dict[int, str] = {}
        for one in sorted(known):
            fate = random.choice(["left", "left", "changed", "missing", "moved"])
            if fate == "changed":
                await edit(one, f"turn {turn}")
                expected[one] = "changed"
            elif fate == "missing" and len(known) > 2:
                await company.send("DELETE", f"/scenarios/{one}", confirmed="true")
                known.discard(one)
                expected[one] = "missing"
            elif fate == "moved":
                shown = (await company.get(f"/scenarios/{one}/blueprint"))["response"]["blueprint"]
                shown["flow"][0]["metadata"]["designer"] = {"x": turn, "y": one}
                body = {"blueprint": json.dumps(shown)}
                await company.send("PATCH", f"/scenarios/{one}", body, confirmed="true")
        for _ in range(random.randint(0, 2)):
            made = (await new_scenario(blueprint(step(1), step(2))))["id"]
            known.add(made)
            expected[made] = "new"
        told = (await core.call("blueprint_drift_get", team_id=team)).data
        found = {row["scenario_id"]: row["state"] for row in told["drifted"]}
        assert found == expected, turn
        assert told["in_step"] is not bool(expected)
        tools = [call["tool"] for call in told.get("next_calls", [])]
        assert tools[-1:] == (["blueprint_backup"] if expected else [])
        assert ("blueprint_restore" in tools) == ("changed" in expected.values())


async def test_a_version_three_back_is_restored_and_equals_it_but_for_metadata(
    core: Server, scenarios: list[int], stored: Reader, blueprint: Builder, company: Company
) -> None:
    random = Random(3)
    one = scenarios[0]
    states: list[Document] = [(await stored(one))["blueprint"]]
    for number in range(6):
        ops: list[Document] = [
            {"op": "set_mapper", "module": 1, "name": "value", "value": f"{number}"}
        ]
        if random.random() < 0.6:
            module = {"module": "util:FunctionSleep", "version": 1, "mapper": {"duration": number}}
            ops.append({"op": "add_module", "module": module, "after": random.choice([1, 2])})
        told = await core.call("scenario_patch", scenario_id=one, ops=ops)
        assert told.data["changed"] is True
        states.append((await stored(one))["blueprint"])
    listed = (await core.call("blueprint_version_list", scenario_id=one)).data["versions"]
    versions = [row["version"] for row in listed if row["source"] == "make"]
    for back in (3, 1, 5):
        version, state = versions[back], states[-1 - back]
        await core.apply("blueprint_restore", scenario_id=one, version_id=version)
        assert _bare((await stored(one))["blueprint"]) == _bare(state), back


def _bare(document: Document) -> Document:
    copy = deepcopy(document)
    copy.pop("metadata", None)
    for module in copy["flow"]:
        module.pop("metadata", None)
    return copy


async def test_a_secret_is_never_restored_into_another_app(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    stored: Reader,
) -> None:
    old = step(2, "http:ActionSendData", version=3, mapper={"password": "old", "url": "a"})
    new = step(2, "mailer:Send", mapper={"password": "hunter2", "to": "b"})
    made = (await new_scenario(blueprint(step(1), old)))["id"]
    await core.call("blueprint_version_create", scenario_ids=[made], message="Old")
    body = {"blueprint": json.dumps(blueprint(step(1), new))}
    await company.send("PATCH", f"/scenarios/{made}", body, confirmed="true")
    before = await stored(made)
    told = await core.call("blueprint_restore", scenario_id=made, ref="main")
    assert told.error["code"] == "secrets_missing"
    assert told.error["problems"][0]["path"] == "flow[1].mapper.password"
    assert await stored(made) == before


@pytest.fixture
def flow(blueprint: Builder, step: Builder) -> Builder:
    """Builds a flow that ends with a message over a connection."""

    def build(slack: int, text: str, *more: Document, **gate: Any) -> Document:
        send = step(
            3,
            "slack:CreateMessage",
            version=4,
            parameters={"__IMTCONN__": slack},
            mapper={"text": text},
            metadata={"parameters": [{"name": "__IMTCONN__", "type": "account:slack"}]},
            **gate,
        )
        return blueprint(*more, step(2), send)

    return build


async def test_a_difference_names_settings_and_what_deserves_a_second_look(
    core: Server,
    company: Company,
    new_scenario: Maker,
    flow: Builder,
    step: Builder,
    connection: Callable[..., Awaitable[int]],
) -> None:
    one, two = await connection("One"), await connection("Two")
    gate = {"name": "Only", "conditions": [[{"a": "{{2.v2}}", "o": "exist"}]]}
    made = (
        await new_scenario(
            flow(one, "{{2.v2}}", step(1), filter=gate), scheduling={"type": "on-demand"}
        )
    )["id"]
    await core.call("blueprint_version_create", scenario_ids=[made], message="Before")
    after = flow(two, "{{9.gone}}")
    await company.send(
        "PATCH", f"/scenarios/{made}", {"blueprint": json.dumps(after)}, confirmed="true"
    )
    fields = [{"name": "city", "type": "text", "label": "City", "required": True}]
    interface = {"interface": {"input": fields, "output": []}}
    await company.send("PATCH", f"/scenarios/{made}/interface", interface)
    told = (await core.call("blueprint_diff", scenario_id=made, ref="main")).data
    assert told["settings"] == ["+ input city"]
    risks = "\n".join(told["risks"])
    for part in (
        "trigger: module 1",
        "filter: module 3",
        f"binding: module 3 connection {one} -> {two}",
        "reference: module 3: There is no module 9.",
        "input city is required now",
    ):
        assert part in risks, part


async def test_a_scenario_is_compared_with_a_template(
    core: Server, company: Company, scenarios: list[int]
) -> None:
    made = scenarios[0]
    made_of = (await company.get("/templates", teamId=1))["templates"][0]["id"]
    other = await core.call("blueprint_diff", scenario_id=made, template_id=made_of)
    assert other.data["before"] == f"template {made_of}"
    documents = await company.get(f"/templates/{made_of}/blueprint")
    there = await core.call("blueprint_diff", scenario_id=made, blueprint=documents["blueprint"])
    assert other.data["change_count"] == there.data["change_count"] > 0
    both = await core.call("blueprint_diff", scenario_id=made, template_id=made_of, version_id=1)
    assert both.error["code"] == "invalid_arguments"

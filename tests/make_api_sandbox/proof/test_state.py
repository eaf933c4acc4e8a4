"""Any history of calls leaves exactly what it should: ten resources against a model of them."""

import itertools
import json
from functools import cache
from typing import Any, cast
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from .driver import TEAMS, Driver
from .model import KINDS, SPEC, JsonObject, Model, Thing, documents, fits

TEAM = st.sampled_from(TEAMS)
NAMES = st.one_of(
    st.sampled_from(["", "a", "A", "b", "ä", "x" * 100, "x" * 120, "x" * 128, "x" * 129]),
    st.text(max_size=8),
)
KEYS = st.sampled_from(["a", "a/b", "by-run", "ü %", "?#"]) | st.text(max_size=3)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
DATA = st.one_of(
    st.fixed_dictionaries({"note": st.text(max_size=5)}, optional={"count": st.integers(0, 9)}),
    st.dictionaries(st.sampled_from(["note", "count", "other", ""]), SCALARS | st.lists(SCALARS)),
)
VARIABLES = st.sampled_from(["a", "b", "teamName", "no space"])
TYPED = st.sampled_from([(1, 7), (2, "text"), (3, True), (1, "text"), (3, 0), (5, "text")])


_NOTHING: Any = cast(Any, multiple)()


@cache
def driver() -> Driver:
    """One company for all histories; each starts it over."""
    return Driver()


class Histories(RuleBasedStateMachine):
    """Calls in any order, each answered as the model says."""

    things: Bundle[Thing] = Bundle("things")
    stores: Bundle[Thing] = Bundle("stores")
    scenarios: Bundle[Thing] = Bundle("scenarios")
    hooks: Bundle[Thing] = Bundle("hooks")

    def __init__(self) -> None:
        super().__init__()
        self.api = driver()
        self.api.start_over()
        self.model = Model()
        self.touched = (TEAMS[0], "folder")
        self.first: dict[str, list[Any]] = {}

    # A team that works already, so that short histories meet things that depend on one another

    @initialize(target=things)
    def first_things(self) -> Any:
        first = self._first_team()
        return multiple(*first["folder"], *first["connection"], *first["structure"])

    @initialize(target=stores)
    def first_stores(self) -> Any:
        return multiple(*self._first_team()["store"])

    @initialize(target=hooks)
    def first_hooks(self) -> Any:
        return multiple(*self._first_team()["hook"])

    @initialize(target=scenarios)
    def first_scenarios(self) -> Any:
        return multiple(*self._first_team()["scenario"])

    def _first_team(self) -> dict[str, list[Any]]:
        if self.first:
            return self.first
        folder, connection = (self.make(kind, 1, "First") for kind in ("folder", "connection"))
        hook, structure = self.make_hook(1, "First"), self.make_structure(1, "First", True)
        stores = [self.make_store(1, "First", 1, one) for one in (None, structure)]
        for store, key in itertools.product(stores, ("a", "a/b")):
            self.add_record(store, key, {"note": "first"})
        scenarios = [
            self.make_scenario(1, "First", folder, None, hook),
            self.make_scenario(1, "Second", None, stores[0], connection),
            self.make_scenario(1, "Third", folder, stores[1], None),
        ]
        self.first = {
            "folder": [folder],
            "connection": [connection],
            "structure": [structure],
            "hook": [hook],
            "store": stores,
            "scenario": scenarios,
        }
        return self.first

    # Things of every kind

    @rule(
        target=things,
        kind=st.sampled_from(["folder", "key", "connection", "template"]),
        team=TEAM,
        name=NAMES,
    )
    def make(self, kind: str, team: int, name: str) -> Any:
        return self._made(Thing(kind, 0, team, name), _body(kind, team, name))

    @rule(target=hooks, team=TEAM, name=NAMES)
    def make_hook(self, team: int, name: str) -> Any:
        body = _body("hook", team, name)
        return self._made(Thing("hook", 0, team, name), body)

    @rule(target=things, team=TEAM, name=NAMES, strict=st.booleans())
    def make_structure(self, team: int, name: str, strict: bool) -> Any:
        body = {"teamId": team, "name": name, "strict": strict, "spec": SPEC}
        return self._made(Thing("structure", 0, team, name, strict=strict), body)

    @rule(
        target=stores,
        team=TEAM,
        name=NAMES,
        megabytes=st.integers(0, 4),
        structure=st.none() | things,
    )
    def make_store(self, team: int, name: str, megabytes: int, structure: Thing | None) -> Any:
        if structure is not None and structure.kind != "structure":
            structure = None
        refused = 400 if megabytes == 0 or not _is_name("store", name) else None
        refused = refused or self.model.refusal_of_store(structure, team, megabytes)
        thing = Thing("store", 0, team, name, structure=structure, megabytes=megabytes)
        body: JsonObject = {"teamId": team, "name": name, "maxSizeMB": megabytes}
        body |= {"datastructureId": structure.id} if structure else {}
        return self._made(thing, body, refused)

    @rule(
        target=scenarios,
        team=TEAM,
        name=NAMES.filter(bool),
        folder=st.none() | things,
        store=st.none() | stores,
        other=st.none() | things | hooks,
    )
    def make_scenario(
        self,
        team: int,
        name: str,
        folder: Thing | None,
        store: Thing | None,
        other: Thing | None,
    ) -> Any:
        folder = folder if folder and folder.kind == "folder" else None
        named = [
            one for one in (store, other) if one and one.kind in ("store", "hook", "connection")
        ]
        thing = Thing("scenario", 0, team, name, folder=folder, needs=tuple(named))
        thing.invalid = any(t.kind == "connection" and not thing.reaches(t) for t in named)
        blueprint, scheduling = documents(name, thing.needs)
        body: JsonObject = {"teamId": team, "blueprint": blueprint, "scheduling": scheduling}
        body |= {"folderId": folder.id} if folder else {}
        return self._made(thing, body, self._refusal_of_scenario(thing), confirmed="true")

    def _refusal_of_scenario(self, thing: Thing) -> int | None:
        if thing.folder and not (thing.folder.alive and thing.folder.team == thing.team):
            return 404
        wanted = [one for one in thing.needs if one.kind == "hook"]
        taken = [one for one in self.model.living("scenario") if one.hook in wanted]
        return 400 if wanted and taken else None

    @rule(thing=things | stores | scenarios | hooks, name=NAMES)
    def rename(self, thing: Thing, name: str) -> None:
        kind = KINDS[thing.kind]
        answer = self.api.call("PATCH", f"{kind.path}/{thing.id}", {"name": name})
        expected = 200 if _is_name(thing.kind, name) else 400
        assert answer.status_code == (expected if thing.alive else 404), answer.text
        if answer.status_code == 200:
            thing.name = name
            assert answer.json()[kind.singular]["name"] == name
        self.touched = (thing.team, thing.kind)

    @rule(thing=things | stores | scenarios | hooks)
    def read(self, thing: Thing) -> None:
        kind = KINDS[thing.kind]
        if thing.kind == "folder":
            return
        answer = self.api.call("GET", f"{kind.path}/{thing.id}")
        assert answer.status_code == (200 if thing.alive else 404), answer.text
        if thing.alive:
            self._same(thing, answer.json()[kind.singular])

    @rule(thing=things | stores | scenarios | hooks, confirmed=st.booleans())
    def remove(self, thing: Thing, confirmed: bool) -> None:
        kind = KINDS[thing.kind]
        query = {"confirmed": "true"} if confirmed else {}
        answer = self.api.call("DELETE", f"{kind.path}/{thing.id}", **query)
        asked = self.model.asks(thing) and not confirmed
        expected = 404 if not thing.alive else 406 if asked else 200
        assert answer.status_code == expected, answer.text
        if expected == 200:
            assert answer.json()[kind.singular] == thing.id
            self.model.remove(thing)
        self.touched = (thing.team, thing.kind)

    # Records

    @rule(store=stores, key=st.none() | KEYS, data=DATA)
    def add_record(self, store: Thing, key: str | None, data: JsonObject) -> None:
        body: JsonObject = {"data": data} | ({} if key is None else {"key": key})
        answer = self.api.call("POST", f"/data-stores/{store.id}/data", body)
        whole = data | self._blank(store, data)
        wrong = key == "" or key in store.records or self._misfits(store, whole)
        assert answer.status_code == (400 if wrong else 200) if store.alive else 404, answer.text
        if answer.status_code == 200:
            said = answer.json()
            assert said["data"] == whole
            assert key in (None, said["key"])
            store.records[said["key"]] = whole
        self.touched = (store.team, "store")

    @rule(store=stores, key=KEYS.filter(bool), data=DATA, method=st.sampled_from(["PUT", "PATCH"]))
    def write_record(self, store: Thing, key: str, data: JsonObject, method: str) -> None:
        path = f"/data-stores/{store.id}/data/{quote(key, safe='')}"
        answer = self.api.call(method, path, data)
        former = store.records.get(key) if store.alive else None
        whole = data if method == "PUT" else (former or {}) | data
        expected = 404 if former is None else 400 if self._misfits(store, whole) else 200
        assert answer.status_code == expected, answer.text
        if expected == 200:
            assert answer.json() == {"key": key, "data": whole}
            store.records[key] = whole

    @rule(store=stores, keys=st.lists(KEYS, max_size=3), confirmed=st.booleans(), all=st.booleans())
    def drop_records(self, store: Thing, keys: list[str], confirmed: bool, all: bool) -> None:
        body: JsonObject = {"all": True, "exceptKeys": keys} if all else {"keys": keys}
        query = {"confirmed": "true"} if confirmed else {}
        answer = self.api.call("DELETE", f"/data-stores/{store.id}/data", body, **query)
        refused = 406 if all and not confirmed else 400 if not all and not keys else 200
        assert answer.status_code == (refused if store.alive else 404), answer.text
        if answer.status_code == 200:
            gone = [key for key in store.records if (key in keys) is not all]
            assert sorted(answer.json()["keys"]) == sorted(gone)
            for key in gone:
                del store.records[key]
        self.touched = (store.team, "store")

    @rule(store=stores)
    def list_records(self, store: Thing) -> None:
        if not store.alive:
            return
        said = self.api.get(f"/data-stores/{store.id}/data", **{"pg[limit]": 100})
        assert said["count"] == len(store.records)
        assert {one["key"]: one["data"] for one in said["records"]} == store.records

    def _blank(self, store: Thing, data: JsonObject) -> JsonObject:
        fields = SPEC if store.structure else []
        return {one["name"]: None for one in fields if one["name"] not in data}

    def _misfits(self, store: Thing, data: JsonObject) -> bool:
        return bool(store.structure and store.structure.strict) and not fits(data)

    # Variables

    @rule(
        team=TEAM,
        name=VARIABLES,
        typed=TYPED,
        action=st.sampled_from(["add", "change", "remove", "remove now"]),
    )
    def use_variable(self, team: int, name: str, typed: tuple[int, Any], action: str) -> None:
        if action == "add":
            self._add_variable(team, name, typed)
        elif action == "change":
            self._change_variable(team, name, typed)
        else:
            self._remove_variable(team, name, action == "remove now")

    def _add_variable(self, team: int, name: str, typed: tuple[int, Any]) -> None:
        body = {"name": name, "typeId": typed[0], "value": typed[1]}
        answer = self.api.call("POST", f"/teams/{team}/variables", body)
        taken = name == "teamName" or (team, name) in self.model.variables
        wrong = taken or " " in name or not _is_typed(*typed)
        assert answer.status_code == (400 if wrong else 200), answer.text
        if not wrong:
            self.model.variables[team, name] = typed

    def _change_variable(self, team: int, name: str, typed: tuple[int, Any]) -> None:
        body = {"typeId": typed[0], "value": typed[1]}
        answer = self.api.call("PATCH", f"/teams/{team}/variables/{quote(name)}", body)
        known = (team, name) in self.model.variables
        if answer.status_code == 200:
            assert known
            assert _is_typed(*typed)
            self.model.variables[team, name] = typed
        else:
            assert answer.status_code in (400, 404)
            assert not known or not _is_typed(*typed)

    def _remove_variable(self, team: int, name: str, confirmed: bool) -> None:
        query = {"confirmed": "true"} if confirmed else {}
        answer = self.api.call("DELETE", f"/teams/{team}/variables/{quote(name)}", **query)
        known = (team, name) in self.model.variables
        expected = {406, 200} & {200 if confirmed else 406} if known else {400, 404}
        assert answer.status_code in expected, answer.text
        if answer.status_code == 200:
            del self.model.variables[team, name]

    # Scenarios at work

    @rule(scenario=scenarios, switch=st.sampled_from(["start", "stop"]))
    def switch(self, scenario: Thing, switch: str) -> None:
        answer = self.api.call("POST", f"/scenarios/{scenario.id}/{switch}")
        self.api.settle()
        broken = any(not scenario.reaches(t) for t in scenario.needs if t.kind != "store")
        refused = scenario.active or broken if switch == "start" else not scenario.active
        assert answer.status_code == (400 if refused else 200) if scenario.alive else 404
        if answer.status_code == 200:
            scenario.active = switch == "start"
            scenario.invalid = scenario.invalid and not scenario.active
            self._worked(scenario)

    @rule(hook=hooks, body=st.dictionaries(st.sampled_from(["note", "b"]), SCALARS, max_size=2))
    def deliver(self, hook: Thing, body: JsonObject) -> None:
        answer = self.api.deliver(hook.udid, body)
        self.api.settle()
        assert answer.status_code == (200 if hook.alive else 410), answer.text
        if not hook.alive:
            return
        user = next((one for one in self.model.living("scenario") if one.hook is hook), None)
        active = user is not None and user.active
        hook.queue += 1 if active or not hook.learning else 0
        hook.learning = False
        if user is not None:
            self._worked(user)

    @rule(scenario=scenarios)
    def run(self, scenario: Thing) -> None:
        if any(one.kind != "store" for one in scenario.needs):
            return
        answer = self.api.call("POST", f"/scenarios/{scenario.id}/run", {"responsive": True})
        self.api.settle()
        assert answer.status_code == (200 if scenario.alive else 404), answer.text
        if scenario.alive:
            reached = all(scenario.reaches(one) for one in scenario.needs)
            assert (answer.json()["status"] == 1) is reached, answer.text
            self._worked(scenario)

    def _worked(self, scenario: Thing) -> None:
        """Take over what runs have done: errors switch off, records are written, queues shrink."""
        if not scenario.alive:
            return
        said = self.api.get(f"/scenarios/{scenario.id}")["scenario"]
        runs = self.api.get(f"/scenarios/{scenario.id}/logs", **{"pg[limit]": 100})["scenarioLogs"]
        failed = any(run.get("status") == 3 for run in runs)
        if failed:
            scenario.active, scenario.invalid = said["isActive"], said["isinvalid"]
        hook = scenario.hook
        if hook is not None:
            shown = self.api.get(f"/hooks/{hook.id}")["hook"]
            assert shown["queueCount"] in (
                {0} if scenario.active and not failed else {0, hook.queue}
            )
            hook.queue = shown["queueCount"]
        for store in (one for one in scenario.needs if one.kind == "store" and one.alive):
            said = self.api.get(f"/data-stores/{store.id}/data", **{"pg[limit]": 100})
            written = {one["key"]: one["data"] for one in said["records"]}
            assert written.keys() - store.records.keys() <= {"by-run"}
            store.records = written

    # What must hold after every call

    @invariant()
    def the_list_shows_what_the_model_holds(self) -> None:
        team, name = self.touched
        kind = KINDS[name]
        listed = self.api.get(
            kind.path, teamId=team, **({"pg[limit]": 1000} if _is_paged(name) else {})
        )[kind.plural]
        living = list(self.model.living(name, team))
        assert sorted(one["id"] for one in listed) == sorted(one.id for one in living)
        by_id = {one.id: one for one in living}
        for one in listed:
            self._same(by_id[one["id"]], one)
        if kind.by_name and not any("\0" in one.name for one in living):
            assert [one["id"] for one in listed] == [one.id for one in sorted(living, key=_order)]

    def _operations_add_up(self) -> None:
        """What the logs of a team's scenarios tell is what the team has used."""
        for team in TEAMS:
            told = sum(self._operations(one) for one in self.model.living("scenario", team))
            days = self.api.get(f"/teams/{team}/usage")["data"]
            used = sum(day["operations"] for day in days)
            gone = any(t.kind == "scenario" and not t.alive for t in self.model.things)
            assert used >= told if gone else used == told

    def _operations(self, scenario: Thing) -> int:
        query = {"pg[limit]": 1000}
        entries = self.api.get(f"/scenarios/{scenario.id}/logs", **query)["scenarioLogs"]
        return sum(entry.get("operations", 0) for entry in entries)

    def teardown(self) -> None:
        for team in TEAMS:
            for kind in KINDS:
                self.touched = (team, kind)
                self.the_list_shows_what_the_model_holds()
            said = self.api.get(f"/teams/{team}/variables")["teamVariables"]
            own = {
                one["name"]: (one["typeId"], one["value"]) for one in said if not one["isSystem"]
            }
            kept = {name: typed for (at, name), typed in self.model.variables.items() if at == team}
            assert own == kept
        self._operations_add_up()
        assert self.api.world.rows("PRAGMA foreign_key_check") == []

    def _made(
        self, thing: Thing, body: JsonObject, refused: int | None = None, **query: Any
    ) -> Any:
        kind = KINDS[thing.kind]
        if thing.kind == "connection":
            query["teamId"] = thing.team
        answer = self.api.call("POST", kind.path, body, **query)
        if not _is_name(thing.kind, thing.name):
            refused = 400
        assert answer.status_code == (refused or 200), answer.text
        self.touched = (thing.team, thing.kind)
        if answer.status_code != 200:
            return _NOTHING
        said = answer.json()[kind.singular]
        thing.id, thing.udid = said["id"], said.get("udid", "")
        self.model.things.append(thing)
        self._same(thing, said)
        return thing

    def _same(self, thing: Thing, said: JsonObject) -> None:
        expected = self.model.shown(thing)
        shown = {name: said[name] for name in expected if name in said}
        note(f"{thing.kind} {thing.id}: {shown}")
        assert shown == {name: expected[name] for name in shown}
        assert {"id", "name"} <= shown.keys()


def _body(kind: str, team: int, name: str) -> JsonObject:
    """What makes a thing of a kind."""
    if kind == "connection":
        data = {"apiKey": "k", "url": "https://eu1.make.com"}
        return {"accountName": name, "accountType": "make", **data}
    own: dict[str, JsonObject] = {
        "folder": {},
        "key": {
            "typeName": "apikeyauth",
            "parameters": {"key": "k", "placement": "qs", "name": "n"},
        },
        "hook": {"typeName": "gateway-webhook"}
        | dict.fromkeys(("headers", "method", "stringify"), False),
    }
    if kind in own:
        return {"name": name, "teamId": team, **own[kind]}
    blueprint, scheduling = documents("Template", ())
    controller = json.dumps({"name": name, "modules": {}})
    texts = {"blueprint": blueprint, "scheduling": scheduling, "controller": controller}
    return {"teamId": team, "language": "en", **texts}


def _is_name(kind: str, name: str) -> bool:
    return 0 < len(name) <= KINDS[kind].longest


def _is_paged(kind: str) -> bool:
    return kind in ("structure", "store", "scenario", "template")


def _order(thing: Thing) -> tuple[str, int]:
    """By name without regard to case, as far as ASCII goes."""
    folded = "".join(c.lower() if c.isascii() else c for c in thing.name)
    return folded, thing.id


def _is_typed(type_id: int, value: Any) -> bool:
    kinds = {1: int, 2: str, 3: bool}
    return type(value) is kinds.get(type_id)


def _check(examples: int, steps: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        cast(Any, Histories),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=quiet,
        ),
    )


def test_a_few_histories_leave_what_they_should() -> None:
    _check(8, 15)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_long_histories_leave_what_they_should() -> None:
    _check(500, 40)

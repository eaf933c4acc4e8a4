"""Large and deep blueprints are merged."""

import pytest
from make_blueprint.document import (
    MAX_DEPTH,
    Blueprint,
    JsonObject,
    JsonValue,
    as_object,
    clone,
    load,
)
from make_blueprint.merge import merge
from make_blueprint.problem import BlueprintError
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, chain, module, router
from tests.make_blueprint.merging.checked import clean, edited, get, merged

LEVELS_OF_A_ROUTER = 4
"""Its object, its list of routes, a route, and the flow in that."""
LEVELS_OF_A_FLOW = 5
"""The blueprint, the flow, a module, its metadata, the place on the canvas."""
ROUTERS = (MAX_DEPTH - LEVELS_OF_A_FLOW) // LEVELS_OF_A_ROUTER


def nested(routers: int) -> Blueprint:
    """Make a blueprint of routers in routers."""
    flow: list[JsonValue] = [module(1)]
    for number in range(2, 2 * routers + 2, 2):
        flow = [module(number), router(number + 1, flow)]
    return blueprint(*flow)


def test_three_thousand_modules_are_merged_in_linear_time() -> None:
    base = chain(3000)
    added: JsonObject = {
        "op": "add_module",
        "after": 20,
        "module": {"module": "util:FunctionSleep"},
    }
    ours = edited(base, {"op": "set_mapper", "module": 9, "name": "a", "value": 1}, added)
    theirs = edited(base, {**added, "after": 40}, {"op": "remove_module", "module": 80})
    result = merged(base, ours, theirs)
    assert (result.conflicts, result.renumbered) == ([], {3001: 3002})


@pytest.mark.timeout(20)
@pytest.mark.parametrize("base", [nested(ROUTERS), chain(500)], ids=["deep", "long"])
def test_deep_and_long_blueprints_are_merged(base: Blueprint) -> None:
    ours, theirs = clone(base), clone(base)
    as_object(get(theirs, 1)["mapper"])["a"] = 1
    as_object(get(ours, 1)["mapper"])["b"] = 2
    assert get(clean(base, ours, theirs), 1)["mapper"] == {
        **as_object(get(base, 1)["mapper"]),
        "a": 1,
        "b": 2,
    }


def test_what_is_one_router_deeper_than_any_document_is_refused() -> None:
    base, deeper = nested(ROUTERS), nested(ROUTERS + 1)
    assert load(base) == base
    with pytest.raises(BlueprintError, match=f"deeper than {MAX_DEPTH}"):
        merge(base, base, deeper)


@pytest.mark.timeout(20)
def test_two_thousand_renumbered_modules_are_merged() -> None:
    renumbered = clone(chain(2000))
    for visit in walk(renumbered):
        visit.module["id"] = (visit.id or 0) + 5000
    assert merged(chain(2000), chain(2000), renumbered).conflicts == []

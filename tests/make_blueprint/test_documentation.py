"""Scenarios as pages."""

from __future__ import annotations

from hypothesis import given
from make_blueprint.document import Blueprint, JsonObject, as_object
from make_blueprint.documentation import document

from tests.make_blueprint.generate import blueprint, blueprints, few, module, router


def orders() -> Blueprint:
    """A webhook, a guarded mail with an error route, and everything else a page tells of."""
    condition: JsonObject = {"a": "{{1.total}}", "o": "number:greater", "b": "10"}
    mail = module(3, "email:ActionSendEmail", version=7, parameters={"account": 11})
    mail["filter"] = {"name": "Large", "conditions": [[condition]]}
    mail["onerror"] = [module(5, "util:FunctionSleep"), module(4, "builtin:Ignore")]
    mail["mapper"] = {"subject": "{{var.team.greeting}}", "text": "secret-password-123"}
    made = blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}),
        router(2, [mail]),
        description="Tells sales <b>about</b> orders.",
        io={"input_spec": [{"name": "since", "type": "date", "required": True, "help": "From"}]},
    )
    metadata = as_object(made["metadata"])
    as_object(metadata["scenario"])["maxErrors"] = 10
    metadata["notes"] = [
        {"moduleIds": [3], "content": "<p>Sales asked &amp; got it</p>"},
        {"moduleIds": [], "content": "Loose"},
        {"moduleIds": [1], "content": "<p></p>"},
    ]
    return made


def test_a_page_tells_what_a_colleague_asks() -> None:
    page = document(orders())
    assert page.splitlines()[:5] == [
        "# Orders to ledger",
        "",
        r"Tells sales \<b\>about\</b\> orders.",
        "",
        "Starts with `gateway:CustomWebHook`. 5 modules of `gateway`, `builtin`, `email`, `util`.",
    ]
    for line in (
        "| Id | Module | App module | Runs |",
        "| 1 | CustomWebHook | `gateway:CustomWebHook` 1 |  |",
        "| 3 | — ActionSendEmail | `email:ActionSendEmail` 7 "
        '| route 1 of 1; only if "Large": {{1.total}} is greater than 10 |',
        "| since | date | yes | From |",
        "| Hook | 7 |  | 1 |",
        "| Connection | 11 |  | 3 |",
        "| Team variable | greeting |  | 3 |",
        "- Module 3 (email:ActionSendEmail): `util:FunctionSleep` → `builtin:Ignore`",
        "- `maxErrors`: 10 (usually 3, failed runs in a row until it is switched off)",
        "- Module 3: Sales asked & got it",
        "- Loose",
    ):
        assert line in page.splitlines()


def test_values_are_not_shown() -> None:
    assert "secret-password-123" not in document(orders())


def test_an_empty_blueprint_has_a_page() -> None:
    assert document({}) == (
        "# Scenario without a name\n\n0 modules.\n\n```mermaid\nflowchart LR\n```\n"
    )


@few
@given(blueprints())
def test_names_cannot_break_out_of_their_place(made: Blueprint) -> None:
    made["name"] = "x\n# Another heading\n```\n| a | b |"
    headings = [line for line in document(made).splitlines() if line.startswith("# ")]
    assert len(headings) == 1

"""Making templates of scenarios, changing and deleting them."""

from typing import Any, cast

from make_blueprint.document import Blueprint, JsonObject, as_object, clone, compact, dump
from make_blueprint.repair import repair
from make_blueprint.structure import errors
from make_blueprint.walk import walk
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Make,
    NextCall,
    Output,
    ScenarioId,
    TeamId,
    Undo,
    Watch,
    delete,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.blueprint_arguments import (
    BlueprintArgument,
    as_blueprint,
    told,
)
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.saving import lines_of, same
from make_mcp_core_tools._engine.scenarios import read_scenario, read_stored
from make_mcp_core_tools._engine.template_cleaning import (
    Cleaned,
    clean_texts,
    cleaned,
    without_private,
)
from make_mcp_core_tools._engine.templates import (
    OneTemplate,
    TeamTemplate,
    TemplateDocuments,
    read_documents,
    read_template,
)
from make_mcp_core_tools.templates.declared import category

LONGEST_DESCRIPTION = 1_500
SHOWN = 30

# Inputs


class CreateTemplate(Input):
    scenario_id: ScenarioId | None = None
    """Scenario to make it of."""
    blueprint: BlueprintArgument | None = None
    """Or a blueprint."""
    team_id: TeamId | None = None
    """Team that gets it."""
    name: str | None = Field(default=None, min_length=1, max_length=120)
    """Default: the scenario's."""
    description: str | None = Field(default=None, max_length=LONGEST_DESCRIPTION)
    """What it is good for."""
    language: str = Field(default="en", pattern=r"^[a-z]{2}(-[A-Za-z]{2,4})?$")
    """Language of name and description."""


class UpdateTemplate(Input):
    template_id: int = Field(ge=1)
    """Number of a template of a team."""
    name: str | None = Field(default=None, min_length=1, max_length=120)
    """New name."""
    description: str | None = Field(default=None, max_length=LONGEST_DESCRIPTION)
    """New description."""
    scenario_id: ScenarioId | None = None
    """Scenario to renew it from."""
    blueprint: BlueprintArgument | None = None
    """Or a blueprint to renew it from."""
    clean: bool = False
    """Take bindings, secrets and addresses out of what it holds now, its texts included."""


class DeleteTemplate(Input):
    template_id: int = Field(ge=1)
    """Number of a template of a team."""


# Outputs


class TemplateSaved(Output):
    template_id: int
    name: str
    team_id: int
    changed: bool = True
    removed: list[str] | None = None
    """What was taken out so that others can use it."""
    account_values: list[str] | None = None
    """Values left in that likely fit your account only."""
    also_needed: list[str] | None = None
    """Variables, functions and agents that users of it must have."""
    diff: list[str] | None = None
    next_calls: list[NextCall] | None = None


class TemplateDeleted(Output):
    template_id: int
    name: str


class _Gone(Output):
    template: int


# Tools


@category.tool(
    scope="templates:write",
    effect="create",
    feature="creatingTemplates",
    formerly=("create-template",),
    words=("save as template", "share a scenario", "reuse"),
    examples=[CreateTemplate(scenario_id=101, name="Form to ticket", team_id=7)],
)
async def template_create(make: Make, args: CreateTemplate) -> TemplateSaved:
    """Make a template of a scenario or blueprint, without its bindings, secrets and addresses."""
    blueprint, scheduling, name = await _source(make, args)
    team = await make.team(args.team_id)
    made = _cleaned(blueprint, args.name or _public_name(name))
    _warn(make, made)
    controller = _controller(made.blueprint, args.description)
    body = {"teamId": team, "language": args.language, **_texts(made, scheduling, controller)}
    answer = await make.write(
        post("/templates", body),
        into=OneTemplate,
        says=f"Make the template “{controller['name']}” in team {team}",
        undo=lambda made: Undo(
            (delete(f"/templates/{made.template.id}", confirmed=True),),
            _watch(made.template.id),
        ),
    )
    why = "See what a team needs to use it."
    ids: Document = {"template_id": answer.template.id}
    return _saved(answer.template, made, NextCall(tool="template_get", arguments=ids, why=why))


@category.tool(
    scope="templates:write",
    effect="update",
    feature="creatingTemplates",
    formerly=("update-template",),
    words=("rename", "renew", "edit a template"),
)
async def template_update(make: Make, args: UpdateTemplate) -> TemplateSaved:
    """Change a template's name or description, or renew it from a scenario or blueprint.

    Public versions stay as they are until it is published again.
    """
    found = await read_template(make, args.template_id)
    kept = await read_documents(make, found.id)
    made, scheduling = await _renewed(make, args, kept)
    controller: JsonObject = {
        **cast("JsonObject", kept.controller),
        "name": args.name or (_public_name(found.name) if args.clean else found.name),
    }
    if args.clean:
        made.removed += [f"controller.{line}" for line in clean_texts(controller)]
    if args.description is not None:
        controller["description"] = args.description
    controller["idSequence"] = _next_id(made.blueprint)
    made.blueprint["name"] = controller["name"]
    diff = _differences(kept, made, controller, scheduling)
    if not diff:
        return TemplateSaved(
            template_id=found.id, name=found.name, team_id=found.team_id, changed=False
        )
    make.shows(*diff)
    _warn(make, made)
    path = f"/templates/{found.id}"
    answer = await make.write(
        patch(path, {"name": controller["name"], **_texts(made, scheduling, controller)}),
        into=OneTemplate,
        says=f"Change the template “{found.name}” ({found.id})",
        undo=Undo((patch(path, _documents_body(found, kept)),), _watch(found.id)),
        before=compact(cast("Any", kept.model_dump(mode="json"))),
    )
    saved = _saved(answer.template, made, None)
    saved.diff = diff
    return saved


@category.tool(
    scope="templates:write",
    effect="delete",
    formerly=("delete-template",),
    words=("remove template",),
)
async def template_delete(make: Make, args: DeleteTemplate) -> TemplateDeleted:
    """Delete a template with its public versions. Scenarios made from it stay."""
    found = await read_template(make, args.template_id)
    kept = await read_documents(make, found.id)
    if found.published_id is not None:
        make.affects(f"Its public version {found.public_url} goes too; whoever has the link.")
    again = post(
        "/templates",
        {"teamId": found.team_id, "language": kept.language, **_documents_body(found, kept)},
    )
    note = "It gets a new id."
    if found.published_id is not None:
        note += " Public versions and their approval cannot be brought back."
    gone = await make.write(
        delete(f"/templates/{found.id}", confirmed=True),
        into=_Gone,
        says=f"Delete the template “{found.name}” ({found.id})",
        undo=Undo((again,), note=note) if kept.controller else Irreversible("It holds nothing."),
        before={"name": found.name, "published": found.published_id},
    )
    return TemplateDeleted(template_id=gone.template, name=found.name)


# Contents


def _one_of(tool: str) -> Failure:
    return Failure(
        "Send either `scenario_id` or `blueprint`.",
        next_step=f"Call `{tool}` again with one of them.",
        code="invalid_arguments",
    )


async def _source(make: Make, args: CreateTemplate) -> tuple[Blueprint, JsonObject, str]:
    """Read what the template is made of: blueprint, schedule and name."""
    if (args.scenario_id is None) == (args.blueprint is None):
        raise _one_of("template_create")
    if args.scenario_id is not None:
        scenario = await read_scenario(make, args.scenario_id)
        stored = await read_stored(make, scenario.id)
        if stored.has_interface:
            make.warn("Templates keep no declared inputs or outputs; declare them after each use.")
        return stored.blueprint, stored.scheduling, scenario.name
    blueprint = _sound(make, as_blueprint(args.blueprint or {}))
    instant = as_object(blueprint.get("metadata")).get("instant") is True
    scheduling: JsonObject = {"type": "immediately" if instant else "indefinitely"}
    return (
        blueprint,
        scheduling | ({} if instant else {"interval": 900}),
        str(blueprint.get("name") or "Template"),
    )


async def _renewed(
    make: Make, args: UpdateTemplate, kept: TemplateDocuments
) -> tuple[Cleaned, JsonObject]:
    """Give the blueprint and schedule that the template is to hold."""
    if args.scenario_id is not None and args.blueprint is not None:
        raise _one_of("template_update")
    if args.scenario_id is not None:
        stored = await read_stored(make, args.scenario_id)
        return cleaned(stored.blueprint), stored.scheduling
    if args.blueprint is not None:
        return cleaned(_sound(make, as_blueprint(args.blueprint))), kept.schedule
    if args.clean:
        return cleaned(kept.plan), kept.schedule
    return Cleaned(clone(kept.plan)), kept.schedule


def _sound(make: Make, blueprint: Blueprint) -> Blueprint:
    """Repair what is certain.

    Raises:
        Failure: Other faults are left; all are told.
    """
    repaired = repair(blueprint)
    for change in repaired.changes:
        make.warn(change)
    problems = told(errors(all_faults(repaired.blueprint)))
    if problems:
        raise Failure(
            "Nothing was saved: the blueprint has faults.",
            next_step="Correct them all and call again.",
            code="invalid_blueprint",
            problems=problems,
        )
    return repaired.blueprint


def _cleaned(blueprint: Blueprint, name: str) -> Cleaned:
    made = cleaned(blueprint)
    made.blueprint["name"] = name[:120]
    return made


def _public_name(name: str) -> str:
    """Give a name that others may read."""
    return without_private(name).strip() or "Template"


def _controller(blueprint: Blueprint, description: str | None) -> JsonObject:
    """Write what leads a user through the template (Make API reference, chapter 2.32)."""
    told: JsonObject = {"description": description} if description else {}
    return {
        "name": blueprint["name"],
        **told,
        "idSequence": _next_id(blueprint),
        "modules": {},
    }


def _next_id(blueprint: Blueprint) -> int:
    return max((visit.id or 0 for visit in walk(blueprint)), default=0) + 1


def _texts(made: Cleaned, scheduling: JsonObject, controller: JsonObject) -> dict[str, Any]:
    """Write the three documents as the API takes them: as texts."""
    return {
        "blueprint": dump(made.blueprint),
        "scheduling": compact(scheduling),
        "controller": compact(controller),
    }


def _documents_body(found: TeamTemplate, kept: TemplateDocuments) -> dict[str, Any]:
    """Write what brings a template back to how it is."""
    controller: JsonObject = {**cast("JsonObject", kept.controller), "name": found.name}
    return _texts(Cleaned(kept.plan), kept.schedule, controller)


def _differences(
    kept: TemplateDocuments, made: Cleaned, controller: JsonObject, scheduling: JsonObject
) -> list[str]:
    lines = [
        f"{name}: {kept.controller.get(name)!r} → {controller.get(name)!r}"
        for name in ("name", "description")
        if kept.controller.get(name) != controller.get(name)
    ]
    lines += lines_of(kept.plan, made.blueprint)
    if not same(kept.schedule, scheduling):
        lines.append(f"schedule: {compact(kept.schedule)} → {compact(scheduling)}")
    return lines


def _warn(make: Make, made: Cleaned) -> None:
    if made.removed:
        make.shows(*(f"taken out: {line}" for line in made.removed[:SHOWN]))
    if made.account_values:
        make.warn("Some values likely fit your account only; see account_values.")


def _saved(found: TeamTemplate, made: Cleaned, call: NextCall | None) -> TemplateSaved:
    return TemplateSaved(
        template_id=found.id,
        name=found.name,
        team_id=found.team_id,
        removed=made.removed[:SHOWN] or None,
        account_values=made.account_values or None,
        also_needed=made.also_needed or None,
        next_calls=[call] if call else None,
    )


def _watch(template_id: int) -> Watch:
    fields = ("template.name", "template.description", "template.usedApps", "template.publishedId")
    return Watch(f"/templates/{template_id}", fields)

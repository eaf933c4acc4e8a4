"""Deleting components of custom apps, after a look at who needs them."""

from make_mcp_base.authoring import Failure, Irreversible, Make, Output, Problem, delete

from make_mcp_core_tools._engine.app_references import users_of_part
from make_mcp_core_tools._engine.app_uses import PREFIX, uses_of
from make_mcp_core_tools._engine.custom_apps import WRITE, Kind, Place, component, read_app
from make_mcp_core_tools.sdk.components import Answered, GetComponent
from make_mcp_core_tools.sdk.declared import category

# Outputs


class ComponentDeleted(Output):
    app: str
    kind: Kind
    deleted: str


# Tools


@category.tool(
    scope=WRITE,
    effect="delete",
    formerly=(
        "sdk-connections_delete",
        "sdk-modules_delete",
        "sdk-rpcs_delete",
        "sdk-functions_delete",
        "sdk-webhooks_delete",
        "sdk-endpoints_delete",
    ),
)
async def sdk_component_delete(make: Make, args: GetComponent) -> ComponentDeleted:
    """Delete a component of a private custom app, unless components or scenarios need it.

    Nothing brings it back: `custom_app_export` keeps its code.
    """
    place = Place(args.app, args.version, args.kind, args.name)
    found = await component(make, place)
    app = await read_app(make, Place(args.app, args.version))
    problems = [Problem(user, "needs it.") for user in await users_of_part(make, place)]
    problems += await _scenarios(make, place)
    if app.public:
        problems.append(Problem("", "The app is published: its components stay."))
    if problems:
        raise Failure(
            f"The {place.title} of {args.app} cannot be deleted.",
            next_step="Solve the points above, then call `sdk_component_delete` again.",
            code="in_use",
            problems=problems,
        )
    await make.write(
        delete(place.path),
        into=Answered,
        says=f"Delete the {place.title} of {args.app}",
        before={"label": found.get("label"), "public": app.public},
        predict={},
        undo=Irreversible("Make does not keep the code of a deleted component."),
    )
    return ComponentDeleted(app=args.app, kind=args.kind, deleted=args.name)


# Parts


async def _scenarios(make: Make, place: Place) -> list[Problem]:
    """Name the scenarios that hold a module of this version."""
    if place.kind != "module":
        return []
    wanted = f"{PREFIX}{place.app}:{place.name}"
    return [
        Problem(f"scenario {use.scenario_id}", f"“{use.name}” has this module.", "Replace it.")
        for use in await uses_of(make, place.app, place.version)
        if any(one.type == wanted for one in use.modules)
    ]

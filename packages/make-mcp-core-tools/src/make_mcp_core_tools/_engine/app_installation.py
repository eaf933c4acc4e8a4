"""Apps used for the first time in an organization: Make asks before it installs them (IM007)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from make_mcp_base.authoring import Failure, Problem
from make_mcp_base.client.failures import ConfirmationNeeded, Invalid

from make_mcp_core_tools._engine.blueprint_faults import suggestion

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from make_blueprint.document import Blueprint

T = TypeVar("T")


async def explained(work: Awaitable[T], blueprint: Blueprint, tool: str) -> T:
    """Await a save, and say better why Make refused a blueprint.

    Args:
        work: The write.
        blueprint: What was sent.
        tool: The tool that is called, for the next step.

    Raises:
        Failure: An app has to be installed first, or Make does not know a module; with the
            argument that allows it, or the nearest real module.
    """
    try:
        return await work
    except ConfirmationNeeded as needed:
        invented = _unheard_of(blueprint, needed.problems)
        first = "Put the modules in place that are meant. " if invented else ""
        raise Failure(
            "Nothing was saved: the blueprint uses apps that this organization has not used yet.",
            why=needed.make_message or needed.why,
            next_step=f"{first}When the apps may be installed, call `{tool}` again with"
            " allow_app_install=true.",
            code="app_installation",
            problems=[*needed.problems, *invented],
            make_code=needed.make_code,
            status=needed.status,
        ) from needed
    except Invalid as refused:
        near = _unknown_modules(blueprint, str(refused))
        if not near:
            raise
        raise Failure(
            refused.what,
            next_step=f"Put the right modules in place and call `{tool}` again.",
            code="unknown_module",
            problems=near,
            make_code=refused.make_code,
            request_id=refused.request_id,
            status=refused.status,
        ) from refused


def _unheard_of(blueprint: Blueprint, asked: Sequence[Problem]) -> list[Problem]:
    """Find modules of apps to install that may be invented: a real module is called much alike."""
    from make_blueprint.walk import walk

    words = {word for problem in asked for word in problem.problem.split()}
    named = {visit.path: visit.type or "" for visit in walk(blueprint)}
    near = {
        path: suggestion(name) for path, name in named.items() if name.partition(":")[0] in words
    }
    return [
        Problem(f"blueprint.{path}.module", f"Is `{named[path]}` a real module?", fix)
        for path, fix in near.items()
        if fix and f"`{named[path]}`" not in fix
    ]


def _unknown_modules(blueprint: Blueprint, told: str) -> list[Problem]:
    """Find the modules that a refusal names, with the nearest real ones."""
    from make_blueprint.walk import walk

    return [
        Problem(
            f"blueprint.{visit.path}.module",
            f"Make has no module `{visit.type}`.",
            suggestion(visit.type),
        )
        for visit in walk(blueprint)
        if visit.type and f"'{visit.type}'" in told
    ]

"""Publishing templates: only what holds no secret, no binding and nobody's address."""

from typing import cast

from make_blueprint.document import JsonObject
from make_mcp_base.authoring import Failure, Input, Irreversible, Make, NextCall, Output, post
from pydantic import Field

from make_mcp_core_tools._engine.template_cleaning import account_values, findings
from make_mcp_core_tools._engine.templates import (
    OneTemplate,
    TeamTemplate,
    TemplateDocuments,
    read_documents,
    read_template,
)
from make_mcp_core_tools.templates.declared import category

# Inputs


class PublishTemplate(Input):
    template_id: int = Field(ge=1)
    """Number of a template of a team."""


# Outputs


class TemplatePublished(Output):
    template_id: int
    name: str
    state: str
    changed: bool
    public_url: str | None = None
    account_values: list[str] | None = None
    """Values that likely fit your account only."""
    next_calls: list[NextCall] | None = None


# Tools


@category.tool(
    scope="templates:write",
    effect="update",
    confirm=True,
    words=("publish", "share publicly", "link"),
)
async def template_publish(make: Make, args: PublishTemplate) -> TemplatePublished:
    """Publish a template as it is now under a link; refused while it holds anything private.

    Publishing again renews the version, or makes the next one once it is approved.
    """
    found = await read_template(make, args.template_id)
    kept = await read_documents(make, found.id)
    _refuse_private(found, kept)
    answer = await make.write(
        post(f"/templates/{found.id}/publish"),
        into=OneTemplate,
        says=f"Publish the template “{found.name}” ({found.id})",
        undo=Irreversible("Make cannot take back a publication; deleting the template can."),
        before={"published": found.published, "name": found.name},
    )
    why = "Ask Make to list it for everybody."
    ids = {"template_id": found.id}
    call = NextCall(tool="template_approval_request", arguments=ids, why=why)
    return _published(answer.template, kept, changed=True, call=call)


@category.tool(
    scope="templates:write",
    effect="create",
    confirm=True,
    formerly=("template_request_approval",),
    words=("request approval", "public gallery"),
)
async def template_approval_request(make: Make, args: PublishTemplate) -> TemplatePublished:
    """Ask Make to approve the published version for the public list; once is enough."""
    found = await read_template(make, args.template_id)
    if found.published_id is None:
        raise Failure(
            f"The template “{found.name}” is not published.",
            next_step=f"Call `template_publish` with template_id={found.id} first.",
            code="not_published",
        )
    kept = await read_documents(make, found.id, found.published_id)
    if found.state in ("approved", "approval requested"):
        return _published(found, kept, changed=False)
    _refuse_private(found, kept)
    answer = await make.write(
        post(f"/templates/{found.id}/request-approval", templatePublicId=found.published_id),
        into=OneTemplate,
        says=f"Ask for the approval of “{found.name}” ({found.public_url})",
        undo=Irreversible("Make has no way to withdraw the request."),
        before={"state": found.state, "published": found.published_id},
    )
    return _published(answer.template, kept, changed=True)


def _published(
    found: TeamTemplate, kept: TemplateDocuments, *, changed: bool, call: NextCall | None = None
) -> TemplatePublished:
    return TemplatePublished(
        template_id=found.id,
        name=found.name,
        state=found.state,
        changed=changed,
        public_url=found.public_url,
        account_values=account_values(kept.plan) or None,
        next_calls=[call] if call else None,
    )


def _refuse_private(found: TeamTemplate, kept: TemplateDocuments) -> None:
    """Refuse to publish what belongs to one team or person.

    Raises:
        Failure: Something private is in it; every place is told.
    """
    problems = findings(kept.plan, "blueprint.")
    problems += findings(cast("JsonObject", kept.controller), "controller.")
    if problems:
        raise Failure(
            f"The template “{found.name}” was not published: it holds {len(problems)} private"
            " values.",
            next_step=f"Call `template_update` with template_id={found.id} and clean=true, then"
            " again.",
            code="private_content",
            problems=problems,
        )

"""The code of components, section by section, and trying RPCs."""

from typing import ClassVar

from make_mcp_base.authoring import Document, Input, Irreversible, Json, Make, Output, post
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.app_code import parts_of, section_text, shown_code
from make_mcp_core_tools._engine.app_references import RPC
from make_mcp_core_tools._engine.app_writing import (
    as_text,
    changes,
    fingerprint,
    refuse_faulty,
    same_code,
    section_request,
    section_undo,
    waits,
)
from make_mcp_core_tools._engine.custom_apps import (
    READ,
    WRITE,
    AppName,
    ComponentName,
    Kind,
    Major,
    Place,
    Section,
    refuse_section,
)
from make_mcp_core_tools.sdk.declared import category

_CALLED: tuple[Kind, ...] = ("function", "rpc")
"""Kinds that code refers to by name."""

# Inputs


class GetSection(Input):
    app: AppName
    """Name of the custom app."""
    version: Major = 1
    """Major version."""
    kind: Kind
    """Kind of component."""
    name: ComponentName
    """Its name."""
    section: Section
    """`api` is its communication; `code` and `test` are those of functions."""
    max_bytes: int | None = Field(default=None, ge=1_000)
    """Size of the answer; the rest becomes a link."""


class SetSection(Input):
    app: AppName
    """Name of the custom app."""
    version: Major = 1
    """Major version."""
    kind: Kind
    """Kind of component."""
    name: ComponentName
    """Its name."""
    section: Section
    """Which code to replace."""
    content: str | Document | list[Json]
    """The whole new section."""


class TestRpc(Input):
    app: AppName
    """Name of the custom app."""
    version: Major = 1
    """Major version."""
    name: ComponentName
    """Name of the RPC."""
    data: Document = {}
    """Its parameters."""
    connection_id: int | None = Field(default=None, gt=0)
    """Connection to use, when it needs one."""
    fields: list[Document] = []
    """Parameters it declares, `{name, type, required}`; required ones are then asked for."""


# Outputs


class SectionCode(Output):
    reveals: ClassVar[tuple[str, ...]] = ("content",)

    app: str
    kind: Kind
    name: str
    section: str
    content: str
    """As it stands in Make, comments included; literal secrets are hidden."""


class SectionSaved(Output):
    app: str
    kind: Kind
    name: str
    section: str
    changed: bool
    diff: list[str] = []
    waits_for_commit: bool | None = None
    """True in an approved app: the change holds for others once it is committed in Make."""


class RpcTested(Output):
    result: Json
    """What the procedure put out; data of others."""
    rows: int | None = None


class _Free(RootModel[Json]):
    """An answer of any form."""


# Tools


@category.tool(
    scope=READ,
    effect="read",
    formerly=(
        "sdk-connections_get-section",
        "sdk-connections_get-common",
        "sdk-modules_get-section",
        "sdk-rpcs_get-section",
        "sdk-functions_get-code",
        "sdk-functions_get-test",
        "sdk-webhooks_get-section",
        "sdk-endpoints_get-section",
    ),
    words=("communication", "source", "javascript"),
)
async def sdk_component_section_get(make: Make, args: GetSection) -> SectionCode:
    """Show one code section of a component of a custom app."""
    place = Place(args.app, args.version, args.kind, args.name)
    refuse_section(place, args.section, "sdk_component_section_get")
    text = await section_text(make, place, args.section)
    return SectionCode(
        app=args.app,
        kind=args.kind,
        name=args.name,
        section=args.section,
        content=shown_code(args.section, text),
    )


@category.tool(
    scope=WRITE,
    effect="update",
    formerly=(
        "sdk-connections_set-section",
        "sdk-connections_set-common",
        "sdk-modules_set-section",
        "sdk-rpcs_set-section",
        "sdk-functions_set-code",
        "sdk-functions_set-test",
        "sdk-webhooks_set-section",
        "sdk-endpoints_set-section",
        "configure-sdk-app",
    ),
    words=("communication", "source", "javascript"),
)
async def sdk_component_section_set(make: Make, args: SetSection) -> SectionSaved:
    """Replace one code section of a component, checked first; the answer tells the difference.

    Hidden secrets have to be filled in again. An undo brings back the former code.
    """
    place, section = Place(args.app, args.version, args.kind, args.name), args.section
    refuse_section(place, section, "sdk_component_section_set")
    text = as_text(section, args.content)
    own = await parts_of(make, Place(args.app, args.version), ("function", "rpc"))
    names = {kind: [one.place.name for one in own if one.place.kind == kind] for kind in _CALLED}
    refuse_faulty(section, text, names["function"], "sdk_component_section_set")
    for missing in sorted(set(RPC.findall(text)) - set(names["rpc"])):
        make.warn(f"The app has no RPC `{missing}` yet: make it with `sdk_component_create`.")
    former = await section_text(make, place, section)
    told = args.model_dump(include={"app", "kind", "name", "section"})
    if same_code(section, former, text):
        return SectionSaved(**told, changed=False)
    diff = changes(section, former, text)
    make.shows(*diff)
    answer = await make.write(
        section_request(place, section, text),
        into=_Free,
        says=f"Replace `{section}` of the {place.title} of {args.app}",
        before={"sha256": fingerprint(former)},
        predict={},
        undo=section_undo(place, section, former),
    )
    return SectionSaved(**told, changed=True, diff=diff, waits_for_commit=waits(answer.root))


@category.tool(
    scope=WRITE,
    effect="run",
    formerly=("sdk-rpcs_test",),
    words=("remote procedure", "try", "dynamic options"),
    examples=(
        TestRpc(
            app="harbor-stock-a1b2c3", name="listPlaces", data={"region": "EU"}, connection_id=12
        ),
    ),
)
async def sdk_rpc_test(make: Make, args: TestRpc) -> RpcTested:
    """Run a remote procedure of a custom app once, against the real service."""
    place = Place(args.app, args.version, "rpc", args.name)
    data = args.data | ({"__IMTCONN__": args.connection_id} if args.connection_id else {})
    answer = await make.write(
        post(place.path, {"data": data, "schema": args.fields}),
        into=_Free,
        says=f"Run the {place.title} of {args.app}",
        undo=Irreversible("The service has been asked."),
    )
    result = answer.root
    return RpcTested(result=result, rows=len(result) if isinstance(result, list) else None)

"""Bindings: which field of which secret is which parameter of which connection or key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.authoring import (
    ConnectionId,
    Failure,
    Input,
    Json,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    Undo,
    call,
    page_of,
)

from make_mcp_core_tools._engine.vault import Vault, open_vault, vault_errand
from make_mcp_core_tools._engine.vault_secrets import (
    FieldName,
    Place,
    SecretPath,
    field_names,
    place_of,
    require_metadata,
)
from make_mcp_core_tools.enterprise_secrets.declared import category
from make_mcp_core_tools.enterprise_secrets.key_records import KeyId
from make_mcp_core_tools.enterprise_secrets.sinks import (
    Binding,
    Sink,
    all_bindings,
    form_of,
    metadata_key,
    metadata_value,
    name_of,
)
from make_mcp_core_tools.enterprise_secrets.vault_values import age_days

if TYPE_CHECKING:
    from collections.abc import Sequence

# Inputs


class SinkInput(Input):
    connection_id: ConnectionId | None = None
    key_id: KeyId | None = None
    """Key id (`key_list`)."""


class ListBindings(PageInput):
    connection_id: ConnectionId | None = None
    key_id: KeyId | None = None
    """Only this key's."""
    path: str | None = None
    """Only this secret's."""
    behind: bool = False
    """Only where Make was not given the newest version."""


class SetBinding(SinkInput):
    parameter: FieldName
    """Parameter of the connection or key, such as `apiKey`."""
    path: SecretPath
    field: FieldName = "value"
    """Field of the secret."""


class DeleteBinding(SinkInput):
    parameter: FieldName
    """Parameter of the connection or key."""


# Outputs


class BindingRow(Output):
    sink: str
    """`connection 47` or `key 12`."""
    name: str | None = None
    """Absent when Make no longer has it."""
    parameter: str
    path: str
    field: str
    version: int
    """Newest version of the secret."""
    pushed_version: int
    """What Make was given last; 0: not by this server."""
    behind: bool
    age_days: int


class Bindings(Page):
    bindings: list[BindingRow]
    not_checked: list[str] = []


class BindingSet(Output):
    sink: str
    parameter: str
    path: str
    field: str
    changed: bool = True
    unbound_parameters: list[str] = []
    """What the sink needs besides, before it can be rotated."""
    next_calls: list[NextCall] = []


class BindingDeleted(Output):
    sink: str
    parameter: str
    path: str


class Kept(Output):
    done: bool = True


# Tools


def sink_of(args: SinkInput | ListBindings, tool: str) -> Sink:
    """Read which sink is meant.

    Raises:
        Failure: Neither or both are given.
    """
    if (args.connection_id is None) == (args.key_id is None):
        raise Failure(
            f"`{tool}` takes either `connection_id` or `key_id`.",
            next_step=f"Call `{tool}` again with one of them.",
            code="invalid_arguments",
        )
    if args.connection_id is not None:
        return Sink("connection", args.connection_id)
    return Sink("key", args.key_id or 0)


@category.tool(
    scope="connections:read",
    effect="read",
    outside=True,
    words=("which connection uses secret", "drift", "source of secret"),
)
async def secret_binding_list(make: Make, args: ListBindings) -> Bindings:
    """List which secrets feed which connections and keys, and where Make has an old version."""
    async with open_vault(make) as vault:
        found, not_checked = await all_bindings(make, vault)
    if args.connection_id is not None or args.key_id is not None:
        sink = sink_of(args, "secret_binding_list")
        found = [one for one in found if one.sink == sink]
    if args.path is not None:
        found = [one for one in found if str(one.place) == args.path]
    found = [one for one in found if one.is_behind or not args.behind]
    page, more = page_of(found, args)
    names = await make.each(page, lambda one: name_of(make, one.sink))
    rows = [_row(one, name) for one, name in zip(page, names, strict=True)]
    return Bindings(bindings=rows, not_checked=not_checked, **more)


def _row(one: Binding, name: str | None) -> BindingRow:
    return BindingRow(
        sink=str(one.sink),
        name=name,
        parameter=one.parameter,
        path=str(one.place),
        field=one.field,
        version=one.metadata.current_version,
        pushed_version=one.pushed,
        behind=one.is_behind,
        age_days=age_days(one.metadata),
    )


@category.tool(
    scope="connections:read",
    effect="update",
    outside=True,
    formerly=("configure-key-rotation",),
    words=("bind secret", "feed connection from vault"),
    examples=[
        SetBinding(connection_id=47, parameter="apiKey", path="secret/crm/api", field="token")
    ],
)
async def secret_binding_set(make: Make, args: SetBinding) -> BindingSet:
    """Say that a parameter of a connection or key comes from a field of a secret.

    Sends nothing to Make yet: `secret_rotation_run` does. Bind every parameter the sink needs.
    """
    sink = sink_of(args, "secret_binding_set")
    form = await form_of(make, sink)
    if args.parameter not in form.parameters:
        raise Failure(
            f"“{form.name}” ({sink}) has no parameter `{args.parameter}`.",
            problems=[Problem("parameter", "is unknown.", f"Valid: {', '.join(form.parameters)}.")],
            next_step="Call `secret_binding_set` again with one of these.",
            code="invalid_arguments",
        )
    async with open_vault(make) as vault:
        place = await place_of(vault, args.path)
        metadata = await require_metadata(vault, place)
        await _check_field(vault, place, args.field)
        others, _ = await all_bindings(make, vault)
        mine = [one for one in others if one.sink == sink]
        same = [one for one in mine if one.parameter == args.parameter]
        told = BindingSet(
            sink=str(sink), parameter=args.parameter, path=str(place), field=args.field
        )
        bound = {one.parameter for one in mine} | {args.parameter}
        told.unbound_parameters = [name for name in form.required if name not in bound]
        told.next_calls = _next(told, place)
        if any(str(one.place) == str(place) and one.field == args.field for one in same):
            told.changed = False
            return told
        _refuse_second(sink, same, place)
        key = metadata_key(make, sink, args.parameter)
        value = metadata_value(args.field, 0)
        make.shows(
            f"{sink} {args.parameter} <- {place} {args.field}, version {metadata.current_version}"
        )
        says = f"Bind {sink} `{args.parameter}` to `{place}`"
        undo = _bound_again(same[0]) if same else _unbound(sink, args.parameter)
        await _keep(make, vault, place, {key: value}, says, undo)
    return told


def _next(told: BindingSet, place: Place) -> list[NextCall]:
    if told.unbound_parameters:
        return []
    arguments = {"path": str(place)}
    why = "See what giving Make the newest version would touch."
    return [NextCall(tool="secret_rotation_plan", arguments=arguments, why=why)]


async def _check_field(vault: Vault, place: Place, name: str) -> None:
    known = await field_names(vault, place)
    if name not in known:
        raise Failure(
            f"`{place}` has no field `{name}`.",
            why=f"Its fields: {', '.join(known) or 'none'}.",
            next_step=f"Write it first: `secret_put` path={place}, field={name}.",
            code="not_found",
        )


def _refuse_second(sink: Sink, same: Sequence[Binding], place: Place) -> None:
    elsewhere = [one for one in same if str(one.place) != str(place)]
    if elsewhere:
        raise Failure(
            f"{sink} `{elsewhere[0].parameter}` already comes from `{elsewhere[0].place}`.",
            next_step=f"`secret_binding_delete` {sink.kind}_id={sink.id},"
            f" parameter={elsewhere[0].parameter} first.",
            code="in_use",
        )


def _unbound(sink: Sink, parameter: str) -> Undo:
    named = {f"{sink.kind}_id": sink.id, "parameter": parameter}
    return Undo((call("secret_binding_delete", **named),))


def _bound_again(one: Binding) -> Undo:
    named = {f"{one.sink.kind}_id": one.sink.id, "parameter": one.parameter}
    return Undo(
        (call("secret_binding_set", **named, path=str(one.place), field=one.field),),
        note="It counts as never given to Make until it is rotated.",
    )


async def _keep(
    make: Make,
    vault: Vault,
    place: Place,
    entries: dict[str, str | None],
    says: str,
    undo: Undo,
) -> None:
    """Change entries of a secret's metadata; None takes one out."""
    path = place.api("metadata")

    async def carry() -> Json:
        await vault.write(path, {"custom_metadata": dict(entries)}, "patch")
        return {"done": True}

    await make.write(
        vault_errand("PATCH", path, carry, custom_metadata=dict(entries)),
        into=Kept,
        says=says,
        undo=undo,
        predict={"done": True},
    )


@category.tool(scope="connections:read", effect="delete", outside=True, words=("unbind secret",))
async def secret_binding_delete(make: Make, args: DeleteBinding) -> BindingDeleted:
    """Forget where a parameter comes from. Secret and connection stay as they are."""
    sink = sink_of(args, "secret_binding_delete")
    async with open_vault(make) as vault:
        found, _ = await all_bindings(make, vault)
        one = next((b for b in found if b.sink == sink and b.parameter == args.parameter), None)
        if one is None:
            raise Failure(
                f"{sink} has no binding of `{args.parameter}`.",
                next_step=f"See what there is: `secret_binding_list` {sink.kind}_id={sink.id}.",
                code="not_found",
            )
        key = metadata_key(make, sink, args.parameter)
        says = f"Forget that {sink} `{args.parameter}` comes from `{one.place}`"
        await _keep(make, vault, one.place, {key: None}, says, _bound_again(one))
    return BindingDeleted(sink=str(sink), parameter=args.parameter, path=str(one.place))

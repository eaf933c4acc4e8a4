"""Keys: the stored secrets of HTTP and encryption modules. API reference, chapter 2.21."""

from __future__ import annotations

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
)
from pydantic import Field

from make_mcp_core_tools._engine.confidential import ConfidentialRequest, Credentials
from make_mcp_core_tools._engine.connection_uses import Bound, bound_scenarios
from make_mcp_core_tools._engine.vault_secrets import SecretReference, with_referenced
from make_mcp_core_tools.enterprise_secrets.declared import category
from make_mcp_core_tools.enterprise_secrets.key_records import (
    WRITE_KEYS,
    KeyDeleted,
    KeyId,
    KeyRecord,
    KeyTypeRecord,
    OneKey,
    check_parameters,
    key_types,
    keys_of,
    read_key,
    use_lines,
    users_of_key,
)

# Inputs


class ListKeys(PageInput):
    team_id: TeamId | None = None
    type: str | None = None
    """Key type, such as `basicauth` (`key_type_list`)."""
    unused: bool = False
    """Only those no scenario uses."""


class GetKey(Input):
    key_id: KeyId
    """Key id (`key_list`)."""


class ListKeyTypes(Input):
    type: str | None = None
    """Only this one, with its form."""


class CreateKey(Input):
    type: str = Field(min_length=1, max_length=64)
    """Key type (`key_type_list`)."""
    name: str = Field(min_length=1, max_length=128)
    """Shown in the list and in the editor."""
    parameters: Credentials = {}
    """By the type's form, such as `{"authUser": …, "authPass": …}`."""
    from_vault: dict[str, SecretReference] = Field(default={}, max_length=20)
    """Parameters taken from the secret manager, unseen: `{"authPass": "secret/crm/api#token"}`."""
    team_id: TeamId | None = None


class UpdateKey(Input):
    key_id: KeyId
    """Key id."""
    name: str | None = Field(default=None, min_length=1, max_length=128)
    """New name."""
    parameters: Credentials | None = None
    """All parameters anew."""
    from_vault: dict[str, SecretReference] = Field(default={}, max_length=20)
    """Those taken from the secret manager, as in `key_create`."""


class DeleteKey(Input):
    key_id: KeyId
    """Key id."""
    ignore_dependents: bool = False
    """Delete although scenarios use it."""


# Outputs


class KeyRow(Output):
    id: int
    name: str
    type: str
    used_by: int | None = None
    """Scenarios that use it."""


class Keys(Page):
    keys: list[KeyRow]


class Key(Output):
    id: int
    name: str
    type: str
    team_id: int
    used_by: list[str]


class KeyField(Output):
    name: str
    type: str
    required: bool = False
    options: list[str] | None = None
    applies_when: str | None = None
    """The choice it belongs to."""


class KeyType(Output):
    type: str
    label: str
    parameters: list[KeyField] | None = None
    """Its form, when one type is asked for."""


class KeyTypes(Output):
    key_types: list[KeyType]


class KeySaved(Output):
    key_id: int
    name: str
    type: str
    changed: bool = True
    next_calls: list[NextCall] = []


class KeyGone(Output):
    deleted: int
    name: str
    type: str
    was_used_by: list[str] = []


# Reading


@category.tool(
    scope="keys:read",
    effect="read",
    formerly=("keys_list",),
    words=("keychain", "stored secrets", "basic auth", "api key"),
)
async def key_list(make: Make, args: ListKeys) -> Keys:
    """List a team's keys with their type and the number of scenarios that use each.

    Keys are what HTTP and encryption modules sign in with; connections are listed elsewhere.
    """
    keys = await keys_of(make, args.team_id or 0, args.type or "")
    uses = await _uses(make, args.team_id or 0, needed=args.unused) if keys else None
    rows = [_row(key, uses) for key in keys]
    page, more = page_of([row for row in rows if not (args.unused and row.used_by)], args)
    return Keys(keys=page, **more)


async def _uses(make: Make, team_id: int, *, needed: bool) -> list[Bound] | None:
    """Read what the team's scenarios use; without the right to, only a filter by it fails."""
    try:
        return await bound_scenarios(make, team_id)
    except Failure as failure:
        if needed or failure.code not in {"missing_scope", "forbidden"}:
            raise
        make.warn(f"Who uses the keys is not told: {failure.what}")
        return None


def _row(key: KeyRecord, uses: list[Bound] | None) -> KeyRow:
    users = None if uses is None else sum(1 for one in uses if one.to("key", key.id))
    return KeyRow(id=key.id, name=key.name, type=key.type_name, used_by=users)


@category.tool(scope="keys:read", effect="read", formerly=("keys_get",))
async def key_get(make: Make, args: GetKey) -> Key:
    """Get one key and the modules that use it. Never its parameters: Make keeps them to itself."""
    key = await read_key(make, args.key_id)
    lines = use_lines(await users_of_key(make, key), key.id)
    return Key(id=key.id, name=key.name, type=key.type_name, team_id=key.team_id, used_by=lines)


@category.tool(
    scope="keys:read", effect="read", formerly=("key-metadata_get", "keys_types"), words=("form",)
)
async def key_type_list(make: Make, args: ListKeyTypes) -> KeyTypes:
    """List the types of keys; with `type` also the parameters it takes."""
    known = await key_types(make)
    chosen = [one for one in known if args.type in (None, one.name)]
    if not chosen:
        raise Failure(
            f"Make has no key type `{args.type}`.",
            next_step=f"Use one of: {', '.join(one.name for one in known)}.",
            code="unknown_key_type",
        )
    rows = [KeyType(type=one.name, label=one.label) for one in chosen]
    if args.type:
        rows[0].parameters = _form(chosen[0])
    return KeyTypes(key_types=rows)


def _form(one: KeyTypeRecord) -> list[KeyField]:
    return [
        KeyField(
            name=field.name,
            type=field.type,
            required=field.required,
            options=[str(option.value) for option in field.options] or None,
            applies_when=depends or None,
        )
        for field, depends in one.fields()
    ]


# Changing


@category.tool(
    scope=WRITE_KEYS,
    effect="create",
    formerly=("keys_create",),
    words=("store secret", "basic auth", "certificate"),
    examples=[
        CreateKey(
            team_id=12,
            type="basicauth",
            name="Intranet",
            parameters={"authUser": "…", "authPass": "…"},
        )
    ],
)
async def key_create(make: Make, args: CreateKey) -> KeySaved:
    """Store a secret in Make as a key. Its form is checked first; Make never shows it again."""
    parameters = await with_referenced(make, args.parameters, args.from_vault, "parameters")
    await check_parameters(make, args.type, parameters)
    body: Document = {
        "teamId": args.team_id,
        "name": args.name,
        "typeName": args.type,
        "parameters": parameters,
    }
    made = await make.write(
        ConfidentialRequest("POST", "/keys", body, open=("teamId", "name", "typeName")),
        into=OneKey,
        says=f"Create the key “{args.name}” of type {args.type}",
        undo=lambda told: Undo(
            (delete(f"/keys/{told.key.id}", confirmed=True),),
            Watch(f"/keys/{told.key.id}", ("key.name",)),
        ),
    )
    return KeySaved(key_id=made.key.id, name=args.name, type=args.type)


@category.tool(
    scope=WRITE_KEYS,
    effect="update",
    formerly=("keys_update",),
    words=("rotate", "rename key", "new password"),
    examples=[UpdateKey(key_id=12, name="Intranet, read only")],
)
async def key_update(make: Make, args: UpdateKey) -> KeySaved:
    """Rename a key, or enter its parameters again.

    New parameters cannot be taken back, so they ask for a plan first.
    """
    key = await read_key(make, args.key_id)
    renames = args.name is not None and args.name != key.name
    reenters = args.parameters is not None or bool(args.from_vault)
    parameters: Document = {}
    if reenters:
        parameters = await with_referenced(
            make, args.parameters or {}, args.from_vault, "parameters"
        )
        await check_parameters(make, key.type_name, parameters)
        make.confirm("The key's parameters are replaced; Make cannot give the old ones back.")
    if renames:
        await _rename(make, key, args.name or "")
    if reenters:
        for line in use_lines(await users_of_key(make, key), key.id):
            make.affects(line)
        await _reenter(make, key, parameters)
    return KeySaved(
        key_id=key.id,
        name=args.name or key.name,
        type=key.type_name,
        changed=renames or reenters,
    )


async def _rename(make: Make, key: KeyRecord, name: str) -> None:
    path = f"/keys/{key.id}"
    make.shows(f"name: {key.name} -> {name}")
    await make.write(
        patch(path, {"name": name}),
        into=OneKey,
        says=f"Rename the key “{key.name}” ({key.id}) to “{name}”",
        undo=Undo((patch(path, {"name": key.name}),), Watch(path, ("key.name",))),
        before={"name": key.name},
        predict={"key": key.model_copy(update={"name": name}).model_dump(mode="json")},
    )


async def _reenter(make: Make, key: KeyRecord, parameters: Document) -> None:
    await make.write(
        ConfidentialRequest("PATCH", f"/keys/{key.id}", {"parameters": parameters}),
        into=OneKey,
        says=f"Replace the parameters of the key “{key.name}” ({key.id})",
        undo=Irreversible("Make never gives back parameters that were replaced."),
        before={"id": key.id},
    )


@category.tool(scope=WRITE_KEYS, effect="delete", formerly=("keys_delete",))
async def key_delete(make: Make, args: DeleteKey) -> KeyGone:
    """Delete a key. Refused, with the modules that use it, while something does.

    Its parameters cannot be brought back.
    """
    key = await read_key(make, args.key_id)
    lines = use_lines(await users_of_key(make, key), key.id)
    if lines and not args.ignore_dependents:
        raise Failure(
            f"The key “{key.name}” ({key.id}) is in use; nothing was deleted.",
            problems=[Problem("", line) for line in lines],
            next_step="Give these modules another key with `scenario_patch`, or call `key_delete`"
            f" with key_id={key.id}, ignore_dependents=true.",
            code="in_use",
        )
    for line in lines:
        make.affects(line)
    await make.write(
        delete(f"/keys/{key.id}", confirmed=True),
        into=KeyDeleted,
        says=f"Delete the key “{key.name}” ({key.id}) of type {key.type_name}",
        undo=Irreversible("Make keeps nothing of a deleted key, and never showed its parameters."),
        before={"name": key.name, "users": [*lines]},
    )
    return KeyGone(deleted=key.id, name=key.name, type=key.type_name, was_used_by=lines)

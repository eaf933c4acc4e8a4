"""Make's own API tokens of this user: a new one goes straight into the secret manager.

API reference, chapter 2.33.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    Output,
    Problem,
    Undo,
    delete,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.vault import open_vault, vault_errand
from make_mcp_core_tools._engine.vault_secrets import (
    FieldName,
    SecretPath,
    place_of,
    read_metadata,
    read_values,
    write_values,
)
from make_mcp_core_tools.enterprise_secrets.declared import category
from make_mcp_core_tools.enterprise_secrets.vault_values import Written, is_there, way_back

if TYPE_CHECKING:
    from make_mcp_core_tools._engine.vault import Vault
    from make_mcp_core_tools._engine.vault_secrets import Place

_SHOWN = 8
_FEW_SCOPES = 3
_LIST = "/users/me/api-tokens"

# Inputs


class ListApiTokens(Input):
    detail: Literal["short", "full"] = "short"
    """`full` names all scopes of each."""


class CreateApiToken(Input):
    label: str = Field(min_length=1, max_length=128)
    """What it is for."""
    scopes: list[str] = Field(min_length=1, max_length=100)
    """What it may do, such as `scenarios:read`; as few as will do."""
    path: SecretPath
    field: FieldName = "token"
    """Field of the secret; the others stay."""


class DeleteApiToken(Input):
    created: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$")
    """When it was made, exactly as `api_token_list` tells; Make has no other name for it."""


# Outputs


class ApiTokenRow(Output):
    label: str
    created: str
    begins: str
    """Its first characters."""
    scopes: list[str] | None = None
    """Left out where there are many, unless asked for."""
    scope_count: int
    in_use: bool | None = None
    """True for the token this server works with."""


class ApiTokens(Output):
    api_tokens: list[ApiTokenRow]


class ApiTokenMade(Output):
    label: str
    created: str
    path: str
    """The secret that holds it; it is shown nowhere."""
    field: str
    version: int


class ApiTokenDeleted(Output):
    deleted: str
    label: str


class TokenRecord(Output):
    """A token as Make shows it: whole when it was just made, else its first characters."""

    token: str
    scope: list[str] = []
    created: str
    label: str = ""


class _Tokens(Output):
    api_tokens: list[TokenRecord]


class _Made(Output):
    api_token: TokenRecord


class _Gone(Output):
    api_token: str


# Tools


@category.tool(scope="user:read", effect="read", words=("make api key", "personal access token"))
async def api_token_list(make: Make, args: ListApiTokens) -> ApiTokens:
    """List this user's Make API tokens with their scopes; of each only how it begins."""
    told = await make.get(_LIST, into=_Tokens)
    whole, ours = args.detail == "full", await _in_use(make)
    return ApiTokens(api_tokens=[_row(one, ours, whole) for one in told.api_tokens])


def _row(one: TokenRecord, ours: str, whole: bool) -> ApiTokenRow:
    return ApiTokenRow(
        label=one.label,
        created=one.created,
        begins=one.token[:_SHOWN],
        scopes=one.scope if whole or len(one.scope) <= _FEW_SCOPES else None,
        scope_count=len(one.scope),
        in_use=one.token[:_SHOWN] == ours or None,
    )


async def _in_use(make: Make) -> str:
    """Give how the token begins that this server works with, as Make shows it; "" when unknown."""
    if make.kernel is None:
        return ""
    return (await make.kernel.api()).client.settings.token[:_SHOWN]


@category.tool(
    scope="user:write",
    effect="create",
    confirm=True,
    outside=True,
    words=("new make api key",),
    examples=[
        CreateApiToken(label="Reporting", scopes=["scenarios:read"], path="secret/make/reporting")
    ],
)
async def api_token_create(make: Make, args: CreateApiToken) -> ApiTokenMade:
    """Make an API token of this user and put it into the secret manager; it is shown nowhere.

    Scopes that this server's own token lacks are refused.
    """
    await _check_scopes(make, args)
    async with open_vault(make) as vault:
        place = await place_of(vault, args.path)
        known = await read_metadata(vault, place)
        current = known.current_version if known else 0
        stand_in: Document = {"token": "", "created": "2000-01-01T00:00:00.000Z"}
        told = await make.write(
            post(_LIST, {"label": args.label, "scope": list(args.scopes)}),
            into=_Made,
            says=f"Make the API token “{args.label}” with {len(args.scopes)} scopes",
            undo=lambda made: Undo((delete(_path(made.api_token.created)),)),
            predict={"apiToken": stand_in},
        )
        value = told.api_token.token
        version = await _store(make, vault, place, args.field, value, current)
    return ApiTokenMade(
        label=args.label,
        created=told.api_token.created,
        path=str(place),
        field=args.field,
        version=version,
    )


async def _check_scopes(make: Make, args: CreateApiToken) -> None:
    own = set((await make.account()).scopes or ())
    beyond = [scope for scope in args.scopes if own and scope not in own]
    if beyond:
        raise Failure(
            "This server gives a new token no scope that its own lacks.",
            problems=[Problem("scopes", f"`{scope}` is beyond it.") for scope in beyond],
            next_step="Call `api_token_create` again without them.",
            code="invalid_arguments",
        )


def _path(created: str) -> str:
    return f"{_LIST}/{quote(created, safe='')}"


async def _store(
    make: Make, vault: Vault, place: Place, name: str, value: str, current: int
) -> int:
    was_there = is_there(await read_metadata(vault, place), current)

    async def carry() -> Json:
        values: Document = await read_values(vault, place) if was_there else {}
        return {"version": await write_values(vault, place, values | {name: value}, current)}

    told = await make.write(
        vault_errand("POST", place.api("data"), carry, field=name, onto_version=current),
        into=Written,
        says=f"Put the token into `{name}` of `{place}`",
        undo=way_back(place, current, was_there=was_there),
        before={"version": current},
        predict={"version": current + 1},
    )
    return told.version


@category.tool(scope="user:write", effect="delete", words=("revoke make api key",))
async def api_token_delete(make: Make, args: DeleteApiToken) -> ApiTokenDeleted:
    """Delete one of this user's Make API tokens, never the one this server works with."""
    rows = (await make.get(_LIST, into=_Tokens, scope="user:read")).api_tokens
    found = [one for one in rows if one.created == args.created]
    if not found:
        raise Failure(
            f"This user has no API token made at {args.created}.",
            next_step="See them with `api_token_list`; send `created` exactly as it stands there.",
            code="not_found",
        )
    ours = await _in_use(make)
    if any(one.token[:_SHOWN] == ours for one in found):
        raise Failure(
            f"“{found[0].label}” is the token this server works with; it was not deleted.",
            next_step="Give the server another token first, or delete it in Make: Profile, API.",
            code="in_use",
        )
    if len(found) > 1:
        make.affects(f"{len(found)} tokens were made in this moment; Make deletes them together.")
    await make.write(
        delete(_path(args.created)),
        into=_Gone,
        says=f"Delete the API token “{found[0].label}”",
        undo=Irreversible("A deleted token is gone for good; make a new one."),
        before={"labels": [one.label for one in found]},
    )
    return ApiTokenDeleted(deleted=args.created, label=found[0].label)

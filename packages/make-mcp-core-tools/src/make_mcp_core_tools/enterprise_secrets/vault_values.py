"""Secrets in the secret manager: what there is, writing and deleting. Values are never shown."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    Output,
    Page,
    PageInput,
    Problem,
    Timestamp,
    Undo,
    call,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.vault import Vault, environment_of, open_vault, vault_errand
from make_mcp_core_tools._engine.vault_secrets import (
    FieldName,
    Place,
    SecretMetadata,
    SecretPath,
    field_names,
    mounts_of,
    place_of,
    read_metadata,
    read_values,
    require_metadata,
    secrets_below,
    write_values,
)
from make_mcp_core_tools.enterprise_secrets.declared import category

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FROM_ENVIRONMENT = "MAKE_SECRET_"
"""Variables of the environment that a value may be taken from begin so."""
Charset = Literal["letters_digits", "hex", "printable"]
_CHARACTERS: dict[Charset, str] = {
    "letters_digits": string.ascii_letters + string.digits,
    "hex": "0123456789abcdef",
    "printable": string.ascii_letters + string.digits + "!#$%&()*+,-./:;<=>?@[]^_{|}~",
}

# Inputs


class ListSecrets(PageInput):
    path: str = Field(default="", max_length=400, pattern=r"^[\w ./@:=+-]*$")
    """Engine, or folder in one (`secret/crm`); default: all engines that keep versions."""


class GetSecret(Input):
    path: SecretPath
    version: int | None = Field(default=None, ge=1)
    """Name the fields of this version; default: the newest."""


class Generated(Input):
    length: int = Field(default=32, ge=12, le=256)
    """Characters."""
    charset: Charset = "letters_digits"
    """What they are chosen from."""


class PutSecret(Input):
    path: SecretPath
    field: FieldName = "value"
    """Which field; the others stay as they are."""
    generate: Generated | None = None
    """Have a random value made here."""
    from_env: str | None = Field(default=None, pattern=rf"^{FROM_ENVIRONMENT}[A-Z0-9_]{{1,80}}$")
    """Or take it from a variable of this server's environment, `MAKE_SECRET_…`."""
    from_version: int | None = Field(default=None, ge=1)
    """Or bring back all fields of an older version."""
    onto_version: int | None = Field(default=None, ge=0)
    """Refuse unless this is the newest version; 0: unless there is no such secret."""


class DeleteSecret(Input):
    path: SecretPath
    versions: list[int] = Field(default=[], max_length=100)
    """Which; default: the newest."""
    destroy: bool = False
    """For good; without it `secret_put` from_version brings a version back."""
    onto_version: int | None = Field(default=None, ge=1)
    """Refuse unless this is the newest version."""


# Outputs


class SecretRow(Output):
    path: str
    version: int
    updated: Timestamp
    age_days: int


class Secrets(Page):
    secrets: list[SecretRow]
    not_checked: list[str] = []


class VersionRow(Output):
    version: int
    created: Timestamp
    state: Literal["there", "deleted", "destroyed"]


class Secret(Output):
    path: str
    version: int
    fields: list[str]
    """Names only."""
    age_days: int
    versions: list[VersionRow]
    """Newest first."""
    metadata: dict[str, str] = {}


class SecretWritten(Output):
    path: str
    version: int
    fields: list[str]


class SecretDeleted(Output):
    path: str
    versions: list[int]
    destroyed: bool


class Written(Output):
    version: int


class VersionsGone(Output):
    versions: list[int]


# Reading


@category.tool(scope="", effect="read", outside=True, words=("vault secrets", "kv list"))
async def secret_list(make: Make, args: ListSecrets) -> Secrets:
    """List secrets of the secret manager with version and age. Never values."""
    async with open_vault(make) as vault:
        wanted = args.path.strip("/")
        mounts = [one.path for one in await mounts_of(vault) if one.is_versioned]
        places: list[Place] = []
        not_checked: list[str] = []
        for mount in mounts:
            if not f"{wanted}/".startswith(mount) and not mount.startswith(wanted):
                continue
            folder = f"{wanted}/"[len(mount) :] if f"{wanted}/".startswith(mount) else ""
            try:
                places += await secrets_below(vault, mount, folder)
            except Failure as failure:
                if failure.code != "vault_forbidden":
                    raise
                not_checked.append(f"{mount}: {failure.what}")
        page, more = page_of(places, args)
        known = await make.each(page, lambda place: read_metadata(vault, place))
        rows = [_row(place, one) for place, one in zip(page, known, strict=True) if one]
    return Secrets(secrets=rows, not_checked=not_checked, **more)


def _row(place: Place, one: SecretMetadata) -> SecretRow:
    return SecretRow(
        path=str(place),
        version=one.current_version,
        updated=one.updated_time,
        age_days=age_days(one),
    )


def age_days(one: SecretMetadata) -> int:
    """Give the age of the newest version in whole days."""
    newest = one.version(one.current_version)
    born = newest.created_time if newest else one.updated_time
    return max(0, (datetime.now(UTC) - born).days)


@category.tool(scope="", effect="read", outside=True, words=("kv metadata", "secret versions"))
async def secret_get(make: Make, args: GetSecret) -> Secret:
    """Show a secret's fields by name, its versions and age. Never values."""
    async with open_vault(make) as vault:
        place = await place_of(vault, args.path)
        one = await require_metadata(vault, place)
        fields = await field_names(vault, place, args.version or 0)
    rows = [one.version(int(number)) for number in one.versions]
    return Secret(
        path=str(place),
        version=one.current_version,
        fields=fields,
        age_days=age_days(one),
        versions=[
            VersionRow(
                version=row.version,
                created=row.created_time,
                state="destroyed" if row.destroyed else "deleted" if row.deletion_time else "there",
            )
            for row in sorted(
                (r for r in rows if r is not None), key=lambda r: r.version, reverse=True
            )
        ],
        metadata={
            k: v for k, v in (one.custom_metadata or {}).items() if not k.startswith("make:")
        },
    )


# Writing


@category.tool(
    scope="",
    effect="update",
    outside=True,
    words=("put secret", "generate password", "vault write", "restore version"),
    examples=[
        PutSecret(path="secret/crm/api", field="token", generate=Generated(length=40)),
        PutSecret(path="secret/crm/api", from_version=3),
    ],
)
async def secret_put(make: Make, args: PutSecret) -> SecretWritten:
    """Write a field of a secret: generated here, from this server's environment, or an old version.

    The value is never an argument and never shown. Writes only on the version it has read.
    """
    _one_source(args)
    async with open_vault(make) as vault:
        place = await place_of(vault, args.path)
        known = await read_metadata(vault, place)
        current = known.current_version if known else 0
        _refuse_other(place, current, args.onto_version)
        if args.from_version is not None:
            return await _bring_back(make, vault, place, args.from_version)
        value = _value(args, environment_of(make))
        gone = not is_there(known, current)
        fields = [] if gone else await field_names(vault, place)

        async def carry() -> Json:
            values: Document = {} if gone else await read_values(vault, place)
            return {
                "version": await write_values(vault, place, values | {args.field: value}, current)
            }

        told = await make.write(
            vault_errand("POST", place.api("data"), carry, field=args.field, onto_version=current),
            into=Written,
            says=f"Write `{args.field}` of the secret `{place}`",
            undo=way_back(place, current, was_there=not gone),
            before={"version": current},
            predict={"version": current + 1},
        )
    return SecretWritten(
        path=str(place), version=told.version, fields=sorted({*fields, args.field})
    )


def _refuse_other(place: Place, current: int, wanted: int | None) -> None:
    """Refuse when somebody has written since."""
    if wanted is not None and wanted != current:
        raise Failure(
            f"The newest version of `{place}` is {current}, not {wanted}; nothing was changed.",
            next_step=f"See what became of it: `secret_get` path={place}.",
            code="moved_on",
        )


def _one_source(args: PutSecret) -> None:
    given = [name for name in ("generate", "from_env", "from_version") if name in args.sent()]
    if len(given) != 1:
        raise Failure(
            "`secret_put` takes exactly one of `generate`, `from_env` and `from_version`.",
            why="A secret's value is never an argument.",
            problems=[Problem(name, "is one too many.") for name in given[1:]],
            next_step="Call `secret_put` again with one of them.",
            code="invalid_arguments",
        )


def _value(args: PutSecret, environment: Mapping[str, str]) -> str:
    if args.from_env is None:
        return generated(args.generate or Generated())
    value = environment.get(args.from_env, "")
    if not value:
        raise Failure(
            f"This server's environment has no {args.from_env}.",
            next_step="Have the operator set it and start the server again, or use `generate`.",
            code="not_found",
        )
    return value


def generated(how: Generated) -> str:
    """Make a random value."""
    characters = _CHARACTERS[how.charset]
    return "".join(secrets.choice(characters) for _ in range(how.length))


def is_there(known: SecretMetadata | None, version: int) -> bool:
    """Tell whether a version has values that can be read."""
    one = known.version(version) if known else None
    return one is not None and not one.destroyed and one.deletion_time is None


def way_back(place: Place, current: int, *, was_there: bool) -> Callable[[Written], Undo]:
    """Say how a new version is taken back: the former values again, or none."""

    def undo(told: Written) -> Undo:
        here: Document = {"path": str(place), "onto_version": told.version}
        if was_there and told.version != current:
            return Undo(
                (call("secret_put", **here, from_version=current),),
                note="What is taken back stays in the secret's history.",
            )
        return Undo((call("secret_delete", **here, versions=[told.version]),))

    return undo


async def _bring_back(make: Make, vault: Vault, place: Place, version: int) -> SecretWritten:
    known = await require_metadata(vault, place)
    wanted, current = known.version(version), known.current_version
    if wanted is None or wanted.destroyed:
        raise Failure(
            f"Version {version} of `{place}` is gone for good.",
            next_step=f"See what is left: `secret_get` path={place}.",
            code="not_found",
        )

    async def carry() -> Json:
        if wanted.deletion_time is not None:
            await vault.write(place.api("undelete"), {"versions": [version]})
        if version == current:
            return {"version": version}
        values = await read_values(vault, place, version)
        return {"version": await write_values(vault, place, values, current)}

    told = await make.write(
        vault_errand("POST", place.api("data"), carry, from_version=version, onto_version=current),
        into=Written,
        says=f"Bring version {version} of the secret `{place}` back",
        undo=way_back(place, current, was_there=is_there(known, current)),
        before={"version": current},
        predict={"version": current if version == current else current + 1},
    )
    return SecretWritten(
        path=str(place), version=told.version, fields=await field_names(vault, place)
    )


@category.tool(
    scope="",
    effect="delete",
    outside=True,
    words=("destroy secret", "vault delete"),
)
async def secret_delete(make: Make, args: DeleteSecret) -> SecretDeleted:
    """Delete versions of a secret: so that they can be brought back, or for good.

    Make's copies in connections and keys stay as they are.
    """
    async with open_vault(make) as vault:
        place = await place_of(vault, args.path)
        known = await require_metadata(vault, place)
        _refuse_other(place, known.current_version, args.onto_version)
        versions = args.versions or [known.current_version]
        if missing := [one for one in versions if known.version(one) is None]:
            raise Failure(
                f"`{place}` has no versions {', '.join(map(str, missing))}.",
                next_step=f"See its versions: `secret_get` path={place}.",
                code="not_found",
            )
        bound = [name for name in known.custom_metadata or {} if name.startswith("make:")]
        for name in bound if known.current_version in versions else []:
            make.affects(f"It is bound to {name.removeprefix('make:')}: rotation stops there.")
        path = place.api("destroy" if args.destroy else "delete")

        async def carry() -> Json:
            await vault.write(path, {"versions": list(versions)}, "put" if args.destroy else "post")
            return {"versions": list(versions)}

        told = await make.write(
            vault_errand("PUT" if args.destroy else "POST", path, carry, versions=list(versions)),
            into=VersionsGone,
            says=f"{'Destroy' if args.destroy else 'Delete'} versions"
            f" {', '.join(map(str, versions))} of the secret `{place}`",
            undo=_undelete(place, known, args, versions),
            before={"version": known.current_version},
            predict={"versions": list(versions)},
        )
    return SecretDeleted(path=str(place), versions=told.versions, destroyed=args.destroy)


def _undelete(
    place: Place, known: SecretMetadata, args: DeleteSecret, versions: Sequence[int]
) -> Undo | Irreversible:
    newest = known.current_version
    if args.destroy:
        return Irreversible("Destroyed versions are gone for good.")
    if list(versions) != [newest] or not is_there(known, newest):
        return Irreversible(
            f"`secret_put` path={place}, from_version={versions[0]} writes its values anew."
        )
    return Undo((call("secret_put", path=str(place), from_version=newest, onto_version=newest),))

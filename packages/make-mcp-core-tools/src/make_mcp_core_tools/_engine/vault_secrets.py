"""Secrets in the secret manager: KV version 2, where every write is a version that stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from make_mcp_base.authoring import Document, Failure, Output, Problem, Timestamp
from pydantic import BeforeValidator, Field

from make_mcp_core_tools._engine.vault import data_of, open_vault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_mcp_base.authoring import Json, Make

    from make_mcp_core_tools._engine.vault import Vault

SecretPath = Annotated[
    str,
    Field(
        min_length=3,
        max_length=400,
        pattern=r"^[\w-][\w .@:=+-]*(/[\w-][\w .@:=+-]*)+$",
        description="Engine and secret, such as `secret/crm/api` (`secret_list`).",
    ),
]
SecretReference = Annotated[
    str, Field(min_length=5, max_length=500, pattern=r"^[\w-][\w .@:=+/-]*/[\w .@:=+/-]+#[\w.-]+$")
]
"""A field of a secret: `secret/crm/api#token`."""
FieldName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.-]+$")]


def _moment(value: object) -> object:
    return value or None


class SecretVersion(Output):
    """One version of a secret."""

    version: int = 0
    created_time: Timestamp
    deletion_time: Annotated[Timestamp | None, BeforeValidator(_moment)] = None
    destroyed: bool = False


class SecretMetadata(Output):
    """What is known of a secret besides its values."""

    current_version: int = 0
    created_time: Timestamp
    updated_time: Timestamp
    custom_metadata: dict[str, str] | None = None
    versions: dict[str, SecretVersion] = {}

    def version(self, number: int) -> SecretVersion | None:
        """Give one version, with its number."""
        found = self.versions.get(str(number))
        return found and found.model_copy(update={"version": number})


@dataclass(frozen=True, slots=True)
class Place:
    """A secret: its engine's path (`secret/`) and its name below that."""

    mount: str
    name: str

    def __str__(self) -> str:
        """Give engine and name."""
        return f"{self.mount}{self.name}"

    def api(self, part: str) -> str:
        """Give an API path: `data`, `metadata`, `delete`, `undelete`, `destroy`, `subkeys`."""
        return f"{self.mount}{part}/{self.name}"


class Mount(Output):
    """An engine."""

    path: str = ""
    type: str
    description: str = ""
    options: dict[str, str] | None = None
    local: bool = False

    @property
    def is_versioned(self) -> bool:
        """True for KV version 2."""
        return self.type == "kv" and (self.options or {}).get("version") == "2"


async def mounts_of(vault: Vault) -> list[Mount]:
    """List the engines this server's token may see, by path."""
    told = data_of(await vault.read("sys/internal/ui/mounts"))
    found: dict[str, Document] = told.get("secret") or {}
    return [Mount.model_validate({**one, "path": path}) for path, one in sorted(found.items())]


async def place_of(vault: Vault, path: str) -> Place:
    """Find the engine a secret is in.

    Raises:
        Failure: No engine is there, or one that keeps no versions.
    """
    mounts = await mounts_of(vault)
    fits = [one for one in mounts if path.startswith(one.path)]
    mount = max(fits, key=lambda one: len(one.path), default=None)
    if mount is None or not mount.is_versioned:
        versioned = [one.path for one in mounts if one.is_versioned]
        raise Failure(
            f"`{path}` is in no engine that keeps versions of secrets (KV version 2).",
            why=f"Such engines: {', '.join(versioned)}." if versioned else "",
            next_step="Begin the path with one of them; `secret_engine_list` shows all engines.",
            code="no_such_engine",
        )
    return Place(mount.path, path[len(mount.path) :])


async def read_metadata(vault: Vault, place: Place) -> SecretMetadata | None:
    """Read what is known of a secret besides its values; None when there is none."""
    told = await vault.read(place.api("metadata"))
    return None if told is None else SecretMetadata.model_validate(data_of(told))


async def require_metadata(vault: Vault, place: Place) -> SecretMetadata:
    """Read the metadata of a secret.

    Raises:
        Failure: There is no such secret.
    """
    found = await read_metadata(vault, place)
    if found is None:
        raise Failure(
            f"There is no secret `{place}`.",
            next_step=f"See what there is: `secret_list` path={place.mount.rstrip('/')}.",
            code="not_found",
        )
    return found


async def read_values(vault: Vault, place: Place, version: int = 0) -> Document:
    """Read the values of a version, the newest for 0. They must not leave this server but to Make.

    Raises:
        Failure: The version is deleted or was never there.
    """
    query = {"version": version} if version else {}
    told = data_of(await vault.read(place.api("data"), **query))
    values = told.get("data")
    if not isinstance(values, dict):
        which = f"Version {version} of `{place}`" if version else f"The newest version of `{place}`"
        raise Failure(
            f"{which} has no values: it was deleted, or never was.",
            next_step=f"See its versions: `secret_get` path={place}.",
            code="not_found",
        )
    found: Document = dict(values)  # pyright: ignore[reportUnknownArgumentType]
    return found


async def write_values(vault: Vault, place: Place, values: Document, current: int) -> int:
    """Write a new version, when the newest is still the one that was read; give its number.

    Raises:
        Failure: Somebody else wrote meanwhile; nothing was written.
    """
    body: Document = {"data": values, "options": {"cas": current}}
    return int(data_of(await vault.write(place.api("data"), body))["version"])


async def field_names(vault: Vault, place: Place, version: int = 0) -> list[str]:
    """Name the fields of a version without reading their values; empty when it is deleted."""
    query = {"version": version} if version else {}
    told = data_of(await vault.read(place.api("subkeys"), **query))
    return sorted(told.get("subkeys") or {})


async def secrets_below(vault: Vault, mount: str, folder: str = "", most: int = 500) -> list[Place]:
    """List the secrets of an engine below a folder, all levels, up to `most`."""
    found: list[Place] = []
    todo = [folder]
    while todo and len(found) < most:
        here = todo.pop(0)
        for name in await vault.names(f"{mount}metadata/{here}"):
            if name.endswith("/"):
                todo.append(f"{here}{name}")
            else:
                found.append(Place(mount, f"{here}{name}"))
    return found[:most]


async def read_referenced(vault: Vault, references: Mapping[str, str]) -> Document:
    """Read the fields of secrets that are named `path#field`; values must go to Make only.

    Raises:
        Failure: A secret or field is not there.
    """
    values: Document = {}
    for name, reference in references.items():
        path, _, wanted = reference.partition("#")
        place = await place_of(vault, path)
        await require_metadata(vault, place)
        kept = await read_values(vault, place)
        if wanted not in kept:
            raise Failure(
                f"The secret `{place}` has no field `{wanted}`.",
                why=f"Its fields: {', '.join(sorted(kept)) or 'none'}.",
                next_step=f"Write it first: `secret_put` path={place}, field={wanted}.",
                code="not_found",
            )
        values[name] = kept[wanted]
    return values


async def with_referenced(
    make: Make, given: Mapping[str, Json], references: Mapping[str, str], argument: str
) -> Document:
    """Put what the secret manager holds beside parameters that were given.

    Args:
        make: The call's Make.
        given: Parameters by name.
        references: Fields of secrets (`path#field`), by the parameter each is for.
        argument: Where the given ones came from, for the refusal.

    Raises:
        Failure: A parameter is in both, or as `read_referenced`.
    """
    if twice := sorted(given.keys() & references.keys()):
        raise Failure(
            "Some parameters are given twice.",
            problems=[Problem(name, f"is in `{argument}` and in `from_vault`.") for name in twice],
            next_step="Call again with each in one of them.",
            code="invalid_arguments",
        )
    if not references:
        return dict(given)
    async with open_vault(make) as vault:
        return {**given, **await read_referenced(vault, references)}

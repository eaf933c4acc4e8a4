"""Whose variables are meant: a team's or an organization's (Make API reference, 2.23 and 2.31)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from make_mcp_base.authoring import Failure, Input, Json, OrganizationId, Output, TeamId
from pydantic import TypeAdapter

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make
    from make_mcp_base.calls.account import Organization

Owner = Literal["organization", "team"]


class PlaceInput(Input):
    scope: Owner | None = None
    """Whose variables; left out, the organization's if only `organization_id` is sent, else the
    team's."""
    team_id: TeamId | None = None
    organization_id: OrganizationId | None = None


class Variable(Output):
    """A variable as the API shows it."""

    name: str
    type_id: int = 2
    value: Json = None
    is_system: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A team or an organization, as the owner of variables."""

    owner: Owner
    id: int

    def __str__(self) -> str:
        """Name it in words."""
        return f"{self.owner} {self.id}"

    @property
    def path(self) -> str:
        """API path of its variables."""
        return f"/{self.owner}s/{self.id}/variables"

    @property
    def key(self) -> str:
        """Wrapper key of one variable in answers; that of the list has an `s` more."""
        return f"{self.owner}Variable"

    @property
    def read(self) -> str:
        """The scope that reading needs."""
        return f"{self.owner}-variables:read"

    @property
    def write(self) -> str:
        """The scope that writing needs."""
        return f"{self.owner}-variables:write"

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that name it in a call of our tools."""
        return {"scope": self.owner, f"{self.owner}_id": self.id}

    def token(self, name: str) -> str:
        """Write a variable as expressions do."""
        return f"{{{{var.{self.owner}.{name}}}}}"


async def place_of(make: Make, args: PlaceInput) -> Place:
    """Find out whose variables a call means.

    Raises:
        Failure: There are several teams or organizations to choose from.
    """
    only_organization = args.organization_id is not None and args.team_id is None
    owner = args.scope or ("organization" if only_organization else "team")
    if owner == "team":
        return Place("team", await make.team(args.team_id))
    given = args.organization_id
    if given is None and args.team_id is not None:
        home = await home_of(make, args.team_id)
        given = home.id if home else None
    return Place("organization", await make.organization(given))


async def home_of(make: Make, team_id: int) -> Organization | None:
    """Find the organization of a team, also of one that was made a moment ago."""
    known = (await make.account()).organization_of(team_id)
    return known or (await make.api.account(fresh=True)).organization_of(team_id)


async def read_variables(make: Make, place: Place) -> list[Variable]:
    """Read the variables of a place, system ones included.

    The documentation shows the list as one object where there is one variable only.
    """
    answer = await make.json(place.path, scope=place.read)
    found = answer.get(f"{place.key}s") if isinstance(answer, dict) else None
    rows = [found] if isinstance(found, dict) else found
    return TypeAdapter(list[Variable]).validate_python(rows or [])


async def find_variable(make: Make, place: Place, name: str) -> Variable:
    """Read one variable.

    Raises:
        Failure: The place has none of that name; the nearest are named.
    """
    rows = await read_variables(make, place)
    found = next((row for row in rows if row.name == name), None)
    if found:
        return found
    raise _unknown(place, name, [row.name for row in rows], await has_feature(make, place))


async def has_feature(make: Make, place: Place) -> bool:
    """Tell whether the plan has custom variables; True when the licence cannot be read."""
    if place.owner == "team":
        home = await home_of(make, place.id)
    else:
        known = (await make.account()).organizations
        home = next((one for one in known if one.id == place.id), None)
    licence = home.license if home else {}
    return not licence or bool(licence.get("customVariables"))


async def require_feature(make: Make, place: Place) -> None:
    """Refuse to write where the plan has no custom variables; Make would only say 404.

    Raises:
        Failure: The licence lacks them.
    """
    if not await has_feature(make, place):
        raise Failure(
            f"The plan of {place} has no custom variables; nothing was sent.",
            why="`license.customVariables` is off (Make: Pro plan and above).",
            next_step="Keep the value in a data store (`data_store_record_create`), or have an"
            " owner change the plan.",
            code="licence_gate",
        )


def _unknown(place: Place, name: str, names: list[str], licensed: bool) -> Failure:
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=3, cutoff=0.5)
    why = f"Nearest: {', '.join(near)}." if near else ""
    if not licensed:
        why = "The plan has no custom variables (`license.customVariables`), only system ones."
    return Failure(
        f"The {place} has no variable named “{name}”.",
        why=why,
        next_step=f"Call `variable_list` with scope={place.owner},"
        f" {place.owner}_id={place.id}; names are case-sensitive.",
        code="not_found",
    )


def fields_of(name: str, type_id: int, value: Json) -> dict[str, Json]:
    """Give the body that makes a variable."""
    return {"name": name, "typeId": type_id, "value": value}

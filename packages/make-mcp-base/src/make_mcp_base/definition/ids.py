"""Ids of Make's things, each with the way to find it.

An id argument takes the number or a unique name. `Reference` says where names are looked up, so
that a name is resolved, or its candidates listed, before the tool runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the names of one kind of thing are found.

    Attributes:
        kind: Make's word for the thing, as used in messages ("data store").
        path: API path of the list.
        key: Wrapper key of that list in the answer.
        within: What the list is asked for: a team, an organization, or nothing.
        tool: Our tool that shows the list.
    """

    kind: str
    path: str
    key: str
    within: Literal["team", "organization", "nothing"]
    tool: str

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Show, for arguments, that a name is accepted too."""
        schema = handler(core)
        schema.pop("minimum", None)
        schema.pop("exclusiveMinimum", None)
        if handler.mode == "serialization":
            return schema
        schema["type"] = ["integer", "string"]
        schema["description"] = f"{self.kind.capitalize()} id or unique name (`{self.tool}`)."
        return schema


_positive = Field(gt=0)

OrganizationId = Annotated[
    int,
    _positive,
    Reference("organization", "/organizations", "organizations", "nothing", "organization_list"),
]
TeamId = Annotated[
    int, _positive, Reference("team", "/teams", "teams", "organization", "team_list")
]
ScenarioId = Annotated[
    int, _positive, Reference("scenario", "/scenarios", "scenarios", "team", "scenario_list")
]
FolderId = Annotated[
    int,
    _positive,
    Reference("folder", "/scenarios-folders", "scenariosFolders", "team", "folder_list"),
]
ConnectionId = Annotated[
    int,
    _positive,
    Reference("connection", "/connections", "connections", "team", "connection_list"),
]
HookId = Annotated[int, _positive, Reference("hook", "/hooks", "hooks", "team", "hook_list")]
DataStoreId = Annotated[
    int,
    _positive,
    Reference("data store", "/data-stores", "dataStores", "team", "data_store_list"),
]
DataStructureId = Annotated[
    int,
    _positive,
    Reference(
        "data structure", "/data-structures", "dataStructures", "team", "data_structure_list"
    ),
]
UserId = Annotated[
    int, _positive, Reference("user", "/users", "users", "organization", "user_list")
]
RoleId = Annotated[
    int, _positive, Reference("role", "/users/roles", "usersRoles", "organization", "role_list")
]
ExecutionId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""Execution id: 32 hex characters (`scenario_execution_list`)."""

_annotated: tuple[Any, ...] = (
    OrganizationId,
    TeamId,
    ScenarioId,
    FolderId,
    ConnectionId,
    HookId,
    DataStoreId,
    DataStructureId,
    UserId,
    RoleId,
)

REFERENCES: dict[str, Reference] = {
    reference.kind: reference
    for annotated in _annotated
    for reference in get_args(annotated)
    if isinstance(reference, Reference)
}
"""Every kind of thing that has names, by Make's word for it."""

"""The one door for authors of tools: all a category module imports.

A category reads inputs, outputs, tools; see the guide "Add a tool" for a whole one.
"""

from make_mcp_base.calls.make import Make
from make_mcp_base.calls.paging import page_of, rows_needed
from make_mcp_base.calls.ports import Delivery
from make_mcp_base.calls.requests import (
    Errand,
    Irreversible,
    Request,
    Undo,
    Watch,
    call,
    delete,
    patch,
    post,
    put,
)
from make_mcp_base.definition.bundle import Bundle, check_bundle
from make_mcp_base.definition.category import Category
from make_mcp_base.definition.ids import (
    ConnectionId,
    DataStoreId,
    DataStructureId,
    ExecutionId,
    FolderId,
    HookId,
    OrganizationId,
    RoleId,
    ScenarioId,
    TeamId,
    UserId,
)
from make_mcp_base.definition.models import (
    Counter,
    Document,
    Input,
    Json,
    NextCall,
    Output,
    Page,
    PageInput,
    Timestamp,
)
from make_mcp_base.definition.run_tools import MOST_RUN_TOOLS, RunTool, RunTools
from make_mcp_base.errors import Failure, Problem
from make_mcp_base.safety.untrusted import clean

__all__ = [
    "MOST_RUN_TOOLS",
    "Bundle",
    "Category",
    "ConnectionId",
    "Counter",
    "DataStoreId",
    "DataStructureId",
    "Delivery",
    "Document",
    "Errand",
    "ExecutionId",
    "Failure",
    "FolderId",
    "HookId",
    "Input",
    "Irreversible",
    "Json",
    "Make",
    "NextCall",
    "OrganizationId",
    "Output",
    "Page",
    "PageInput",
    "Problem",
    "Request",
    "RoleId",
    "RunTool",
    "RunTools",
    "ScenarioId",
    "TeamId",
    "Timestamp",
    "Undo",
    "UserId",
    "Watch",
    "call",
    "check_bundle",
    "clean",
    "delete",
    "page_of",
    "patch",
    "post",
    "put",
    "rows_needed",
]

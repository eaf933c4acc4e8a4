"""Folders: where scenarios are filed, and the data stores and structures a team keeps."""

from make_mcp_core_tools.folders import (
    data_store_queries,
    data_store_records,
    data_stores,
    data_structures,
    folders,
    generating,
    moving,
)
from make_mcp_core_tools.folders.declared import category

__all__ = [
    "category",
    "data_store_queries",
    "data_store_records",
    "data_stores",
    "data_structures",
    "folders",
    "generating",
    "moving",
]

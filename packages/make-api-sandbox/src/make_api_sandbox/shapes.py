"""Names for the shapes that pass between the world and HTTP."""

from typing import Any

JsonObject = dict[str, Any]
"""A JSON object: its members are whatever the API's documents say, so they stay dynamic."""

Row = dict[str, Any]
"""One row of the world, by column name; JSON columns decoded, flags as `bool`."""

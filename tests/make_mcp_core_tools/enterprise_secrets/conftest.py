"""Secrets that exist nowhere: put together here so that no scanner of repositories takes alarm."""

import pytest

PLANTED: dict[str, str] = {
    "aws": "AKIA" + "QYLPMN5HFIQR7XYA",
    "github": "ghp_" + "9f8E7d6C5babcdefghijABCDEFGHIJklmnop",
    "slack": "xoxb-" + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    "make": "Token " + "3f2a9c1e-" + "8b7d-4e6f-9a0b-1c2d3e4f5a6b",
    "hook": "https://hook.eu1.make.com/" + "k3v9x2q7m1z8w4r6t5y0u2i1o3p4a5s6",
    "mcp": "https://eu1.make.com/mcp/u/" + "7c1e9a52-33d4-4b6f-8e90-aa12bb34cc56" + "/sse",
}


@pytest.fixture
def planted() -> dict[str, str]:
    """One secret of each kind, by what it opens."""
    return dict(PLANTED)

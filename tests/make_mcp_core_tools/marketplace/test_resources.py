"""Apps as resources."""

import json

import pytest

from .conftest import Shop

pytestmark = pytest.mark.anyio


async def test_an_app_is_read_with_every_module_in_words(shop: Shop) -> None:
    contents = (await shop.core.client.read_resource("make://app/slack")).contents
    page = json.loads(str(getattr(contents[0], "text", "")))
    listed = await shop.core.call("app_module_list", app="slack")
    assert len(page["modules"]) == listed.data["total"]
    assert "channel" in page["modules"]["slack:CreateMessage"].casefold()


async def test_an_unknown_app_is_answered_with_what_to_call(shop: Shop) -> None:
    with pytest.raises(Exception, match="app_list"):
        await shop.core.client.read_resource("make://app/no-such-app")

"""Types of hooks the sandbox knows (API reference, chapter 2.20)."""

from dataclasses import dataclass
from typing import Literal

GATEWAY_OPTIONS = ("method", "headers", "stringify")
"""Booleans that both gateway types require."""


@dataclass(frozen=True)
class HookType:
    """One type of hook.

    Args:
        theme: Colour.
        kind: `web` for an address, `mail` for a mailbox.
        package: App it belongs to; None for the gateway's own.
        connected: True when it needs a connection, `__IMTCONN__`.
    """

    theme: str
    kind: Literal["web", "mail"] = "web"
    package: str | None = None
    connected: bool = True

    @property
    def is_gateway(self) -> bool:
        """True for the custom webhook and mailhook."""
        return self.package is None


TYPES: dict[str, HookType] = {
    "gateway-webhook": HookType("#c73a63", connected=False),
    "gateway-mailhook": HookType("#c73a63", "mail", connected=False),
    "airtable3": HookType("#18bfff", package="airtable"),
    "asana": HookType("#f06a6a", package="asana"),
    "calendly": HookType("#006bff", package="calendly"),
    "clickup": HookType("#7b68ee", package="clickup"),
    "github": HookType("#4078c0", package="github"),
    "hubspotcrm2": HookType("#ff7a59", package="hubspotcrm"),
    "jotform": HookType("#ffa500", package="jotform"),
    "mailchimp2": HookType("#ffe01b", package="mailchimp"),
    "monday2": HookType("#ff3d57", package="monday"),
    "pipedrive": HookType("#203232", package="pipedrive"),
    "shopify": HookType("#95bf47", package="shopify"),
    "slack": HookType("#4a154b", package="slack"),
    "stripe": HookType("#635bff", package="stripe"),
    "telegram": HookType("#0088cc", package="telegram"),
    "typeform": HookType("#262627", package="typeform"),
    "whatsapp-business-cloud": HookType("#25d366", package="whatsapp-business-cloud"),
}
"""Of the app types a selection; a custom app's type is `apps:` and its name."""

CUSTOM_APP = "apps:"


def hook_type(name: str) -> HookType | None:
    """The type of this name, or None when there is none."""
    if name.startswith(CUSTOM_APP) and len(name) > len(CUSTOM_APP):
        package = name.removeprefix(CUSTOM_APP)
        return HookType("#666666", package=f"app#{package}", connected=False)
    return TYPES.get(name)

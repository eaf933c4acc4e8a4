"""Credentials: well-known formats of keys and tokens, told from ordinary text.

Only formats that announce themselves count; a UUID, a hash or the id of a document is no secret.
The formats are those the services publish for their own keys.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_SHOWN = 4
_FORMATS: tuple[tuple[str, str, str], ...] = (
    ("Anthropic key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,}"),
    ("OpenRouter key", "sk-or-", r"sk-or-v1-[0-9a-f]{64}"),
    (
        "OpenAI key",
        "sk-",
        r"sk-(?!ant-)(?:proj-|svcacct-|admin-)?(?=[A-Za-z_-]*[0-9])(?=[a-z0-9_-]*[A-Z])"
        r"[A-Za-z0-9_-]{20,}",
    ),
    ("Stripe key", "k_live_", r"[sr]k_live_[A-Za-z0-9]{16,}"),
    ("Stripe test key", "k_test_", r"[sr]k_test_[A-Za-z0-9]{16,}"),
    ("webhook signing secret", "whsec_", r"whsec_[A-Za-z0-9+/]{24,}"),
    ("Slack token", "xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("Slack app token", "xapp-", r"xapp-[0-9]-[A-Za-z0-9-]{20,}"),
    (
        "Slack webhook address",
        "hooks.slack.com",
        r"hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}",
    ),
    (
        "Discord webhook address",
        "/api/webhooks/",
        r"discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{60,}",
    ),
    *(("GitHub token", f"gh{kind}_", rf"gh{kind}_[A-Za-z0-9]{{36,}}") for kind in "pousr"),
    ("GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{50,}"),
    ("GitLab token", "glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),
    ("AWS access key", "AKIA", r"AKIA[0-9A-Z]{16}(?![0-9A-Za-z])"),
    ("AWS access key", "ASIA", r"ASIA[0-9A-Z]{16}(?![0-9A-Za-z])"),
    ("Google API key", "AIza", r"AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])"),
    ("Google access token", "ya29.", r"ya29\.[0-9A-Za-z_-]{20,}"),
    ("Google client secret", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    (
        "JSON web token",
        "eyJ",
        r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{10,}",
    ),
    ("Telegram bot token", ":AA", r"(?:bot)?[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])"),
    ("SendGrid key", "SG.", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("Mailgun key", "key-", r"key-[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("Twilio key", "SK", r"SK[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("Airtable token", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    ("Notion token", "secret_", r"secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])"),
    ("Notion token", "ntn_", r"ntn_[A-Za-z0-9]{40,}"),
    ("Apify token", "apify_api_", r"apify_api_[A-Za-z0-9]{30,}"),
    ("HubSpot token", "pat-", r"pat-(?:na|eu|ap)[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("Shopify token", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    ("Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{34,}"),
    ("Groq key", "gsk_", r"gsk_[A-Za-z0-9]{40,}"),
    ("Perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{40,}"),
    ("Replicate token", "r8_", r"r8_[A-Za-z0-9]{37,}"),
    ("Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{32,}"),
)
"""What it is, a part every such secret contains, and its form."""

_COMPILED = tuple(
    (name, marker, re.compile(rf"(?<![A-Za-z0-9_-]){pattern}"))
    for name, marker, pattern in _FORMATS
)
_OTHER_MARKERS = ("PRIVATE KEY-----", "Bearer", "Basic")
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+([A-Za-z0-9._~+/-]{16,}={0,2})(?![A-Za-z0-9{])")
_USER = re.compile(r"https?://[^\s/:@{}]+:([^\s/:@{}]{3,})@[\w-]")
_PLACEHOLDER = re.compile(
    r"your|example|replace|placeholder|insert|change_?me|dummy|sample|xxxx|\*\*\*|\.\.\.|<|\{\{|"
    r"not[-_ ]a[-_ ]real|(.)\1{7}",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{32,128}", re.IGNORECASE)
_OPAQUE = re.compile(r"[\w.~+/=-]{20,}")


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret seen in a text.

    Attributes:
        kind: What it is.
        shown: As much of it as may be shown.
        secret: All of it; it must not be shown or kept.
    """

    kind: str
    shown: str
    secret: str = field(repr=False, compare=False)


def may_hold_credentials(text: str) -> bool:
    """Tell quickly whether a closer look is worth it."""
    if any(marker in text for _, marker, _ in _FORMATS):
        return True
    return ("@" in text and "://" in text) or any(marker in text for marker in _OTHER_MARKERS)


def credentials(text: str) -> list[Credential]:
    """Give the secrets of well-known formats in a text, in no particular order.

    Args:
        text: Any text; placeholders such as `sk-YOUR_KEY` are passed over.
    """
    found = [
        _seen(name, match[0])
        for name, marker, pattern in _COMPILED
        if marker in text
        for match in pattern.finditer(text)
        if not is_placeholder(match[0])
    ]
    return found or list(_unnamed(text))


def _unnamed(text: str) -> Iterator[Credential]:
    """Give secrets that nothing but their surroundings tells."""
    if (match := _PRIVATE_KEY.search(text)) is not None:
        yield _seen("private key", text[match.start() :])
    for match in _SCHEME.finditer(text):
        if _is_scheme(match[1], match[2]):
            yield _seen(f"{match[1]} credentials", match[2])
    for match in _USER.finditer(text):
        if not is_placeholder(match[1]):
            yield _seen("password in an address", match[1])


def _seen(kind: str, secret: str) -> Credential:
    return Credential(kind, masked_text(secret), secret)


def is_opaque(text: str) -> bool:
    """Tell whether a text looks made by a machine: long, letters and digits, no known id.

    UUIDs and hashes are ids as often as secrets, so they do not count.
    """
    if not _OPAQUE.fullmatch(text) or _UUID.fullmatch(text) or _HASH.fullmatch(text):
        return False
    letters = any(character.isalpha() for character in text)
    digits = sum(character.isdigit() for character in text)
    return letters and digits >= 3 and not is_placeholder(text)


def is_placeholder(text: str) -> bool:
    """Tell whether a text only stands where a secret goes: `YOUR_KEY`, `<token>`, `xxxx`."""
    return _PLACEHOLDER.search(text) is not None


def masked_text(text: str) -> str:
    """Show the first four characters of a text at most, and its length."""
    start = text[:_SHOWN] if len(text) > 3 * _SHOWN else ""
    return f"{start}… ({len(text)} characters)"


def _is_scheme(scheme: str, value: str) -> bool:
    """Tell a credential behind `Bearer` or `Basic` from a word of ordinary text."""
    if is_placeholder(value):
        return False
    if scheme == "Bearer":
        return any(character.isdigit() for character in value) and any(map(str.isalpha, value))
    try:
        return b":" in base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False

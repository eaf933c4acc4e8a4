"""Types of keys and their parameters (API reference, chapters 1.17 and 2.21)."""

from dataclasses import dataclass
from typing import Any

from make_api_sandbox.shapes import JsonObject

Field = dict[str, Any]


def _text(name: str, label: str, *, required: bool = True, **more: Any) -> Field:
    return {"name": name, "type": "text", "label": label, "required": required, **more}


def _secret(name: str, label: str, *, required: bool = True) -> Field:
    return {"name": name, "type": "password", "label": label, "required": required}


def _select(name: str, label: str, **options: str) -> Field:
    listed = [{"label": text, "value": value} for value, text in options.items()]
    return {"name": name, "type": "select", "label": label, "required": True, "options": listed}


@dataclass(frozen=True)
class KeyType:
    """One type of key."""

    label: str
    theme: str
    parameters: tuple[Field, ...]

    def present(self, name: str) -> JsonObject:
        """The type as the API lists it."""
        return {
            "name": name,
            "label": self.label,
            "parameters": [*self.parameters],
            "componentType": "key",
            "author": "Make",
            "version": "1.0.0",
            "theme": self.theme,
            "icon": "key",
        }

    def missing(self, given: JsonObject) -> list[str]:
        """Required parameters that are absent or empty."""
        chosen = (
            inner
            for one in self.parameters
            for option in one.get("options", [])
            if option["value"] == given.get(one["name"])
            for inner in option.get("nested", [])
        )
        needed = [one["name"] for one in (*self.parameters, *chosen) if one["required"]]
        return [name for name in needed if given.get(name) in (None, "")]

    def unknown(self, given: JsonObject) -> list[str]:
        """Parameters the type does not have."""
        known = {one["name"] for one in self.parameters}
        nested = {
            inner["name"]
            for one in self.parameters
            for option in one.get("options", [])
            for inner in option.get("nested", [])
        }
        return [name for name in given if name not in known | nested]


CERTIFICATE = (_text("certificate", "Certificate"), _secret("privateKey", "Private key"))
APN_METHOD: Field = {
    "name": "method",
    "type": "select",
    "label": "Method",
    "required": True,
    "options": [
        {
            "label": "Authentication token",
            "value": "tokens",
            "nested": [_text("keyId", "Key ID"), _text("teamId", "Team ID")],
        },
        {"label": "Certificate", "value": "cert", "nested": [_text("certificate", "Certificate")]},
    ],
}
PASSPHRASE = _secret("passphrase", "Passphrase", required=False)

KEY_TYPES: dict[str, KeyType] = {
    "aes-key": KeyType(
        "AES",
        "#9d9d9d",
        (
            _secret("key", "Key"),
            _select(
                "keyEncoding", "Key encoding", hex="Hexadecimal", base64="Base 64", plain="Plain"
            ),
        ),
    ),
    "apikeyauth": KeyType(
        "API key",
        "#007ee5",
        (
            _secret("key", "Key"),
            _select("placement", "Placement", header="In the header", qs="In the query string"),
            _text("name", "Parameter name", required=False, default="X-API-Key"),
        ),
    ),
    "apn": KeyType(
        "Apple push notifications",
        "#000000",
        (
            _secret("privateKey", "Private key"),
            APN_METHOD,
            {"name": "production", "type": "boolean", "label": "Production", "required": True},
        ),
    ),
    "basicauth": KeyType(
        "Basic auth",
        "#007ee5",
        (_text("authUser", "User name"), _secret("authPass", "Password", required=False)),
    ),
    "clientcertauth": KeyType("Client certificate", "#007ee5", CERTIFICATE),
    "eet": KeyType("EET", "#1b5e91", CERTIFICATE),
    "gpg-private": KeyType("GPG private", "#0093dd", (_secret("key", "Private key"), PASSPHRASE)),
    "gpg-public": KeyType("GPG public", "#0093dd", (_text("key", "Public key"),)),
    "webpay": KeyType("WebPay", "#ef7c00", (_secret("key", "Private key"), PASSPHRASE)),
}
"""Parameters of the last six are our reading; only the first four are documented."""

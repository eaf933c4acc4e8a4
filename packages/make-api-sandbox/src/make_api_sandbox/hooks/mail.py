"""Mails as the bundles that mailhooks deliver.

The sandbox has no mail server: whoever wants to mail a hook posts the raw message (RFC 5322) to the
path of its address with the content type `message/rfc822`. Make's members are `from`, `to`,
`subject`, `text`, `html`, `headers`, `date` and `attachments`; that people are shown as `name` and
`address`, as in Make's Email app, is not documented for mailhooks.
"""

from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import default
from email.utils import getaddresses
from typing import Any, cast

from make_api_sandbox.engine.values import plain, stamp
from make_api_sandbox.hooks.payload import LOGGED_CHARACTERS, Payload
from make_api_sandbox.shapes import JsonObject

CONTENT_TYPE = "message/rfc822"


def read_mail(body: bytes, arrived: datetime) -> Payload:
    """Form the bundle of a message.

    Args:
        body: The raw message; faulty parts are read as far as they go.
        arrived: Its date when it names none.
    """
    text = body.decode("utf-8", "replace")[:LOGGED_CHARACTERS]
    try:
        return Payload(_storable(_bundle(body, arrived)), len(body), text)
    except (ValueError, LookupError, AttributeError, TypeError):
        # Python's parser gives up on some malformed headers; the mail is delivered all the same.
        bundle: JsonObject = {"from": None, "to": [], "subject": "", "text": text}
        return Payload(bundle, len(body), text)


def _bundle(body: bytes, arrived: datetime) -> JsonObject:
    mail = message_from_bytes(body, policy=default)
    senders = _people(mail, "from")
    return {
        "from": senders[0] if senders else None,
        "to": _people(mail, "to"),
        "cc": _people(mail, "cc"),
        "subject": _header(mail, "subject"),
        "date": _date(mail, arrived),
        "text": _body(mail, "plain"),
        "html": _body(mail, "html"),
        "headers": {name.lower(): str(value) for name, value in mail.items()},
        "attachments": [_attachment(part) for part in _parts(mail)],
    }


def _storable(value: Any) -> Any:
    """The same with a replacement for every byte that the mail declares as no character."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {_storable(name): _storable(each) for name, each in members.items()}
    return value


def _header(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name, ""))


def _people(mail: EmailMessage, name: str) -> list[JsonObject]:
    listed = getattr(mail.get(name), "addresses", None)
    if listed is not None:
        known = cast("tuple[Address, ...]", listed)
        return [{"name": each.display_name, "address": each.addr_spec} for each in known]
    pairs = getaddresses([_header(mail, name)])
    return [{"name": shown, "address": address} for shown, address in pairs if address]


def _date(mail: EmailMessage, arrived: datetime) -> str:
    sent = getattr(mail.get("date"), "datetime", None)
    if not isinstance(sent, datetime):
        return stamp(arrived)
    return stamp(sent if sent.tzinfo else sent.replace(tzinfo=UTC))


def _body(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return None if part is None else _text(part)


def _text(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        return _data(part).decode("utf-8", "replace")


def _data(part: MIMEPart) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else part.as_bytes()


def _parts(mail: EmailMessage) -> list[MIMEPart]:
    return list(mail.iter_attachments()) if mail.is_multipart() else []


def _attachment(part: MIMEPart) -> JsonObject:
    return {
        "fileName": part.get_filename() or "attachment",
        "contentType": part.get_content_type(),
        "data": plain(_data(part)),
    }

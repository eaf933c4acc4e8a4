"""Secrets: credentials, unprotected transport and personal data."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache

from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, whole_number
from make_blueprint.lint.credentials import (
    credentials,
    is_opaque,
    is_placeholder,
    masked_text,
    may_hold_credentials,
)
from make_blueprint.lint.deeds import writes
from make_blueprint.lint.rule import Hit, at, overall, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.masking import is_secret_name
from make_blueprint.texts import strings
from make_blueprint.walk import Pointer, Visit

_is_secret_name = lru_cache(maxsize=2048)(is_secret_name)

_KEY_HEADERS = frozenset({"x-rapidapi-key", "ocp-apim-subscription-key"})
_PLAIN_ADDRESS = re.compile(r"\s*http://([^/:?#\s{}]*)(:\d+)?", re.IGNORECASE)
_INNER_NAME = re.compile(r"(?:localhost|[^.]*|.*\.(?:local|localhost|internal|intranet|lan|corp))")
_MAIL = re.compile(r"[\w.%+-]+@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})")
_MAIL_FOR_ALL = re.compile(r"(?:.*\.)?(?:example(?:\.\w+)?|test|invalid)", re.IGNORECASE)
_HOST = re.compile(r"https?://([\w.-]+)")
_SENSITIVE = frozenset(
    {"iban", "ssn", "socialsecuritynumber", "passport", "passportnumber", "nationalid"}
    | {"dateofbirth", "birthdate", "birthday", "dob", "taxid", "creditcard", "cardnumber"}
    | {"creditcardnumber", "diagnosis", "salary", "bankaccount", "driverslicense"}
)
_NOT_LETTER = re.compile(r"[^a-z]")


@rule("D01", "credential-in-value", "warning")
def credential_in_value(subject: Subject) -> Iterator[Hit]:
    """A value contains what looks like a key, token or password.

    Everybody who may open the scenario, its history or an exported file can read and use it.
    Revoke it where it was issued, and store its successor in a connection or in a key of the
    keychain, which Make keeps encrypted and leaves out of exports.
    """
    joined = ["\n".join(text for _, text in subject.strings(each)) for each in subject.visits]
    any_suspect = may_hold_credentials("\n".join(joined))
    for visit, texts in zip(subject.visits, joined, strict=True):
        suspect = any_suspect and may_hold_credentials(texts)
        for place, text in subject.strings(visit):
            for kind, shown in _secrets_at(visit, place, text, suspect):
                message = f"The value contains a credential: {kind}, {shown}."
                remedy = "Revoke it and use a connection or a key of the keychain."
                evidence: JsonObject = {"kind": kind, "shown": shown}
                yield at(visit, message, remedy, place=place, evidence=evidence)
    for place, text in _texts_of_document(subject):
        for found in credentials(text) if may_hold_credentials(text) else ():
            message = f"The text contains a credential: {found.kind}, {found.shown}."
            yield overall(message, "Revoke it and take it out.", place=place)


def _secrets_at(visit: Visit, place: Pointer, text: str, suspect: bool) -> list[tuple[str, str]]:
    found = [(each.kind, each.shown) for each in credentials(text)] if suspect else []
    elsewhere = "headers" in place or visit.type.startswith("util:SetVariable")  # D02, D03
    if not found and not elsewhere and is_opaque(text):
        name = _name_of(visit.module, place)
        if _is_secret_name(name):
            return [(f"literal in `{name}`", masked_text(text))]
    return found


def _name_of(module: JsonObject, place: Pointer) -> str:
    """Give the name a value stands under: its key, or the name in its `{name, value}` pair."""
    if place[-1] == "value":
        holder = _resolved(module, place[:-1])
        name = as_object(holder).get("name") or as_object(holder).get("key")
        return name if isinstance(name, str) else ""
    return next((key for key in reversed(place) if isinstance(key, str)), "")


def _resolved(value: JsonValue, place: Pointer) -> JsonValue:
    for key in place:
        value = as_object(value)[key] if isinstance(key, str) else as_list(value)[key]
    return value


def _texts_of_document(subject: Subject) -> Iterator[tuple[Pointer, str]]:
    """Give the texts outside of the modules: description, notes, defaults of inputs."""
    for key in ("name", "description", "io", "interface"):
        yield from strings(subject.blueprint.get(key), (key,))
    yield from strings(subject.metadata.get("notes"), ("metadata", "notes"))


@rule("D02", "credential-in-header", "info")
def credential_in_header(subject: Subject) -> Iterator[Hit]:
    """A request sends an authorization header whose value is written in the module.

    The value can be read by everybody who sees the scenario. The HTTP app takes it from the
    keychain instead: choose the API key or basic authentication as the module's authentication.
    """
    for visit in subject.running:
        headers = as_object(visit.module.get("mapper")).get("headers")
        if visit.app != "http" or not isinstance(headers, list):
            continue
        for number, header in enumerate(headers):
            name, value = as_object(header).get("name"), as_object(header).get("value")
            if isinstance(name, str) and isinstance(value, str) and _is_key_header(name, value):
                shown = masked_text(value.rpartition(" ")[2])
                text = f"The header {name} carries a literal: {shown}."
                remedy = "Keep it as a key and choose API key authentication."
                place = ("mapper", "headers", number, "value")
                evidence: JsonObject = {"header": name, "shown": shown}
                yield at(visit, text, remedy, place=place, evidence=evidence)


def _is_key_header(name: str, value: str) -> bool:
    secret = value.strip().rpartition(" ")[2]
    if "{{" in value or len(secret) < 8 or is_placeholder(value):
        return False
    word = name.lower()
    return word in _KEY_HEADERS or ("cookie" not in word and _is_secret_name(name))


@rule("D03", "secret-in-variable", "warning")
def secret_in_variable(subject: Subject) -> Iterator[Hit]:
    """A Set variable module holds a password or key as a literal.

    The value stands in the scenario and in the record of every run. Use a connection or a key of
    the keychain.
    """
    for visit in subject.of("util:SetVariable2", "util:SetVariable", "util:SetVariables"):
        mapper = as_object(visit.module.get("mapper"))
        entries: list[tuple[Pointer, JsonObject]] = [(("mapper",), mapper)]
        for number, entry in enumerate(as_list(mapper.get("variables"))):
            entries.append((("mapper", "variables", number), as_object(entry)))
        for place, entry in entries:
            name, value = entry.get("name"), entry.get("value")
            if not isinstance(name, str) or not isinstance(value, str) or "{{" in value:
                continue
            if len(value) >= 6 and _is_secret_name(name) and not is_placeholder(value):
                text = f"The variable {name} holds a literal: {masked_text(value)}."
                evidence: JsonObject = {"variable": name, "shown": masked_text(value)}
                remedy = "Use a connection or a key of the keychain."
                yield at(visit, text, remedy, place=(*place, "value"), evidence=evidence)


def _encrypt(subject: Subject, hit: Hit) -> None:
    mapper = as_object(hit.module.get("mapper"))
    url = str(mapper["url"])
    mapper["url"] = re.sub("http://", "https://", url, count=1, flags=re.IGNORECASE)


@rule("D04", "unencrypted-address", "warning", fix=_encrypt)
def unencrypted_address(subject: Subject) -> Iterator[Hit]:
    """A request goes to an `http://` address, so that anybody on the way can read and change it.

    Version 4 of the HTTP app takes `https://` only. The fix changes an address whose host is
    known and which names no port. Addresses inside a private network are left alone.
    """
    for visit in subject.running:
        url = as_object(visit.module.get("mapper")).get("url") if visit.app == "http" else None
        match = _PLAIN_ADDRESS.match(url) if isinstance(url, str) else None
        if match is None or (match[1] and _is_inner(match[1])):
            continue
        host = match[1] or "a computed host"
        text = f"The request to {host} is not encrypted."
        fixable = bool(match[1]) and not match[2]
        evidence: JsonObject = {"host": match[1]}
        remedy = "Use `https://`."
        yield at(visit, text, remedy, place=("mapper", "url"), evidence=evidence, fixable=fixable)


@lru_cache(maxsize=1024)
def _is_inner(host: str) -> bool:
    """Tell whether a host is one of a private network."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return _INNER_NAME.fullmatch(host.lower()) is not None


def _verify(subject: Subject, hit: Hit) -> None:
    as_object(hit.module.get(str(hit.place[0])))["rejectUnauthorized"] = True


@rule("D05", "certificates-not-checked", "warning", fix=_verify)
def certificates_not_checked(subject: Subject) -> Iterator[Hit]:
    """A request accepts any certificate, so that it may talk to an impostor.

    "Reject connections that are using unverified certificates" is off. For a server with a
    certificate of its own, give that certificate instead.
    """
    for visit in subject.running:
        for key in ("mapper", "parameters"):
            value = as_object(visit.module.get(key)).get("rejectUnauthorized")
            if value is False or value == "false":
                place = (key, "rejectUnauthorized")
                yield at(visit, "Certificates are not checked.", "Check them.", place=place)


def _anonymize(subject: Subject, hit: Hit) -> None:
    root = subject.blueprint if hit.visit is None else hit.visit.module
    holder = _resolved(root, hit.place[:-1])
    key = hit.place[-1]
    text = str(_resolved(holder, (key,)))
    text = _MAIL.sub(lambda m: m[0] if _is_for_all(m[1]) else "someone@example.com", text)
    text = _HOST.sub(
        lambda m: m[0].replace(m[1], "internal.example.com") if _is_inner(m[1]) else m[0], text
    )
    if isinstance(key, str):
        as_object(holder)[key] = text
    else:
        as_list(holder)[key] = text


@rule("D06", "address-in-publication", "info", fix=_anonymize, needs=("publication",))
def address_in_publication(subject: Subject) -> Iterator[Hit]:
    """A blueprint for strangers contains e-mail addresses or hosts of a private network.

    They stand in values, and in the names of connections that the editor saved. The fix puts
    addresses of `example.com` in their place.
    """
    if not subject.surroundings.publication:
        return
    for visit in subject.visits:
        restore = as_object(visit.module.get("metadata")).get("restore")
        places = [*subject.strings(visit), *strings(restore, ("metadata", "restore"))]
        for place, text in places:
            if shown := _addresses(text):
                yield at(visit, _address_text(shown), "Replace it.", place=place)
    for place, text in _texts_of_document(subject):
        if shown := _addresses(text):
            yield overall(_address_text(shown), "Replace it.", place=place)


def _addresses(text: str) -> list[str]:
    found: list[str] = []
    if "@" in text:
        found += [m[0] for m in _MAIL.finditer(text) if not _is_for_all(m[1])]
    if "://" in text:
        found += [m[1] for m in _HOST.finditer(text) if _is_inner(m[1])]
    return found


def _is_for_all(domain: str) -> bool:
    return _MAIL_FOR_ALL.fullmatch(domain) is not None


def _address_text(found: list[str]) -> str:
    return f"The text contains {', '.join(map(masked_text, found[:3]))}."


@rule("D07", "personal-data-kept", "info")
def personal_data_kept(subject: Subject) -> Iterator[Hit]:
    """The scenario handles sensitive personal data, and the record of its runs keeps them.

    Bank accounts, dates of birth, identity numbers or salaries can be read in the history by
    everybody who may see the scenario. With "Data is confidential" Make does not keep what was
    processed.
    """
    if subject.settings.get("confidential") is True:
        return
    fields: set[str] = set()
    for use in subject.references:
        if not use.in_orphan and use.field:
            fields.update(filter(_is_sensitive, use.field.split(".")))
    if fields:
        names: list[JsonValue] = [*sorted(fields)[:10]]
        text = f"The history keeps {', '.join(map(str, names))}."
        place = ("metadata", "scenario", "confidential")
        yield overall(text, "Make the data confidential.", place=place, evidence={"fields": names})


@lru_cache(maxsize=4096)
def _is_sensitive(field: str) -> bool:
    return _NOT_LETTER.sub("", field.lower()) in _SENSITIVE


@rule("D17", "open-webhook", "info", needs=("hooks",))
def open_webhook(subject: Subject) -> Iterator[Hit]:
    """A webhook that anybody may call starts a scenario that changes data elsewhere.

    Whoever learns the address can send what they like. Ask for an API key, restrict the callers'
    addresses, or check a signature or shared value in the first filter.
    """
    first = subject.first
    if first is None or first.type != "gateway:CustomWebHook":
        return
    number = whole_number(as_object(first.module.get("parameters")).get("hook"))
    hook = (subject.surroundings.hooks or {}).get(number) if number is not None else None
    if hook is not None and hook.guarded is False:
        writing: list[JsonValue] = [visit.id for visit in subject.running if writes(visit)]
        if writing:
            text = f"Anybody may call the webhook {hook.name or number}."
            evidence: JsonObject = {"hook": number, "writing": writing}
            remedy = "Ask for an API key or restrict the addresses."
            yield at(first, text, remedy, place=("parameters", "hook"), evidence=evidence)

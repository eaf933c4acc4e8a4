"""Buffers, digests, encodings and file types (Make help, text and binary functions)."""

from __future__ import annotations

import base64 as codec
import hashlib
import hmac
from collections.abc import Callable

from make_blueprint.iml.coercion import to_buffer, to_text
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.library.registry import function
from make_blueprint.iml.values import Value

_TYPES = {
    "application/gzip": "gz",
    "application/javascript": "js mjs",
    "application/json": "json",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/x-tar": "tar",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg oga",
    "audio/wav": "wav",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg jpeg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif tiff",
    "image/webp": "webp",
    "text/calendar": "ics",
    "text/css": "css",
    "text/csv": "csv",
    "text/html": "html htm",
    "text/markdown": "md",
    "text/plain": "txt log text",
    "text/yaml": "yaml yml",
    "video/mp4": "mp4",
    "video/mpeg": "mpg mpeg",
    "video/quicktime": "mov",
    "video/webm": "webm",
}
_TYPE_OF = {ending: kind for kind, endings in _TYPES.items() for ending in endings.split()}


@function("base64")
def base64(data: bytes) -> Value:
    """The Base64 text of a buffer, or of the UTF-8 bytes of a text."""
    return codec.b64encode(data).decode()


@function("toBinary")
def to_binary(value: Value, encoding: str | None = None) -> Value:
    """A buffer: the UTF-8 bytes of a text, or the bytes it spells in `hex` or `base64`."""
    if encoding is None or isinstance(value, bytes):
        return to_buffer(value)
    return _bytes_of(value, encoding)


@function("md5")
def md5(data: bytes) -> Value:
    """The MD5 digest in hex."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@function("sha1")
def sha1(
    data: bytes,
    encoding: str | None = None,
    key: Value | None = None,
    key_encoding: str | None = None,
) -> Value:
    """The SHA-1 digest in `hex`, `base64` or `latin1`; an HMAC when a key is given."""
    return _digest("sha1", data, encoding, key, key_encoding)


@function("sha256")
def sha256(
    data: bytes,
    encoding: str | None = None,
    key: Value | None = None,
    key_encoding: str | None = None,
) -> Value:
    """The SHA-256 digest in `hex`, `base64` or `latin1`; an HMAC when a key is given."""
    return _digest("sha256", data, encoding, key, key_encoding)


@function("sha512")
def sha512(
    data: bytes,
    encoding: str | None = None,
    key: Value | None = None,
    key_encoding: str | None = None,
) -> Value:
    """The SHA-512 digest in `hex`, `base64` or `latin1`; an HMAC when a key is given."""
    return _digest("sha512", data, encoding, key, key_encoding)


@function("mime")
def mime(file_name: str) -> Value:
    """The MIME type for the ending of a file name; on Make's custom-app page only."""
    return _TYPE_OF.get(file_name.rpartition(".")[2].lower(), "application/octet-stream")


def _digest(
    algorithm: str, data: bytes, encoding: str | None, key: Value, key_encoding: str | None
) -> str:
    if key is None:
        digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    else:
        digest = hmac.digest(_bytes_of(key, key_encoding or "text"), data, algorithm)
    match encoding or "hex":
        case "hex":
            return digest.hex()
        case "base64":
            return codec.b64encode(digest).decode()
        case "latin1":
            return digest.decode("latin-1")
        case other:
            raise Refused(f"'{other[:40]}' is not an encoding; use hex, base64 or latin1")


def _bytes_of(value: Value, encoding: str) -> bytes:
    if encoding == "binary" and not isinstance(value, bytes):
        raise Refused("with the encoding binary the value must be a buffer")
    if isinstance(value, bytes):
        return value
    decode = _DECODERS.get(encoding)
    if decode is None:
        raise Refused(f"'{encoding[:40]}' is not an encoding; use text, hex or base64")
    try:
        return decode(to_text(value))
    except ValueError as error:
        raise Refused(f"the text is not valid {encoding}") from error


def _from_base64(text: str) -> bytes:
    """Decode Base64 with or without its padding."""
    bare = text.rstrip("=")
    return codec.b64decode(bare + "=" * (-len(bare) % 4))


_DECODERS: dict[str, Callable[[str], bytes]] = {
    "text": to_buffer,
    "utf8": to_buffer,
    "utf-8": to_buffer,
    "hex": bytes.fromhex,
    "base64": _from_base64,
}

"""PNG pictures: their size, and smaller copies of them (ISO/IEC 15948)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by colour type: grey, RGB, palette, grey and alpha, RGBA."""


@dataclass(frozen=True)
class Header:
    """What the first chunk of a picture says."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool


def header(picture: bytes) -> Header:
    """Read the header, checking that all chunks are whole.

    Raises:
        ValueError: It is no PNG, or a damaged one.
    """
    kind, data = next(iter(list(_chunks(picture))), (b"", b""))
    if kind != b"IHDR" or len(data) != 13:
        raise ValueError("the picture has no header")
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", data)
    if colour not in CHANNELS:
        raise ValueError("the picture has no known colour type")
    return Header(width, height, depth, colour, interlace == 1)


def shrunk(picture: bytes, size: int) -> bytes:
    """A square copy in which every pixel is the mean of the pixels it stands for.

    Args:
        picture: A square PNG whose side is a multiple of `size`.
        size: Pixels along a side.

    Raises:
        ValueError: The picture is interlaced, has fewer than 8 bits a sample, or is damaged.
    """
    head = header(picture)
    step = head.width // size
    rows = list(_rgba_rows(picture, head))
    lines = [_mean_line(rows[at * step : (at + 1) * step], size, step) for at in range(size)]
    data = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    first = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", first), (b"IDAT", data), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, body) for kind, body in parts)


def _mean_line(rows: list[bytes], size: int, step: int) -> bytes:
    """One line of the small picture; colours count as much as they are opaque."""
    line = bytearray()
    for at in range(size):
        cells = [row[4 * at * step : 4 * (at + 1) * step] for row in rows]
        alpha = sum(sum(cell[3::4]) for cell in cells)
        for channel in range(3):
            weighed = sum(
                a * b for cell in cells for a, b in zip(cell[channel::4], cell[3::4], strict=True)
            )
            line.append(weighed // alpha if alpha else 0)
        line.append(alpha // (step * step))
    return bytes(line)


def _rgba_rows(picture: bytes, head: Header) -> Iterator[bytes]:
    if head.interlaced or head.depth not in (8, 16):
        raise ValueError("the picture is interlaced or has fewer than 8 bits a sample")
    chunks = list(_chunks(picture))
    palette = next((data for kind, data in chunks if kind == b"PLTE"), b"")
    opacity = next((data for kind, data in chunks if kind == b"tRNS"), b"")
    width = CHANNELS[head.colour] * head.depth // 8
    stride = head.width * width
    raw = _unpacked(chunks, head.height * (stride + 1))
    former = bytes(stride)
    for at in range(head.height):
        start = at * (stride + 1)
        former = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], former, width)
        samples = former if head.depth == 8 else former[::2]
        yield _rgba(samples, head.colour, palette, opacity)


def _unpacked(chunks: list[tuple[bytes, bytes]], length: int) -> bytes:
    packed = b"".join(data for kind, data in chunks if kind == b"IDAT")
    try:
        raw = zlib.decompressobj().decompress(packed, length)
    except zlib.error as error:
        raise ValueError("the picture is damaged") from error
    if len(raw) < length:
        raise ValueError("the picture is damaged")
    return raw


def _unfiltered(kind: int, line: bytes, above: bytes, width: int) -> bytes:
    """Undo the prediction of one line (chapter 9 of the standard)."""
    if kind == 0:
        return line
    if kind > 4:
        raise ValueError("the picture is damaged")
    out = bytearray(line)
    for at in range(len(out)):
        left = out[at - width] if at >= width else 0
        up = above[at]
        corner = above[at - width] if at >= width else 0
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        out[at] = (out[at] + guess) & 255
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _rgba(samples: bytes, colour: int, palette: bytes, opacity: bytes) -> bytes:
    if colour == 6:
        return samples
    out = bytearray(4 * len(samples) // CHANNELS[colour])
    out[3::4] = b"\xff" * (len(out) // 4)
    if colour == 3:
        for channel in range(3):
            out[channel::4] = samples.translate(palette[channel::3].ljust(256, b"\0"))
        out[3::4] = samples.translate(opacity.ljust(256, b"\xff"))
    else:
        step = CHANNELS[colour]
        for channel in range(3):
            out[channel::4] = samples[(channel if colour == 2 else 0) :: step]
        if colour == 4:
            out[3::4] = samples[1::2]
    return bytes(out)


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not picture.startswith(SIGNATURE):
        raise ValueError("the picture is no PNG")
    at = len(SIGNATURE)
    while at < len(picture):
        if at + 12 > len(picture):
            raise ValueError("the picture is cut short")
        (length,) = struct.unpack_from(">I", picture, at)
        kind, data = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        if picture[at + 8 + length : at + 12 + length] != _check(kind, data):
            raise ValueError("the picture is damaged")
        yield kind, data
        at += 12 + length


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + _check(kind, data)


def _check(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(kind + data))

"""PNG pictures: their size, and smaller copies of them (ISO/IEC 15948)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from operator import add, mul

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


def check(picture: bytes) -> None:
    """Make sure that a picture can be made smaller.

    Raises:
        ValueError: It is interlaced, has fewer than 8 bits a sample, or is damaged.
    """
    head = header(picture)
    raw = _unpacked(list(_chunks(picture)), head)
    stride = len(raw) // head.height
    if max(raw[::stride]) > 4:
        raise ValueError("the picture is damaged")


def shrunk(picture: bytes, size: int) -> bytes:
    """A square copy in which every pixel is the mean of the pixels it stands for.

    Args:
        picture: A square PNG whose side is a multiple of `size`.
        size: Pixels along a side.

    Raises:
        ValueError: As for `check`.
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
        line += _mean(cells, step * step)
    return bytes(line)


def _mean(cells: list[bytes], count: int) -> bytes:
    opacity = sum(sum(cell[3::4]) for cell in cells)
    if opacity == 255 * count:
        means = [sum(sum(cell[channel::4]) for cell in cells) // count for channel in range(3)]
        return bytes((*means, 255))
    sums = [
        sum(_sum_of_products(cell[channel::4], cell[3::4]) for cell in cells)
        for channel in range(3)
    ]
    return bytes((*(each // opacity if opacity else 0 for each in sums), opacity // count))


def _sum_of_products(first: bytes, second: bytes) -> int:
    return sum(map(mul, first, second))


def _rgba_rows(picture: bytes, head: Header) -> Iterator[bytes]:
    chunks = list(_chunks(picture))
    palette = next((data for kind, data in chunks if kind == b"PLTE"), b"")
    opacity = next((data for kind, data in chunks if kind == b"tRNS"), b"")
    width = CHANNELS[head.colour] * head.depth // 8
    stride = head.width * width
    raw = _unpacked(chunks, head)
    former = bytes(stride)
    for at in range(head.height):
        start = at * (stride + 1)
        former = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], former, width)
        samples = former if head.depth == 8 else former[::2]
        yield _rgba(samples, head.colour, palette, opacity)


def _unpacked(chunks: list[tuple[bytes, bytes]], head: Header) -> bytes:
    """The filtered lines of a picture, each behind the number of its filter."""
    if head.interlaced or head.depth not in (8, 16):
        raise ValueError("the picture is interlaced or has fewer than 8 bits a sample")
    length = head.height * (1 + head.width * CHANNELS[head.colour] * head.depth // 8)
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
    if kind == 1:
        return _summed(line, width)
    if kind == 2:
        return bytes(map(_low_byte, map(add, line, above)))
    out = bytearray(width) + line
    corners = bytes(width) + above
    guess = _average if kind == 3 else _paeth
    for at in range(len(line)):
        out[at + width] = (line[at] + guess(out[at], above[at], corners[at])) & 255
    return bytes(out[width:])


def _summed(line: bytes, width: int) -> bytes:
    out = bytearray(len(line))
    for channel in range(width):
        out[channel::width] = bytes(map(_low_byte, accumulate(line[channel::width])))
    return bytes(out)


def _low_byte(value: int) -> int:
    return value & 255


def _average(left: int, up: int, corner: int) -> int:
    return (left + up) // 2


def _paeth(left: int, up: int, corner: int) -> int:
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner


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

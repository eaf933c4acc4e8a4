"""Blueprints in odd but legal JSON, from a seeded Random: any indentation, escape, number form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module

from tests.make_blueprint.generate import blueprint, branch, if_else, merge, module, router

WORDS = (
    "Orders",
    "Zürich",
    "naïve",
    "日本",
    "😀",
    "a/b",
    '"quoted"',
    "tab\there",
    "\x7f",
    "{{1.a}}",
)
_PLAIN = json.JSONEncoder(ensure_ascii=False).encode
NUMBERS = (0, 1, -1, 7, 1000, 120000, 0.5, 1.1, -2.25, 1e300, 12345678901234567890123, 1e-7)


def odd_blueprint(random: Random) -> Blueprint:
    """Make a small blueprint with unknown keys anywhere and keys in any order."""
    numbers = iter(random.sample(range(1, 400), 40))
    flow = [*_flow(random, numbers, random.choice((0, 0, 0, 0, 1, 1, 2)))]
    if random.random() < 0.2:
        test: JsonValue = {"a": "{{1.a}}", "o": "exist"}
        taken = branch(_module(random, next(numbers)), test=test)
        flow[1:1] = [if_else(next(numbers), taken), merge(next(numbers), {"name": "x"})]
    made = blueprint(*flow, name=random.choice(WORDS))
    if random.random() < 0.3:
        made["metadata"] = {"designer": {"orphans": [[_module(random, next(numbers))]]}}
    return _shuffled(random, made | _unknown(random))


def _flow(random: Random, numbers: Iterator[int], depth: int) -> Iterator[JsonValue]:
    for _ in range(random.randint(1, 2)):
        made = _module(random, next(numbers))
        if random.random() < 0.15:
            made["onerror"] = [_module(random, next(numbers))]
        yield made
    if depth and random.random() < 0.4:
        routes = [[*_flow(random, numbers, depth - 1)] for _ in range(random.randint(1, 2))]
        yield _shuffled(random, router(next(numbers), *routes))


def _module(random: Random, number: int) -> Module:
    made = module(number, mapper=_unknown(random), parameters={"limit": random.choice(NUMBERS)})
    if random.random() < 0.3:
        made["filter"] = {"name": random.choice(WORDS), "conditions": []}
    return _shuffled(random, made | _unknown(random))


def _unknown(random: Random) -> JsonObject:
    return {
        f"key{n} {random.choice(WORDS)}": _value(random, 1) for n in range(random.randint(0, 2))
    }


def _value(random: Random, depth: int) -> JsonValue:
    kind = random.randrange(6 if depth else 4)
    if kind == 0:
        return random.choice(NUMBERS)
    if kind == 1:
        return random.choice((None, True, False))
    if kind in (2, 3):
        return "".join(random.choices(WORDS, k=random.randint(0, 3)))
    items = [_value(random, depth - 1) for _ in range(random.randint(0, 3))]
    if kind == 4:
        return items
    return {f"{n}{random.choice(WORDS)}": item for n, item in enumerate(items)}


def _shuffled(random: Random, value: JsonObject) -> JsonObject:
    keys = list(value)
    if random.random() < 0.5:
        random.shuffle(keys)
    return {key: value[key] for key in keys}


@dataclass(slots=True)
class OddText:
    """Writes JSON with spacing, escapes and number forms drawn at random.

    Attributes:
        random: Where everything is drawn from.
        unit: Indentation of one level; None to write all on one line.
        newline: Line break.
        wild: Whether blanks stand anywhere.
        modules: Offsets of each module written, by id.
    """

    random: Random
    unit: str | None = None
    newline: str = "\n"
    wild: bool = False
    escaping: float = 0.0
    modules: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    _parts: list[str] = field(default_factory=list[str])
    _length: int = 0

    @classmethod
    def drawn(cls, random: Random) -> OddText:
        """Draw a style: compact, indented in any way, or wild."""
        unit = random.choice((None, None, "", " ", "  ", "    ", "\t"))
        newline = random.choice(("\n", "\n", "\r\n"))
        return cls(
            random, unit, newline, random.random() < 0.3, random.choice((0, 0, 0, 0.05, 0.3, 1))
        )

    def of(self, value: JsonValue) -> str:
        """Write a value as a whole text."""
        self._blank()
        self._write(value, 1)
        self._blank()
        return "".join(self._parts)

    def _write(self, value: JsonValue, level: int) -> None:
        if not isinstance(value, (dict, list)):
            self._put(self._scalar(value))
            return
        start = self._length
        members = [*value.items()] if isinstance(value, dict) else [("", item) for item in value]
        self._put("{" if isinstance(value, dict) else "[")
        for number, (key, item) in enumerate(members):
            if number:
                self._blank()
                self._put(",")
            self._line(level)
            if isinstance(value, dict):
                self._put(self._scalar(key))
                self._blank()
                self._put(":" if self.unit is None else ": ")
                self._blank()
            if key == "id":
                self._put(_PLAIN(item))  # a module's id is an integer in any style
            else:
                self._write(item, level + 1)
        if members:
            self._line(level - 1)
        self._put("}" if isinstance(value, dict) else "]")
        if isinstance(value, dict) and isinstance(value.get("id"), int) and "module" in value:
            self.modules[int(str(value["id"]))] = (start, self._length)

    def _line(self, level: int) -> None:
        if self.unit is not None:
            self._put(self.newline + self.unit * level)
        self._blank()

    def _blank(self) -> None:
        if self.wild and self.random.random() < 0.5:
            self._put("".join(self.random.choices(" \t\r\n", k=self.random.randint(0, 3))))

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _scalar(self, value: JsonValue) -> str:
        if isinstance(value, str):
            if not self.escaping:
                return _PLAIN(value)
            return '"' + "".join(map(self._letter, value)) + '"'
        text = _PLAIN(value)
        if isinstance(value, bool) or value is None or self.random.random() < 0.7:
            return text
        if isinstance(value, int):
            return self._odd_integer(value, text)
        forms = (text.upper(), text.replace("e+", "e"), f"{text}00", f"{text}E+0")
        return self.random.choice([form for form in forms if _number(form) == value])

    def _odd_integer(self, value: int, text: str) -> str:
        """Write a number another way, as long as it reads as the same value."""
        forms = [f"{text}.0", f"{text}e0", f"{text}.00E+00"]
        forms += [f"{text}0e-1"] if value else ["-0", "0e9", "-0.0"]
        return self.random.choice([form for form in forms if _number(form) == value] or [text])

    def _letter(self, letter: str) -> str:
        if self.random.random() >= self.escaping:
            return _PLAIN(letter)[1:-1]
        if letter == "/":
            return "\\/"
        units = letter.encode("utf-16-be").hex()
        escaped = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
        return escaped.upper().replace("\\U", "\\u") if self.random.random() < 0.5 else escaped


def _number(form: str) -> float | None:
    """Read a number that is perhaps none."""
    try:
        return float(form)
    except ValueError:
        return None

"""All contracts, and the judgement of an answer."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from make_api_sandbox.contracts.notation import Declared, Document, read
from make_api_sandbox.contracts.operations import Key, key
from make_api_sandbox.contracts.shape import Listed, Members, Shape

SHARED = "shared.contract"


@dataclass(frozen=True)
class Answer:
    """An answer as a client sees it.

    Args:
        status: HTTP status.
        media_type: Of the body, without parameters; empty when there is none.
        body: The bytes.
        cols: The columns the request asked for; empty for the default ones.
    """

    status: int
    media_type: str
    body: bytes
    cols: Collection[str] = ()


@dataclass(frozen=True)
class Book:
    """Every contract by operation, and what refusals look like."""

    answers: Mapping[Key, Declared]
    refusals: tuple[Declared, ...]

    def faults(self, method: str, path: str, answer: Answer) -> list[str]:
        """Where an answer departs from its contract; empty when nowhere.

        Args:
            method: HTTP method.
            path: The operation's path, with placeholders under any name.
            answer: What was answered.
        """
        if answer.status >= 400:
            return list(self._refusal_faults(path, answer))
        declared = self.answers.get(key(method, path))
        if declared is None:
            return ["no contract states this operation"]
        if answer.status != declared.status:
            return [f"the status should be {declared.status}, not {answer.status}"]
        return list(_body_faults(declared, answer))

    def _refusal_faults(self, path: str, answer: Answer) -> Iterator[str]:
        fitting = [
            one
            for one in self.refusals
            if one.status == answer.status and f"{path}/".startswith(f"{one.path}/")
        ]
        if not fitting:
            yield f"no contract states a refusal with status {answer.status}"
            return
        yield from _body_faults(max(fitting, key=lambda one: len(one.path)), answer)


def _body_faults(declared: Declared, answer: Answer) -> Iterator[str]:
    if declared.body is None:
        if answer.body:
            yield f"the answer should be empty, not {answer.body[:40]!r}"
    elif isinstance(declared.body, str):
        if answer.media_type != declared.body:
            yield f"the media type should be {declared.body}, not {answer.media_type or 'absent'}"
    elif answer.media_type != "application/json":
        yield f"the media type should be application/json, not {answer.media_type or 'absent'}"
    else:
        cols = answer.cols if declared.cols else ()
        yield from _json_faults(declared.body, json.loads(answer.body), cols)


def _json_faults(shape: Shape, value: Any, cols: Collection[str]) -> Iterator[str]:
    if not cols or not isinstance(shape, Members) or not isinstance(value, dict):
        yield from shape.faults(value, "")
        return
    chosen = {name: _Chosen(one.shape, cols) for name, one in shape.named.items() if name != "pg"}
    yield from Members(
        {
            name: type(one)(chosen.get(name, one.shape), one.optional, one.on_request)
            for name, one in shape.named.items()
        },
        shape.others,
    ).faults(value, "")


@dataclass(frozen=True)
class _Chosen(Shape):
    """A shape whose members are those that were asked for; in a list, those of each item."""

    shape: Shape
    cols: Collection[str]

    def faults(self, value: Any, at: str) -> Iterator[str]:
        """Say where the chosen members of `value` depart from this shape."""
        if isinstance(self.shape, Listed):
            yield from Listed(_Chosen(self.shape.item, self.cols)).faults(value, at)
        elif isinstance(self.shape, Members):
            yield from self.shape.faults_of(value, at, self.cols)
        else:
            yield from self.shape.faults(value, at)


@cache
def book() -> Book:
    """Read every contract of the package."""
    found = [one for document in documents().values() for one in document.answers]
    answers = {key(one.method, one.path): one for one in found if one.method != "REFUSAL"}
    return Book(answers, tuple(one for one in found if one.method == "REFUSAL"))


@cache
def documents() -> Mapping[str, Document]:
    """Every contract file by name; `shared.contract` first.

    Raises:
        NotationError: One of them cannot be read.
    """
    folder = resources.files(__package__ or "")
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".contract"))
    texts = {name: folder.joinpath(name).read_text("utf-8") for name in names}
    shared = read(texts.pop(SHARED), SHARED)
    others = {name: read(text, name, shared.shapes) for name, text in texts.items()}
    return {SHARED: shared, **others}

r"""The notation contracts are written in.

A file holds declarations, one after the other; `#` begins a comment::

    folder = { id: id, name: text, scenariosTotal: int }

    GET /scenarios-folders cols (sdk) -> { scenariosFolders: [folder] }
    DELETE /scenarios-folders/{folderId} (sdk) -> { scenarioFolder: id }
    POST /ai-agents/v1/contexts (docs) 201 -> any
    GET /ping (docs) -> text/plain
    POST /scenarios/{scenarioId}/replay (docs) 202 -> nothing

    REFUSAL 404 -> { ...refusal, code: "SC404" | "IM101" }
    REFUSAL 400 /scenarios-shared -> { error: text }

Behind `METHOD path` stands `cols` where `cols[]` chooses members, then who saw the answer:
`live` (recorded from the service), `sdk` (data of the official client), `docs` (documentation and
OpenAPI document) or `guess`; then the status unless it is 200. The answer is a shape, a media type
of what is no JSON, or `nothing`.

A shape is a word (`ATOMS` in module `shape`), a literal in quotation marks, a number, `true` or
`false`, the name of a declaration of this file or of `shared.contract`, `[shape]`, `shape | shape`,
or `{ member: shape, … }`. `member?` may be absent, `member+` is shown only when `cols[]` asks for
it, `*: shape` allows any other member, and `...name` takes over the members of a declaration,
which later ones replace. Members are parted by commas or line ends.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from make_api_sandbox.contracts.shape import (
    ATOMS,
    Atom,
    Either,
    Listed,
    Literal,
    Member,
    Members,
    Shape,
)

WITNESSES = ("live", "sdk", "docs", "guess")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

TOKEN = re.compile(
    r"(?P<space>[ \t]+|#[^\n]*)"
    r"|(?P<line>\n)"
    r"|(?P<path>/[\w{}./-]*)"
    r'|(?P<literal>"[^"\n]*"|\d+|true\b|false\b)'
    r"|(?P<name>[A-Za-z_@$][\w@$-]*(?:/[\w.+-]+)?)"
    r"|(?P<mark>\.\.\.|->|[{}\[\]():,|=?+*])"
)


class NotationError(ValueError):
    """A contract file cannot be read; the message names file and line."""


@dataclass(frozen=True)
class Declared:
    """The answer of one operation, or a refusal, as one line of a file states it.

    Args:
        method: HTTP method; `REFUSAL` for what errors look like.
        path: The operation's path; for a refusal the beginning of the paths it holds for.
        cols: True when `cols[]` chooses members.
        witnesses: Who saw it, most trusted first.
        status: HTTP status.
        body: Shape of the JSON, media type of what is no JSON, or None for an empty answer.
    """

    method: str
    path: str
    cols: bool
    witnesses: tuple[str, ...]
    status: int
    body: Shape | str | None


@dataclass
class Document:
    """What a file declares."""

    shapes: dict[str, Shape] = field(default_factory=dict[str, Shape])
    answers: list[Declared] = field(default_factory=list[Declared])


def read(text: str, name: str, known: Mapping[str, Shape] | None = None) -> Document:
    """Read a contract file.

    Args:
        text: Its text.
        name: Its name, for messages.
        known: Declarations of other files it may use.

    Raises:
        NotationError: It is not in the notation.
    """
    return _Reader(text, name, dict(known or {})).document()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


def _tokens(text: str, name: str) -> list[_Token]:
    found: list[_Token] = []
    at, line = 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise NotationError(f"{name}:{line}: cannot read {text[at : at + 10]!r}")
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(_Token(kind, match.group(), line))
        line += kind == "line"
        at = match.end()
    return [*found, _Token("end", "", line)]


class _Reader:
    def __init__(self, text: str, name: str, known: dict[str, Shape]) -> None:
        self.name = name
        self.tokens = _tokens(text, name)
        self.at = 0
        self.known = known
        self.found = Document()

    def document(self) -> Document:
        self.lines()
        while self.peek.kind != "end":
            if self.peek.text in METHODS or self.peek.text == "REFUSAL":
                self.found.answers.append(self.answer())
            else:
                self.declaration()
            self.lines()
        return self.found

    # Tokens

    @property
    def peek(self) -> _Token:
        return self.tokens[self.at]

    def take(self, kind: str = "", text: str = "") -> str:
        token = self.peek
        if (kind and token.kind != kind) or (text and token.text != text):
            raise self.fault(f"expected {text or kind}, found {token.text or token.kind!r}")
        self.at += 1
        return token.text

    def skip(self, text: str) -> bool:
        found = self.peek.text == text and self.peek.kind in ("mark", "name")
        self.at += found
        return found

    def lines(self) -> None:
        while self.peek.kind == "line":
            self.at += 1

    def fault(self, message: str) -> NotationError:
        return NotationError(f"{self.name}:{self.peek.line}: {message}")

    # Declarations

    def declaration(self) -> None:
        name = self.take("name")
        self.take(text="=")
        if name in ATOMS or name in self.found.shapes:
            raise self.fault(f"{name} is declared already")
        self.found.shapes[name] = self.known[name] = self.shape()

    def answer(self) -> Declared:
        method = self.take("name")
        status = int(self.take("literal")) if method == "REFUSAL" else 200
        path = self.take("path") if self.peek.kind == "path" else ""
        cols = self.skip("cols")
        witnesses = self.witnesses() if method != "REFUSAL" else ()
        if self.peek.kind == "literal":
            status = int(self.take())
        self.take(text="->")
        return Declared(method, path, cols, witnesses, status, self.body())

    def witnesses(self) -> tuple[str, ...]:
        self.take(text="(")
        found = [self.take("name")]
        while self.skip(","):
            found.append(self.take("name"))
        self.take(text=")")
        if found != [one for one in WITNESSES if one in found]:
            raise self.fault(f"witnesses are some of {', '.join(WITNESSES)}, in this order")
        return tuple(found)

    def body(self) -> Shape | str | None:
        if self.skip("nothing"):
            return None
        if self.peek.kind == "name" and "/" in self.peek.text:
            return self.take()
        return self.shape()

    # Shapes

    def shape(self) -> Shape:
        self.lines()
        found = [self.single()]
        while self.alternative():
            found.append(self.single())
        return found[0] if len(found) == 1 else Either(tuple(found))

    def alternative(self) -> bool:
        """Step over a `|`, which may begin a line."""
        before = self.at
        self.lines()
        if self.skip("|"):
            self.lines()
            return True
        self.at = before
        return False

    def single(self) -> Shape:
        token = self.peek
        if token.kind == "literal":
            return Literal(_value(self.take()))
        if token.kind == "name":
            return self.named(self.take())
        if self.skip("["):
            item = self.shape()
            self.lines()
            self.take(text="]")
            return Listed(item)
        return self.members()

    def named(self, name: str) -> Shape:
        if name in ATOMS:
            return Atom(name)
        if name not in self.known:
            raise self.fault(f"{name} is not declared")
        return self.known[name]

    def members(self) -> Members:
        self.take(text="{")
        named: dict[str, Member] = {}
        others: Shape | None = None
        while not self.closed():
            if self.skip("..."):
                taken = self.spread()
                named |= taken.named
                others = others or taken.others
            elif self.skip("*"):
                self.take(text=":")
                others = self.shape()
            else:
                name, member = self.member()
                named[name] = member
            self.parted()
        return Members(named, others)

    def closed(self) -> bool:
        self.lines()
        return self.skip("}")

    def spread(self) -> Members:
        shape = self.named(self.take("name"))
        if not isinstance(shape, Members):
            raise self.fault("only objects can be taken over")
        return shape

    def member(self) -> tuple[str, Member]:
        name = self.take("name") if self.peek.kind == "name" else str(_value(self.take("literal")))
        on_request, optional = self.skip("+"), self.skip("?")
        self.take(text=":")
        return name, Member(self.shape(), optional, on_request)

    def parted(self) -> None:
        if self.peek.text not in (",", "}") and self.peek.kind != "line":
            raise self.fault(f"expected a comma or a new line, found {self.peek.text!r}")
        self.skip(",")


def _value(text: str) -> str | int | bool:
    if text.startswith('"'):
        return text[1:-1]
    return text == "true" if text in ("true", "false") else int(text)

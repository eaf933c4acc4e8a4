"""What an app of the catalogue is made of, and its manifest.

Members of a module follow Make's manifests: `parameters` are static, `expect` is the mapper,
`interface` the output, `samples` an output to look at. How the modules lie in the manifest is not
documented; here they are listed by kind at its root, beside name, label and version.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from make_api_sandbox.apps.fields import fields
from make_api_sandbox.engine.samples import sample
from make_api_sandbox.http.call import Call
from make_api_sandbox.shapes import JsonObject

Kind = Literal[
    "trigger",
    "instant",
    "action",
    "search",
    "feeder",
    "aggregator",
    "router",
    "directive",
    "responder",
    "universal",
]
LISTS: dict[Kind, str] = {
    "trigger": "triggers",
    "instant": "instants",
    "action": "actions",
    "search": "searches",
    "feeder": "feeders",
    "aggregator": "aggregators",
    "router": "routers",
    "directive": "directives",
    "responder": "responders",
    "universal": "universals",
}
"""The list of a manifest that holds the modules of a kind; kinds are named as in
`/enums/module-types`."""

KINDS_BY_ID: dict[int, Kind] = {
    1: "trigger",
    4: "action",
    9: "search",
    10: "instant",
    11: "responder",
    12: "universal",
}
"""Kinds of modules that custom apps have, by the number their modules carry."""

Answer = list[JsonObject]


@dataclass(frozen=True)
class Declared:
    """A remote procedure of another company's app: it answers from a list written down here.

    Args:
        answers: The answer, or one for each value of the parameter `by`.
        by: Name of the parameter that chooses among the answers.
    """

    answers: Answer | Mapping[str, Answer]
    by: str = ""

    def answer(self, data: JsonObject) -> Answer:
        """The declared answer for these parameters; nothing for a value nobody declared."""
        if isinstance(self.answers, list):
            return self.answers
        return self.answers.get(str(data.get(self.by)), [])


Own = Callable[[Call, JsonObject], Answer]
"""A remote procedure of one of Make's own apps: it answers from the state of the world."""


def options(*values: str, **labelled: str) -> Answer:
    """Options that are named like their values, then those with a label of their own."""
    plain = [{"label": value, "value": value} for value in values]
    return plain + [{"label": label, "value": value} for value, label in labelled.items()]


@dataclass(frozen=True)
class AppModule:
    """One module of an app; field lists are written as `fields` says.

    Args:
        kind: What it does with bundles.
        name: Its name behind the colon of a blueprint's `module`.
        label: Its name for people.
        description: What it does, in a sentence.
        expect: Fields of the mapper.
        parameters: Static settings, without the connection.
        interface: Fields of the output.
        version: Major version of the app it belongs to; None for the app's latest.
        connection: Types of connection it takes; None for the app's own.
        scope: Scopes that its connection needs.
        samples: An output to look at; made of the interface when absent.
        crud: What an action does to the other side.
    """

    kind: Kind
    name: str
    label: str
    description: str
    expect: str = ""
    parameters: str = ""
    interface: str = ""
    version: int | None = None
    connection: str | None = None
    scope: tuple[str, ...] = ()
    samples: JsonObject = field(default_factory=dict[str, Any])
    crud: Literal["create", "read", "update", "delete"] | None = None


@dataclass(frozen=True)
class App:
    """One app of the catalogue.

    Args:
        name: As in a blueprint, in front of the colon.
        label: For people.
        theme: Colour.
        version: Latest major version.
        modules: Of all versions.
        connection: Types of connection its modules take, or empty.
        connection_field: The parameter that holds the connection.
        categories: Where it is filed.
        keywords: Words to find it by.
        rpcs: Remote procedures by name.
    """

    name: str
    label: str
    theme: str
    version: int
    modules: tuple[AppModule, ...]
    connection: str = ""
    connection_field: str = "__IMTCONN__"
    categories: tuple[str, ...] = ()
    keywords: str = ""
    rpcs: Mapping[str, Declared | Own] = field(default_factory=dict[str, "Declared | Own"])

    @property
    def versions(self) -> list[int]:
        """The major versions that have modules."""
        return sorted({module.version or self.version for module in self.modules} | {self.version})

    def modules_of(self, version: int) -> Iterator[AppModule]:
        """The modules of one major version."""
        return (one for one in self.modules if (one.version or self.version) == version)

    def card(self) -> JsonObject:
        """The app as the list of all apps shows it."""
        return {
            "name": self.name,
            "label": self.label,
            "foreign": False,
            "theme": self.theme,
            "version": self.version,
            "isPrivate": False,
            "app": False,
            "categories": list(self.categories),
            "keywords": self.keywords,
            "premiumTier": 0,
            "brand": {},
            "coming_soon": False,
        }

    def manifest(self, version: int) -> JsonObject:
        """The manifest of one major version, with all lists of modules and the procedures.

        `samples` of a procedure is true where it answers from a declared list instead of the
        service it is named after.
        """
        listed: dict[str, list[JsonObject]] = {name: [] for name in LISTS.values()}
        for module in self.modules_of(version):
            listed[LISTS[module.kind]].append(self.module(module))
        procedures = [
            {"name": name, "samples": isinstance(rpc, Declared)} for name, rpc in self.rpcs.items()
        ]
        card = {**self.card(), "version": version}
        return {**card, **listed, "rpcs": procedures}

    def module(self, module: AppModule) -> JsonObject:
        """One module as its manifest describes it."""
        accounts = self.connection if module.connection is None else module.connection
        interface = fields(module.interface)
        shown: JsonObject = {
            "name": module.name,
            "label": module.label,
            "description": module.description,
            "type": module.kind,
            "version": module.version or self.version,
            "parameters": [*self._connection(accounts), *fields(module.parameters)],
            "expect": fields(module.expect),
            "interface": interface,
            "samples": module.samples or sample(cast("Sequence[Any]", interface), {}),
            "scope": list(module.scope),
        }
        if accounts:
            shown["connection"] = accounts
        if module.crud:
            shown["crud"] = module.crud
        return shown

    def _connection(self, accounts: str) -> list[JsonObject]:
        if not accounts:
            return []
        return fields(f"{self.connection_field}:account:{accounts}! Connection")

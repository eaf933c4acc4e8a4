"""Rules: what a rule is, and how one is written.

A rule is a function in a module of `packs`. It looks at a `Subject` and yields a `Hit` for every
place it objects to; its docstring is its page in the manual::

    @rule("S16", "single-route", "info", fix=inline_route)
    def single_route(subject: Subject) -> Iterator[Hit]:
        '''A router has a single route.

        It only costs a click in the editor; the route's modules can stand in the list itself.
        '''
        for visit in subject.of(ROUTER):
            if len(as_list(visit.module.get("routes"))) == 1:
                yield at(visit, "The router has one route.", "Inline it.", place=("routes",))

Severities: `error` when Make refuses the blueprint, every run fails or data is lost in silence;
`warning` for a likely defect or a risk; `info` for what is worth knowing. What genuine exports
hold is never an error.

A fix puts right one hit, in place, on the very modules the hit was found on, and only where there
is one safe answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar, cast

from make_blueprint.document import JsonValue, Module
from make_blueprint.walk import Pointer, path_text

if TYPE_CHECKING:
    from make_blueprint.lint.subject import Subject
    from make_blueprint.problem import Severity
    from make_blueprint.walk import Visit

MARK: Final = "__make_blueprint_rule__"


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """One place a rule objects to.

    Attributes:
        visit: The module concerned, or None for the scenario as a whole.
        place: Keys below the module, or below the root when there is no module.
        path: The place as text; made from the two above unless it is known already.
        message: What is wrong here, one sentence, with names and numbers.
        remedy: What to do, one sentence, or "".
        evidence: The facts the rule went by, as JSON: ids, values, counts. Never a secret.
        fixable: False where the rule's fix has no safe answer.
        severity: Instead of the rule's own, where this place is worse or better.
    """

    visit: Visit | None
    place: Pointer
    path: str
    message: str
    remedy: str = ""
    evidence: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    fixable: bool = True
    severity: Severity | None = None

    @property
    def owner(self) -> Visit:
        """The module concerned, for rules whose hits all have one."""
        return cast("Visit", self.visit)

    @property
    def module(self) -> Module:
        """The module object itself, likewise."""
        return self.owner.module


def at(
    visit: Visit,
    message: str,
    remedy: str = "",
    *,
    place: Pointer = (),
    evidence: Mapping[str, JsonValue] | None = None,
    fixable: bool = True,
    severity: Severity | None = None,
) -> Hit:
    """Make a hit on a module, at a place below it."""
    path = path_text((*visit.pointer, *place))
    return Hit(visit, place, path, message, remedy, evidence or {}, fixable, severity)


def overall(
    message: str,
    remedy: str = "",
    *,
    place: Pointer = (),
    evidence: Mapping[str, JsonValue] | None = None,
    fixable: bool = True,
    severity: Severity | None = None,
) -> Hit:
    """Make a hit on the scenario as a whole, at a place below its root."""
    return Hit(None, place, path_text(place), message, remedy, evidence or {}, fixable, severity)


Check: TypeAlias = "Callable[[Subject], Iterator[Hit]]"
Fix: TypeAlias = "Callable[[Subject, Hit], None]"
CheckT = TypeVar("CheckT", bound="Check")

Need: TypeAlias = Literal[
    "scheduling",
    "interface",
    "connections",
    "hooks",
    "keys",
    "data_stores",
    "data_structures",
    "scenarios",
    "agents",
    "devices",
    "functions",
    "variables",
    "plan",
    "zone",
    "environment",
    "scenario_id",
    "module_scopes",
    "publication",
]
"""What of the surroundings a rule cannot do without; it stays silent where that is not known."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        id: Letter and number, `S16`; stable.
        name: The same in words, `single-route`; stable.
        severity: Of its hits, unless a hit or the profile says otherwise.
        check: The function that looks.
        fix: Puts one hit right, or None.
        needs: What of the surroundings it needs.
    """

    id: str
    name: str
    severity: Severity
    check: Check
    fix: Fix | None = None
    needs: tuple[Need, ...] = ()

    @property
    def statement(self) -> str:
        """What the rule finds, one sentence."""
        return (self.check.__doc__ or "").strip().partition("\n")[0]

    @property
    def explanation(self) -> str:
        """Why it matters and what to do, without the first sentence; indentation taken off."""
        rest = (self.check.__doc__ or "").strip().partition("\n")[2]
        return "\n".join(line.strip() for line in rest.strip().splitlines())

    @property
    def group(self) -> str:
        """First line of the module the rule stands in: the chapter it belongs to."""
        return self.check.__module__.rpartition(".")[2]


def rule(
    id: str,
    name: str,
    severity: Severity,
    *,
    fix: Fix | None = None,
    needs: tuple[Need, ...] = (),
) -> Callable[[CheckT], CheckT]:
    """Make a function a rule; it stays callable as it is.

    Args:
        id: Letter and number; the letter is that of the pack.
        name: Words joined by hyphens.
        severity: `error`, `warning` or `info`.
        fix: What puts one hit right.
        needs: What of the surroundings must be known.
    """

    def mark(check: CheckT) -> CheckT:
        setattr(check, MARK, Rule(id, name, severity, check, fix, needs))
        return check

    return mark

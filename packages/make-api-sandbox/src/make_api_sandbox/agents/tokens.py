"""Counting tokens without a tokenizer, and what they cost.

Four characters, begun or full, are one token. Real models count differently and in the same order
of magnitude; here the same text always counts the same.
"""

from dataclasses import dataclass
from math import ceil

from make_api_sandbox.resources.enums import MODELS
from make_api_sandbox.shapes import JsonObject

MODEL = "sandbox-stand-in"
"""Name of the model that answers; Make's own provider has one for each tier."""

CHARACTERS = 4
"""Characters of one token."""

DEFAULT_TIER = "medium"
"""Whose price counts for a model that Make's provider does not know."""


@dataclass(frozen=True)
class TokenUsage:
    """Tokens that went into a model and came out of it."""

    prompt: int = 0
    completion: int = 0

    @property
    def total(self) -> int:
        """Tokens in both directions."""
        return self.prompt + self.completion

    def __add__(self, other: "TokenUsage") -> "TokenUsage":
        return TokenUsage(self.prompt + other.prompt, self.completion + other.completion)

    def present(self) -> JsonObject:
        """As the API shows it."""
        return {
            "promptTokens": self.prompt,
            "completionTokens": self.completion,
            "totalTokens": self.total,
        }


def count(*texts: str) -> int:
    """Tokens of some texts, each counted by itself."""
    return sum(-(-len(text) // CHARACTERS) for text in texts)


def clipped(text: str, tokens: int | None) -> str:
    """A text cut down to a number of tokens; None leaves it whole."""
    return text if tokens is None else text[: tokens * CHARACTERS]


def coefficient(model: str) -> float:
    """Centicredits a token of a model, named by tier or by name (API reference, chapter 2.17)."""
    tiers = {name: price for tier, known, price in _prices() for name in (tier, known)}
    return tiers.get(model.removeprefix(f"{MODEL}-"), tiers[DEFAULT_TIER])


def _prices() -> list[tuple[str, str, float]]:
    return [(tier, model, price) for tier, model, _, price, *_ in MODELS]


def surcharge(model: str, used: TokenUsage) -> int:
    """Centicredits for tokens of Make's own provider, rounded up; own connections pay elsewhere."""
    return ceil(round(used.total * coefficient(model), 6))

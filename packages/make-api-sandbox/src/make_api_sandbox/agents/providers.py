"""AI providers and models: all of them are the stand-in, and say so (API reference, 2.5)."""

from dataclasses import dataclass

from make_api_sandbox.agents.conversation import TOKEN_LIMIT
from make_api_sandbox.agents.tokens import MODEL
from make_api_sandbox.resources.enums import MODELS
from make_api_sandbox.shapes import JsonObject

MAKES_OWN = "ai-provider"
"""Type of the connections to Make's own provider, whose tokens cost credits."""

MOST_TOKENS = 100_000
"""Most tokens of one answer."""


@dataclass(frozen=True)
class Provider:
    """A provider.

    Args:
        id: Its id; the sandbox gives its own numbers.
        name: Make's word for it, one of a closed list.
        connection_type: Type of the connections that lead to it.
        models: Names of its models.
    """

    id: int
    name: str
    connection_type: str
    models: tuple[str, ...] = (MODEL,)

    @property
    def account_name(self) -> str:
        """The type of its connections, labelled as the stand-in."""
        return f"{self.connection_type} ({MODEL})"

    def present_models(self) -> list[JsonObject]:
        """Its models as the API shows them."""
        limits: JsonObject = {"tokenLimit": TOKEN_LIMIT, "settings": {"maxTokens": MOST_TOKENS}}
        return [{"model": model, "provider": self.name, **limits} for model in self.models]


TIERS = tuple(f"{MODEL}-{tier}" for tier, *_ in MODELS)

PROVIDERS = (
    Provider(1, "openai-api-spec-compatible", MAKES_OWN, TIERS),
    Provider(2, "openAi", "openai-gpt-3"),
    Provider(3, "anthropic", "anthropic-claude"),
    Provider(4, "gemini", "gemini-ai"),
)
"""One for each type of connection to an AI service that the sandbox knows."""


def provider_of(connection_type: str) -> Provider | None:
    """The provider that connections of a type lead to."""
    return next((one for one in PROVIDERS if one.connection_type == connection_type), None)

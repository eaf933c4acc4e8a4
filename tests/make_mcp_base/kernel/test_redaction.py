"""What is hidden by its look or its name, and what is left alone."""

import pytest
from make_mcp_base.safety.redaction import HIDDEN, redact, redact_text


@pytest.mark.parametrize(
    "text",
    [
        "The access token expired.",
        "Basic authentication is required.",
        "Bearer authentication failed for the service.",
        "Ask the token endpoint again.",
    ],
)
def test_a_sentence_about_credentials_is_left_alone(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer 0123456789abcdef",
        "sent as Token 2544847b-1111-4111-8111-111111111111",
        "https://hook.eu1.make.com/abcdefghijklmnopqrstuvwxyz012345",
        "Basic dXNlcjpwYXNzd29yZDEyMw==",
    ],
)
def test_a_credential_in_a_text_is_hidden(text: str) -> None:
    assert HIDDEN in redact_text(text)
    assert text.split()[-1] not in redact_text(text)


def test_the_secret_part_of_a_webhook_is_hidden_by_its_name() -> None:
    assert redact({"hook": {"id": 3, "udid": "abcdefghijklmnopqrstuvwxyz012345"}}) == {
        "hook": {"id": 3, "udid": HIDDEN}
    }

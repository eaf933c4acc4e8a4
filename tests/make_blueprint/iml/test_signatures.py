"""How functions are called and what they give, in a line each."""

import pytest
from make_blueprint.iml import builtin_functions


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("formatDate", "formatDate(date; pattern; [timezone])"),
        ("if", "if(condition; then; [otherwise])"),
        ("max", "max(values…)"),
        ("switch", "switch(value; first; result; rest…)"),
    ],
)
def test_a_signature_shows_what_is_optional_and_what_repeats(name: str, signature: str) -> None:
    assert builtin_functions()[name].signature == signature


def test_a_summary_is_one_line_of_one_sentence_or_more() -> None:
    for name, function in builtin_functions().items():
        assert function.signature.startswith(f"{name}(")
        assert "\n" not in function.summary
        assert function.summary.endswith(".")

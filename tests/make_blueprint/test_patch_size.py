import statistics

from tests.make_blueprint.exports import sizes


def test_a_typical_edit_is_small_against_its_blueprint() -> None:
    found = [(size, whole) for _, size, whole in sizes(10)]
    assert statistics.median(size for size, _ in found) <= 700
    assert statistics.median(whole / size for size, whole in found) >= 20

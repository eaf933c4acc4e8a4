"""Chance for histories of a million runs: what `Random` gives, with fewer steps in between."""

from random import Random


def within(random: Random, low: int, high: int) -> int:
    """A whole number of `low` to `high`: the one `random.randint` would give, and the same state.

    Args:
        random: Where chance comes from.
        low: Smallest.
        high: Largest.
    """
    count = high - low + 1
    bits = count.bit_length()
    found = random.getrandbits(bits)
    while found >= count:
        found = random.getrandbits(bits)
    return low + found

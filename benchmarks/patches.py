"""Sizes of edits: patches against the blueprints they change, in characters of compact JSON.

Usage, from the root of the workspace: python -m benchmarks.patches [BLUEPRINTS]. The blueprints are
generated, with 30 modules each and all that the editor saves in an export.
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict

from tests.make_blueprint.exports import sizes

BLUEPRINTS = 100


def main(blueprints: int) -> None:
    """Print the median size by kind of edit and over all, and how often it fits the blueprint."""
    by_name: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for name, size, whole in sizes(blueprints):
        by_name[name].append((size, whole))
    by_name["all"] = [pair for pairs in by_name.values() for pair in pairs]
    print(f"{'operation':<20} {'characters':>10} {'blueprint':>10} {'ratio':>7}")  # noqa: T201
    for name, pairs in by_name.items():
        size = statistics.median(size for size, _ in pairs)
        whole = statistics.median(whole for _, whole in pairs)
        ratio = statistics.median(whole / size for size, whole in pairs)
        print(f"{name:<20} {size:>10.0f} {whole:>10.0f} {ratio:>7.0f}")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else BLUEPRINTS)

"""Undo log over data stores, so that a rollback restores what a cycle wrote."""

from collections.abc import Sequence

from make_api_sandbox.engine.ports import Stores
from make_api_sandbox.engine.values import Bundle, Json


class Transaction:
    """Data stores as modules see them, with commit and rollback.

    Writes take effect at once and are visible to others, as in Make with its default settings; the
    log keeps the former records until the commit.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._log: list[tuple[int, str, Bundle | None]] = []

    def exists(self, store: int) -> bool:
        """Tell whether the team has the data store."""
        return self._stores.exists(store)

    def fields(self, store: int) -> Sequence[Json] | None:
        """Fields of the data structure, if the store has one."""
        return self._stores.fields(store)

    def get(self, store: int, key: str) -> Bundle | None:
        """Read a record."""
        return self._stores.get(store, key)

    def records(self, store: int) -> Sequence[tuple[str, Bundle]]:
        """Read all records."""
        return self._stores.records(store)

    def put(self, store: int, key: str, record: Bundle) -> None:
        """Write a record and remember the former one."""
        former = self._stores.get(store, key)
        self._stores.put(store, key, record)
        self._log.append((store, key, former))

    def delete(self, store: int, key: str) -> None:
        """Remove a record and remember it."""
        former = self._stores.get(store, key)
        if former is not None:
            self._stores.delete(store, key)
            self._log.append((store, key, former))

    def commit(self) -> None:
        """Forget the former records."""
        self._log.clear()

    def rollback(self) -> None:
        """Restore the former records, newest change first."""
        while self._log:
            store, key, former = self._log.pop()
            if former is None:
                self._stores.delete(store, key)
            else:
                self._stores.put(store, key, former)

"""What shows, before an undo, that records are still as a write left them.

Make cannot be asked for one record. One that is on the first page is watched there: records only
move forward, as those before them are deleted. Of others only the store as a whole can tell.
"""

from collections.abc import Sequence

from make_mcp_base.authoring import Document, Request, Undo, Watch
from make_mcp_base.safety.redaction import redact

from make_mcp_core_tools.folders.stores import PAGE, Store

_LARGEST_LOOK_BYTES = 2_000_000
_BY_STORE = (
    "The store is watched as a whole: a change of another record may bar the undo, and a change"
    " of this one that leaves the size alone is lost."
)
_ADDED_AGAIN = "A record that was added again under its old key since makes the undo stop there."


def takes_back(
    request: Request, store: Store, key: str, data: Document, *, is_on_first_page: bool
) -> Undo:
    """Take the write of a record back, unless the record was changed since where that shows.

    Args:
        request: What takes it back.
        store: As it was before the write.
        key: The record's key.
        data: What the record holds after the write.
        is_on_first_page: True when it is among the first 1,000 of the store.
    """
    # The journal keeps no secrets, so it cannot tell whether one in a record has changed.
    shows = is_on_first_page and _is_light(store) and _can_be_named(key) and redact(data) == data
    if not shows:
        whole = Watch(f"/data-stores/{store.id}", ("dataStore.records", "dataStore.size"))
        return Undo((request,), whole, note=_BY_STORE)
    return Undo((request,), _first_page(store, [f"records.[key={key}].data"]))


def puts_all_back(requests: tuple[Request, ...], store: Store, keys: Sequence[str]) -> Undo:
    """Add deleted records again, unless somebody else did so since.

    Args:
        requests: What adds them.
        store: As it was before they were deleted.
        keys: Keys of the records.
    """
    note = "The records come back at the end of the store's order."
    named = [key for key in keys if _can_be_named(key)] if _fits_first_page(store) else []
    watch = _first_page(store, [f"records.[key={key}].key" for key in named]) if named else None
    return Undo(requests, watch, note if len(named) == len(keys) else f"{note} {_ADDED_AGAIN}")


def _first_page(store: Store, fields: Sequence[str]) -> Watch:
    return Watch(f"/data-stores/{store.id}/data", tuple(fields), {"pg[limit]": PAGE})


def _fits_first_page(store: Store) -> bool:
    return store.records <= PAGE and _is_light(store)


def _is_light(store: Store) -> bool:
    """Tell whether the first page is few bytes enough to be read for a look."""
    return store.size * min(1.0, PAGE / max(store.records, 1)) <= _LARGEST_LOOK_BYTES


def _can_be_named(key: str) -> bool:
    """Tell whether a watch can name a record by its key (`records.[key=DE-19].data`)."""
    return not set(key) & set(".]")

"""What scenarios work with: connections, keys, hooks, data structures and stores, folders."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from make_api_sandbox.clock import stamp
from make_api_sandbox.connection_types import TYPES, ConnectionType
from make_api_sandbox.engine.values import Json
from make_api_sandbox.records import size_of
from make_api_sandbox.seed import inventory
from make_api_sandbox.seed.inventions import record_of
from make_api_sandbox.seed.licences import MEBIBYTE
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.seed.spec import fields, names
from make_api_sandbox.world import World

OTHER_TYPES = {"ai-provider": ConnectionType("Make's AI Provider", "basic", "#000000")}
"""Connection types that nobody can make through the API."""


@dataclass(frozen=True)
class Connection:
    """A connection as a blueprint names it."""

    id: int
    name: str
    type: str


@dataclass(frozen=True)
class Key:
    """A key of the keychain."""

    id: int
    name: str


@dataclass(frozen=True)
class Hook:
    """A webhook or mailhook."""

    id: int
    name: str
    type_name: str


@dataclass(frozen=True)
class Store:
    """A data store; `spec` lists the fields of its structure in the short form."""

    id: int
    name: str
    spec: str


@dataclass
class Assets:
    """Everything made so far, by the words the seed uses."""

    connections: dict[str, Connection] = field(default_factory=dict[str, Connection])
    keys: dict[str, Key] = field(default_factory=dict[str, Key])
    hooks: dict[str, Hook] = field(default_factory=dict[str, Hook])
    stores: dict[str, Store] = field(default_factory=dict[str, Store])
    folders: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    scenarios: dict[str, int] = field(default_factory=dict[str, int])


def furnish(world: World, directory: Directory) -> Assets:
    """Make the assets of all teams."""
    assets = Assets()
    for connection in inventory.CONNECTIONS:
        assets.connections[connection.key] = _connection(world, directory, connection)
    for key in inventory.KEYS:
        assets.keys[key.key] = _key(world, directory, key)
    for hook in inventory.HOOKS:
        assets.hooks[hook.key] = _hook(world, directory, hook)
    for store in inventory.STORES:
        assets.stores[store.key] = _store(world, directory, store)
    for team, wanted in inventory.FOLDERS.items():
        for name in wanted:
            folder = world.insert("folders", team_id=directory.teams[team], name=name)
            assets.folders[team, name] = folder
    return assets


def _connection(world: World, at: Directory, made: inventory.ConnectionPlan) -> Connection:
    kind = TYPES.get(made.type) or OTHER_TYPES[made.type]
    oauth = kind.account_type == "oauth"
    now = world.clock.now()
    expires = None if made.expires is None else stamp(now + timedelta(days=made.expires))
    metadata: Json = {"type": "email", "value": f"{made.team}@example.com"}
    ident = world.insert(
        "connections",
        team_id=at.teams[made.team],
        name=made.name,
        type=made.type,
        label=kind.label,
        expire=expires,
        account_type=kind.account_type,
        theme=kind.theme,
        editable=not oauth,
        author_id=at.people[made.author],
        state=made.state,
        metadata=metadata if oauth else None,
        scopes=["read", "write"] if oauth else [],
        data={name: f"not-a-real-{name}" for name in kind.parameters},
    )
    return Connection(ident, made.name, made.type)


def _key(world: World, at: Directory, made: inventory.KeyPlan) -> Key:
    ident = world.insert(
        "keys",
        team_id=at.teams[made.team],
        name=made.name,
        type_name=made.type,
        theme="#2f8cbb",
        parameters=made.parameters,
    )
    return Key(ident, made.name)


def _hook(world: World, at: Directory, made: inventory.HookPlan) -> Hook:
    type_name = "gateway-mailhook" if made.mail else "gateway-webhook"
    team = at.teams[made.team]
    data: Json = {
        "headers": False,
        "method": False,
        "stringify": False,
        "teamId": team,
        "ip": None,
        "udt": None,
    }
    seen: list[Json] = [{"name": name, "type": "text"} for name in names(made.gives)]
    ident = world.insert(
        "hooks",
        team_id=team,
        name=made.name,
        udid=world.fresh_udid(),
        type="mail" if made.mail else "web",
        type_name=type_name,
        theme="#c73a63",
        editable=True,
        enabled=made.enabled,
        learning=False,
        created=stamp(world.clock.now() - timedelta(days=made.age)),
        data={} if made.mail else data,
        data_structure=seen or None,
    )
    return Hook(ident, made.name, type_name)


def _store(world: World, at: Directory, made: inventory.StorePlan) -> Store:
    team = at.teams[made.team]
    structure = world.insert(
        "data_structures",
        team_id=team,
        name=f"{made.name} record",
        strict=made.strict,
        spec=fields(made.spec),
    )
    limit = made.megabytes * MEBIBYTE
    store = world.insert(
        "data_stores", team_id=team, name=made.name, data_structure_id=structure, max_size=limit
    )
    _fill(world, store, made, Random(f"{world.setting('seed')}/store/{made.key}"))
    return Store(store, made.name, made.spec)


def _fill(world: World, store: int, made: inventory.StorePlan, random: Random) -> None:
    """Write the records; a store to be filled takes records until `fill` of it is used."""
    limit = made.fill * made.megabytes * MEBIBYTE
    rows: list[dict[str, object]] = []
    used, now = 0, world.clock.now()
    while len(rows) < made.records or used < limit:
        data = record_of(made.spec, random, len(rows) + 1, now, pad=made.pad)
        key = str(data.get(made.key_field) or f"{len(rows) + 1:06d}")
        bytes_used = size_of(key, data)
        if made.fill and used + bytes_used > limit:
            break
        used += bytes_used
        rows.append({"data_store_id": store, "key": key, "data": data, "size": bytes_used})
    world.insert_many("data_store_records", rows)

"""The secret manager behind this server: whether it works, its engines and audit devices."""

from __future__ import annotations

from typing import Literal

from make_mcp_base.authoring import Failure, Input, Irreversible, Json, Make, Output, Undo, call
from pydantic import Field

from make_mcp_core_tools._engine.vault import (
    Vault,
    data_of,
    environment_of,
    open_vault,
    settings_of,
    texts_of,
    vault_errand,
)
from make_mcp_core_tools._engine.vault_secrets import mounts_of
from make_mcp_core_tools.enterprise_secrets.declared import category

# Inputs


class Nothing(Input):
    pass


class SetEngine(Input):
    path: str = Field(pattern=r"^[a-z0-9][\w-]{0,60}(/[\w-]{1,60})*$")
    """Where it is mounted, such as `secret`."""
    type: Literal["kv", "transit", "pki", "ssh", "totp", "database"] = "kv"
    """Kind; `kv` keeps versions."""
    state: Literal["enabled", "disabled"] = "enabled"
    """`disabled` destroys the engine with everything in it."""
    description: str | None = Field(default=None, max_length=200)
    """For people."""
    max_ttl: str | None = Field(default=None, pattern=r"^[0-9]{1,6}[smh]$")
    """Longest life of what it issues, such as `24h`."""


class SetAudit(Input):
    path: str = Field(pattern=r"^[a-z0-9][\w-]{0,60}$")
    """Name of the device."""
    file_path: str = Field(min_length=2, max_length=300, pattern=r"^[\w./ -]+$")
    """File on the secret manager's machine, or `stdout`."""


# Outputs


class Backend(Output):
    type: str
    address: str
    namespace: str | None = None
    configured_by: str = "the environment of this server"


class Backends(Output):
    backends: list[Backend]
    note: str | None = None


class Checked(Output):
    reachable: bool
    ok: bool
    """True when it is unsealed and our token works."""
    address: str
    version: str | None = None
    sealed: bool | None = None
    seal_type: str | None = None
    """`shamir`, or the HSM or cloud key that unseals it."""
    standby: bool | None = None
    token_ok: bool | None = None
    token_policies: list[str] | None = None
    token_ttl_seconds: int | None = None
    """0: it never expires."""
    problems: list[str] = []


class Engine(Output):
    path: str
    type: str
    version: str | None = None
    description: str | None = None


class Engines(Output):
    engines: list[Engine]


class EngineSet(Output):
    path: str
    state: str
    changed: bool = True


class AuditDevice(Output):
    path: str
    type: str
    options: dict[str, str] = {}


class AuditDevices(Output):
    devices: list[AuditDevice]
    note: str | None = None


class AuditSet(Output):
    changed: bool
    path: str
    stanza: str | None = None
    """What to add to the secret manager's own configuration."""
    why: str | None = None


class Done(Output):
    done: bool = True
    why: str | None = None


# The server


@category.tool(scope="", effect="read", words=("vault", "openbao", "secret manager"))
async def secret_backend_list(make: Make, args: Nothing) -> Backends:
    """Show which secret manager this server uses. It is configured by the operator, not here."""
    settings = settings_of(environment_of(make))
    if settings is None:
        return Backends(
            backends=[],
            note="None: the operator sets MAKE_VAULT_ADDR and VAULT_TOKEN, or a token file.",
        )
    space = settings.namespace or None
    return Backends(backends=[Backend(type="vault", address=settings.address, namespace=space)])


@category.tool(
    scope="",
    effect="read",
    outside=True,
    formerly=("configure-vault-server", "configure-hsm-integration"),
    words=("vault health", "sealed", "unsealed", "hsm"),
)
async def secret_backend_check(make: Make, args: Nothing) -> Checked:
    """Check the secret manager: reachable, sealed, version, and what our token may do there."""
    async with open_vault(make) as vault:
        told = Checked(reachable=False, ok=False, address=vault.settings.address)
        try:
            seal = await vault.read("sys/seal-status") or {}
        except Failure as failure:
            told.problems.append(failure.what)
            return told
        told.reachable, told.version = True, seal.get("version")
        told.sealed, told.seal_type = bool(seal.get("sealed")), seal.get("type")
        if told.sealed:
            told.problems.append("It is sealed: nothing can be read or written.")
            return told
        await _check_token(vault, told)
        told.ok = bool(told.token_ok)
        return told


async def _check_token(vault: Vault, told: Checked) -> None:
    leader = await vault.read("sys/leader") or {}
    told.standby = bool(leader.get("ha_enabled")) and not leader.get("is_self")
    try:
        own = data_of(await vault.read("auth/token/lookup-self"))
    except Failure as failure:
        told.token_ok = False
        told.problems.append(f"Our token does not work: {failure.why or failure.what}")
        return
    told.token_ok = True
    told.token_policies = texts_of(own, "policies")
    told.token_ttl_seconds = int(own.get("ttl") or 0)
    if "root" in told.token_policies:
        told.problems.append("Our token is a root token: give this server one of few policies.")


# Engines


@category.tool(scope="", effect="read", outside=True, words=("vault mounts", "kv", "pki"))
async def secret_engine_list(make: Make, args: Nothing) -> Engines:
    """List the secret manager's engines that our token may see."""
    async with open_vault(make) as vault:
        return Engines(
            engines=[
                Engine(
                    path=one.path.rstrip("/"),
                    type=one.type,
                    version=(one.options or {}).get("version"),
                    description=one.description or None,
                )
                for one in await mounts_of(vault)
            ]
        )


@category.tool(
    scope="",
    effect="update",
    confirm=True,
    outside=True,
    formerly=("manage-secret-engines",),
    words=("mount", "enable kv", "enable pki"),
    examples=[SetEngine(path="crm", type="kv")],
)
async def secret_engine_set(make: Make, args: SetEngine) -> EngineSet:
    """Mount an engine in the secret manager, tune it, or remove it with everything in it."""
    async with open_vault(make) as vault:
        mounts = {one.path.rstrip("/"): one for one in await mounts_of(vault)}
        known = mounts.get(args.path)
        if args.state == "disabled":
            return await _disable(make, vault, args, known is not None)
        if known is not None and known.type != args.type:
            raise Failure(
                f"At `{args.path}` there is an engine of type {known.type}.",
                next_step="Choose another path, or disable that one first.",
                code="in_use",
            )
        same = args.description in (None, known.description if known else None)
        if known is not None and same and not args.max_ttl:
            return EngineSet(path=args.path, state="enabled", changed=False)
        await _mount(make, vault, args, known is not None)
        return EngineSet(path=args.path, state="enabled")


async def _mount(make: Make, vault: Vault, args: SetEngine, known: bool) -> None:
    body: dict[str, Json] = {} if args.description is None else {"description": args.description}
    if known:
        body |= {"max_lease_ttl": args.max_ttl} if args.max_ttl else {}
    else:
        body |= {"type": args.type}
        body |= {"options": {"version": "2"}} if args.type == "kv" else {}
        body |= {"config": {"max_lease_ttl": args.max_ttl}} if args.max_ttl else {}
    path = f"sys/mounts/{args.path}" + ("/tune" if known else "")

    async def carry() -> Json:
        await vault.write(path, dict(body))
        return {"done": True}

    await make.write(
        vault_errand("POST", path, carry, **body),
        into=Done,
        says=f"{'Tune' if known else 'Mount'} the engine `{args.path}` ({args.type})",
        undo=Irreversible("Set the former values again.")
        if known
        else Undo(
            (call("secret_engine_set", path=args.path, state="disabled"),),
            note=f"Everything written to `{args.path}` meanwhile is destroyed with it.",
        ),
    )


async def _disable(make: Make, vault: Vault, args: SetEngine, known: bool) -> EngineSet:
    if not known:
        return EngineSet(path=args.path, state="disabled", changed=False)
    make.affects(f"Everything in `{args.path}` is destroyed.")

    async def carry() -> Json:
        await vault.write(f"sys/mounts/{args.path}", method="delete")
        return {"done": True}

    await make.write(
        vault_errand("DELETE", f"sys/mounts/{args.path}", carry),
        into=Done,
        says=f"Remove the engine `{args.path}` with everything in it",
        undo=Irreversible("What an engine held is destroyed with it."),
    )
    return EngineSet(path=args.path, state="disabled")


# Audit devices


@category.tool(scope="", effect="read", outside=True, words=("vault audit log",))
async def secret_audit_list(make: Make, args: Nothing) -> AuditDevices:
    """List the secret manager's audit devices: where every request to it is recorded."""
    async with open_vault(make) as vault:
        found = data_of(await vault.read("sys/audit"))
    rows = [
        AuditDevice(
            path=path.rstrip("/"), type=one.get("type", ""), options=one.get("options") or {}
        )
        for path, one in sorted(found.items())
    ]
    return AuditDevices(
        devices=rows, note=None if rows else "None: nobody can tell later who read a secret."
    )


@category.tool(
    scope="",
    effect="update",
    confirm=True,
    outside=True,
    formerly=("configure-audit-system",),
)
async def secret_audit_set(make: Make, args: SetAudit) -> AuditSet:
    """Add a file audit device; where its API refuses that, get what to put into its configuration.

    OpenBao takes audit devices from its configuration only.
    """
    async with open_vault(make) as vault:
        if f"{args.path}/" in data_of(await vault.read("sys/audit")):
            return AuditSet(changed=False, path=args.path)
        path = f"sys/audit/{args.path}"
        body: dict[str, Json] = {"type": "file", "options": {"file_path": args.file_path}}

        async def carry() -> Json:
            try:
                await vault.write(path, dict(body))
            except Failure as failure:
                if failure.code != "vault_refused":
                    raise
                return {"done": False, "why": failure.why}
            return {"done": True}

        told = await make.write(
            vault_errand("POST", path, carry, **body),
            into=Done,
            says=f"Record every request to the secret manager in {args.file_path}",
            undo=Irreversible("An operator removes the device."),
        )
    stanza = f'audit "file" "{args.path}" {{\n  options = {{ file_path = "{args.file_path}" }}\n}}'
    return AuditSet(
        changed=told.done, path=args.path, stanza=None if told.done else stanza, why=told.why
    )

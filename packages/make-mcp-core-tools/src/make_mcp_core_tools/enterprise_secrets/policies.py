"""Policies of the secret manager: who may do what, from typed rules, proved by a test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from make_mcp_base.authoring import Failure, Input, Irreversible, Json, Make, Output, Undo, call
from pydantic import Field

from make_mcp_core_tools._engine.vault import Vault, data_of, open_vault, texts_of, vault_errand
from make_mcp_core_tools.enterprise_secrets.declared import category

if TYPE_CHECKING:
    from collections.abc import Sequence

Capability = Literal["create", "read", "update", "patch", "delete", "list", "sudo", "deny"]
PolicyName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,100}$")]
_BUILT_IN = ("default", "root")
_WRITES = frozenset({"create", "update", "patch", "delete"})
_RULE = re.compile(r'path\s+"([^"]*)"\s*\{(.*?)\}', re.DOTALL)
_CAPABILITIES = re.compile(r"capabilities\s*=\s*\[([^\]]*)\]")

# Inputs


class ListPolicies(Input):
    name: str | None = Field(default=None, max_length=100)
    """Show the rules of this one."""


class Rule(Input):
    path: str = Field(min_length=1, max_length=300, pattern=r"^[\w ./@:=*+-]+$")
    """API path, such as `secret/data/crm/*`; `+` stands for one part, a last `*` for any end."""
    capabilities: list[Capability] = Field(min_length=1)
    """What is allowed there; `deny` wins over all."""


class SetPolicy(Input):
    name: PolicyName
    """Name of the policy."""
    rules: list[Rule] = Field(min_length=1, max_length=100)
    """All of its rules; they replace the former ones."""
    test: list[str] = Field(default=[], max_length=50)
    """Paths to test with a token that has this policy only."""


class DeletePolicy(Input):
    name: PolicyName
    """Name of the policy."""


# Outputs


class PolicyRow(Output):
    name: str
    rules: list[Rule] | None = None
    concerns: list[str] | None = None
    """Rules that allow more than is usually needed."""


class Policies(Output):
    policies: list[PolicyRow]


class Tested(Output):
    path: str
    capabilities: list[str]
    """`deny` when nothing is allowed."""


class PolicySet(Output):
    name: str
    changed: bool
    concerns: list[str] = []
    tested: list[Tested] = []


class PolicyDeleted(Output):
    deleted: str
    rules: list[Rule]


class Kept(Output):
    done: bool = True


# Tools


@category.tool(scope="", effect="read", outside=True, words=("vault acl", "least privilege"))
async def secret_policy_list(make: Make, args: ListPolicies) -> Policies:
    """List the secret manager's policies, or the rules of one with what is too wide in them."""
    async with open_vault(make) as vault:
        if args.name is None:
            told = await vault.read("sys/policies/acl", list="true")
            return Policies(policies=[PolicyRow(name=n) for n in texts_of(data_of(told), "keys")])
        text = await _text(vault, args.name)
    if text is None:
        raise _unknown(args.name)
    rules = parsed(text)
    return Policies(
        policies=[PolicyRow(name=args.name, rules=rules, concerns=concerns(rules) or None)]
    )


async def _text(vault: Vault, name: str) -> str | None:
    told = await vault.read(f"sys/policies/acl/{name}")
    return None if told is None else str(data_of(told).get("policy") or "")


def _unknown(name: str) -> Failure:
    return Failure(
        f"The secret manager has no policy `{name}`.",
        next_step="See their names with `secret_policy_list`.",
        code="not_found",
    )


def parsed(text: str) -> list[Rule]:
    """Read the paths and capabilities of a policy; its finer conditions are left out."""
    rules: list[Rule] = []
    for path, body in _RULE.findall(text):
        listed = _CAPABILITIES.search(body)
        names = re.findall(r'"(\w+)"', listed[1]) if listed else []
        rules.append(Rule.model_construct(path=path, capabilities=names))
    return rules


def concerns(rules: Sequence[Rule]) -> list[str]:
    """Say which rules allow more than is usually needed, and why."""
    found: list[str] = []
    for rule in rules:
        allowed = set(rule.capabilities)
        if "deny" in allowed:
            continue
        if "sudo" in allowed:
            found.append(f"`{rule.path}`: sudo opens what only operators should do.")
        if rule.path.rstrip("/") in {"*", "+/*", "sys/*"} and allowed & {*_WRITES, "read"}:
            found.append(f"`{rule.path}`: covers whole engines or the server itself.")
        elif rule.path.count("/") <= 2 and rule.path.endswith("/*") and allowed & _WRITES:
            found.append(f"`{rule.path}`: writes to everything in the engine.")
    return found


def as_text(rules: Sequence[Rule]) -> str:
    """Write rules in the secret manager's language."""
    blocks = [
        f'path "{rule.path}" {{\n  capabilities = [{_quoted(rule.capabilities)}]\n}}\n'
        for rule in rules
    ]
    return "\n".join(blocks)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


@category.tool(
    scope="",
    effect="update",
    confirm=True,
    outside=True,
    formerly=("manage-rbac-policies",),
    words=("vault acl", "least privilege"),
    examples=[
        SetPolicy(
            name="crm-reader",
            rules=[Rule(path="secret/data/crm/*", capabilities=["read"])],
            test=["secret/data/crm/api", "secret/data/hr/api"],
        )
    ],
)
async def secret_policy_set(make: Make, args: SetPolicy) -> PolicySet:
    """Write a policy of the secret manager and test what it allows, with a token made for it.

    The token lives for a minute, never leaves this server, and is revoked after the test.
    """
    _refuse_built_in(args.name)
    async with open_vault(make) as vault:
        before = await _text(vault, args.name)
        text = as_text(args.rules)
        told = PolicySet(name=args.name, changed=before != text, concerns=concerns(args.rules))
        if told.changed:
            await _write(make, vault, args, before, text)
        if not (make.planning and told.changed):
            told.tested = await _test(vault, args.name, args.test)
    return told


async def _write(make: Make, vault: Vault, args: SetPolicy, before: str | None, text: str) -> None:
    old = {rule.path: sorted(rule.capabilities) for rule in parsed(before or "")}
    new = {rule.path: sorted(rule.capabilities) for rule in args.rules}
    for path in sorted({*old, *new}):
        if old.get(path) != new.get(path):
            was, now = (", ".join(side.get(path, [])) or "nothing" for side in (old, new))
            make.shows(f"{path}: {was} -> {now}")
    path = f"sys/policies/acl/{args.name}"

    async def carry() -> Json:
        await vault.write(path, {"policy": text})
        return {"done": True}

    await make.write(
        vault_errand("POST", path, carry, policy=text),
        into=Kept,
        says=f"Write the policy `{args.name}` with {len(args.rules)} rules",
        undo=Undo((call("secret_policy_delete", name=args.name),))
        if before is None
        else _written_again(args.name, before),
        before=before,
        predict={"done": True},
    )


def _written_again(name: str, text: str) -> Undo | Irreversible:
    """Give the undo that writes a policy's former text, when rules can say all of it."""
    rules = parsed(text)
    if as_text(rules) != text:
        return Irreversible("The former text has more than paths and capabilities.")
    kept = [rule.model_dump(mode="json") for rule in rules]
    return Undo((call("secret_policy_set", name=name, rules=kept),))


async def _test(vault: Vault, name: str, paths: Sequence[str]) -> list[Tested]:
    """Ask what a token of this policy alone may do."""
    if not paths:
        return []
    body: dict[str, Json] = {
        "policies": [name],
        "ttl": "60s",
        "no_default_policy": True,
        "renewable": False,
    }
    auth: dict[str, str] = (await vault.write("auth/token/create", dict(body)))["auth"]
    try:
        asked = {"token": auth["client_token"], "paths": list(paths)}
        found = await vault.write("sys/capabilities", asked)
    finally:
        await vault.write("auth/token/revoke-accessor", {"accessor": auth["accessor"]})
    return [Tested(path=path, capabilities=texts_of(found, path)) for path in paths]


def _refuse_built_in(name: str) -> None:
    if name in _BUILT_IN:
        raise Failure(
            f"`{name}` is a policy of the secret manager itself.",
            next_step="Choose another name.",
            code="invalid_arguments",
        )


@category.tool(scope="", effect="delete", outside=True)
async def secret_policy_delete(make: Make, args: DeletePolicy) -> PolicyDeleted:
    """Delete a policy of the secret manager; tokens that have it lose what it allowed."""
    _refuse_built_in(args.name)
    async with open_vault(make) as vault:
        before = await _text(vault, args.name)
        if before is None:
            raise _unknown(args.name)
        rules = parsed(before)
        for rule in rules:
            make.shows(f"{rule.path}: {', '.join(rule.capabilities)} -> nothing")
        path = f"sys/policies/acl/{args.name}"

        async def carry() -> Json:
            await vault.write(path, method="delete")
            return {"done": True}

        await make.write(
            vault_errand("DELETE", path, carry),
            into=Kept,
            says=f"Delete the policy `{args.name}`",
            undo=_written_again(args.name, before),
            before=before,
            predict={"done": True},
        )
    return PolicyDeleted(deleted=args.name, rules=rules)

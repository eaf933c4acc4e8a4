"""Certificates from when the company tried single sign-on; nobody kept their private key.

Its licence no longer has single sign-on, so the API refuses them until `dedicatedSso` is licensed
again. What a certificate says of its validity cannot move with the world's clock.
"""

from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World

FORMER = (
    "MIIBOTCB4AIBATAKBggqhkjOPQQDAjApMScwJQYDVQQDDB5IYXJib3IgYW5kIFBpbmUgc2luZ2xlIHNpZ24tb24w"
    "HhcNMjQwMTE1MDkwMDAwWhcNMjcwMTE1MDkwMDAwWjApMScwJQYDVQQDDB5IYXJib3IgYW5kIFBpbmUgc2luZ2xl"
    "IHNpZ24tb24wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASFtoI7ZRYQRNth731scUOn6hPoSiPPPpewjjjSMcnF"
    "r2BGYmcwvY4gMSwdqUkNahxO84avqysi1ejNQVMUUSTjMAoGCCqGSM49BAMCA0gAMEUCIQCbQBkEEbb+Oy70Xret"
    "qrcRkf0fQiRiDUhof3hdJyy+CgIgLcbVPItfopFZwfld00ewjezZJxk7BJymXbHNgdjQBL0="
)
CURRENT = (
    "MIIBOTCB4AIBAjAKBggqhkjOPQQDAjApMScwJQYDVQQDDB5IYXJib3IgYW5kIFBpbmUgc2luZ2xlIHNpZ24tb24w"
    "HhcNMjYxMDAxMDkwMDAwWhcNMjkxMDAxMDkwMDAwWjApMScwJQYDVQQDDB5IYXJib3IgYW5kIFBpbmUgc2luZ2xl"
    "IHNpZ24tb24wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASFtoI7ZRYQRNth731scUOn6hPoSiPPPpewjjjSMcnF"
    "r2BGYmcwvY4gMSwdqUkNahxO84avqysi1ejNQVMUUSTjMAoGCCqGSM49BAMCA0gAMEUCIQDdR3x0tYnQv8MNP4t6"
    "rQCfvxuQdhJ1fz9XISBfo/BOewIgGNIiFsN7pngUTXkCZNqmqO1s2Q1V2NFyg5DmE8IIFoc="
)
CERTIFICATES = (
    # valid from, valid to, the certificate, when it was deactivated
    ("2024-01-15", "2027-01-15", FORMER, "2026-10-08T09:00:00.000Z"),
    ("2026-10-01", "2029-10-01", CURRENT, None),
)
"""X.509 in DER, each self-signed."""


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Insert the certificates."""
    for start, end, certificate, deactivated in CERTIFICATES:
        world.insert(
            "sso_certificates",
            organization_id=directory.organizations[0],
            type="saml",
            valid_from=f"{start}T09:00:00.000Z",
            valid_to=f"{end}T09:00:00.000Z",
            certificate=certificate,
            deactivation_date=deactivated,
        )

"""Ready tasks about secrets."""

from make_mcp_core_tools.enterprise_secrets.declared import category


@category.prompt
def rotate_secret(secret: str) -> str:
    """Rotate a secret: find who uses it, give everybody the new value, prove it, or go back."""
    return (
        f"Rotate this secret in Make: {secret}. Never ask me for its value, and never show one.\n\n"
        "1. `secret_backend_check`: is the secret manager reachable and unsealed?\n"
        "2. `secret_binding_list`: which connections and keys take it. If one is missing there,"
        " find it with `connection_usage_get` or `key_get` and propose `secret_binding_set`.\n"
        "3. `secret_rotation_plan`: show me the steps, the scenarios that are affected, and until"
        " when none of them is scheduled. Wait for my word.\n"
        "4. `secret_rotation_run`. It tests each connection and puts the former value back where"
        " the test fails; tell me which state it ended in, sink by sink.\n"
        "5. If anything was rolled back, say why in one sentence and what would have to be true for"
        " a second try."
    )

"""Public templates, everybody's to use (API reference, chapter 2.32)."""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.templates import approval_limit, shown_documents, url_of, uses_of
from make_api_sandbox.world import World

READ = "templates:read"
PUBLIC = Columns(("id", "name", "description", "url", "usedApps", "usage"))
USES = (
    "former_uses + (SELECT count(*) FROM scenarios WHERE json_extract(extra, '$.basedon') = p.id)"
)
PAGING = Paging(
    {"usage": USES, "name": "p.name COLLATE NOCASE", "id": "p.id"}, direction="desc", limit=100
)
LATEST_APPROVED = (
    "SELECT p.* FROM public_templates p WHERE p.requested <= ? AND NOT EXISTS (SELECT 1 FROM"
    " public_templates n WHERE n.template_id = p.template_id AND n.id > p.id AND n.requested <= ?)"
)


@route("GET", "/templates/public", scope=READ)
def list_public_templates(call: Call) -> JsonObject:
    """Approved templates in the caller's language, the most used first.

    `includeEn` adds those in English; `usedApps[]` keeps templates that use all of the named apps.
    """
    page = call.page(PAGING)
    limit = approval_limit(call.world)
    sql, values = LATEST_APPROVED, [limit, limit, call.user["language"]]
    sql += " AND p.language IN (?, 'en')" if call.query_flag("includeEn") else " AND p.language = ?"
    name = call.query("name")
    if name:
        sql += " AND instr(lower(p.name), lower(?)) > 0"
        values.append(name)
    for app in call.query_list("usedApps"):
        sql += " AND ? IN (SELECT value FROM json_each(p.used_packages))"
        values.append(app)
    rows = call.world.rows(sql + page.slice_sql(tie="p.id"), *values)
    shown = [present(call.world, row) for row in rows]
    return {"templatesPublic": PUBLIC.pick_all(shown, call.cols), "pg": page.echo()}


@route("GET", "/templates/public/{templateUrl}", scope=READ)
def get_public_template(call: Call) -> JsonObject:
    """One public template, approved or not: who has the address may look."""
    return {"templatePublic": PUBLIC.pick(present(call.world, _version(call)), call.cols)}


@route("GET", "/templates/public/{templateUrl}/blueprint", scope=READ)
def get_public_blueprint(call: Call) -> JsonObject:
    """What a public template holds."""
    return {**shown_documents(_version(call)), "metadata": None}


def _version(call: Call) -> Row:
    """The version an address means; `templatePublicId`, when given, must be its id.

    The number decides, as the rest of the address only repeats a name that may have changed.

    Raises:
        ApiError: 404 when there is none.
    """
    number = call.path("templateUrl").partition("-")[0]
    asked = call.query_id("templatePublicId")
    known = number.isascii() and number.isdigit() and len(number) < 16
    row = call.world.get("public_templates", int(number)) if known else None
    if row is None or asked not in (None, row["id"]):
        raise not_found("Template")
    return row


def present(world: World, row: Row) -> JsonObject:
    """A public template as the API shows it."""
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "url": url_of(row),
        "usedApps": row["used_packages"],
        "usage": uses_of(world, row),
    }

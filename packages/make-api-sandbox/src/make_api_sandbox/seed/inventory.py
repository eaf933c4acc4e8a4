"""The company's connections, keys, hooks, stores and folders, as lists to read."""

from dataclasses import dataclass

from make_api_sandbox.engine.values import Json


@dataclass(frozen=True)
class ConnectionPlan:
    """One connection.

    Args:
        key: The word the seed knows it by.
        team: Whose it is.
        name: As shown.
        type: Connection type.
        author: Who made it.
        state: `valid`, `expired` or `broken`.
        expires: Days from now until the authorization ends; negative: days since it ended.
    """

    key: str
    team: str
    name: str
    type: str
    author: str
    state: str = "valid"
    expires: float | None = None


EXPIRED_DAYS = 2.25
"""The marketing team's Google authorization ended this many days ago."""

CONNECTIONS = (
    ConnectionPlan("hubspot", "sales", "HubSpot (sales)", "hubspotcrm2", "ines"),
    ConnectionPlan("slack-sales", "sales", "Slack sales bot", "slack", "ines"),
    ConnectionPlan("sheets-sales", "sales", "Google Sheets (sales)", "google", "tomas"),
    ConnectionPlan("mail-sales", "sales", "Gmail sales@", "google-restricted", "tomas", expires=6),
    ConnectionPlan("linkedin", "sales", "LinkedIn Otto", "linkedin2", "otto", expires=20),
    ConnectionPlan("zendesk", "support", "Zendesk helpdesk", "zendesk", "aiko"),
    ConnectionPlan("slack-support", "support", "Slack support bot", "slack", "aiko"),
    ConnectionPlan("mail-support", "support", "Gmail help@", "google-restricted", "aiko"),
    ConnectionPlan("ai-support", "support", "AI provider (support)", "ai-provider", "aiko"),
    ConnectionPlan("xero", "finance", "Xero ledger", "xero", "pavel"),
    ConnectionPlan("stripe", "finance", "Stripe live account", "stripe", "pavel"),
    ConnectionPlan("slack-finance", "finance", "Slack finance bot", "slack", "lucia"),
    ConnectionPlan("sheets-finance", "finance", "Google Sheets (finance)", "google", "lucia"),
    ConnectionPlan("smtp-finance", "finance", "SMTP billing@", "smtp", "pavel"),
    ConnectionPlan(
        "google-marketing",
        "marketing",
        "Google (marketing)",
        "google",
        "noor",
        state="expired",
        expires=-EXPIRED_DAYS,
    ),
    ConnectionPlan("slack-marketing", "marketing", "Slack marketing bot", "slack", "noor"),
    ConnectionPlan("openai", "marketing", "OpenAI content key", "openai-gpt-3", "noor"),
    ConnectionPlan("notion", "marketing", "Notion editorial", "notion2", "noor"),
    ConnectionPlan("mailchimp", "marketing", "Mailchimp (old list)", "mailchimp2", "otto"),
    ConnectionPlan("shopify", "operations", "Shopify store", "shopify", "emil"),
    ConnectionPlan("mysql", "operations", "ERP database", "mysql", "emil", state="broken"),
    ConnectionPlan("slack-operations", "operations", "Slack ops bot", "slack", "emil"),
    ConnectionPlan("airtable", "operations", "Airtable warehouse", "airtable3", "emil"),
    ConnectionPlan("jira", "operations", "Jira service desk", "jira", "jonas"),
    ConnectionPlan("github", "operations", "GitHub deploy bot", "github", "jonas"),
    ConnectionPlan(
        "azure",
        "operations",
        "Microsoft tenant",
        "microsoft",
        "jonas",
        state="expired",
        expires=-41,
    ),
    ConnectionPlan("sheets-studio", "studio", "Google Sheets (studio)", "google", "greta"),
    ConnectionPlan("telegram", "studio", "Studio bot", "telegram", "greta"),
)


@dataclass(frozen=True)
class KeyPlan:
    """One key of the keychain; the secrets are obviously made up."""

    key: str
    team: str
    name: str
    type: str
    parameters: dict[str, Json]


KEYS = (
    KeyPlan(
        "carrier",
        "operations",
        "Carrier API key",
        "apikeyauth",
        {"key": "not-a-real-carrier-key", "placement": "header", "name": "X-API-Key"},
    ),
    KeyPlan(
        "rates",
        "finance",
        "Exchange rate feed",
        "apikeyauth",
        {"key": "not-a-real-rates-key", "placement": "qs", "name": "apikey"},
    ),
    KeyPlan(
        "intranet",
        "operations",
        "Intranet login",
        "basicauth",
        {"authUser": "automation", "authPass": "not-a-real-password"},
    ),
)


@dataclass(frozen=True)
class HookPlan:
    """One webhook; `gives` are the fields of its requests in the short form."""

    key: str
    team: str
    name: str
    gives: str
    mail: bool = False
    enabled: bool = True
    age: float = 300


HOOKS = (
    HookPlan("lead-form", "sales", "Website lead form", "email:email name company source"),
    HookPlan("demo", "sales", "Demo requests", "email:email name slot"),
    HookPlan("quote", "sales", "Quote calculator", "email:email items:array discount:number"),
    HookPlan("contact", "support", "Contact form", "email:email subject message"),
    HookPlan("inbox", "support", "Support inbox", "from subject text html", mail=True),
    HookPlan("csat", "support", "Satisfaction survey", "ticket score:number comment"),
    HookPlan("status", "support", "Order status lookup", "order email:email"),
    HookPlan("payments", "finance", "Payment events", "id type amount:number currency customer"),
    HookPlan("expense", "finance", "Expense form", "employee amount:number currency purpose"),
    HookPlan("signup", "marketing", "Newsletter sign-up", "email:email name topic"),
    HookPlan("landing", "marketing", "Landing page form", "email:email campaign"),
    HookPlan("landing-old", "marketing", "Old landing page", "email:email campaign", age=410),
    HookPlan("stock", "operations", "Supplier stock feed", "sku quantity:number warehouse"),
    HookPlan("scan", "operations", "Warehouse scanner", "sku quantity:number location"),
    HookPlan("access", "operations", "Access requests", "person system reason"),
    HookPlan("erp-old", "operations", "Old ERP callback", "document", enabled=False, age=700),
    HookPlan("booking", "studio", "Workshop bookings", "email:email workshop seats:number"),
)


@dataclass(frozen=True)
class StorePlan:
    """One data store with its structure.

    Args:
        key: The word the seed knows it by.
        team: Whose it is.
        name: As shown.
        spec: Fields in the short form.
        records: How many records to write.
        key_field: The field that is the record's key; numbered keys when empty.
        strict: Whether the structure refuses other fields.
        megabytes: Its size.
        fill: Share of the size to use up; 0 writes `records` records.
        pad: Characters of filler in every record.
    """

    key: str
    team: str
    name: str
    spec: str
    records: int
    key_field: str = ""
    strict: bool = False
    megabytes: int = 1
    fill: float = 0
    pad: int = 0


STORES = (
    StorePlan(
        "leads",
        "sales",
        "Lead register",
        "email! name company source score:number received:date",
        140,
        "email",
        strict=True,
        megabytes=2,
    ),
    StorePlan("orders", "support", "Order index", "order! email status carrier", 260, "order"),
    StorePlan(
        "rates", "finance", "Exchange rates", "currency! rate:number updated:date", 12, "currency"
    ),
    StorePlan(
        "ledger",
        "finance",
        "Invoice ledger",
        "invoice! customer amount:number currency memo",
        0,
        "invoice",
        fill=0.97,
        pad=2_600,
    ),
    StorePlan("prices", "sales", "Price list", "sku! price:number", 40, "sku"),
    StorePlan(
        "subscribers",
        "marketing",
        "Subscribers",
        "email! name topic active:boolean",
        320,
        "email",
    ),
    StorePlan("levels", "operations", "Stock levels", "sku! quantity:number location", 180, "sku"),
    StorePlan("grants", "operations", "Access grants", "person! system reason", 46),
    StorePlan("bookings", "studio", "Bookings", "email workshop seats:number", 18),
)

FOLDERS: dict[str, tuple[str, ...]] = {
    "sales": ("Leads", "Quotes", "Reporting"),
    "support": ("Tickets", "Customer care", "Reporting"),
    "finance": ("Invoicing", "Payments", "Closing"),
    "marketing": ("Newsletter", "Content", "Campaigns"),
    "operations": ("Stock", "Shipping", "IT access", "IT monitoring", "Archive"),
    "studio": ("Workshops",),
}

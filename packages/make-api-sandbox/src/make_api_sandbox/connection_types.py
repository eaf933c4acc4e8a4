"""Types of connections the sandbox knows, and what each is made of.

Names, labels and colours of common apps; `basic` types hold parameters, `oauth` types are granted
in a browser. A type that some connection of the world already has (a custom app's, say) is known
as well.
"""

from dataclasses import dataclass
from typing import Literal

NEUTRAL = "#666666"


@dataclass(frozen=True)
class ConnectionType:
    """What a connection of one type looks like.

    Args:
        label: The app's name for people.
        account_type: How access is granted.
        theme: Colour.
        parameters: What must be given, for `basic` types.
    """

    label: str
    account_type: Literal["basic", "oauth"]
    theme: str = NEUTRAL
    parameters: tuple[str, ...] = ()


def _keyed(label: str, theme: str = NEUTRAL, *parameters: str) -> ConnectionType:
    return ConnectionType(label, "basic", theme, parameters or ("apiKey",))


def _granted(label: str, theme: str = NEUTRAL) -> ConnectionType:
    return ConnectionType(label, "oauth", theme)


MAIL = ("host", "port", "username", "password")
DATABASE = ("host", "port", "database", "user", "password")

TYPES: dict[str, ConnectionType] = {
    "make": _keyed("Make", "#6d00cc", "apiKey", "url"),
    "airtable2": _keyed("Airtable", "#18bfff"),
    "airtable3": _granted("Airtable", "#18bfff"),
    "anthropic-claude": _keyed("Anthropic Claude", "#d97757"),
    "asana": _granted("Asana", "#f06a6a"),
    "calendly": _granted("Calendly", "#006bff"),
    "clickup": _granted("ClickUp", "#7b68ee"),
    "discord": _granted("Discord", "#5865f2"),
    "dropbox": _granted("Dropbox", "#0061ff"),
    "facebook": _granted("Facebook", "#3b5998"),
    "github": _granted("GitHub", "#4078c0"),
    "gitlab": _granted("GitLab", "#fc6d26"),
    "google": _granted("Google", "#fecd5f"),
    "google-restricted": _granted("Google Restricted", "#fecd5f"),
    "hubspotcrm2": _granted("HubSpot CRM", "#ff7a59"),
    "imap": _keyed("Others (IMAP)", "#eb5768", *MAIL),
    "smtp": _keyed("Others (SMTP)", "#eb5768", *MAIL),
    "intercom": _granted("Intercom", "#1f8ded"),
    "jira": _keyed("Jira", "#0052cc", "url", "username", "apiToken"),
    "jotform": _keyed("Jotform", "#ffa500"),
    "linkedin2": _granted("LinkedIn", "#0077b5"),
    "mailchimp2": _granted("Mailchimp", "#ffe01b"),
    "mailgun2": _keyed("Mailgun", "#c12126"),
    "microsoft": _granted("Microsoft", "#2372ba"),
    "microsoft-smtp-imap": _granted("Microsoft SMTP/IMAP OAuth", "#2372ba"),
    "monday2": _granted("monday.com", "#ff3d57"),
    "mongodb": _keyed("MongoDB", "#13aa52", *DATABASE),
    "mysql": _keyed("MySQL", "#00758f", *DATABASE),
    "notion2": _granted("Notion", "#000000"),
    "notion3": _keyed("Notion Internal", "#000000"),
    "openai-gpt-3": _keyed("OpenAI", "#10a37f", "apiKey", "organizationId"),
    "pipedrive": _granted("Pipedrive CRM", "#203232"),
    "postgres": _keyed("PostgreSQL", "#336791", *DATABASE),
    "quickbooks": _granted("QuickBooks", "#2ca01c"),
    "salesforce": _granted("Salesforce", "#00a1e0"),
    "sendgrid": _keyed("SendGrid", "#1a82e2"),
    "shopify": _granted("Shopify", "#95bf47"),
    "slack": _granted("Slack", "#4a154b"),
    "slack2": _granted("Slack", "#4a154b"),
    "stripe": _keyed("Stripe", "#635bff"),
    "telegram": _keyed("Telegram Bot", "#0088cc", "token"),
    "todoist": _granted("Todoist", "#e44332"),
    "trello": _granted("Trello", "#0079bf"),
    "twilio": _keyed("Twilio", "#f22f46", "accountSid", "authToken"),
    "typeform": _granted("Typeform", "#262627"),
    "woocommerce": _keyed("WooCommerce", "#96588a", "url", "consumerKey", "consumerSecret"),
    "wordpress": _keyed("WordPress", "#21759b", "url", "apiKey"),
    "xero": _granted("Xero", "#13b5ea"),
    "zendesk": _granted("Zendesk", "#03363d"),
    "zoom": _granted("Zoom", "#2d8cff"),
}

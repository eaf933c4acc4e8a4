"""Apps of sales, support and messaging, with declared samples of the seeded companies' accounts."""

from make_api_sandbox.apps.manifest import App, AppModule, Declared, options

LIMIT = "limit:uinteger Limit ~ 10"
CHANNELS = options(
    *("#alerts", "#approvals", "#demos", "#finance", "#incidents", "#marketing", "#packing"),
    *("#press", "#refunds", "#sales", "#stock", "#support", "#urgent", "#voice", "#wins"),
)

SLACK = App(
    "slack",
    "Slack",
    "#4a154b",
    4,
    (
        AppModule(
            "action",
            "CreateMessage",
            "Send a message",
            "Writes into a channel or to a person.",
            """
                channel:select! Channel = rpc://ListChannels
                text:text Text
                blocks:text^ Blocks
                threadTs:text^ Thread
                parse:boolean^ Parse message text ~ false
            """,
            interface="ts:text Message ID\nchannel:text Channel",
            scope=("chat:write", "channels:read"),
            samples={"ts": "1762160400.000100", "channel": "C0SALES"},
            crud="create",
        ),
        AppModule(
            "trigger",
            "WatchMessages",
            "Watch public channel messages",
            "Starts with every new message of a channel.",
            parameters=f"channel:select! Channel = rpc://ListChannels\n{LIMIT}",
            interface="ts:text Message ID\nuser:text User\ntext:text Text",
            scope=("channels:history", "channels:read"),
        ),
    ),
    connection="slack,slack2",
    categories=("communication",),
    keywords="chat, message, channel",
    rpcs={"ListChannels": Declared(CHANNELS)},
)

DEAL = """
id:text Deal ID
name:text Deal name
stage:text Stage
amount:number Amount
owner:text Owner
email:email Contact
"""
CONTACT = "id:text Contact ID\nemail:email Email\nname:text Name\ncompany:text Company"
STAGES = {
    "default": options(
        appointmentscheduled="Appointment scheduled",
        qualifiedtobuy="Qualified to buy",
        contractsent="Contract sent",
        closedwon="Closed won",
        closedlost="Closed lost",
    )
}

HUBSPOT = App(
    "hubspotcrm",
    "HubSpot CRM",
    "#ff7a59",
    2,
    (
        AppModule(
            "trigger",
            "watchDeals",
            "Watch deals",
            "Starts with every new or changed deal.",
            parameters=LIMIT,
            interface=DEAL,
            scope=("crm.objects.deals.read",),
        ),
        AppModule(
            "action",
            "createDeal",
            "Create a deal",
            "Opens a deal.",
            """
                dealname:text! Deal name
                pipeline:select Pipeline = rpc://ListPipelines
                dealstage:select Stage = rpc://ListStages
                amount:number Amount
            """,
            interface="id:text Deal ID",
            scope=("crm.objects.deals.write",),
            samples={"id": "9120034471"},
            crud="create",
        ),
        AppModule(
            "action",
            "createContact",
            "Create a contact",
            "Adds a person.",
            """
                email:email! Email
                firstname:text First name
                lastname:text Last name
                company:text Company
                lifecyclestage:select Lifecycle stage = lead|opportunity|customer
            """,
            interface="id:text Contact ID",
            scope=("crm.objects.contacts.write",),
            samples={"id": "551"},
            crud="create",
        ),
        AppModule(
            "search",
            "searchContacts",
            "Search contacts",
            "Finds people.",
            "query:text Query",
            LIMIT,
            CONTACT,
            scope=("crm.objects.contacts.read",),
        ),
    ),
    connection="hubspotcrm2",
    categories=("crm",),
    keywords="crm, deal, contact, company",
    rpcs={
        "ListPipelines": Declared(options(default="Sales pipeline")),
        "ListStages": Declared(STAGES, by="pipeline"),
    },
)

TICKET = """
id:text Ticket ID
subject:text Subject
description:text Description
requester:email Requester
priority:text Priority
status:text Status
tags:array:text Tags
"""
PRIORITIES = "priority:select Priority = low|normal|high|urgent"

ZENDESK = App(
    "zendesk",
    "Zendesk",
    "#03363d",
    2,
    (
        AppModule(
            "trigger",
            "watchTickets",
            "Watch tickets",
            "Starts with every new or changed ticket.",
            parameters=LIMIT,
            interface=TICKET,
            scope=("tickets:read",),
        ),
        AppModule(
            "action",
            "createTicket",
            "Create a ticket",
            "Opens a ticket.",
            "subject:text! Subject\ncomment:text! Comment\nrequester:email Requester\n"
            + PRIORITIES,
            interface="id:text Ticket ID\nurl:url Link",
            scope=("tickets:write",),
            crud="create",
        ),
        AppModule(
            "action",
            "updateTicket",
            "Update a ticket",
            "Changes a ticket.",
            f"ticket:text! Ticket ID\nnote:text Internal note\ntags:text Tags\n{PRIORITIES}",
            interface="id:text Ticket ID",
            scope=("tickets:write",),
            crud="update",
        ),
    ),
    connection="zendesk",
    categories=("support",),
    keywords="helpdesk, ticket, support",
    rpcs={"ListGroups": Declared(options(**{"101": "First line", "102": "Returns"}))},
)

CHAT = "chatId:text! Chat ID\ntext:text! Text"

TELEGRAM = App(
    "telegram",
    "Telegram Bot",
    "#0088cc",
    1,
    (
        AppModule(
            "action",
            "SendReplyMessage",
            "Send a text message or a reply",
            "Writes into a chat.",
            f"{CHAT}\nparseMode:select Parse mode = :None|HTML|Markdown",
            interface="message_id:uinteger Message ID",
            crud="create",
        ),
        AppModule(
            "instant",
            "WatchUpdates",
            "Watch updates",
            "Starts with every message to the bot.",
            parameters="__IMTHOOK__:hook:telegram! Webhook",
            interface="message:collection Message",
            connection="",
        ),
    ),
    connection="telegram",
    categories=("communication",),
    keywords="chat, bot, message",
)

DISCORD = App(
    "discord",
    "Discord",
    "#5865f2",
    2,
    (
        AppModule(
            "action",
            "createMessage",
            "Send a message",
            "Writes into a channel.",
            "channel:select! Channel = rpc://ListChannels\ncontent:text! Message",
            interface="id:text Message ID",
            crud="create",
        ),
    ),
    connection="discord",
    categories=("communication",),
    keywords="chat, message, channel",
    rpcs={"ListChannels": Declared(options(**{"801": "general", "802": "workshops"}))},
)

LINKEDIN = App(
    "linkedin",
    "LinkedIn",
    "#0077b5",
    2,
    (
        AppModule(
            "action",
            "CreatePost",
            "Create a text post",
            "Publishes a post.",
            "text:text! Content\nvisibility:select Visibility = PUBLIC:Anyone|CONNECTIONS",
            interface="id:text Post ID",
            crud="create",
        ),
    ),
    connection="linkedin2",
    categories=("social-media",),
    keywords="post, social network",
)

FACEBOOK = App(
    "facebook-pages",
    "Facebook Pages",
    "#3b5998",
    6,
    (
        AppModule(
            "action",
            "CreatePost",
            "Create a post",
            "Publishes a post on a page.",
            "page:select! Page = rpc://ListPages\nmessage:text! Message\nlink:url Link",
            interface="id:text Post ID",
            crud="create",
        ),
    ),
    connection="facebook",
    categories=("social-media",),
    keywords="post, page, social network",
    rpcs={"ListPages": Declared(options(**{"7001": "Harbor and Pine"}))},
)

APPS = (SLACK, HUBSPOT, ZENDESK, TELEGRAM, DISCORD, LINKEDIN, FACEBOOK)

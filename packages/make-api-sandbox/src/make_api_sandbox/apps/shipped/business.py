"""Apps of finance, shops and IT, with declared samples of the seeded companies' accounts."""

from make_api_sandbox.apps.manifest import App, AppModule, Declared, options

LIMIT = "limit:uinteger Limit ~ 10"
INVOICE = """
id:text Invoice ID
reference:text Reference
customer:text Customer
email:email Email
amount:number Amount
currency:text Currency
due:date Due date
"""

XERO = App(
    "xero",
    "Xero",
    "#13b5ea",
    1,
    (
        AppModule(
            "search",
            "listInvoices",
            "List invoices",
            "Reads invoices.",
            "status:select Status = DRAFT|AUTHORISED|PAID",
            LIMIT,
            INVOICE,
            scope=("accounting.transactions.read",),
        ),
        AppModule(
            "action",
            "createInvoice",
            "Create an invoice",
            "Writes an invoice.",
            """
                contact:text! Contact = rpc://ListContacts
                reference:text! Reference
                amount:number! Amount
                currency:text Currency
            """,
            interface="id:text Invoice ID",
            scope=("accounting.transactions",),
            crud="create",
        ),
    ),
    connection="xero",
    categories=("accounting",),
    keywords="invoice, accounting, ledger",
    rpcs={"ListContacts": Declared(options("Northwind Wholesale", "Alder Interiors"))},
)

STRIPE = App(
    "stripe",
    "Stripe",
    "#635bff",
    1,
    (
        AppModule(
            "trigger",
            "watchEvents",
            "Watch events",
            "Starts with every event of the account.",
            parameters=f"type:select Event = rpc://ListEventTypes\n{LIMIT}",
            interface="id:text Event ID\namount:number Amount\ncurrency:text Currency",
        ),
        AppModule(
            "search",
            "listCharges",
            "List charges",
            "Reads payments.",
            parameters=LIMIT,
            interface=INVOICE,
        ),
    ),
    connection="stripe",
    categories=("payments",),
    keywords="payment, charge, card",
    rpcs={
        "ListEventTypes": Declared(
            options("charge.succeeded", "charge.failed", "charge.refunded", "invoice.paid")
        )
    },
)

SHOPIFY = App(
    "shopify",
    "Shopify",
    "#95bf47",
    2,
    (
        AppModule(
            "trigger",
            "watchOrders",
            "Watch orders",
            "Starts with every new order.",
            parameters=LIMIT,
            interface="""
                id:text Order ID
                email:email Email
                total:number Total
                currency:text Currency
                lines:array Lines
                  sku:text SKU
                  quantity:number Quantity
            """,
            scope=("read_orders",),
        ),
        AppModule(
            "action",
            "updateProduct",
            "Update a product",
            "Changes a product.",
            "id:text! Product ID\ntags:text Tags\nprice:number Price",
            interface="id:text Product ID",
            scope=("write_products",),
            crud="update",
        ),
    ),
    connection="shopify",
    categories=("ecommerce",),
    keywords="shop, order, product",
    rpcs={"ListLocations": Declared(options(**{"61": "Warehouse", "62": "Showroom"}))},
)

FIELDS_OF_TABLE = {
    "tblParcels": [
        {"name": "Order", "type": "text", "label": "Order"},
        {"name": "Label", "type": "text", "label": "Label"},
    ],
    "tblShortages": [
        {"name": "Article", "type": "text", "label": "Article"},
        {"name": "Missing", "type": "number", "label": "Missing"},
    ],
    "tblReturns": [{"name": "Return", "type": "text", "label": "Return"}],
}
TABLE = "base:select! Base = rpc://ListBases\ntable:select! Table = rpc://ListTables\n"
RECORD = "record:collection Record = rpc://ListFields"

AIRTABLE = App(
    "airtable",
    "Airtable",
    "#18bfff",
    3,
    (
        AppModule(
            "trigger",
            "TriggerWatchRecords",
            "Watch records",
            "Starts with every new or changed record of a table.",
            parameters=f"{TABLE}{LIMIT}",
            interface="id:text Record ID\ncreatedTime:date Created",
            scope=("data.records:read",),
        ),
        AppModule(
            "action",
            "ActionCreateRecord",
            "Create a record",
            "Adds a record to a table.",
            f"{TABLE}{RECORD}",
            interface="id:text Record ID",
            scope=("data.records:write",),
            samples={"id": "recPACKING0001"},
            crud="create",
        ),
        AppModule(
            "action",
            "ActionUpdateRecords",
            "Update a record",
            "Changes a record of a table.",
            f"{TABLE}id:text! Record ID\n{RECORD}",
            interface="id:text Record ID",
            scope=("data.records:write",),
            crud="update",
        ),
    ),
    connection="airtable3,airtable2",
    categories=("productivity",),
    keywords="database, table, records",
    rpcs={
        "ListBases": Declared(options(appWarehouse="Warehouse")),
        "ListTables": Declared(
            {
                "appWarehouse": options(
                    tblParcels="Parcels", tblShortages="Shortages", tblReturns="Returns"
                )
            },
            by="base",
        ),
        "ListFields": Declared(FIELDS_OF_TABLE, by="table"),
    },
)

MYSQL = App(
    "mysql",
    "MySQL",
    "#00758f",
    1,
    (
        AppModule(
            "action",
            "insertRow",
            "Insert a row into a table",
            "Writes a row.",
            "table:select! Table = rpc://ListTables\nrow:collection Row = rpc://ListColumns",
            interface="insertId:text ID of the row",
            crud="create",
        ),
        AppModule(
            "search",
            "selectRows",
            "Select rows from a table",
            "Reads rows.",
            "table:select! Table = rpc://ListTables\nwhere:text Condition",
            LIMIT,
        ),
    ),
    connection="mysql",
    categories=("it-and-development",),
    keywords="database, sql, table",
    rpcs={
        "ListTables": Declared(options("orders", "articles")),
        "ListColumns": Declared(
            {
                "orders": [
                    {"name": "order_no", "type": "text", "label": "order_no", "required": True},
                    {"name": "mail", "type": "email", "label": "mail"},
                    {"name": "total", "type": "number", "label": "total"},
                ],
                "articles": [{"name": "sku", "type": "text", "label": "sku", "required": True}],
            },
            by="table",
        ),
    },
)

JIRA = App(
    "jira",
    "Jira Cloud Platform",
    "#0052cc",
    1,
    (
        AppModule(
            "action",
            "createIssue",
            "Create an issue",
            "Opens an issue.",
            """
                project:select! Project = rpc://ListProjects
                issuetype:select Issue type = rpc://ListIssueTypes
                summary:text! Summary
                description:text Description
            """,
            interface="id:text Issue ID\nkey:text Key",
            samples={"id": "10042", "key": "IT-42"},
            crud="create",
        ),
    ),
    connection="jira",
    categories=("project-management",),
    keywords="issue, project, software",
    rpcs={
        "ListProjects": Declared(options(IT="IT service desk", INC="Incidents")),
        "ListIssueTypes": Declared(
            {"IT": options("Access request", "Task"), "INC": options("Incident")}, by="project"
        ),
    },
)

AZURE = App(
    "azure",
    "Microsoft Entra ID",
    "#0078d4",
    1,
    (
        AppModule(
            "search",
            "listUsers",
            "List users",
            "Reads the people of a tenant.",
            parameters=LIMIT,
            interface="id:uuid User ID\ndisplayName:text Name\nmail:email Email",
            scope=("User.Read.All",),
        ),
    ),
    connection="microsoft",
    categories=("it-and-development",),
    keywords="users, groups, directory",
)

PAGE = """
id:text Page ID
title:text Title
url:url Link
status:text Status
topic:text Topic
"""

NOTION = App(
    "notion",
    "Notion",
    "#000000",
    1,
    (
        AppModule(
            "action",
            "createAPage",
            "Create a page",
            "Adds a page, by choice to a database.",
            "database:select Database = rpc://ListDatabases\ntitle:text! Title\nbody:text Content",
            interface="id:text Page ID",
            crud="create",
        ),
        AppModule(
            "search",
            "searchObjects",
            "Search objects",
            "Finds pages and databases.",
            "title:text Title",
            LIMIT,
            PAGE,
        ),
    ),
    connection="notion2,notion3",
    categories=("productivity",),
    keywords="page, database, notes",
    rpcs={"ListDatabases": Declared(options(**{"db-editorial": "Editorial plan"}))},
)

OPENAI = App(
    "openai-gpt-3",
    "OpenAI (ChatGPT, Sora, DALL-E, Whisper)",
    "#10a37f",
    1,
    (
        AppModule(
            "action",
            "CreateCompletion",
            "Create a chat completion",
            "Asks a language model.",
            """
                model:select Model = rpc://ListModels
                prompt:text! Prompt
                max_tokens:uinteger Max output tokens
                temperature:number^ Temperature [0..2]
            """,
            interface="result:text Result\nchoices:array Choices\n  text:text Text",
            samples={"result": "A short text.", "choices": [{"text": "A short text."}]},
        ),
        AppModule(
            "action",
            "createModelResponse",
            "Generate a response",
            "Asks a language model.",
            "model:select! Model = rpc://ListModels\ninput:text! Input",
            interface="result:text Result",
        ),
    ),
    connection="openai-gpt-3",
    categories=("artificial-intelligence",),
    keywords="ai, llm, text",
    rpcs={"ListModels": Declared(options("gpt-4o", "gpt-4o-mini"))},
)

CLAUDE = App(
    "anthropic-claude",
    "Anthropic Claude",
    "#d97757",
    1,
    (
        AppModule(
            "action",
            "createAMessage",
            "Create a prompt",
            "Asks a language model.",
            """
                model:select! Model = rpc://ListModels
                max_tokens:uinteger! Max tokens
                messages:array! Messages
                  role:select! Role = user|assistant
                  content:text! Content
                temperature:number^ Temperature [0..1]
            """,
            interface="textResponse:text Text response",
        ),
    ),
    connection="anthropic-claude",
    categories=("artificial-intelligence",),
    keywords="ai, llm, text",
    rpcs={"ListModels": Declared(options("claude-sonnet-4-5", "claude-haiku-4-5"))},
)

GEMINI = App(
    "gemini-ai",
    "Google Gemini AI",
    "#4285f4",
    1,
    (
        AppModule(
            "action",
            "createACompletionGeminiPro",
            "Create a completion",
            "Asks a language model.",
            "model:select! Model = rpc://ListModels\nprompt:text! Prompt",
            interface="result:text Result\ncandidates:array Candidates\n  text:text Text",
        ),
    ),
    connection="gemini-ai",
    categories=("artificial-intelligence",),
    keywords="ai, llm, text",
    rpcs={"ListModels": Declared(options("gemini-2.5-pro", "gemini-2.5-flash"))},
)

APIFY = App(
    "apify",
    "Apify",
    "#97d700",
    1,
    (
        AppModule(
            "search",
            "fetchDatasetItems",
            "Get dataset items",
            "Reads what a crawler collected.",
            "datasetId:text! Dataset ID\nlimit:uinteger Limit ~ 10",
        ),
    ),
    connection="apify",
    categories=("it-and-development",),
    keywords="crawler, scraper, dataset",
)

APPS = (
    XERO,
    STRIPE,
    SHOPIFY,
    AIRTABLE,
    MYSQL,
    JIRA,
    AZURE,
    NOTION,
    OPENAI,
    CLAUDE,
    GEMINI,
    APIFY,
)

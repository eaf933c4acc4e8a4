"""Google's apps, with the spreadsheets and folders of the seeded companies as declared samples."""

from make_api_sandbox.apps.manifest import Answer, App, AppModule, Declared, options

SHEETS = options(
    **{
        "1LeadTracker": "Lead tracker",
        "1Invoices2026": "Invoices 2026",
        "1Newsletter": "Newsletter sign-ups",
        "1Workshops": "Workshop calendar",
    }
)
TABS = {
    "1LeadTracker": options("Leads", "Won", "Lost"),
    "1Invoices2026": options("Open", "Paid"),
    "1Newsletter": options("Sign-ups"),
    "1Workshops": options("Bookings"),
}


def _headers(*names: str) -> Answer:
    """Column headers as the fields of a row: named by position, from 0."""
    return [
        {"name": str(at), "type": "text", "label": f"{name} ({chr(65 + at)})"}
        for at, name in enumerate(names)
    ]


HEADERS = {
    "Leads": _headers("ID", "Email", "Company", "Received"),
    "Won": _headers("ID", "Company", "Amount"),
    "Lost": _headers("ID", "Company", "Reason"),
    "Open": _headers("Reference", "Amount"),
    "Paid": _headers("Reference", "Amount", "Paid on"),
    "Sign-ups": _headers("Date", "Address"),
    "Bookings": _headers("Email", "Workshop", "Seats"),
}

PLACE = """
spreadsheetId:select! Spreadsheet = rpc://ListSpreadsheets
sheetId:select! Sheet = rpc://ListSheets
"""
ROW = "values:collection Values = rpc://ListHeaders"
HOW = (
    "valueInputOption:select^ Value input option = USER_ENTERED:User entered|RAW:Raw ~ USER_ENTERED"
)
ROW_SCOPE = ("https://www.googleapis.com/auth/spreadsheets",)

GOOGLE_SHEETS = App(
    "google-sheets",
    "Google Sheets",
    "#0fa75e",
    2,
    (
        AppModule(
            "trigger",
            "watchRows",
            "Watch new rows",
            "Starts with every new row of a sheet.",
            parameters=f"{PLACE}includesHeaders:boolean Table contains headers ~ true\n"
            "limit:uinteger Limit ~ 10",
            interface="__ROW_NUMBER__:uinteger Row number\n0:text A\n1:text B\n2:text C",
            scope=ROW_SCOPE,
        ),
        AppModule(
            "action",
            "addRow",
            "Add a row",
            "Writes a row below the others.",
            f"{PLACE}{ROW}\n{HOW}\n"
            "insertDataOption:select^ Insert data option = INSERT_ROWS:Insert rows|OVERWRITE",
            interface="spreadsheetId:text Spreadsheet ID\nrowNumber:number Row number",
            scope=ROW_SCOPE,
            samples={"spreadsheetId": "1LeadTracker", "rowNumber": 142},
            crud="create",
        ),
        AppModule(
            "action",
            "updateRow",
            "Update a row",
            "Writes over cells of a row.",
            f"{PLACE}rowNumber:uinteger! Row number\n{ROW}\n{HOW}",
            interface="spreadsheetId:text Spreadsheet ID\nrowNumber:number Row number",
            scope=ROW_SCOPE,
            samples={"spreadsheetId": "1Newsletter", "rowNumber": 17},
            crud="update",
        ),
        AppModule(
            "search",
            "filterRows",
            "Search rows",
            "Finds rows by the values of their cells.",
            f"{PLACE}filter:filter Filter\nlimit:uinteger Maximum number of rows ~ 10",
            "limit:uinteger Limit",
            "__ROW_NUMBER__:uinteger Row number\n0:text A\n1:text B",
            scope=ROW_SCOPE,
            samples={"__ROW_NUMBER__": 2, "0": "INV-2026-0117", "1": "480.00"},
        ),
    ),
    connection="google",
    categories=("productivity",),
    keywords="spreadsheet, table, rows, cells",
    rpcs={
        "ListSpreadsheets": Declared(SHEETS),
        "ListSheets": Declared(TABS, by="spreadsheetId"),
        "ListHeaders": Declared(HEADERS, by="sheetId"),
    },
)

MESSAGE = """
to:array:email! To
subject:text Subject
content:text Content
cc:array:email^ Cc
bcc:array:email^ Bcc
attachments:array^ Attachments
  fileName:filename! File name
  data:buffer! Data
"""

GOOGLE_EMAIL = App(
    "google-email",
    "Gmail",
    "#c5221f",
    4,
    (
        AppModule(
            "action",
            "sendAnEmail",
            "Send an email",
            "Sends a message.",
            MESSAGE,
            interface="id:text Message ID\nthreadId:text Thread ID",
            scope=("https://www.googleapis.com/auth/gmail.send",),
            samples={"id": "18c2f0a7b31d4e55", "threadId": "18c2f0a7b31d4e55"},
            crud="create",
        ),
        AppModule(
            "action",
            "ActionSendEmail",
            "Send an email (older)",
            "Sends a message.",
            MESSAGE,
            interface="id:text Message ID",
            version=2,
            scope=("https://mail.google.com/",),
            crud="create",
        ),
    ),
    connection="google-restricted",
    categories=("communication",),
    keywords="mail, message, gmail",
    rpcs={"ListLabels": Declared(options("INBOX", "SENT", "Orders", "Invoices"))},
)

FOLDERS = options(root="My Drive", **{"1Contracts": "Contracts", "1Invoices": "Invoices"})

GOOGLE_DRIVE = App(
    "google-drive",
    "Google Drive",
    "#1967d2",
    4,
    (
        AppModule(
            "action",
            "uploadAFile",
            "Upload a file",
            "Stores a file in a folder.",
            """
                folderId:folder! Folder = rpc://ListFolders
                fileName:filename! File name
                data:buffer! Data
            """,
            interface="id:text File ID\nname:text Name\nwebViewLink:url Link",
            crud="create",
        ),
        AppModule(
            "action",
            "createAFolder",
            "Create a folder",
            "Makes a folder.",
            "folderId:folder! Parent folder = rpc://ListFolders\nname:text! Name",
            interface="id:text Folder ID\nname:text Name",
            crud="create",
        ),
    ),
    connection="google",
    categories=("file-sharing",),
    keywords="files, folders, storage",
    rpcs={"ListFolders": Declared(FOLDERS)},
)

GOOGLE_CALENDAR = App(
    "google-calendar",
    "Google Calendar",
    "#4285f4",
    5,
    (
        AppModule(
            "action",
            "createAnEvent",
            "Create an event",
            "Puts an event into a calendar.",
            """
                calendar:select! Calendar = rpc://ListCalendars
                summary:text Event name
                start:date! Start
                end:date! End
                attendees:array Attendees
                  email:email! Email
            """,
            interface="id:text Event ID\nhtmlLink:url Link",
            crud="create",
        ),
    ),
    connection="google",
    categories=("productivity",),
    keywords="event, appointment, meeting",
    rpcs={"ListCalendars": Declared(options("primary", demos="Demos", workshops="Workshops"))},
)

GOOGLE_DOCS = App(
    "google-docs",
    "Google Docs",
    "#4285f4",
    1,
    (
        AppModule(
            "action",
            "createADocumentFromTemplate",
            "Create a document from a template",
            "Fills the placeholders of a document in a copy of it.",
            """
                document:file! Template document = rpc://ListTemplates
                name:text! Name
                values:array Values
                  name:text! Tag
                  value:text Replaced value
                folderId:folder Folder = rpc://ListFolders
            """,
            interface="id:text Document ID\nwebViewLink:url Link",
            crud="create",
        ),
    ),
    connection="google",
    categories=("productivity",),
    keywords="document, text, template",
    rpcs={
        "ListTemplates": Declared(options(**{"1Offer": "Offer letter", "1Invoice": "Invoice"})),
        "ListFolders": Declared(FOLDERS),
    },
)

GOOGLE_FORMS = App(
    "google-forms",
    "Google Forms",
    "#7248b9",
    2,
    (
        AppModule(
            "trigger",
            "watchResponses",
            "Watch responses",
            "Starts with every answer to a form.",
            parameters="formId:select! Form = rpc://ListForms\nlimit:uinteger Limit ~ 10",
            interface="""
                responseId:text Response ID
                createTime:date Sent
                answers:collection Answers
            """,
        ),
    ),
    connection="google",
    categories=("productivity",),
    keywords="form, survey, answers",
    rpcs={"ListForms": Declared(options(**{"1Survey": "Customer survey"}))},
)

APPS = (
    GOOGLE_SHEETS,
    GOOGLE_EMAIL,
    GOOGLE_DRIVE,
    GOOGLE_CALENDAR,
    GOOGLE_DOCS,
    GOOGLE_FORMS,
)

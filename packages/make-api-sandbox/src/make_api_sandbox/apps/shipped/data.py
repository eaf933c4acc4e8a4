"""Data store, code and Make's AI apps (Make's help pages on these apps)."""

from make_api_sandbox.apps.manifest import App, AppModule
from make_api_sandbox.apps.own import choices, record_fields

STORE = "datastore:datastore! Data store"
RECORD = "data:dynamicCollection Record = rpc://RecordFields"

DATASTORE = App(
    "datastore",
    "Data store",
    "#2f8cbb",
    1,
    (
        AppModule(
            "action",
            "AddRecord",
            "Add/replace a record",
            "Writes a record, by choice over one of the same key.",
            f"key:text Key\noverwrite:boolean! Overwrite an existing record ~ true\n{RECORD}",
            STORE,
            "key:text Key",
            crud="create",
        ),
        AppModule(
            "action",
            "UpdateRecord",
            "Update a record",
            "Changes some fields of a record.",
            f"""
key:text! Key
upsert:boolean! Insert missing record ~ false
overwriteArrays:boolean! Overwrite arrays ~ false
{RECORD}
            """,
            STORE,
            crud="update",
        ),
        AppModule(
            "action",
            "GetRecord",
            "Get a record",
            "Reads a record by its key.",
            "key:text! Key\nreturnWrapped:boolean! Return wrapped output ~ false",
            STORE,
            crud="read",
        ),
        AppModule(
            "search",
            "SearchRecord",
            "Search records",
            "Finds records by their fields.",
            """
                filter:filter Filter
                sort:array Sort
                  field:text! Field
                  order:select Order = asc|desc
                mappAbleLimit:uinteger Limit
            """,
            f"{STORE}\ncontinueWhenNoRes:boolean Continue the run even if nothing is found\n"
            "limit:uinteger Limit ~ 10",
            """
                key:text Key
                data:collection Record
                __IMTLENGTH__:uinteger Total number of bundles
                __IMTINDEX__:uinteger Bundle order position
            """,
        ),
        AppModule(
            "action",
            "ExistRecord",
            "Check the existence of a record",
            "Tells whether there is a record with a key.",
            "key:text Key",
            STORE,
            "exist:boolean Exists",
            crud="read",
        ),
        AppModule(
            "action",
            "DeleteRecord",
            "Delete a record",
            "Removes a record.",
            "key:text! Key",
            STORE,
            crud="delete",
        ),
    ),
    keywords="database, datastore, Make, data, store, storage",
    rpcs={"ListDataStores": choices("data_stores"), "RecordFields": record_fields},
)

CODE = App(
    "code",
    "Make Code",
    "#6d00cc",
    1,
    (
        AppModule(
            "action",
            "ExecuteCode",
            "Run code",
            "Runs JavaScript or Python.",
            """
                language:select! Language = javascript:JavaScript|python:Python ~ javascript
                inputFormat:select! Input format = editor|string ~ editor
                input:array Input
                  name:text! Name
                  value:any Value
                dependencies:array:text Dependencies
            """,
            interface="result:any Result",
        ),
    ),
    keywords="javascript, python, script",
)

RUN_AGENT = AppModule(
    "action",
    "RunAnAIAgent",
    "Run an agent",
    "Gives a message to an AI agent of the team.",
    """
        agent:aiagent! Agent
        messages:array:text Messages
        threadID:text Thread ID
        additionalSystemPrompt:text Additional system prompt
        timeout:uinteger Timeout [120..600]
        outputType:select Response format = text:Text|make-schema:Data structure ~ text
        outputSchema:array Data structure
    """,
    interface="output:text Response\njsonResponse:any Response as data",
)

AI_AGENT = App(
    "ai-agent", "Make AI Agents", "#6d00cc", 0, (RUN_AGENT,), keywords="ai, agent, llm, assistant"
)

LOCAL_AGENT = App(
    "ai-local-agent",
    "Make AI Agents (New)",
    "#6d00cc",
    0,
    (
        AppModule(
            "action",
            "RunLocalAIAgent",
            "Run an agent",
            "Gives a message to an AI agent that is set up in the module.",
            """
                defaultModel:text! Model
                systemPrompt:text Instructions
                message:text! Input
                files:array Input files
                threadId:text Conversation ID
                modelConfig:collection Model settings
                  recursionLimit:uinteger Steps per agent call
                  iterationsFromHistoryCount:uinteger Maximum conversation history
                  tokenLimit:uinteger Maximum output tokens
                timeout:uinteger Step timeout [120..600]
                outputType:select! Response format = text:Text|make-schema:Data structure ~ text
            """,
            interface="response:text Response",
        ),
    ),
    connection="ai-provider",
    connection_field="makeConnectionId",
    keywords="ai, agent, llm, assistant",
)

AI_TOOLS = App(
    "ai-tools",
    "Make AI Toolkit",
    "#6d00cc",
    2,
    (
        AppModule(
            "action",
            "Ask",
            "Simple text prompt",
            "Asks a language model.",
            "input:text! Prompt",
            "model:select! Model = small|medium|large ~ medium",
            "answer:text Answer",
            samples={"answer": "question"},
        ),
    ),
    connection="ai-provider",
    connection_field="makeConnectionId",
    keywords="ai, llm, summarize, classify, translate",
)

APPS = (DATASTORE, CODE, AI_AGENT, LOCAL_AGENT, AI_TOOLS)

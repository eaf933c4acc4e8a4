"""Flow control and the Scenarios app (Make's help pages on tools, flow control and scenarios)."""

from make_api_sandbox.apps.manifest import App, AppModule
from make_api_sandbox.apps.own import choices, interface_fields

BUILTIN = App(
    "builtin",
    "Flow control",
    "#b4e45a",
    1,
    (
        AppModule(
            "router",
            "BasicRouter",
            "Router",
            "Sends every bundle down all routes whose filter lets it in.",
            parameters="else:integer Position of the fallback route",
        ),
        AppModule(
            "router",
            "BasicIfElse",
            "If-else",
            "Sends every bundle down the first branch that fits.",
        ),
        AppModule("router", "BasicMerge", "Merge", "Joins the branches of an if-else."),
        AppModule(
            "feeder",
            "BasicFeeder",
            "Iterator",
            "Turns an array into one bundle per item.",
            expect="array:array! Array",
        ),
        AppModule(
            "feeder",
            "BasicRepeater",
            "Repeater",
            "Makes a number of bundles, counting.",
            expect="""
                start:number! Initial value ~ 1
                repeats:number! Repeats [0..10000] ~ 1
                step:number! Step ~ 1
            """,
            interface="i:number i",
        ),
        AppModule(
            "aggregator",
            "BasicAggregator",
            "Array aggregator",
            "Collects bundles into one array.",
            parameters="""
                feeder:integer! Source module
                target:text Target structure
            """,
            interface="""
                array:array Array
                __IMTKEY__:text Key
                __IMTAGGLENGTH__:uinteger Number of aggregated bundles
            """,
        ),
        AppModule("directive", "Ignore", "Ignore", "Drops the failed bundle and goes on."),
        AppModule("directive", "Commit", "Commit", "Ends the run and keeps what was done."),
        AppModule("directive", "Rollback", "Rollback", "Ends the run and takes back what it can."),
        AppModule("directive", "Resume", "Resume", "Goes on with a substitute output."),
        AppModule(
            "directive",
            "Break",
            "Break",
            "Stores the rest of the run as an incomplete execution.",
            expect="""
                retry:boolean! Complete the execution by itself ~ true
                count:uinteger! Number of attempts [1..10000] ~ 3
                interval:uinteger! Minutes between attempts [1..44640] ~ 15
            """,
        ),
        AppModule("action", "ThrowError", "Throw error", "Fails.", expect="message:text Message"),
        AppModule(
            "action", "ThrowWarning", "Throw warning", "Warns.", expect="message:text Message"
        ),
    ),
    keywords="router, filter, iterator, aggregator, repeater, error handling",
)

SCENARIOS = App(
    "scenario-service",
    "Scenarios",
    "#6d00cc",
    2,
    (
        AppModule(
            "trigger",
            "StartSubscenario",
            "Start scenario",
            "Delivers the inputs of a scenario that is run on demand.",
        ),
        AppModule(
            "action",
            "CallSubscenario",
            "Call a scenario",
            "Runs another scenario of the team, by choice waiting for its outputs.",
            parameters="scenario:scenario! Scenario",
            expect="""
                data:dynamicCollection Inputs = rpc://ScenarioInputs
                shouldWaitForExecutionEnd:boolean Wait for the outputs ~ true
            """,
            interface="executionId:text Execution ID",
        ),
        AppModule(
            "action",
            "ReturnData",
            "Return output",
            "Gives the declared outputs of the scenario to whoever called it.",
        ),
        AppModule(
            "action",
            "ReturnData",
            "Return output",
            "Gives the declared outputs of the scenario to whoever called it.",
            version=1,
        ),
        AppModule(
            "action",
            "NameExecution",
            "Name the execution",
            "Gives this run a name in the history.",
            expect="executionName:text! Name",
        ),
    ),
    keywords="subscenario, inputs, outputs, on demand",
    rpcs={
        "ListScenarios": choices("scenarios"),
        "ScenarioInputs": interface_fields("input"),
        "ScenarioOutputs": interface_fields("output"),
    },
)

APPS = (BUILTIN, SCENARIOS)

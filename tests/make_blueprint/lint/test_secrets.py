"""Rules about credentials, transport and personal data: D01–D07, D17."""

from __future__ import annotations

import json
from base64 import b64encode
from random import Random
from string import ascii_letters, ascii_uppercase, digits

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.lint.credentials import credentials
from make_blueprint.lint.surroundings import Hook, Surroundings

from tests.make_blueprint.generate import blueprint, module
from tests.make_blueprint.lint.judging import found, mended, places

ALPHANUMERIC = ascii_letters + digits
HEX = "0123456789abcdef"


def made(length: int, alphabet: str = ALPHANUMERIC) -> str:
    """Make up a key; the tests hold none that a scanner could take for a real one."""
    return "".join(Random(length).choices(alphabet, k=length))


def mixed(length: int) -> str:
    return "a7B" + made(length - 3)


def request(*headers: JsonValue, **mapper: JsonValue) -> Blueprint:
    """A webhook and a request of the HTTP app."""
    fields: JsonObject = {"url": "https://api.example.com/v1", "method": "get", **mapper}
    if headers:
        fields["headers"] = list(headers)
    return blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}),
        module(2, "http:MakeRequest", version=4, mapper=fields),
    )


def header(name: str, value: str) -> JsonObject:
    return {"name": name, "value": value}


def mapper(document: Blueprint) -> JsonObject:
    return as_object(as_object(as_list(document["flow"])[1])["mapper"])


# D01

SECRETS = [
    ("Anthropic key", f"sk-ant-api03-{mixed(40)}"),
    ("OpenRouter key", f"sk-or-v1-{made(64, HEX)}"),
    ("OpenAI key", f"sk-{mixed(48)}"),
    ("OpenAI key", f"sk-proj-{mixed(60)}"),
    ("Stripe key", f"sk_live_{mixed(24)}"),
    ("Stripe test key", f"rk_test_{mixed(24)}"),
    ("webhook signing secret", f"whsec_{mixed(32)}"),
    ("Slack token", f"xoxb-{made(11, digits)}-{mixed(24)}"),
    ("Slack app token", f"xapp-1-{mixed(30)}"),
    ("Slack webhook address", f"https://hooks.slack.com/services/T0ABC/B0DEF/{mixed(24)}"),
    ("Discord webhook address", f"https://discord.com/api/webhooks/123456/{mixed(68)}"),
    ("GitHub token", f"ghp_{mixed(36)}"),
    ("GitHub token", f"github_pat_{mixed(60)}"),
    ("GitLab token", f"glpat-{mixed(20)}"),
    ("AWS access key", f"AKIA{made(16, ascii_uppercase + digits)}"),
    ("AWS access key", f"ASIA{made(16, ascii_uppercase + digits)}"),
    ("Google API key", f"AIza{mixed(35)}"),
    ("Google access token", f"ya29.{mixed(60)}"),
    ("Google client secret", f"GOCSPX-{mixed(28)}"),
    ("JSON web token", f"eyJ{mixed(20)}.eyJ{mixed(40)}.{mixed(43)}"),
    ("Telegram bot token", f"https://api.telegram.org/bot123456789:AA{mixed(33)}/getMe"),
    ("SendGrid key", f"SG.{mixed(22)}.{mixed(43)}"),
    ("Mailgun key", f"key-{made(32, HEX)}"),
    ("Twilio key", f"SK{made(32, HEX)}"),
    ("Airtable token", f"pat{mixed(14)}.{made(64, HEX)}"),
    ("Notion token", f"secret_{mixed(43)}"),
    ("Notion token", f"ntn_{mixed(46)}"),
    ("Apify token", f"apify_api_{mixed(36)}"),
    ("HubSpot token", "pat-eu1-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
    ("Shopify token", f"shpat_{made(32, HEX)}"),
    ("Hugging Face token", f"hf_{mixed(34)}"),
    ("Groq key", f"gsk_{mixed(52)}"),
    ("Perplexity key", f"pplx-{mixed(48)}"),
    ("Replicate token", f"r8_{mixed(37)}"),
    ("Linear key", f"lin_api_{mixed(40)}"),
    ("private key", f"-----BEGIN RSA PRIVATE KEY-----\n{mixed(60)}"),
    ("Bearer credentials", f"Bearer {mixed(32)}"),
    ("Basic credentials", f"Basic {b64encode(b'robin:let-me-in-2026').decode()}"),
    ("password in an address", "https://robin:let-me-in@ledger.example.com/rows"),
]


@pytest.mark.parametrize(("kind", "secret"), SECRETS)
def test_a_well_known_secret_is_found_and_not_repeated(kind: str, secret: str) -> None:
    document = request(jsonStringBodyContent=f'{{"note": "use {secret} for it"}}')
    (finding,) = found("D01", document)
    assert (finding.severity, finding.evidence["kind"]) == ("warning", kind)
    assert finding.path == "flow[1].mapper.jsonStringBodyContent"
    longest = max(secret.replace("/", " ").replace(" ", "\n").split("\n"), key=len)
    assert longest not in f"{finding.message} {json.dumps(dict(finding.evidence))}"
    (seen,) = credentials(secret)
    shown, _, length = seen.shown.partition("… (")
    assert len(shown) <= 4
    assert length.endswith(" characters)")


@pytest.mark.parametrize(
    "text",
    [
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        made(64, HEX),
        f"1{mixed(43)}",
        "sk-YOUR_API_KEY_GOES_HERE_0Ab",
        "sk-loading-indicator-with-2-dots-and-more",
        "AKIAIOSFODNN7EXAMPLE",
        f"monkey-{made(32, HEX)}",
        f"task-{mixed(48)}",
        "Bearer {{3.access_token}}",
        "Bearer <your token goes here>",
        "The Bearer authorization-of-the-parcel signs",
        "Basic understanding-of-the-thing is enough",
        f"Basic {b64encode(b'no colon in this text at all').decode()}",
        "https://robin:password_placeholder@ledger.example.com/rows",
        "https://ledger.example.com:8443/rows@latest",
        "{{1.sk_live_key}}",
        "-----BEGIN CERTIFICATE-----",
        "eyJub3QiOiJhIHRva2VuIn0",
    ],
)
def test_ids_hashes_and_placeholders_are_no_secrets(text: str) -> None:
    assert places("D01", request(jsonStringBodyContent=text)) == []


def test_a_long_literal_under_a_telling_name_is_a_credential() -> None:
    pair: JsonObject = {"name": "api_key", "value": mixed(30)}
    document = request(qs=[pair, {"name": "q", "value": mixed(30)}], password=mixed(24))
    assert places("D01", document) == ["flow[1].mapper.qs[0].value", "flow[1].mapper.password"]
    assert found("D01", document)[0].evidence["shown"] == "a7B" + made(27)[0] + "… (30 characters)"


@pytest.mark.parametrize(
    "value",
    ["0f8fad5b-d9cb-469f-a165-70867728950e", made(40, HEX), "a word or two that say nothing"],
)
def test_an_id_under_a_telling_name_is_no_credential(value: str) -> None:
    assert places("D01", request(qs=[{"name": "api_key", "value": value}], token=value)) == []


def test_a_value_without_a_name_is_judged_by_its_form_alone() -> None:
    assert places("D01", request(value=mixed(30), rows=[mixed(30)])) == []
    odd = blueprint(module(1, "http:MakeRequest"))
    as_object(as_list(odd["flow"])[0])["mapper"] = mixed(30)
    assert places("D01", odd) == []


def test_notes_and_inputs_are_searched_for_credentials_too() -> None:
    document = request()
    as_object(document["metadata"])["notes"] = [{"content": f"<p>key: ghp_{mixed(36)}</p>"}]
    document["io"] = {"input_spec": [{"name": "key", "default": f"ghp_{mixed(36)}"}]}
    assert places("D01", document) == ["io.input_spec[0].default", "metadata.notes[0].content"]


# D02


def test_an_authorization_header_with_a_literal_is_found() -> None:
    document = request(
        header("Accept", "application/json"),
        header("Authorization", "Token 12345678-half-secret"),
        header("X-RapidAPI-Key", "quite-secret-9"),
    )
    first, second = found("D02", document)
    assert (first.path, first.severity) == ("flow[1].mapper.headers[1].value", "info")
    assert first.evidence == {"header": "Authorization", "shown": "1234… (20 characters)"}
    assert second.path == "flow[1].mapper.headers[2].value"
    assert places("D01", document) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Bearer {{2.token}}"),
        ("Authorization", "Bearer YOUR_TOKEN"),
        ("Authorization", "short"),
        ("Cookie", "language=en-GB"),
        ("Idempotency-Key", "order-2026-001"),
    ],
)
def test_a_header_that_holds_no_secret_is_passed_over(name: str, value: str) -> None:
    assert places("D02", request(header(name, value))) == []


def test_headers_that_are_no_list_are_passed_over() -> None:
    assert places("D02", request(headers="{{1.headers}}")) == []
    assert places("D02", request("{{1.header}}", {"name": 3, "value": 4})) == []


# D03


def test_a_password_in_a_variable_is_found() -> None:
    one = module(1, "util:SetVariable2", mapper={"name": "apiKey", "value": "p4ssw0rd-of-us"})
    many: list[JsonValue] = [
        {"name": "country", "value": "Norway"},
        {"name": "db_password", "value": "hunter2-hunter2"},
        {"name": "token", "value": "{{1.access_token}}"},
        {"name": "secret", "value": "YOUR_SECRET"},
        {"name": "pwd", "value": ""},
        "{{1.row}}",
    ]
    document = blueprint(one, module(2, "util:SetVariables", mapper={"variables": many}))
    assert places("D03", document) == ["flow[0].mapper.value", "flow[1].mapper.variables[1].value"]
    assert "p4ssw0rd" not in json.dumps([f.message for f in found("D03", document)])
    assert places("D01", document) == []


# D04


def test_an_unencrypted_address_is_found_and_encrypted() -> None:
    document = request(url="http://api.example.com/v1?from=http://here")
    (finding,) = found("D04", document)
    assert (finding.path, finding.severity) == ("flow[1].mapper.url", "warning")
    assert finding.evidence == {"host": "api.example.com"}
    assert mapper(mended("D04", document))["url"] == "https://api.example.com/v1?from=http://here"


@pytest.mark.parametrize("url", ["http://api.example.com:8080/v1", "http://{{1.host}}/v1"])
def test_an_address_with_a_port_or_a_computed_host_is_left_to_a_person(url: str) -> None:
    (finding,) = found("D04", request(url=url))
    assert not finding.fixable


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com",
        "http://10.0.0.7/rows",
        "http://printer.local",
        "http://db",
        "x",
        7,
    ],
)
def test_encrypted_and_inner_addresses_are_fine(url: JsonValue) -> None:
    assert places("D04", request(url=url)) == []


# D05


@pytest.mark.parametrize("value", [False, "false"])
def test_unchecked_certificates_are_found_and_checked_again(value: JsonValue) -> None:
    document = request(rejectUnauthorized=value)
    assert places("D05", document) == ["flow[1].mapper.rejectUnauthorized"]
    assert mapper(mended("D05", document))["rejectUnauthorized"] is True


def test_checked_certificates_are_fine() -> None:
    assert places("D05", request(rejectUnauthorized=True)) == []


# D06

PUBLIC = Surroundings(publication=True)


def personal() -> Blueprint:
    document = request(
        url="https://ledger.internal/rows", body="to jo@acme.io and http://10.1.2.3/x"
    )
    document["description"] = "Ask kim.lee@acme.io."
    restore: JsonObject = {"parameters": {"__IMTCONN__": {"label": "Google (jo@acme.io)"}}}
    as_object(as_object(as_list(document["flow"])[1])["metadata"])["restore"] = restore
    mapper(document)["to"] = ["jo@acme.io", "help@example.com"]
    return document


def test_addresses_in_a_blueprint_for_strangers_are_found() -> None:
    findings = found("D06", personal(), PUBLIC)
    assert [finding.path for finding in findings] == [
        "description",
        "flow[1].mapper.url",
        "flow[1].mapper.body",
        "flow[1].mapper.to[0]",
        "flow[1].metadata.restore.parameters.__IMTCONN__.label",
    ]
    assert "acme.io" not in json.dumps([finding.message for finding in findings])


def test_addresses_are_replaced_before_publication() -> None:
    document = mended("D06", personal(), PUBLIC)
    assert document["description"] == "Ask someone@example.com."
    assert mapper(document) == {
        "url": "https://internal.example.com/rows",
        "method": "get",
        "body": "to someone@example.com and http://internal.example.com/x",
        "to": ["someone@example.com", "help@example.com"],
    }
    assert found("D06", document, PUBLIC) == []


def test_addresses_stay_in_a_blueprint_of_ones_own() -> None:
    assert found("D06", personal(), Surroundings(publication=False)) == []
    assert "D06" in lint(personal(), profile=Profile(frozenset({"D06"}))).not_judged


def test_public_and_example_addresses_may_be_published() -> None:
    document = request(url="https://www.iana.org/", body="robin@example.com, x@mail.test")
    assert found("D06", document, PUBLIC) == []


# D07


def reading(field: str, **settings: JsonValue) -> Blueprint:
    document = request(body=f"{{{{1.{field}}}}}")
    as_object(as_object(document["metadata"])["scenario"]).update(settings)
    return document


@pytest.mark.parametrize("field", ["iban", "customer.date_of_birth", "`Passport number`"])
def test_sensitive_data_in_the_history_are_told(field: str) -> None:
    (finding,) = found("D07", reading(field))
    assert (finding.path, finding.severity) == ("metadata.scenario.confidential", "info")


def test_confidential_or_ordinary_data_are_fine() -> None:
    assert places("D07", reading("iban", confidential=True)) == []
    assert places("D07", reading("order.id")) == []


# D17


def open_door(hook: JsonValue = 7, kind: str = "gateway:CustomWebHook") -> Blueprint:
    return blueprint(
        module(1, kind, parameters={"hook": hook}),
        module(2, "airtable:ActionCreateRecord", version=3, mapper={"name": "{{1.name}}"}),
    )


def doors(guarded: bool | None) -> Surroundings:
    return Surroundings(hooks={7: Hook("Orders", "gateway-webhook", guarded=guarded)})


def test_an_open_webhook_that_writes_is_told() -> None:
    (finding,) = found("D17", open_door(), doors(False))
    assert (finding.path, finding.severity) == ("flow[0].parameters.hook", "info")
    assert finding.evidence == {"hook": 7, "writing": [2]}


def test_a_guarded_unknown_or_reading_webhook_is_fine() -> None:
    assert found("D17", open_door(), doors(True)) == []
    assert found("D17", open_door(), doors(None)) == []
    assert found("D17", open_door(8), doors(False)) == []
    assert found("D17", open_door("{{x}}"), doors(False)) == []
    assert found("D17", open_door(kind="gateway:CustomMailHook"), doors(False)) == []
    assert found("D17", request(), doors(False)) == []
    assert found("D17", blueprint(), doors(False)) == []


def test_the_company_keeps_no_secrets_in_its_scenarios(company_blueprints: list[Blueprint]) -> None:
    rules = Profile(frozenset({"D01", "D02", "D03", "D04", "D05", "D06", "D07"}))
    for document in company_blueprints:
        assert lint(document, PUBLIC, rules).findings == []

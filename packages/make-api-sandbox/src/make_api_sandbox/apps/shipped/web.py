"""Webhooks, HTTP and email (Make's help pages on these apps)."""

from make_api_sandbox.apps.manifest import App, AppModule
from make_api_sandbox.apps.own import choices

GATEWAY = App(
    "gateway",
    "Webhooks",
    "#c73a63",
    1,
    (
        AppModule(
            "instant",
            "CustomWebHook",
            "Custom webhook",
            "Starts with every request to an address.",
            parameters="""
                hook:hook:gateway-webhook! Webhook
                maxResults:number Maximum number of results ~ 1
            """,
        ),
        AppModule(
            "instant",
            "CustomMailHook",
            "Custom mailhook",
            "Starts with every message to a mailbox.",
            parameters="""
                hook:hook:gateway-mailhook! Webhook
                maxResults:number Maximum number of results ~ 1
            """,
            interface="""
                from:collection Sender
                  address:email Address
                  name:text Name
                to:array Recipients
                  address:email Address
                  name:text Name
                subject:text Subject
                text:text Text
                html:text HTML
                headers:collection Headers
                date:date Date
                attachments:array Attachments
                  fileName:filename File name
                  data:buffer Data
                  contentType:text Type
            """,
        ),
        AppModule(
            "responder",
            "WebhookRespond",
            "Webhook response",
            "Answers the request that started the run.",
            """
                status:uinteger! Status [100..] ~ 200
                body:any Body
                headers:array Custom headers [..16]
                  key:text Key [..256]
                  value:text Value [..4096]
            """,
        ),
    ),
    keywords="webhook, mailhook, http, request, response",
    rpcs={"ListHooks": choices("hooks", "type_name")},
)

HANDLE = "handleErrors:boolean! Evaluate all states as errors (except 2xx and 3xx) ~ false"
METHODS = "get|post|put|patch|delete|head|options"
PAIRS = "\n  name:text! Name\n  value:text Value\n"
REQUEST = f"""
url:url! URL
serializeUrl:boolean! Serialize URL ~ false
method:select! Method = {METHODS} ~ get
headers:array Headers{PAIRS}qs:array Query string{PAIRS}
bodyType:select Body type = :None|raw:Raw|x_www_form_urlencoded|multipart_form_data
contentType:text Content type
data:buffer Request content
formFields:array Fields
  key:text! Key
  value:text Value
parseResponse:boolean! Parse response ~ false
timeout:uinteger^ Timeout [1..300]
shareCookies:boolean!^ Share cookies with other HTTP modules ~ false
ca:cert^ Self-signed certificate
rejectUnauthorized:boolean!^ Reject unverified certificates ~ true
followRedirect:boolean!^ Follow redirect ~ true
followAllRedirects:boolean!^ Follow all redirects ~ false
useQuerystring:boolean!^ Disable serialization of repeated keys as arrays ~ false
gzip:boolean!^ Request compressed content ~ true
useMtls:boolean!^ Use mutual TLS ~ false
"""
LOGIN = "authUser:text^ User name\nauthPass:password^ Password\n"
RESPONSE = f"""
statusCode:uinteger Status code
headers:array Headers{PAIRS}cookieHeaders:array:text Cookie headers
data:any Data
fileSize:uinteger File size
"""
SENDS = "Sends a request to any address."


def _older(name: str, label: str, parameters: str, login: str = "") -> AppModule:
    return AppModule(
        "action", name, label, SENDS, f"{REQUEST}{login}", parameters, RESPONSE, version=3
    )


AUTHENTICATION = """
authenticationType:select! Authentication type = noAuth:None|apiKey:API key|basicAuth:Basic auth\
|oAuth:OAuth 2.0 ~ noAuth
  @apiKey
    apiKeyKeychain:keychain:apikeyauth Credentials
  @basicAuth
    basicAuthKeychain:keychain:basicauth Credentials
  @oAuth
    oAuthAccount:account:oauth2 Connection
"""
CONTENT = """
contentType:select Body content type = :None|json:JSON|multipart|urlEncoded|custom
  @json
    inputMethod:select Input method = jsonString:JSON string|dataStructure:Data structure
    jsonStringBodyContent:text Body content
    bodyDataStructure:udt Data structure
  @urlEncoded
    urlEncodedBodyContent:array Fields
      name:text! Name
      value:text Value
  @custom
    contentTypeValue:text Content type
    rawBodyContent:buffer Body content
"""

HTTP = App(
    "http",
    "HTTP",
    "#2b6cd4",
    4,
    (
        AppModule(
            "action",
            "MakeRequest",
            "Make a request",
            SENDS,
            f"url:url! URL\nmethod:select! Method = {METHODS} ~ get\nheaders:array Headers{PAIRS}"
            f"queryParameters:array Query parameters{PAIRS}{CONTENT}"
            """
parseResponse:boolean! Parse response ~ true
stopOnHttpError:boolean! Return error if the request fails ~ true
timeout:uinteger^ Timeout [1..300]
allowRedirects:boolean!^ Allow redirects ~ true
shareCookies:boolean!^ Share cookies with other HTTP modules ~ false
requestCompressedContent:boolean!^ Request compressed content ~ true
paginationType:select^ Pagination = offsetBased|pageBased|urlBased|tokenBased
            """,
            f"{AUTHENTICATION}tlsType:select TLS = :None|mTls:Mutual TLS|tls:Self-signed "
            "certificate\nproxyKeychain:keychain:proxy Proxy",
            "data:any Data\nstatusCode:number Status code\nheaders:collection Headers",
        ),
        AppModule(
            "action",
            "DownloadFile",
            "Download a file",
            "Reads a file from an address.",
            """
                url:url URL
                shareCookies:boolean^ Share cookies with other HTTP modules
                stopOnHttpError:boolean^ Return error if the request fails
            """,
            AUTHENTICATION.replace("select!", "select"),
            "data:buffer Data\nfileName:filename File name",
        ),
        _older(
            "ActionSendData",
            "Make a request",
            f"{HANDLE}\nuseNewZLibDeCompress:hidden Use the new decompression ~ true",
            LOGIN,
        ),
        _older(
            "ActionSendDataAPIKeyAuth",
            "Make an API key auth request",
            f"{HANDLE}\nauth:keychain:apikeyauth! Credentials",
        ),
        _older(
            "ActionSendDataBasicAuth",
            "Make a basic auth request",
            f"{HANDLE}\nkey:keychain:basicauth! Credentials",
        ),
        _older(
            "ActionSendDataOAuth",
            "Make an OAuth 2.0 request",
            f"{HANDLE}\naccount:account:oauth2! Connection",
        ),
        AppModule(
            "action",
            "ActionGetFile",
            "Get a file",
            "Reads a file from an address.",
            """
                url:url! URL
                serializeUrl:boolean! Serialize URL ~ false
                method:hidden Method ~ get
                shareCookies:boolean!^ Share cookies with other HTTP modules ~ false
            """,
            HANDLE,
            f"""fileName:filename File name
data:buffer Data
fileSize:uinteger File size
statusCode:uinteger Status code
headers:array Headers{PAIRS}""",
            version=3,
        ),
    ),
    keywords="request, api, rest, download, file",
    rpcs={"ListKeys": choices("keys", "type_name")},
)

EMAIL = App(
    "email",
    "Email",
    "#eb5768",
    7,
    (
        AppModule(
            "action",
            "ActionSendEmail",
            "Send an email",
            "Sends a message through one's own mail server.",
            """
                to:array:email! To
                subject:text Subject
                contentType:select! Body type = html:HTML|text:Plain text ~ html
                html:text HTML content
                text:text Content
                attachments:array Attachments
                  fileName:filename! File name
                  data:buffer! Data
                  cid:text Content-ID
                cc:array:email^ Copy recipient
                bcc:array:email^ Blind copy recipient
                from:text^ From
                sender:text^ Sender
                replyTo:text^ Reply to
                inReplyTo:text^ In reply to
                references:array:text^ References
                priority:select^ Priority = high|normal|low
                headers:array^ Headers
                  key:text! Key
                  value:text Value
            """,
            "saveAfterSent:select! Save message after sending = no:No|yes:Yes ~ no",
            "messageId:text Message ID",
            crud="create",
        ),
    ),
    connection="smtp,google-restricted,microsoft-smtp-imap",
    connection_field="account",
    keywords="smtp, imap, mail, message",
)

APPS = (GATEWAY, HTTP, EMAIL)

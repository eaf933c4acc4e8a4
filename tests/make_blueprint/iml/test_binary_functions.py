import pytest
from make_blueprint.iml import EvaluationError, Scope, Value, evaluate

# RFC 4231, test case 2, and its RFC 2202 counterpart for SHA-1.
JEFE_SHA1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
JEFE_SHA256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
WHAT = "'what do ya want for nothing?'"
SCOPE = Scope(bundles={1: {"raw": b"\x00\xff", "key": b"Jefe"}})


def value(expression: str) -> Value:
    return evaluate("{{" + expression + "}}", SCOPE)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("base64('scenario')", "c2NlbmFyaW8="),
        ("base64('é')", "w6k="),
        ("base64(1.raw)", "AP8="),
        ("toBinary('run')", b"run"),
        ("toBinary('00ff'; 'hex')", b"\x00\xff"),
        ("toBinary('cnVu'; 'base64')", b"run"),
        ("toBinary('cnVuIQ'; 'base64')", b"run!"),
        ("toBinary(12)", b"12"),
        ("toBinary(1.raw)", b"\x00\xff"),
        ("md5('abc')", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "sha512('abc')",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        (f"sha1({WHAT}; 'hex'; 'Jefe')", JEFE_SHA1),
        (f"sha256({WHAT}; 'hex'; 'Jefe')", JEFE_SHA256),
        (f"sha256({WHAT}; 'hex'; '4a656665'; 'hex')", JEFE_SHA256),
        (f"sha256({WHAT}; 'hex'; 'SmVmZQ=='; 'base64')", JEFE_SHA256),
        (f"sha256({WHAT}; 'hex'; 1.key; 'binary')", JEFE_SHA256),
        (f"sha256({WHAT}; 'base64'; 'Jefe')", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
        ("length(sha1('abc'; 'latin1'))", 20),
        ("mime('photo.JPG')", "image/jpeg"),
        ("mime('report.final.pdf')", "application/pdf"),
        ("mime('mystery.zzz')", "application/octet-stream"),
    ],
)
def test_binary_functions(expression: str, expected: Value):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("toBinary('xyz'; 'hex')", "not valid hex"),
        ("toBinary('abcde'; 'base64')", "not valid base64"),
        ("toBinary('a'; 'utf-7')", "not an encoding"),
        ("sha256('a'; 'binary')", "not an encoding"),
        ("sha256('a'; 'hex'; 'text'; 'binary')", "must be a buffer"),
        ("toBinary(emptyarray)", "not a valid buffer"),
    ],
)
def test_what_cannot_be_encoded_is_refused(expression: str, message: str):
    with pytest.raises(EvaluationError, match=message):
        value(expression)

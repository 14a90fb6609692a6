"""Bodies that are not strict JSON (fault matrix B), through HTTP; each answers at once and quotes nothing."""

from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient

from tests.schemas.conformance import assert_operation_outcome
from tests.web.support import PATH, FakeCore, body_of, call, encoded

CANARY = "Zephyrine"
GOOD = encoded(call())


def _with(member: str) -> bytes:
    """The good call with one more member."""
    return GOOD[:-1] + b"," + member.encode() + b"}"


def _in_patient(member: str) -> bytes:
    """The good call with one more member in the prefetched patient."""
    return GOOD.replace(b'"resourceType": "Patient"', b'"resourceType": "Patient",' + member.encode())


REFUSED: dict[str, bytes] = {
    "B1 empty": b"",
    "B1 blank": b" \n\t",
    "B2 text": CANARY.encode(),
    "B2 single quotes": f"{{'{CANARY}':1}}".encode(),
    "B2 trailing comma": GOOD[:-1] + b",}",
    "B2 comment": GOOD + b"// " + CANARY.encode(),
    "B2 two documents": GOOD + b" " + GOOD,
    "B2 cut off": GOOD[:-1],
    "B2 bad escape": _in_patient('"name":"\\q"'),
    "B2 control character": _in_patient('"name":"a\x01b"'),
    "B3 array": b"[]",
    "B3 null": b"null",
    "B3 string": f'"{CANARY}"'.encode(),
    "B3 number": b"1",
    "B4 arrays": b"[" * 100_000,
    "B4 objects": b'{"a":' * 100_000,
    "B4 arrays in a member": _with('"a":' + "[" * 100_000 + "]" * 100_000),
    "B5 depth 65": _with('"a":' + "[" * 64 + "]" * 64),
    "B6 NaN": _in_patient('"a":NaN'),
    "B6 Infinity": _in_patient('"a":Infinity'),
    "B6 -Infinity": _in_patient('"a":-Infinity'),
    "B6 1e999": _in_patient('"a":1e999'),
    "B6 -1E+400": _in_patient('"a":[-1E+400]'),
    "B7 5,000 digits": _in_patient('"a":' + "9" * 5000),
    "B7 400 digits": _in_patient('"a":' + "9" * 400),
    "B8 patientId twice": GOOD.replace(b'"patientId"', b'"patientId":"other","patientId"'),
    "B8 patientId twice, escaped": GOOD.replace(b'"patientId"', b'"patient\\u0049d":"other","patientId"'),
    "B8 context twice": _with('"context":{"patientId":"other"}'),
    "B8 stray member twice": _with('"a":1,"a":1'),
    "B8 prefetch key twice": GOOD.replace(b'"conditions"', b'"conditions":null,"conditions"'),
    "B8 token patient twice": _with('"fhirServer":"https://x.example","fhirAuthorization":{"patient":"pat-1","patient":"pat-1"}'),
    "B10 high surrogate": _in_patient('"name":"\\ud800"'),
    "B10 low surrogate": _in_patient('"name":"\\udc00x"'),
    "B10 two high": _in_patient('"name":"\\ud800\\ud800"'),
    "B11 invalid UTF-8": GOOD.replace(b"pat-1", b"pat\xff"),
    "B11 invalid UTF-8 in prefetch": _in_patient('"name":"#"').replace(b"#", b"\xc3\x28"),
    "B11 overlong": _in_patient('"name":"#"').replace(b"#", b"\xc0\xaf"),
    "B11 encoded surrogate": _in_patient('"name":"#"').replace(b"#", b"\xed\xa0\x80"),
    "B11 UTF-16": GOOD.decode().encode("utf-16"),
    "B11 UTF-16 without mark": GOOD.decode().encode("utf-16-le"),
    "B11 UTF-32": GOOD.decode().encode("utf-32"),
    "B12 byte order mark": b"\xef\xbb\xbf" + GOOD,
    "B14 200,001 values": _with('"a":[' + "1," * 200_000 + "1]"),
    "B2 endless string of escaped quotes": b'{"a":[' + b"1," * 200_000 + b'"' + b'\\"' * 1_000_000,
    "B2 endless string ending in a backslash": b'{"a":[' + b"1," * 200_000 + b'"' + b'\\"' * 1_000_000 + b"\\",
    "B15 a million members": b"{" + b",".join(b'"k%d":1' % n for n in range(700_000)) + b"}",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_body_that_is_not_strict_json_is_400(client: FlaskClient, core: FakeCore, name: str) -> None:
    """B1-B15: 400 within a second of CPU, as OperationOutcome, nothing of the body in it, and nothing evaluated."""
    started = time.process_time()
    answer = client.post(PATH, data=REFUSED[name], content_type="application/json")
    seconds = time.process_time() - started
    assert answer.status_code == 400
    assert_operation_outcome(body_of(answer))
    assert CANARY not in answer.text
    assert core.calls == []
    assert seconds < 1


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("B2 trailing comma", "structure", "column"),
        ("B3 array", "structure", "object"),
        ("B5 depth 65", "too-costly", "deeper than 64"),
        ("B8 patientId twice", "structure", "duplicate property"),
        ("B14 200,001 values", "too-costly", "200000"),
    ],
)
def test_the_refusal_says_what_is_wrong(client: FlaskClient, name: str, code: str, words: str) -> None:
    """B2, B3, B5, B8, B14: code and text tell the sender what to change."""
    issue = body_of(client.post(PATH, data=REFUSED[name], content_type="application/json"))["issue"][0]
    assert issue["code"] == code
    assert words in issue["details"]["text"]


ACCEPTED: dict[str, bytes] = {
    "B5 depth 64": _with('"a":' + "[" * 63 + "]" * 63),
    "B9 repeated deep in a resource": _in_patient('"a":1,"a":2'),
    "B10 a pair of surrogates": _in_patient('"name":"\\ud83d\\ude00"'),
    "B11 non-ASCII": _in_patient('"name":"Zoë 😀"'),
    "B13 control characters, escaped": _in_patient('"name":"\\u0000\\u001b[31m\\u202e"'),
    "B16 a megabyte in one string": _in_patient('"name":"' + "x" * 1_000_000 + '"'),
    "B16 brackets in a string": _in_patient('"name":"' + "[{" * 1000 + '\\"\\\\"'),
    "B17 many like keys": _in_patient(",".join(f'"{"a" * n}":1' for n in range(1, 500))),
    "B18 a very small number": _in_patient('"a":0.' + "0" * 500 + "1"),
    "B18 an exponent in range": _in_patient('"a":[1e300,-2.5E-300,1e-400,0e5]'),
    "numbers in strings": _in_patient('"name":"1e999 ' + "9" * 500 + '"'),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_strict_json_within_the_limits_is_accepted(client: FlaskClient, name: str) -> None:
    """B5, B9 (decision 6), B10, B11, B13, B16-B18: what JSON allows and cannot mislead is read."""
    started = time.process_time()
    answer = client.post(PATH, data=ACCEPTED[name], content_type="application/json")
    assert answer.status_code == 200
    assert time.process_time() - started < 0.5


def test_deep_nesting_is_refused_at_once(client: FlaskClient) -> None:
    """B4: 100,000 levels cost less than 50 ms."""
    client.post(PATH, data=REFUSED["B4 arrays in a member"], content_type="application/json")
    started = time.process_time()
    client.post(PATH, data=REFUSED["B4 arrays in a member"], content_type="application/json")
    assert time.process_time() - started < 0.05

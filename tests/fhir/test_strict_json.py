"""Strict reading without HTTP: against a slow and obvious reference, and within its limits (fault matrix B)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.errors import Malformed
from cds_service.fhir.strict_json import MAX_DEPTH, MAX_NODES, members, root

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
DOCUMENTS = st.dictionaries(
    st.text(),
    st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20),
    max_size=5,
)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0


def _accepts(body: bytes) -> bool:
    try:
        root(body)
    except Malformed:
        return False
    return True


def _nested(depth: int, leaf: str = "") -> bytes:
    """An object nested ``depth`` deep, itself included; objects and arrays by turns."""
    opening = "".join('{"a":' if level % 2 == 0 else "[" for level in range(depth))
    closing = "".join("}" if level % 2 == 0 else "]" for level in reversed(range(depth)))
    inner = leaf or ("null" if depth % 2 else "")
    return (opening + inner + closing).encode()


@given(DOCUMENTS, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_what_json_writes_is_read_back(document: dict[str, Any], indent: Any, ascii_only: bool) -> None:
    """Checklist 4: every document survives, in every spelling, member by member."""
    body = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert {name: msgspec.json.decode(raw) for name, raw in root(body).items()} == msgspec.json.decode(body)


@given(st.text(alphabet='{}[]",:\\ \n0123456789.-+eEtrufalsn\u00e9\x00', max_size=40))
def test_nothing_is_accepted_that_json_refuses(text: str) -> None:
    """B2, B3, B6: whatever is accepted is an object to the standard library too."""
    body = text.encode()
    if _accepts(body):
        assert isinstance(json.loads(body), dict)


@pytest.mark.parametrize(
    ("depth", "accepted"),
    [(1, True), (MAX_DEPTH - 1, True), (MAX_DEPTH, True), (MAX_DEPTH + 1, False), (900, False), (5000, False)],
)
def test_the_depth_limit(depth: int, accepted: bool) -> None:
    """B5: on the limit is accepted, one deeper is not; far deeper is refused as well."""
    body = _nested(depth)
    if depth <= MAX_DEPTH + 1:
        assert _depth(json.loads(body)) == depth
    assert _accepts(body) is accepted


@pytest.mark.parametrize("leaf", ['"[[[["', '"\\"[{"', '"\\\\"', '"{}[]"', '"\\\\\\"]]"', "1e300", "9" * 100, '""'])
def test_brackets_in_strings_do_not_count(leaf: str) -> None:
    """B5: strings are no structure, however they are escaped, and a long number is no depth."""
    assert _accepts(_nested(MAX_DEPTH, leaf))
    assert not _accepts(_nested(MAX_DEPTH + 1, leaf))


NUMBERS = {
    "1e308": True,
    "1E+308": True,
    "1e0308": True,
    "1e309": False,
    "-1e309": False,
    "1e-999": True,
    "1e99": True,
    "9" * 42: True,
    "9" * 308: True,
    "9" * 310: False,
    "0." + "9" * 400: True,
}


@pytest.mark.parametrize(("number", "accepted"), list(NUMBERS.items()))
@pytest.mark.parametrize("around", ['{{"a":{}}}', '{{"a":[1,{}]}}', '{{"a":{{"b":{} }}}}', '{{"a":[{},"1e999"]}}'])
def test_numbers_that_no_double_holds_are_refused(number: str, accepted: bool, around: str) -> None:
    """B6, B7, B18: at the edge of a double, wherever the number stands."""
    assert _accepts(around.format(number).encode()) is accepted


@pytest.mark.parametrize(("values", "accepted"), [(MAX_NODES - 2, True), (MAX_NODES - 1, False)])
@pytest.mark.parametrize("value", ["1", '"a,[{b"', "[]", "{}", " 1"])
def test_the_node_limit(values: int, accepted: bool, value: str) -> None:
    """B14: root, array and values together may be 200,000; commas and brackets in strings do not count."""
    body = ('{"a":[' + ",".join([value] * values) + "]}").encode()
    assert _accepts(body) is accepted


@pytest.mark.parametrize(
    "body",
    ['{"a":1,"a":1}', '{"a":1,"a":2}', '{"a":1,"b":2,"a":1}', '{"a":1,"b":2,"b":2}', '{"a":1,"\\u0061":1}',
     '{"a":{},"a":{}}', '{"":1,"":1}', '{"a":1 , "b":1, "a" : 1 }', '{"é":1,"\\u00e9":1}', '{"\\"":1,"\\"":1}',
     '{"a":"b","b":"a","a":"b"}'],
)  # fmt: skip
def test_a_repeated_name_is_refused(body: str) -> None:
    """B8: whatever its spelling, its value, and what stands between."""
    with pytest.raises(Malformed, match="duplicate property"):
        root(body.encode())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "\\u0061", 'q\\"']), st.sampled_from(["1", '"a"', '{"a":1}', "[ ]", "null"])
        ),
        max_size=6,
    )
)
def test_repetition_is_found_and_nothing_else(pairs: list[tuple[str, str]]) -> None:
    """B8: refused exactly when the standard library sees a name twice."""
    body = "{" + ",".join(f'"{name}" :{value}' for name, value in pairs) + "}"
    names = [name for name, _ in json.loads(body, object_pairs_hook=list)] if pairs else []
    assert _accepts(body.encode()) is (len(set(names)) == len(names))


def test_members_names_the_object_it_refuses() -> None:
    """B8, C6: the expression tells where."""
    top = root(b'{"context":{"a":1,"a":1},"prefetch":[]}')
    with pytest.raises(Malformed) as caught:
        members(top["context"], "context")
    assert caught.value.expression == ("context",)
    with pytest.raises(Malformed, match="prefetch must be an object"):
        members(top["prefetch"], "prefetch")


@pytest.mark.parametrize("body", [b'{"a":\n "\x01secret"}', b'{"a":"\\qsecret"}', b"{secret}", b'{"a":"secret'])
def test_a_refusal_quotes_nothing(body: bytes) -> None:
    """Design 9: place, not content."""
    with pytest.raises(Malformed) as caught:
        root(body)
    assert "secret" not in str(caught.value)
    assert caught.value.code == "structure"


def test_the_place_of_an_error_is_line_and_column() -> None:
    """B2: the sender finds the comma."""
    with pytest.raises(Malformed, match=r"line 2, column 8"):
        root(b'{"a": 1,\n "b": [,]}')

"""The servers themselves: that they answer as a FHIR server does, and misbehave as they say."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import certificates, faults, network
from tests.servers.fhir import FhirServer
from tests.servers.listening import LOCAL, Listener, blackhole, has_ipv6
from tests.servers.serving import serving


def condition(name: str, owner: str = "pat-1", code: str = "M80.08XA", status: str = "active") -> dict[str, Any]:
    """A resource with all that is searched by."""
    coded = {"coding": [{"code": code}]}
    subject = {"reference": f"Patient/{owner}"}
    return {"resourceType": "Condition", "id": name, "status": status, "code": coded, "subject": subject}


@pytest.fixture
def server() -> Iterator[FhirServer]:
    """Three conditions of one patient and one of another."""
    held = [condition("a"), condition("b", code="M54.5"), condition("c", status="resolved"), condition("d", "pat-2")]
    with FhirServer([*held, {"resourceType": "Patient", "id": "pat-1"}], page=2) as server:
        yield server


def fetched(url: str, **how: Any) -> tuple[int, Any]:
    """Status and JSON of a GET, or of a POST with ``data``."""
    request = urllib.request.Request(url, **how)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def ids(bundle: dict[str, Any]) -> list[str]:
    """The ids in a Bundle."""
    return [entry["resource"]["id"] for entry in bundle.get("entry", [])]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("patient=pat-1", ["a", "b"]),
        ("patient=Patient/pat-1&_sort=-date", ["a", "b"]),
        ("patient=pat-2", ["d"]),
        ("patient=pat-1&code=M54.5,S22.0", ["b"]),
        ("patient=pat-1&code=http://hl7.org/fhir/sid/icd-10-cm|M54.5", ["b"]),
        ("patient=pat-1&status=resolved", ["c"]),
        ("patient=pat-1&_count=1", ["a"]),
        ("patient=", ["a", "b"]),
        ("patient=nobody", []),
    ],
)
def test_it_searches(server: FhirServer, query: str, found: list[str]) -> None:
    """By patient, codes, status and count; by GET and by POST alike; an empty value finds everybody's data."""
    status, bundle = fetched(f"{server.base}/Condition?{query}")
    assert (status, ids(bundle)) == (200, found)
    form = query.replace("|", "%7C").encode()
    assert ids(fetched(f"{server.base}/Condition/_search", data=form, method="POST")[1]) == found


def test_an_empty_value_finds_everybodys_data(server: FhirServer) -> None:
    """As HAPI does (operations.md, decision 7 d)."""
    server.page = 10
    assert ids(fetched(f"{server.base}/Condition?patient=")[1]) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(("style", "typed"), [("getpages", False), ("typed", True)])
def test_it_pages(server: FhirServer, style: Any, typed: bool) -> None:
    """Opaque links in either style, with a total in one of them alone."""
    server.paging = style
    _, first = fetched(f"{server.base}/Condition?patient=pat-1")
    url = first["link"][0]["url"]
    assert url.startswith(f"{server.base}/Condition?page=" if typed else f"{server.base}?_getpages=")
    assert ("total" in first) is typed
    _, second = fetched(url)
    assert (ids(first), ids(second), "link" in second) == (["a", "b"], ["c"], False)
    assert fetched(f"{server.base}?_getpages=never")[0] == 410


def test_it_reads(server: FhirServer) -> None:
    """A resource, one that was deleted, one that never was, and a type that FHIR does not have."""
    server.gone = frozenset({"Condition/old"})
    assert fetched(f"{server.base}/Condition/a")[1]["id"] == "a"
    paths = ("Condition/old", "Condition/nobody", "Nonsense/1", "Nonsense?patient=pat-1", "Condition?colour=red")
    assert [fetched(f"{server.base}/{path}")[0] for path in paths] == [410, 404, 404, 404, 400]
    assert fetched(f"{server.base}/metadata")[1]["fhirVersion"] == "4.0.1"


def test_it_wants_its_token(server: FhirServer) -> None:
    """With a token set, no other is good enough."""
    server.token = "t"
    assert fetched(f"{server.base}/Condition/a")[0] == 401
    assert fetched(f"{server.base}/Condition/a", headers={"Authorization": "Bearer t"})[0] == 200


def test_it_remembers_who_called(server: FhirServer) -> None:
    """Each request with its headers and query; each connection counted, also one that says nothing."""
    fetched(f"{server.base}/Condition?patient=pat-1", headers={"X-Told": "yes"})
    (asked,) = server.asked_for("Condition")
    assert (asked.method, asked.query, asked.headers["x-told"]) == ("GET", (("patient", "pat-1"),), "yes")
    with socket.create_connection((LOCAL, server.port), timeout=5):
        assert server.listener.wait_until(lambda: server.accepted == 2)
    assert server.listener.wait_until_idle()


def test_a_connection_serves_several_requests(server: FhirServer) -> None:
    """Connections are kept alive."""
    client = http.client.HTTPConnection(LOCAL, server.port, timeout=5)
    for _ in range(3):
        client.request("GET", "/fhir/Condition/a")
        assert client.getresponse().read()
    client.close()
    assert server.accepted == 1


def test_a_fault_comes_as_often_as_told(server: FhirServer) -> None:
    """Once for Conditions, never for others, and not after healing."""
    server.fault("Condition", faults.status(503), times=1)
    server.fault("Observation", faults.status(500))
    assert [fetched(f"{server.base}/{kind}")[0] for kind in ("Patient", "Condition", "Condition")] == [200, 503, 200]
    assert fetched(f"{server.base}/Observation")[0] == 500
    server.heal()
    assert fetched(f"{server.base}/Observation")[0] == 200


def test_tls_with_each_certificate(tmp_path: Path) -> None:
    """The good certificate is trusted by who trusts the authority, every other is refused with its reason."""
    trust = ssl.create_default_context(cafile=str(certificates.write_authority(tmp_path)))
    verdicts: dict[str, str] = {}
    for make in (
        certificates.good,
        certificates.expired,
        certificates.of_another_host,
        certificates.of_an_unknown_authority,
        certificates.self_signed,
    ):
        with FhirServer([condition("a")], tls=make()) as server:
            try:
                with urllib.request.urlopen(f"{server.base}/Condition/a", timeout=5, context=trust) as answer:
                    verdicts[make.__name__] = str(answer.status)
            except urllib.error.URLError as error:
                verdicts[make.__name__] = str(getattr(error.reason, "verify_message", error.reason))
    assert verdicts["good"] == "200"
    assert "expired" in verdicts["expired"]
    assert "mismatch" in verdicts["of_another_host"]
    assert "issuer" in verdicts["of_an_unknown_authority"]
    assert "self-signed" in verdicts["self_signed"]


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_it_listens_on_both_families() -> None:
    """The same port on 127.0.0.1 and ::1."""
    with FhirServer([condition("a")], hosts=(LOCAL, "::1")) as server:
        assert fetched(f"{server.base}/Condition/a")[0] == 200
        assert fetched(f"http://[::1]:{server.port}/fhir/Condition/a")[0] == 200


@pytest.mark.parametrize("pack", [faults.gzip_bomb, faults.deflate_bomb])
def test_the_bombs_are_bombs(server: FhirServer, pack: Any) -> None:
    """300 MB come out of less than 2 MB, and what comes out begins like a Bundle."""
    server.fault("Condition", pack)
    with urllib.request.urlopen(f"{server.base}/Condition", timeout=10) as answer:
        packed = answer.read()
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    assert len(packed) < 2 * faults.MIB
    assert unpacker.decompress(packed, 100).startswith(faults.OPENING)
    assert sum(len(block) for block in unpacked(unpacker, packed)) > 290 * faults.MIB


def unpacked(unpacker: Any, packed: bytes) -> Iterator[bytes]:
    """What comes out, a megabyte at a time."""
    rest = unpacker.unconsumed_tail
    while rest:
        block = unpacker.decompress(rest, faults.MIB)
        rest = unpacker.unconsumed_tail
        yield block


@pytest.mark.parametrize(
    "script",
    [faults.silence, faults.header_drip, faults.silence_after_headers, faults.body_drip, faults.chunk_drip,
     faults.four_bytes_then_silence, faults.whole_bundle_then_silence, faults.informational_for_ever],
)  # fmt: skip
def test_the_slow_ones_are_slow(server: FhirServer, script: Any) -> None:
    """No answer ends before the reader hangs up, and the server notices that it did."""
    server.fault("Condition", script)
    with socket.create_connection((LOCAL, server.port), timeout=5) as client:
        client.sendall(b"GET /fhir/Condition HTTP/1.1\r\nHost: x\r\n\r\n")
        hung_up = threading.Event()

        def hang_up() -> None:
            hung_up.set()
            client.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(0.3, hang_up)
        timer.start()
        with contextlib.suppress(ConnectionResetError):
            while client.recv(65536):
                pass
        timer.join()
    assert hung_up.is_set()
    assert server.listener.wait_until_idle()


def test_a_blackhole_takes_nobody() -> None:
    """No connection comes about."""
    with blackhole() as port, socket.socket() as client:
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.connect((LOCAL, port))


def test_whoever_calls_is_seen_and_nobody_leaves_the_machine() -> None:
    """Each attempt is noted with its address; one to another machine is refused before a packet is sent."""
    with Listener(lambda connection: None) as here, network.watched() as attempts:
        socket.create_connection((LOCAL, here.port), timeout=5).close()
        with socket.socket() as client, pytest.raises(OSError, match="nobody but this machine"):
            client.connect(("192.0.2.1", 9))
        with pytest.raises(OSError):  # noqa: PT011 - the resolver's words differ between machines
            socket.getaddrinfo("no such name.invalid", 80)
    assert attempts.connects == [(LOCAL, here.port), ("192.0.2.1", 9)]
    assert attempts.names(but=here.port) == {"no such name.invalid"}
    assert attempts.addresses(but=here.port) == {"192.0.2.1"}


def test_an_application_is_served() -> None:
    """On a port of its own, until the block ends."""

    def app(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [b'{"path": "%s"}' % environ["PATH_INFO"].encode()]

    with serving(app) as base:
        assert fetched(f"{base}/x") == (200, {"path": "/x"})
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{base}/x", timeout=5)

"""Which servers are called at all: the list, the scheme, the spelling, the address (fault matrix E1 to E7).

The listed server exists, on this machine, with a certificate that would be trusted: were any rule missing, it would be
called, and it counts who calls. Attempts to reach other machines are seen by the interpreter and go nowhere.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest

from cds_service.app import create_app
from cds_service.settings import FhirBase, Settings
from tests.clinical.builder import AS_OF
from tests.faults.support import PATIENT_MS, Clock, Running, Said, as_prefetched, call, chart, keys_of, running
from tests.servers import certificates
from tests.servers.fhir import FhirServer
from tests.servers.listening import LOCAL, has_ipv6
from tests.servers.network import Attempts
from tests.servers.serving import serving

PUBLIC: Final = "9.9.9.9"
"""An address of the internet, as the answer of a resolver; nobody is called there (``tests.servers.network``)."""


@dataclass(slots=True)
class Names:
    """A resolver that answers what a test tells it, one answer a question, the last one over and over."""

    answers: list[list[str]] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> list[str]:
        """The next answer."""
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass(frozen=True, slots=True)
class Site:
    """A service in production, its one listed server, and the resolver between them."""

    service: Running
    server: FhirServer
    names: Names
    clock: Clock

    @property
    def listed(self) -> str:
        """The base URL on the list."""
        return f"https://ehr.example:{self.server.port}/fhir"

    def tell(self, *answers: list[str]) -> None:
        """What the resolver answers, and nothing asked so far; past any breaker of an earlier test."""
        self.clock.ahead += 31
        self.names.answers[:] = list(answers)
        self.names.asked.clear()


@pytest.fixture(scope="module", params=[False, True], ids=["public", "private"])
def any_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose server must have a public address, and one whose may be in the hospital's own network."""
    yield from _site(tmp_path_factory, private=request.param)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose server must have a public address."""
    yield from _site(tmp_path_factory, private=False)


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose server is marked ``private``."""
    yield from _site(tmp_path_factory, private=True)


def _site(folders: pytest.TempPathFactory, *, private: bool) -> Iterator[Site]:
    hosts = (LOCAL, "::1") if has_ipv6() else (LOCAL,)
    names, clock = Names([[PUBLIC]]), Clock()
    with FhirServer(chart(), tls=certificates.good(), hosts=hosts) as server:
        settings = Settings(
            profile="production",
            public_url="https://cds.example",
            as_of=AS_OF,
            fhir_allow=(FhirBase(f"https://ehr.example:{server.port}/fhir", private=private),),
            fhir_ca_file=certificates.write_authority(folders.mktemp("authority")),
            **PATIENT_MS,
        )
        with running(settings, resolve=names, clock=clock) as service:
            yield Site(service, server, names, clock)


def expect_nobody_called(site: Site, attempts: Attempts, said: Said) -> None:
    """412, security, "server not permitted", and nobody was called."""
    assert (said.status, said.code) == (412, "security"), said.body
    assert "(server not permitted)" in said.text
    assert attempts.addresses(but=site.service.port) == set()
    assert site.server.accepted == 0


def test_a_listed_server_is_called(public: Site, attempts: Attempts) -> None:
    """E4, the other end: with a public address it is called, at that address; so the zeros below mean something."""
    public.tell([PUBLIC])
    said = public.service.post(call(public.listed))
    assert (said.status, said.code) == (412, "transient")
    assert "(server not reachable)" in said.text
    assert attempts.addresses(but=public.service.port) == {PUBLIC}
    assert public.names.asked == [("ehr.example", public.server.port)]


# --- E1 to E3: not on the list ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["other.example", LOCAL, "http"])
def test_a_server_not_listed_is_not_called_when_all_was_sent(public: Site, attempts: Attempts, host: str) -> None:
    """E1, E3: 200 and complete; the server is neither called nor looked up."""
    public.tell([LOCAL])
    url = f"http://ehr.example:{public.server.port}/fhir" if host == "http" else f"https://{host}/fhir"
    with FhirServer(chart()) as ehr:
        said = public.service.post(call(url, as_prefetched(ehr, keys_of())))
        assert (said.status, said.evaluation["status"], said.missing) == (200, "complete", [])
        assert ehr.accepted == 0
    assert (public.names.asked, public.server.accepted) == ([], 0)
    assert attempts.addresses(but=public.service.port) == set()


def test_a_listed_server_is_not_called_when_all_was_sent(public: Site, attempts: Attempts) -> None:
    """E1: nothing is missing, so nobody is asked."""
    public.tell([PUBLIC])
    with FhirServer(chart()) as ehr:
        said = public.service.post(call(public.listed, as_prefetched(ehr, keys_of())))
    assert (said.status, said.missing) == (200, [])
    assert public.names.asked == []
    assert attempts.addresses(but=public.service.port) == set()


@pytest.mark.parametrize("host", ["other.example", "ehr.example.evil.example", "evilehr.example", "example"])
def test_a_server_not_listed_is_not_called_when_data_are_needed(public: Site, attempts: Attempts, host: str) -> None:
    """E2: 412, in words, without a detail of the network."""
    public.tell([PUBLIC])
    said = public.service.post(call(f"https://{host}:{public.server.port}/fhir"))
    expect_nobody_called(public, attempts, said)
    assert public.names.asked == []


def test_plain_http_is_not_called_in_production(public: Site, attempts: Attempts) -> None:
    """E3: the same host and port, without TLS."""
    public.tell([PUBLIC])
    expect_nobody_called(public, attempts, public.service.post(call(public.listed.replace("https:", "http:"))))


def test_an_optional_key_is_told_as_not_permitted(public: Site, attempts: Attempts) -> None:
    """E1, E2: what was sent is judged; the card says why the rest was not read."""
    with FhirServer(chart()) as ehr:
        sent = as_prefetched(ehr, [key for key in keys_of() if key != "observations"])
    said = public.service.post(call("https://other.example/fhir", sent))
    assert (said.status, said.missing) == (200, ["observations"])
    assert said.unread == {"observations": "server not permitted"}
    assert attempts.addresses(but=public.service.port) == set()


# --- E4: addresses ----------------------------------------------------------------------------------------------------

NEVER = (
    # this machine
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "0.0.0.0", "0.1.2.3", "::",
    # IPv4 inside IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "::ffff:9.9.9.9", "::127.0.0.1",
    "::7f00:1", "::10.1.2.3", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.1.2.3",
    "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:0a01:0203::1",
    "2001:0:7f00:1::1", "2001::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    # link-local, and what clouds tell their machines
    "169.254.1.1", "169.254.169.254", "169.254.170.2", "fe80::1", "fe80::1%lo", "fe80::a9fe:a9fe", "febf::1",
    "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16",
    # site-local, shared, documentation, benchmarking, reserved, multicast, broadcast, discard
    "fec0::1", "feff::1", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1",
    "198.18.0.1", "198.19.255.254", "192.88.99.1", "240.0.0.1", "255.255.255.255", "224.0.0.1", "239.255.255.250",
    "2001:db8::1", "2001:2::1", "3fff::1", "100::1", "ff02::1", "ff0e::1", "ff05::1:3", "4000::1", "5f00::1",
    # what is no address
    "", " ", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "9.9.9.9/32", "9.9.9.9 ", "[::1]", "9.9.9.9\n",
)  # fmt: skip
"""Addresses that are never connected to, whatever the settings say."""
OWN_NETWORK = ("10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.254",
               "fc00::1", "fd12:3456:789a::1")  # fmt: skip
"""RFC 1918 and fc00::/7: where the entry is marked ``private``."""


@pytest.mark.parametrize("address", NEVER)
def test_an_address_that_is_never_called(any_site: Site, attempts: Attempts, address: str) -> None:
    """E4, E2, contract: neither with nor without the mark ``private``; one resolution, no connection."""
    any_site.tell([address])
    expect_nobody_called(any_site, attempts, any_site.service.post(call(any_site.listed)))
    assert len(any_site.names.asked) == 1


@pytest.mark.parametrize("address", OWN_NETWORK)
def test_an_address_of_the_hospitals_own_network(private: Site, attempts: Attempts, address: str) -> None:
    """Contract: ``private`` admits it, and it is called; that nobody answers is the tests' doing."""
    private.tell([address])
    said = private.service.post(call(private.listed))
    assert (said.status, said.code) == (412, "transient")
    assert attempts.addresses(but=private.service.port) == {address}


@pytest.mark.parametrize("address", OWN_NETWORK)
def test_the_hospitals_own_network_needs_its_mark(public: Site, attempts: Attempts, address: str) -> None:
    """E4: 10/8 and the like are refused where the entry is not marked."""
    public.tell([address])
    expect_nobody_called(public, attempts, public.service.post(call(public.listed)))


@pytest.mark.parametrize("order", [[LOCAL, PUBLIC], [PUBLIC, LOCAL], ["::1", LOCAL, PUBLIC, "10.0.0.1"]])
def test_one_good_address_among_bad_ones(public: Site, attempts: Attempts, order: list[str]) -> None:
    """E4: the good one alone is called, or none."""
    public.tell(order)
    said = public.service.post(call(public.listed))
    assert said.status == 412
    assert attempts.addresses(but=public.service.port) <= {PUBLIC}
    assert public.server.accepted == 0


HERE = (
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "127.1", "127.0.1", "2130706433", "017700000001",
    "0177.0.0.1", "0x7f.1", "0x7f000001", "0", "0.0.0.0", "127.0.0.2", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]",
    "foo.localhost", "ip6-localhost", "169.254.169.254", "[fec0::1]", "10.0.0.1", "100.64.0.1", "[fd00:ec2::254]",
    "\u2460\u2461\u2466.0.0.1", "127\u30020\u30020\u30021", "\uff11\uff12\uff17.0.0.1", "127.0.0.1%00", "127.0.0.1%2f",
)  # fmt: skip
"""Spellings of this machine, and of others that nobody may name."""


@pytest.mark.parametrize("host", HERE)
def test_a_literal_host_is_not_called_in_production(any_site: Site, attempts: Attempts, host: str) -> None:
    """E4: not on the list, whatever it is spelt like; not even looked up."""
    any_site.tell([LOCAL])
    said = any_site.service.post(call(f"https://{host}:{any_site.server.port}/fhir"))
    expect_nobody_called(any_site, attempts, said)
    assert any_site.names.asked == []


# --- E5, E6: spellings of a base --------------------------------------------------------------------------------------

SPELLINGS = (
    "https://ok@ehr.example:{port}/fhir", "https://ehr.example:{port}@evil.example/fhir", "https://@ehr.example:{port}/fhir",
    "https://ok:pw@ehr.example:{port}/fhir", "https://ehr.example:{port}/fhir?x=1", "https://ehr.example:{port}/fhir?",
    "https://ehr.example:{port}/fhir#x", "https://ehr.example:{port}/fhir#", "https:\\\\ehr.example:{port}\\fhir",
    "https://ehr.example:{port}\\@evil.example/fhir", "https://evil.example\\@ehr.example:{port}/fhir",
    "https://ehr.exam\tple:{port}/fhir", "https://ehr.example:{port}/fh\nir", "https://ehr.example:{port}/fhir\r\nX: y",
    "https://ehr.example :{port}/fhir", "https://ehr.ex\u0430mple:{port}/fhir", "https://ehr.example\u3002:{port}/fhir",
    "https://\uff45hr.example:{port}/fhir", "https://ehr.example.:{port}/fhir", "https://ehr..example:{port}/fhir",
    "https://ehr.example/fhir", "https://ehr.example:443/fhir", "https://ehr.example:0/fhir", "https://ehr.example:/fhir",
    "https://ehr.example:{port}0/fhir", "https://ehr.example:+{port}/fhir", "https://ehr.example:{port}%20/fhir",
    "https:/ehr.example:{port}/fhir", "https:ehr.example:{port}/fhir", "//ehr.example:{port}/fhir",
    "ehr.example:{port}/fhir", "/fhir", "javascript:alert(1)", "file:///etc/passwd", "ftp://ehr.example:{port}/fhir",
    "ws://ehr.example:{port}/fhir", "https://ehr%2eexample:{port}/fhir", "https://[ehr.example]:{port}/fhir",
    "https://ehr.example:{port}:{port}/fhir", "https://", "not a url", "https://\x00ehr.example:{port}/fhir",
    # E6: another path
    "https://ehr.example:{port}/fhir/../admin", "https://ehr.example:{port}/fhir/%2e%2e/admin",
    "https://ehr.example:{port}/fhir/..%2fadmin", "https://ehr.example:{port}/fhir%2f..%2fadmin",
    "https://ehr.example:{port}/fhir/./", "https://ehr.example:{port}/./fhir", "https://ehr.example:{port}//fhir",
    "https://ehr.example:{port}/fhir/x", "https://ehr.example:{port}/fhirx", "https://ehr.example:{port}/FHIR",
    "https://ehr.example:{port}/", "https://ehr.example:{port}", "https://ehr.example:{port}/fhir;x=1",
    "https://ehr.example:{port}/x/../fhir", "https://ehr.example:{port}/%66hir", "https://ehr.example:{port}/fhir/..",
    "https://ehr.example:{port}/fhir\\..\\admin", "https://ehr.example:{port}/fhir/\u2025/admin",
)  # fmt: skip
"""What looks like the listed base and is not."""


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_that_is_not_the_listed_base(public: Site, attempts: Attempts, spelling: str) -> None:
    """E5, E6: user, query, fragment, backslash, blanks, look-alikes, other ports and paths; no connection."""
    public.tell([PUBLIC])
    said = public.service.post(call(spelling.format(port=public.server.port)))
    expect_nobody_called(public, attempts, said)
    assert public.names.asked == []


@pytest.mark.parametrize(
    "spelling",
    ["https://ehr.example:{port}/fhir", "https://ehr.example:{port}/fhir/", "https://EHR.example:{port}/fhir",
     "HTTPS://ehr.example:{port}/fhir", " https://ehr.example:{port}/fhir "],
)  # fmt: skip
def test_a_spelling_that_is_the_listed_base(public: Site, attempts: Attempts, spelling: str) -> None:
    """E5, 1.2: case of scheme and host, a slash at the end; the one that is listed is called."""
    public.tell([PUBLIC])
    public.service.post(call(spelling.format(port=public.server.port)))
    assert public.names.asked == [("ehr.example", public.server.port)]
    assert attempts.addresses(but=public.service.port) == {PUBLIC}


def test_a_default_port_may_be_told_or_left_out(attempts: Attempts) -> None:
    """E5: ``:443`` is the port that https has anyway."""
    names = Names([[PUBLIC]])
    settings = Settings(
        profile="production",
        public_url="https://cds.example",
        as_of=AS_OF,
        fhir_allow=(FhirBase("https://ehr.example/fhir"), FhirBase("https://two.example:443/fhir")),
    )
    with running(settings, resolve=names) as service:
        for base in ("https://ehr.example:443/fhir", "https://two.example/fhir"):
            assert service.post(call(base)).code == "transient"
        assert service.post(call("https://ehr.example:8443/fhir")).code == "security"
    assert names.asked == [("ehr.example", 443), ("two.example", 443)]
    assert {port for address, port in attempts.connects if address == PUBLIC} == {443}


# --- E7: rebinding ----------------------------------------------------------------------------------------------------


def test_a_name_that_changes_its_address(public: Site, attempts: Attempts) -> None:
    """E7: first a public address, then this machine: one resolution, and the address of it is the one called."""
    public.tell([PUBLIC], [LOCAL])
    said = public.service.post(call(public.listed))
    assert (said.status, said.code) == (412, "transient")
    assert len(public.names.asked) == 1
    assert attempts.addresses(but=public.service.port) == {PUBLIC}
    assert public.server.accepted == 0


def test_a_name_that_changes_to_a_better_address(public: Site, attempts: Attempts) -> None:
    """E7: first this machine, then a public address: refused, and not looked up again in the same call."""
    public.tell([LOCAL], [PUBLIC])
    expect_nobody_called(public, attempts, public.service.post(call(public.listed)))
    assert len(public.names.asked) == 1


# --- the demo profile -------------------------------------------------------------------------------------------------

ADMITTED = frozenset({"127.0.0.1", "localhost", "[::1]"})
OTHER_SPELLINGS = tuple(host for host in HERE if host not in ADMITTED and host != "LOCALHOST")
"""All but the three literal hosts. Whether the case of a name is a spelling of its own is left open."""


@pytest.mark.parametrize("host", OTHER_SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_demo_admits_three_spellings(service: Running, attempts: Attempts, scheme: str, host: str) -> None:
    """Contract: every other spelling of this machine, and every other host, is refused."""
    with FhirServer(chart()) as server:
        said = service.post(call(f"{scheme}://{host}:{server.port}/fhir"))
        assert (said.status, said.code) == (412, "security"), said.body
        assert "(server not permitted)" in said.text
        assert server.accepted == 0
    assert attempts.addresses(but=service.port) == set()
    assert attempts.names(but=service.port) == set()


def test_the_demo_admits_them(service: Running) -> None:
    """Contract, the other end: the three are called, on any port."""
    hosts = (LOCAL, "::1") if has_ipv6() else (LOCAL,)
    with FhirServer(chart(), hosts=hosts) as server:
        for host in ADMITTED if has_ipv6() else ADMITTED - {"[::1]"}:
            said = service.post(call(f"http://{host}:{server.port}/fhir"))
            assert (said.status, said.missing) == (200, []), host


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "127.0.0.2", "0.0.0.0", PUBLIC, "::ffff:127.0.0.1"])
def test_localhost_that_is_not_this_machine(attempts: Attempts, address: str) -> None:
    """Contract: the name localhost means the loopback; what a hosts file makes of it otherwise is not called."""
    with running(resolve=lambda host, port: [address]) as service:
        said = service.post(call("http://localhost:9/fhir"))
        assert (said.status, said.code) == (412, "security")
        assert attempts.addresses(but=service.port) == set()


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.nip.example"])
def test_a_name_that_leads_to_this_machine(attempts: Attempts, name: str) -> None:
    """Contract: a listed name that resolves to the loopback is refused in the demo profile too."""
    with FhirServer(chart()) as server:
        listed = (FhirBase(f"http://{name}:{server.port}/fhir"),)
        with running(fhir_allow=listed, resolve=lambda host, port: [LOCAL]) as service:
            said = service.post(call(listed[0].url))
            assert (said.status, said.code) == (412, "security")
            assert attempts.addresses(but=service.port) == set()
        assert server.accepted == 0


@pytest.mark.parametrize("host", sorted(ADMITTED))
def test_the_services_own_port_is_not_called(host: str, attempts: Attempts) -> None:
    """Contract: never the service's own port. A server that counts its callers stands on the port it takes for its own,
    so that a call would be seen.
    """
    hosts = (LOCAL, "::1") if has_ipv6() else (LOCAL,)
    with FhirServer(chart(), hosts=hosts) as server, running(port=server.port) as service:
        said = service.post(call(f"http://{host}:{server.port}/fhir"))
        assert (said.status, said.code) == (412, "security")
        assert "(server not permitted)" in said.text
        assert server.accepted == 0
        assert attempts.addresses(but=service.port) == set()


def test_the_service_does_not_call_itself(log: list[str]) -> None:
    """Contract: through fhirServer, on its real port; it logs one call, the test's."""
    with socket.create_server((LOCAL, 0)) as listener:
        port = listener.getsockname()[1]
        with serving(create_app(Settings(as_of=AS_OF, port=port)), listener) as base:
            service = Running(base, port)
            for path in ("", "/fhir", "/cds-services"):
                log.clear()
                said = service.post(call(f"{base}{path}"))
                assert (said.status, said.code) == (412, "security")
                assert len(set(log)) == 1

"""FHIR base URLs and what lies under them, as tables."""

from __future__ import annotations

import pytest

from cds_service.app import create_app
from cds_service.errors import SettingsError
from cds_service.fhir.client.addresses import Reach
from cds_service.fhir.client.bases import Base, listed, permitted, read_base, under
from cds_service.settings import FhirBase, Settings

LISTED = listed((FhirBase("https://ehr.example/fhir"), FhirBase("https://Inside.Example:8443/r4/", private=True)))
SAME = (
    "https://ehr.example/fhir",
    "https://ehr.example/fhir/",
    "https://ehr.example:443/fhir",
    "HTTPS://EHR.example/fhir",
)
OTHER = (
    "http://ehr.example/fhir",
    "https://ehr.example",
    "https://ehr.example/",
    "https://ehr.example/FHIR",
    "https://ehr.example/fhir/r4",
    "https://ehr.example/fhi",
    "https://ehr.example:8443/fhir",
    "https://ehr.example:80/fhir",
    "https://ehr.example./fhir",
    "https://ehr.example:/fhir",
    "https://ehr.example:0/fhir",
    "https://ehr.example:99999/fhir",
    "https://sub.ehr.example/fhir",
    "https://ehr.example.evil.example/fhir",
    "https://ok@ehr.example/fhir",
    "https://ehr.example@evil.example/fhir",
    "https://ehr.example/fhir?x=1",
    "https://ehr.example/fhir?",
    "https://ehr.example/fhir#x",
    "https://ehr.example/fhir#",
    "https://ehr.example\\@evil.example/fhir",
    "https:\\\\ehr.example\\fhir",
    "https:ehr.example/fhir",
    "//ehr.example/fhir",
    "ehr.example/fhir",
    "https://ehr.example/fhir/../fhir",
    "https://ehr.example/fhir/.",
    "https://ehr.example/%66hir",
    "https://ehr.example/x/%2e%2e/fhir",
    "https://ehr.example//fhir",
    "https://ehr.example/fhir;x",
    "https://ehr.example/fh\tir",
    "https://ehr.example/fhir\n",
    " https://ehr.example/fhir",
    "https://\u0435hr.example/fhir",  # a Cyrillic letter
    "https://ehr\u3002example/fhir",  # an ideographic full stop
    "https://xn--hr-8kc.example/fhir",
    "ftp://ehr.example/fhir",
    "file:///fhir",
    "https://",
    "",
)


@pytest.mark.parametrize("text", SAME)
def test_a_listed_server_is_permitted(text: str) -> None:
    """E5: exact after normalisation of host, default port and a slash at the end."""
    base = permitted(text, LISTED, demo=False, own_ports=())
    assert base is not None
    assert (base.url, base.reach) == ("https://ehr.example/fhir", Reach.GLOBAL)


@pytest.mark.parametrize("text", OTHER)
@pytest.mark.parametrize("demo", [False, True])
def test_any_other_spelling_is_not(text: str, demo: bool) -> None:
    """E1, E5, E6: user, query, fragment, backslash, tab, escape, dots, other port, look-alike."""
    assert permitted(text, LISTED, demo=demo, own_ports=()) is None


def test_plain_http_is_for_the_demo_alone() -> None:
    """E3: in production not even a listed server; the settings refuse such an entry at start already."""
    plain = listed((FhirBase("http://ehr.example/fhir"),))
    assert permitted("http://ehr.example/fhir", plain, demo=False, own_ports=()) is None
    assert permitted("http://ehr.example/fhir", plain, demo=True, own_ports=()) is not None


@pytest.mark.parametrize("url", ["https://ehr.example/a%20b", "https://ehr.example/a/../b", "https://ehr.example/a;b"])
def test_an_entry_that_nothing_could_equal_is_refused_at_start(url: str) -> None:
    """An operator hears of it before a clinician misses a card; the message has the place, never the value."""
    with pytest.raises(SettingsError) as caught:
        create_app(Settings(fhir_allow=(FhirBase("https://ehr.example/fhir"), FhirBase(url))))
    assert "VCF_FHIR_ALLOW: entry 2:" in str(caught.value)
    assert url not in str(caught.value)


def test_the_mark_gives_reach() -> None:
    """contract.md: an entry marked private."""
    base = permitted("https://inside.example:8443/r4", LISTED, demo=False, own_ports=())
    assert base is not None
    assert base.reach is Reach.PRIVATE


LOCAL = ("http://127.0.0.1:8080/fhir", "http://[::1]:8080/fhir", "http://localhost:8080/fhir", "http://localhost/")
NOT_LOCAL = (
    "http://LOCALHOST:8080/fhir",
    "http://localhost.:8080/fhir",
    "http://127.1:8080/fhir",
    "http://127.0.0.2:8080/fhir",
    "http://2130706433:8080/fhir",
    "http://0x7f000001:8080/fhir",
    "http://0177.0.0.1:8080/fhir",
    "http://0:8080/fhir",
    "http://0.0.0.0:8080/fhir",
    "http://[::]:8080/fhir",
    "http://[0:0:0:0:0:0:0:1]:8080/fhir",
    "http://[::ffff:127.0.0.1]:8080/fhir",
    "http://[::1%25lo]:8080/fhir",
    "http://localhost.localdomain:8080/fhir",
    "http://10.0.0.1/fhir",
    "http://169.254.169.254/latest",
)


@pytest.mark.parametrize("text", LOCAL)
def test_the_demo_admits_the_literal_loopback_hosts(text: str) -> None:
    """contract.md: 127.0.0.1, [::1] and localhost, in the demo profile alone."""
    base = permitted(text, (), demo=True, own_ports=(8000,))
    assert base is not None
    assert base.reach is Reach.LOOPBACK
    assert permitted(text, (), demo=False, own_ports=()) is None


@pytest.mark.parametrize("text", NOT_LOCAL)
def test_no_other_spelling_of_this_machine(text: str) -> None:
    """contract.md: every other spelling or name is refused."""
    assert permitted(text, (), demo=True, own_ports=()) is None


@pytest.mark.parametrize("text", ["http://127.0.0.1:8000/fhir", "http://localhost:8000", "http://[::1]:8000/fhir"])
def test_the_service_does_not_call_itself(text: str) -> None:
    """contract.md: never the service's own port."""
    assert permitted(text, (), demo=True, own_ports=(8000,)) is None


BASE = read_base("https://ehr.example/fhir/r4")


def base() -> Base:
    """The base of the links below."""
    assert BASE is not None
    return BASE


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://ehr.example/fhir/r4?_getpages=1&_count=20", "https://ehr.example/fhir/r4?_getpages=1&_count=20"),
        ("https://ehr.example/fhir/r4/Condition?page=2", "https://ehr.example/fhir/r4/Condition?page=2"),
        ("https://EHR.example:443/fhir/r4/Binary/1", "https://ehr.example/fhir/r4/Binary/1"),
        ("Binary/1", "https://ehr.example/fhir/r4/Binary/1"),
        ("/fhir/r4/Binary/1", "https://ehr.example/fhir/r4/Binary/1"),
        ("https://ehr.example/fhir/r4/Observation?code=a|b", "https://ehr.example/fhir/r4/Observation?code=a|b"),
    ],
)
def test_a_link_under_the_base_is_followed(link: str, url: str) -> None:
    """contract.md: on the origin and under the base path; HAPI's pages hang on the base itself."""
    assert under(base(), link) == url


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/fhir/r4/Condition?page=2",
        "http://ehr.example/fhir/r4/Condition?page=2",
        "https://ehr.example:8443/fhir/r4/Condition",
        "https://ehr.example/fhir/r4x/Condition",
        "https://ehr.example/fhir",
        "https://ehr.example/admin",
        "https://ehr.example/fhir/r4/../../admin",
        "https://ehr.example/fhir/r4/%2e%2e/admin",
        "https://ehr.example/fhir/r4/%252e%252e/admin",
        "https://ehr.example/fhir/r4/..%2fadmin",
        "https://ehr.example/fhir/r4/%5c..%5cadmin",
        "https://ehr.example/fhir/r4//admin",
        "https://ehr.example/fhir/r4/x\\..\\admin",
        "https://user@ehr.example/fhir/r4/Condition",
        "https://ehr.example@evil.example/fhir/r4/Condition",
        "//evil.example/fhir/r4/Condition",
        "/admin",
        "../admin",
        "Patient/../../x",
        "https://ehr.example/fhir/r4/Condition#x",
        "https://ehr.example/fhir/r4/Con dition",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/plain,x",
        "urn:uuid:0d9f6a52-5a2b-4c58-9c0e-3f4f0a7f2b11",
    ],
)
def test_no_other_link_is(link: str) -> None:
    """C20, E9, E10: other origin, plain http, other port, escapes from the base path, other schemes."""
    assert under(base(), link) is None


def test_a_long_host_is_refused_quickly() -> None:
    """No text makes the patterns backtrack; the time limit of the suite is the proof."""
    assert read_base("https://" + "a" * 3000 + "_/fhir") is None
    assert read_base("https://" + "a-" * 1500 + "/fhir") is None

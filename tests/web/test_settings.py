"""Settings: read once, refused all at once, documented (fault matrix K1, K2)."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from cds_service.app import today
from cds_service.errors import SettingsError
from cds_service.settings import NAMES, READERS, FhirBase, Settings, load

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {"VCF_PROFILE": "production", "VCF_PUBLIC_URL": "https://cds.example"}


def _problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return caught.value.problems


def test_the_defaults_are_the_demo() -> None:
    """contract.md: with nothing set, the demo on 127.0.0.1:8000."""
    settings = load({})
    assert settings == Settings()
    assert settings.demo
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.max_body == 8 * 1024 * 1024


def test_every_setting_is_documented() -> None:
    """design.md 5 (datasette): a setting that is not in docs/settings.md does not exist; one that is gone is not."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, flags=re.MULTILINE))
    assert documented == NAMES
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `([a-z_]+)` \|", text, flags=re.MULTILINE))
    assert rows == {name: reader.key for name, reader in READERS.items()}


def test_all_problems_are_reported_together() -> None:
    """K1: mistyped names, bad URLs, negative times: one refusal that lists them all."""
    problems = _problems(
        {
            "VCF_PROFIL": "demo",
            "VCF_PORT": "80a",
            "VCF_DEADLINE_MS": "-1",
            "VCF_PUBLIC_URL": "cds.example",
            "VCF_AS_OF": "2026-13-01",
            "VCF_TIMEZONE": "Mars/Olympus",
            "VCF_RED_FLAG_CARDS": "hide",
            "VCF_FHIR_ALLOW": "https://a.example secret",
            "WEB_CONCURRENCY": "0",
        }
    )
    assert {problem.split(":")[0] for problem in problems} == {
        "VCF_PROFIL",
        "VCF_PUBLIC_URL",
        "VCF_AS_OF",
        "VCF_FHIR_ALLOW",
        "VCF_PORT",
        "VCF_DEADLINE_MS",
        "VCF_TIMEZONE",
        "VCF_RED_FLAG_CARDS",
        "WEB_CONCURRENCY",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VCF_PUBLIC_URL", "https://user:hunter2@cds.example"),
        ("VCF_CORS_ORIGINS", "hunter2"),
        ("VCF_CORS_ORIGINS", "*"),
        ("VCF_CORS_ORIGINS", "https://ehr.example/path"),
        ("VCF_CORS_ORIGINS", "null"),
        ("VCF_MAX_BODY", "hunter2"),
        ("VCF_FHIR_CA_FILE", "/nowhere/hunter2.pem"),
        ("VCF_DEFAULT_PAYER", "Medicare FFS"),
        ("VCF_HOST", "a b"),
    ],
)
def test_a_refusal_names_the_setting_and_not_the_value(name: str, value: str) -> None:
    """K1, K4: a value may be a secret."""
    (problem,) = _problems({name: value})
    assert problem.startswith(f"{name}: ")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VCF_AS_OF", "2026-11-20"),
        ("VCF_PUBLIC_URL", "http://cds.example"),
        ("VCF_CORS_ORIGINS", "http://ehr.example"),
        ("VCF_FHIR_ALLOW", "http://fhir.example"),
        ("VCF_FHIR_ALLOW", "https://127.0.0.1/fhir private"),
        ("VCF_FHIR_ALLOW", "https://localhost/fhir"),
    ],
)
def test_production_refuses_what_only_a_demo_may(name: str, value: str) -> None:
    """K2, contract.md: a pinned date, cleartext and its own machine are for the demo."""
    assert all(problem.startswith(f"{name}: ") for problem in _problems({**PRODUCTION, name: value}))
    assert load(PRODUCTION).profile == "production"


def test_production_needs_its_public_url() -> None:
    """contract.md: links never come from the Host header, so production must be told its address."""
    assert _problems({"VCF_PROFILE": "production"})[0].startswith("VCF_PUBLIC_URL")


def test_reading_fits_into_the_call() -> None:
    """contract.md, deadlines: on the limit is accepted, past it is not."""
    assert load({"VCF_DEADLINE_MS": "800", "VCF_FHIR_DEADLINE_MS": "800"}).fhir_deadline_ms == 800
    assert _problems({"VCF_DEADLINE_MS": "800", "VCF_FHIR_DEADLINE_MS": "801"})[0].startswith("VCF_FHIR_DEADLINE_MS")


def test_lists_are_read() -> None:
    """contract.md: origins and FHIR bases are comma-separated, a base may be marked private."""
    settings = load(
        {"VCF_CORS_ORIGINS": "https://a.example, https://b.example:8443", "VCF_FHIR_ALLOW": "https://f.example/r4/ private,http://127.0.0.1:8080/fhir"}
    )  # fmt: skip
    assert settings.cors_origins == ("https://a.example", "https://b.example:8443")
    assert settings.fhir_allow == (
        FhirBase("https://f.example/r4", private=True),
        FhirBase("http://127.0.0.1:8080/fhir"),
    )


def test_the_environment_wins_over_the_site_file(tmp_path: Path) -> None:
    """docs/settings.md: the file gives what the environment does not, in TOML's own types too."""
    site = tmp_path / "site.toml"
    site.write_text(
        'port = 9000\ntimezone = "America/Chicago"\nas_of = 2026-11-20\ncors_origins = ["https://a.example"]\n'
        '[thresholds.nsm-min-days]\nvalue = 21\n[conflicts.C-15]\nchoice = "lcd"\n'
    )
    settings = load({"VCF_SITE_FILE": str(site), "VCF_PORT": "9100"})
    assert (settings.port, settings.timezone, settings.as_of) == (9100, "America/Chicago", date(2026, 11, 20))
    assert settings.cors_origins == ("https://a.example",)
    assert settings.site_thresholds["nsm-min-days"] == {"value": 21}
    assert settings.site_conflicts["C-15"] == {"choice": "lcd"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'prot = 9000\n', "'prot'"),
        (b'port = "hunter2"\n', "whole number"),
        (b'thresholds = 5\n', "must be a table"),
        (b'password = hunter2\n', "not TOML"),
        (b"\xff", "not UTF-8"),
    ],
)  # fmt: skip
def test_a_bad_site_file_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """K1: unknown keys, bad values and broken files, without their values."""
    site = tmp_path / "site.toml"
    site.write_bytes(content)
    (problem,) = _problems({"VCF_SITE_FILE": str(site)})
    assert words in problem
    assert "hunter2" not in problem


def test_a_missing_site_file_is_refused(tmp_path: Path) -> None:
    """K1: a site file that was named must be there."""
    assert _problems({"VCF_SITE_FILE": str(tmp_path / "none.toml")}) == ("VCF_SITE_FILE: the file cannot be read",)


def test_command_line_options_win() -> None:
    """contract.md, `serve --port`: an option is a setting that was given last."""
    settings = load({"VCF_PORT": "9000"}, {"VCF_PORT": "9001", "VCF_HOST": "0.0.0.0"})
    assert (settings.port, settings.public_url) == (9001, "http://127.0.0.1:9001")


def test_the_token_of_check_is_no_setting() -> None:
    """contract.md, `check`: VCF_TOKEN is known, and Settings does not keep it."""
    assert "hunter2" not in repr(load({"VCF_TOKEN": "hunter2"}))


def test_today_is_pinned_or_of_the_facility() -> None:
    """Invariant 3: the pinned date wins; without one the date is that of the facility's zone."""
    assert today(Settings(as_of=date(2026, 11, 20))) == date(2026, 11, 20)
    east, west = today(Settings(timezone="Pacific/Kiritimati")), today(Settings(timezone="Etc/GMT+12"))
    assert (east - west).days in (1, 2)  # 26 hours apart, so never the same date

"""Settings: environment variables and an optional site file, read once, checked together, frozen.

The environment wins over the site file. Every problem is reported in one go, by the name of its setting and never by
its value, because a value may be a secret. This is the only module that reads ``os.environ``. Every setting is
described in ``docs/settings.md``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cds_service.errors import SettingsError

MIB: Final = 1024 * 1024
_NOTHING: Mapping[str, object] = MappingProxyType({})

LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
"""The literal loopback hosts, the only ones the demo profile treats as its own machine."""


@dataclass(frozen=True, slots=True)
class FhirBase:
    """A FHIR base URL that may be contacted; ``private`` if it may resolve to RFC 1918 or fc00::/7 addresses."""

    url: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Times are milliseconds, sizes bytes.

    ``site_thresholds`` and ``site_conflicts`` are the tables of the site file as written; ``knowledge`` checks them
    against the ranges and the readings it knows. ``as_of`` pins the date of HTTP calls (demo profile only).
    """

    profile: str = "demo"
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    canonical_base: str = "https://vcf-cds.example/fhir"
    as_of: date | None = None
    cors_origins: tuple[str, ...] = ()
    fhir_allow: tuple[FhirBase, ...] = ()
    fhir_ca_file: Path | None = None
    fhir_search: str = "get"
    deadline_ms: int = 1500
    fhir_deadline_ms: int = 1000
    max_body: int = 8 * MIB
    default_payer: str = "medicare-ffs"
    timezone: str = "UTC"
    red_flag_cards: str = "show"
    web_concurrency: int = 2
    web_threads: int = 8
    site_thresholds: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    site_conflicts: Mapping[str, object] = field(default_factory=lambda: _NOTHING)

    @property
    def demo(self) -> bool:
        """Whether this is the demo profile: no client authentication, CORS from any localhost port."""
        return self.profile == "demo"

    def allows_origin(self, origin: str) -> bool:
        """Whether a browser page of that origin may read answers: listed exactly, or in the demo on this machine."""
        return origin in self.cors_origins or (self.demo and _is_local_origin(origin))


def load(environ: Mapping[str, str] | None = None, overrides: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. ``overrides`` are command line options by setting name (``VCF_PORT``).

    Raises SettingsError with every problem found.
    """
    values = dict(os.environ if environ is None else environ)
    values.update(overrides or {})
    problems = [
        f"{name}: there is no such setting; see docs/settings.md"
        for name in sorted(values)
        if name.startswith("VCF_") and name not in NAMES
    ]
    site = _site_file(values.get("VCF_SITE_FILE", ""), problems)
    found: dict[str, object] = {}
    for name, setting in READERS.items():
        from_site = _text(site.pop(setting.key, ""))
        text = values.get(name, "").strip() or from_site
        if not text:
            continue
        try:
            found[setting.key] = setting.read(text)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    for table in ("thresholds", "conflicts"):
        content = site.pop(table, {})
        if isinstance(content, dict):
            found[f"site_{table}"] = MappingProxyType(content)
        else:
            problems.append(f"VCF_SITE_FILE: {table} must be a table")
    problems += [f"VCF_SITE_FILE: there is no setting {key!r}; see docs/settings.md" for key in sorted(site)]
    settings = _settled(found)
    problems += _contradictions(settings, found)
    if problems:
        raise SettingsError(problems)
    return settings


def wants_no_color(environ: Mapping[str, str] | None = None) -> bool:
    """Whether the environment asks for text without colors: ``NO_COLOR`` is set and not empty, or the terminal is
    dumb. Both are conventions of terminals, not settings of ours.
    """
    values = os.environ if environ is None else environ
    return bool(values.get("NO_COLOR")) or values.get("TERM") == "dumb"


def bearer_token(environ: Mapping[str, str] | None = None) -> str | None:
    """The token in ``VCF_TOKEN``, for a command that plays the client; None without one. Raises SettingsError."""
    values = os.environ if environ is None else environ
    return read_token(values.get("VCF_TOKEN", ""), "VCF_TOKEN")


def read_token(text: str, where: str) -> str | None:
    """The bearer token that a text is; None for an empty one. Raises SettingsError, which says ``where`` it came from.

    What is no token (RFC 6750) is refused here: in a header it would end up in an error message.
    """
    token = text.strip()
    if token and not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
        raise SettingsError([f"{where}: use a bearer token, without the word Bearer"])
    return token or None


def base_url(text: str) -> str:
    """An absolute http or https URL without its last slash. Raises ValueError that says what would be accepted."""
    if not _is_base_url(text):
        raise ValueError("use an absolute http or https URL without user, query or fragment")
    return text.rstrip("/")


def _site_file(path: str, problems: list[str]) -> dict[str, object]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError:
        problems.append("VCF_SITE_FILE: the file cannot be read")
    except UnicodeDecodeError:
        problems.append("VCF_SITE_FILE: the file is not UTF-8")
    except tomllib.TOMLDecodeError as error:
        problems.append(f"VCF_SITE_FILE: not TOML {_position(error)}")
    return {}


def _position(error: tomllib.TOMLDecodeError) -> str:
    """The place of a TOML error without its text, which could quote a value."""
    found = re.search(r"\(at .*\)$", str(error))
    return found[0] if found else ""


def _text(value: object) -> str:
    """A value of the site file in the form the environment would give it."""
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


# Each reader gives a value or raises ValueError saying what would be accepted.


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"use one of {', '.join(choices)}")
        return text

    return read


def _between(low: int, high: int, unit: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"use a whole number from {low} to {high}{unit}")
        return int(text)

    return read


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("use a date, YYYY-MM-DD") from None


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", text):
        raise ValueError("use an address or a host name to listen on")
    return text


def _is_base_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and not re.search(r"\s", text)


def _origins(text: str) -> tuple[str, ...]:
    origins = _listed(text)
    for origin in origins:
        # Compared byte for byte with what a browser sends: lower case, no path, no default port.
        if not _is_base_url(origin) or urlsplit(origin).path or origin != origin.lower():
            raise ValueError("use exact origins such as https://ehr.example, separated by commas; * is not accepted")
    return origins


def _fhir_bases(text: str) -> tuple[FhirBase, ...]:
    bases = []
    for entry in _listed(text):
        url, *marks = entry.split()
        if marks not in ([], ["private"]) or not _is_base_url(url):
            raise ValueError("use FHIR base URLs separated by commas, each optionally followed by the word private")
        bases.append(FhirBase(url.rstrip("/"), private=bool(marks)))
    return tuple(bases)


def _existing_file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError("use the path of an existing file")
    return path


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("use an IANA time zone such as America/Chicago") from None
    return text


def _listed(text: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


@dataclass(frozen=True, slots=True)
class Reader:
    """How one setting is read. ``key`` is its field in Settings and its name in the site file."""

    key: str
    read: Callable[[str], object]


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "VCF_PROFILE": Reader("profile", _one_of("demo", "production")),
        "VCF_HOST": Reader("host", _host),
        "VCF_PORT": Reader("port", _between(0, 65535, "")),
        "VCF_PUBLIC_URL": Reader("public_url", base_url),
        "VCF_CANONICAL_BASE": Reader("canonical_base", base_url),
        "VCF_AS_OF": Reader("as_of", _date),
        "VCF_CORS_ORIGINS": Reader("cors_origins", _origins),
        "VCF_FHIR_ALLOW": Reader("fhir_allow", _fhir_bases),
        "VCF_FHIR_CA_FILE": Reader("fhir_ca_file", _existing_file),
        "VCF_FHIR_SEARCH": Reader("fhir_search", _one_of("get", "post")),
        "VCF_DEADLINE_MS": Reader("deadline_ms", _between(50, 60_000, " (milliseconds)")),
        "VCF_FHIR_DEADLINE_MS": Reader("fhir_deadline_ms", _between(10, 60_000, " (milliseconds)")),
        "VCF_MAX_BODY": Reader("max_body", _between(1024, 64 * MIB, " (bytes)")),
        "VCF_DEFAULT_PAYER": Reader("default_payer", _one_of("medicare-ffs", "medicare-advantage", "other", "none")),
        "VCF_TIMEZONE": Reader("timezone", _zone),
        "VCF_RED_FLAG_CARDS": Reader("red_flag_cards", _one_of("show", "suppress-only")),
        "WEB_CONCURRENCY": Reader("web_concurrency", _between(1, 256, "")),
        "VCF_WEB_THREADS": Reader("web_threads", _between(1, 256, "")),
    }
)
"""Environment variable -> how it is read. The site file takes the same settings by their ``key``."""

NAMES = frozenset(READERS) | {"VCF_SITE_FILE", "VCF_TOKEN"}
"""Every variable that is ours; ``VCF_TOKEN`` is read by the commands that play the client, never kept in Settings."""


def _settled(found: Mapping[str, object]) -> Settings:
    """Settings of the values found, with the defaults that depend on others."""
    values = {"public_url": _own_url(found), **found}
    known = {item.name for item in fields(Settings)}
    return Settings(**{key: value for key, value in values.items() if key in known})  # type: ignore[arg-type] # each reader gives its field's type


def _own_url(found: Mapping[str, object]) -> str:
    usual = Settings()
    host = str(found.get("host", usual.host))
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{found.get('port', usual.port)}"


def _contradictions(settings: Settings, found: Mapping[str, object]) -> Iterable[str]:
    if settings.fhir_deadline_ms > settings.deadline_ms:
        yield "VCF_FHIR_DEADLINE_MS: reading is part of the call, use at most VCF_DEADLINE_MS"
    if settings.demo:
        return
    if settings.as_of is not None:
        yield "VCF_AS_OF: production answers for today; unset it, or use the demo profile"
    if "public_url" not in found or not settings.public_url.startswith("https://"):
        yield "VCF_PUBLIC_URL: production needs the https URL under which clients see the service"
    if any(not origin.startswith("https://") for origin in settings.cors_origins):
        yield "VCF_CORS_ORIGINS: production accepts https origins only"
    if any(not base.url.startswith("https://") for base in settings.fhir_allow):
        yield "VCF_FHIR_ALLOW: production accepts https FHIR servers only"
    if any(_is_loopback(base.url) for base in settings.fhir_allow):
        yield "VCF_FHIR_ALLOW: production never contacts its own machine"


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_local_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        _ = parts.port
    except ValueError:
        return False
    bare = f"{parts.scheme}://{parts.netloc}" == origin and "@" not in parts.netloc
    return bare and parts.scheme in ("http", "https") and parts.hostname in LOCAL_HOSTS

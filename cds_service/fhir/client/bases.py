"""FHIR base URLs, and the URLs that may be asked under one. Every URL in a request or an answer is hostile until it
has passed here (threat model: server-side request forgery through ``fhirServer``, ``next``, references, attachments).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from cds_service.errors import SettingsError
from cds_service.fhir.client.addresses import Reach
from cds_service.settings import LOCAL_HOSTS, FhirBase

# No backslash, blank, control or non-ASCII character: parsers differ on all of them.
_PLAIN: Final = re.compile(r"[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z|~^-]{1,4000}")
_HOST: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}|[0-9a-f:.]{2,45}")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]+")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Base:
    """A FHIR base URL in one spelling: host in lower case without brackets, port always told, path without a slash at
    its end. ``host_as_sent`` keeps the spelling of the host, for the rule of the literal loopback hosts.
    """

    scheme: str
    host: str
    port: int
    path: str
    host_as_sent: str = ""
    reach: Reach = Reach.GLOBAL

    @property
    def origin(self) -> str:
        """``https://ehr.example:8443``; a default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def url(self) -> str:
        """The base URL, to which ``/Patient/1`` is appended."""
        return self.origin + self.path

    @property
    def place(self) -> tuple[str, str, int, str]:
        """What makes two bases the same."""
        return self.scheme, self.host, self.port, self.path


def read_base(text: str, reach: Reach = Reach.GLOBAL) -> Base | None:
    """The base URL that a text is, or None for anything that is not plainly one: a user, a query, a fragment, a path
    that goes up, an escape, a character that two programs could read in two ways.
    """
    text = text.rstrip("/")
    parts = _split(text)
    if parts is None or any(mark in text for mark in "?#%|^"):
        return None
    if not _is_straight(parts.path):
        return None
    host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]
    as_sent = parts.netloc.rsplit(":", 1)[0] if parts.port else parts.netloc
    return Base(parts.scheme, host, port, parts.path, as_sent.strip("[]"), reach)


def listed(allowed: Iterable[FhirBase]) -> tuple[Base, ...]:
    """The entries of the settings as bases. Raises SettingsError for one that no ``fhirServer`` could ever equal."""
    bases = [read_base(entry.url, Reach.PRIVATE if entry.private else Reach.GLOBAL) for entry in allowed]
    useless = [number for number, base in enumerate(bases, 1) if base is None]
    if useless:
        places = ", ".join(map(str, useless))
        raise SettingsError(
            [f"VCF_FHIR_ALLOW: entry {places}: use a plain base URL, without escapes, dots or ; in its path"]
        )
    return tuple(base for base in bases if base is not None)


def permitted(text: str, allowed: Iterable[Base], *, demo: bool, own_ports: Iterable[int]) -> Base | None:
    """The base that may be contacted, by the list of the settings; in the demo profile also over plain http, and the
    literal loopback hosts on any port that is not the service's own. None: there is to be no connection.
    """
    base = read_base(text)
    if base is None or not (demo or base.scheme == "https"):
        return None
    for entry in allowed:
        if entry.place == base.place and base.host not in LOCAL_HOSTS:
            return entry
    # The spelling counts: whatever else means this machine is somebody's way round the rule.
    if demo and base.host_as_sent in LOCAL_HOSTS and base.port not in own_ports:
        return Base(base.scheme, base.host, base.port, base.path, base.host_as_sent, Reach.LOOPBACK)
    return None


def under(base: Base, link: str) -> str | None:
    """The URL that a link of an answer names, if it lies on the base's origin and under its path; None otherwise.

    ``BASE?_getpages=...`` without a slash counts as under it: so HAPI pages.
    """
    text = link.strip()
    if _SCHEME.match(text) is None:
        text = base.origin + text if text.startswith("/") else f"{base.url}/{text}"
    parts = _split(text)
    if parts is None or parts.fragment or "#" in text or not _is_straight(unquote(parts.path)):
        return None
    if unquote(unquote(parts.path)) != unquote(parts.path):
        return None
    found = (parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme])
    if found != (base.scheme, base.host, base.port):
        return None
    if parts.path != base.path and not parts.path.startswith(f"{base.path}/"):
        return None
    query = f"?{parts.query}" if parts.query else ""
    return base.origin + parts.path + query


def document(base: Base, link: str) -> str | None:
    """The URL of a single document that a link names, as ``under``; None also where it names a list or the server
    itself: some answer ``Binary/`` with everybody's data.
    """
    url = under(base, link)
    if url is None:
        return None
    steps = urlsplit(url).path.removeprefix(base.path).split("/")[1:]
    if not steps or not steps[-1] or (len(steps) == 1 and _TYPE.fullmatch(steps[0])):
        return None
    return url


def _split(text: str) -> SplitResult | None:
    """The parts of an absolute http(s) URL with a host and nothing before it."""
    if _PLAIN.fullmatch(text) is None:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc or parts.netloc.endswith(":") or port == 0:
        return None
    return parts if _HOST.fullmatch(parts.hostname or "") else None


def _is_straight(path: str) -> bool:
    """Whether a path goes nowhere but down: no empty, ``.`` or ``..`` step, nothing that some server reads as one."""
    if "\\" in path or ";" in path or _PLAIN.fullmatch(path or "/") is None:
        return False
    steps = path.split("/")[1:]
    return all(step not in ("", ".", "..") for step in steps[:-1]) and (not steps or steps[-1] not in (".", ".."))

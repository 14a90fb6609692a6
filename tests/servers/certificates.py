"""Certificates for the TLS servers of the tests, made new in every run: no key lies in the repository."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme

from tests.servers.listening import LOCAL

HOSTS = (LOCAL, "::1", "localhost", "ehr.example")
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
NOT_SO_LONG_AGO = datetime(2002, 1, 1, tzinfo=UTC)


@cache
def authority() -> trustme.CA:
    """The authority that a test may tell the service to trust."""
    return trustme.CA(organization_name="Authority of the tests")


def write_authority(folder: Path) -> Path:
    """The certificate of the authority as a PEM file."""
    file = folder / "authority.pem"
    authority().cert_pem.write_to_path(file)
    return file


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@cache
def good() -> ssl.SSLContext:
    """For this machine, by the authority."""
    return _context(authority().issue_cert(*HOSTS))


@cache
def expired() -> ssl.SSLContext:
    """For this machine, by the authority, valid in 2001."""
    return _context(authority().issue_cert(*HOSTS, not_before=LONG_AGO, not_after=NOT_SO_LONG_AGO))


@cache
def of_another_host() -> ssl.SSLContext:
    """By the authority, for a name that nobody asks for."""
    return _context(authority().issue_cert("other.example"))


@cache
def of_an_unknown_authority() -> ssl.SSLContext:
    """For this machine, by an authority that nobody trusts."""
    return _context(trustme.CA(organization_name="Nobody's authority").issue_cert(*HOSTS))


@cache
def self_signed() -> ssl.SSLContext:
    """A certificate that signs itself."""
    own = trustme.CA(organization_name="Self-signed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "self.pem"
        own.private_key_pem.write_to_path(file)
        own.cert_pem.write_to_path(file, append=True)
        context.load_cert_chain(file)
    return context

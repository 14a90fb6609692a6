"""The client's side of CDS Hooks: what an EHR does between reading discovery and calling a service."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

from tests.hapi.loading import PATIENCE

Json = dict[str, Any]

_TOKEN: Final = re.compile(r"{{\s*([A-Za-z.]+)\s*}}")
_MOST_PAGES: Final = 20


def filled(template: str, context: Mapping[str, Any]) -> str | None:
    """The query of a prefetch template; None where a token has no value, and then an EHR leaves the key out."""
    kind, _, user = str(context.get("userId", "")).partition("/")
    values = {f"context.{name}": value for name, value in context.items()} | {f"user{kind}Id": user}
    if not all(values.get(token) for token in _TOKEN.findall(template)):
        return None
    return _TOKEN.sub(lambda token: str(values[token[1]]), template)


def by_get(base: str, query: str) -> requests.Response:
    """A read or a search as a URL."""
    return requests.get(f"{base}/{query}", timeout=PATIENCE)


def by_post(base: str, query: str) -> requests.Response:
    """A search as a form, ``POST [type]/_search``; a read has no such form and goes by GET."""
    kind, is_search, parameters = query.partition("?")
    if not is_search:
        return by_get(base, query)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return requests.post(f"{base}/{kind}/_search", data=parameters, headers=form, timeout=PATIENCE)


def next_page(bundle: Mapping[str, Any]) -> str | None:
    """The URL of the page after this one."""
    return next((link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"), None)


def whole(first: Mapping[str, Any]) -> Json:
    """An answer with every further page read: one Bundle without `next`. A resource stays what it is."""
    if first["resourceType"] != "Bundle":
        return dict(first)
    entries = [*first.get("entry", ())]
    url = next_page(first)
    for _ in range(_MOST_PAGES):
        if url is None:
            return {"resourceType": "Bundle", "type": "searchset", **({"entry": entries} if entries else {})}
        page = requests.get(url, timeout=PATIENCE).json()
        entries += page.get("entry", ())
        url = next_page(page)
    raise ValueError(f"more than {_MOST_PAGES} pages")


@dataclass(frozen=True, slots=True)
class Ehr:
    """A CDS client: the service it calls, and the FHIR server that holds its records."""

    service: str
    fhir: str

    def templates(self, hook: str) -> Mapping[str, str]:
        """The prefetch templates of a hook's service, as discovery tells them."""
        listed = requests.get(f"{self.service}/cds-services", timeout=PATIENCE).json()["services"]
        return next(entry["prefetch"] for entry in listed if entry["hook"] == hook)

    def queries(self, call: Mapping[str, Any]) -> dict[str, str]:
        """Prefetch key to query, for the keys whose tokens this call fills."""
        found = ((key, filled(template, call["context"])) for key, template in self.templates(call["hook"]).items())
        return {key: query for key, query in found if query is not None}

    def prefetch(
        self,
        call: Mapping[str, Any],
        keys: Iterable[str] | None = None,
        read: Callable[[Mapping[str, Any]], Json] = whole,
    ) -> Json:
        """The answers to the queries of some keys (all unless given); ``read`` makes of the first page what is sent."""
        queries = self.queries(call)
        return {key: read(by_get(self.fhir, queries[key]).json()) for key in (queries if keys is None else keys)}

    def call(self, call: Mapping[str, Any], **more: Any) -> requests.Response:
        """Call the service of the hook; ``more`` are members such as ``fhirServer`` and ``prefetch``."""
        url = f"{self.service}/cds-services/vcf-{call['hook']}"
        return requests.post(url, json={**call, **more}, timeout=PATIENCE)

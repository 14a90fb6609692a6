"""What holds for every resource that leaves the service, said once for all tests of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds_service.knowledge.systems import CPT, HCPCS
from cds_service.knowledge.value_set import load_value_sets

PATIENT = "Patient/p-1"


def values(tree: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a resource with its path, containers included."""
    yield path, tree
    if isinstance(tree, Mapping):
        for name, member in tree.items():
            yield from values(member, f"{path}.{name}")
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from values(item, f"{path}[{index}]")


def codings(tree: object) -> list[Mapping[str, Any]]:
    """Every Coding of a resource."""
    return [v for path, v in values(tree) if isinstance(v, Mapping) and ".coding[" in path and "code" in v]


def displays(system: str, code: str) -> set[str]:
    """The displays of a verified coding over all shipped sets."""
    rows = (each.row(system, code) for each in load_value_sets().values())
    return {row["display"] for row in rows if row is not None}


def assert_draft(resource: Mapping[str, Any], subject: str = PATIENT) -> None:
    """G6 and design 7: a draft proposal of this patient, nothing null or empty, no id, every code verified and free."""
    empty = [path for path, value in values(resource) if value is None or value in ("", {}, [])]
    assert not empty
    assert "id" not in resource
    assert (resource["status"], resource["intent"]) == ("draft", "proposal")
    assert resource["for" if resource["resourceType"] == "Task" else "subject"] == {"reference": subject}
    assert resource["authoredOn"] == "2026-11-20"
    assert resource["priority"] in {"routine", "urgent", "asap", "stat"}
    for each in codings(resource):
        assert each["display"] in displays(each["system"], each["code"])
        assert each["system"] not in {CPT, HCPCS}

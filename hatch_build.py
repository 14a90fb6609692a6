"""Puts the top-level cards/ and openapi.yaml inside the package when a wheel is built, and only then.

Hatchling's `force-include` would do it in one line of configuration, but it copies into site-packages for editable
installs too, and the copies there go stale.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSIDE = {"cards": "cds_service/_cards", "openapi.yaml": "cds_service/_openapi.yaml"}


class ShippedData(BuildHookInterface[Any]):
    """Adds `INSIDE` to a standard wheel; leaves an editable one to read the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`version` is "standard" or "editable"; `build_data` is hatchling's, changed in place."""
        if version == "standard":
            build_data["force_include"].update(INSIDE)

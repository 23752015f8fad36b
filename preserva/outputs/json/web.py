"""The document of `web people`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from preserva.outputs.json.parts import JsonDocument


def people_document(people: Iterable[tuple[str, str, bool]]) -> JsonDocument:
    """Who may use the pages: code, role, and whether they have chosen a password."""
    return {
        "people": [
            {"person": code, "role": role, "has_password": has_password}
            for code, role, has_password in people
        ]
    }

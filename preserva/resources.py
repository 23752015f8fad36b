"""The JSON Schemas and profiles of preserva itself, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).parent / "schemas"
_CHECKOUT = Path(__file__).parents[1] / "schemas"


def schema_file(name: str) -> Path:
    """The file of one of our schemas, such as "config.schema.json"."""
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return folder / name

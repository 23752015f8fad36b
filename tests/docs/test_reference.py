"""The reference pages say what the code says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from preserva.cli.main import VERBS
from preserva.core.book.structure import PageType, PartType
from preserva.core.values.codes import Code
from preserva.resources import schema_file
from tests.conftest import ROOT


def test_every_finding_is_in_the_manual() -> None:
    """Code, sentence and source, and no other."""
    page = (ROOT / "docs" / "reference" / "findings.md").read_text("utf-8")
    rows = re.findall(r"^\| ([EWU]\d{3}) \| (.*) \| (.*) \|$", page, re.MULTILINE)
    assert sorted(rows) == sorted((str(one.value), one.message, one.source) for one in Code)


def test_codes_and_sentences_are_each_given_once() -> None:
    """An Enum would quietly make the second an alias of the first."""
    text = (ROOT / "preserva" / "core" / "values" / "codes.py").read_text("utf-8")
    declared = re.findall(r"^    [A-Z][A-Z0-9_]+ = \(\s*\"([EWU]\d{3})\"", text, re.MULTILINE)
    assert len(declared) == len(set(declared)) == len(Code)


def test_every_verb_is_in_the_readme() -> None:
    """With the options that it needs."""
    readme = (ROOT / "README.md").read_text("utf-8")
    for verb in set(VERBS) - {"config"}:
        assert f"`{verb}" in readme or f"preserva {verb}" in readme, verb


def test_links_between_pages_lead_somewhere() -> None:
    """Relative links of every page."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_key_of_the_configuration_is_in_the_manual() -> None:
    """Those of the schema, and no other."""
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))
    schema = json.loads(schema_file("config.schema.json").read_text("utf-8"))
    expected = set()
    for section, rules in schema["properties"].items():
        inner = rules.get("additionalProperties")
        keys = inner["properties"] if inner else rules["properties"]
        expected |= {f"{section}.{'ID.' if inner else ''}{key}" for key in keys}
    assert documented == expected


def test_every_key_of_an_exhibition_is_in_the_manual() -> None:
    """Those of the schema, and no other."""
    page = (ROOT / "docs" / "reference" / "exhibition.md").read_text("utf-8")
    schema = json.loads(schema_file("exhibition.schema.json").read_text("utf-8"))
    documented = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert documented == list(_keys("", schema))


def _keys(above: str, rules: dict[str, Any]) -> Iterator[str]:
    for key, one in rules["properties"].items():
        inner = one.get("items", one)
        if inner.get("type") == "object":
            yield from _keys(f"{above}{key}.", inner)
        else:
            yield f"{above}{key}"


def test_every_type_of_page_and_part_is_in_the_manual() -> None:
    """In the order of the code, and no other."""
    page = (ROOT / "docs" / "reference" / "structure.md").read_text("utf-8")
    types = page.partition("## Types")[2].partition("## What")[0]
    of_pages, _, of_parts = types.partition("Of parts:")
    assert re.findall("`([a-z_]+)`", of_pages) == [one.value for one in PageType]
    assert re.findall("`([a-z_]+)`", of_parts) == [one.value for one in PartType]

"""The threat table names a test beside each line, and each of them exists."""

from __future__ import annotations

import ast
import re

from tests.conftest import ROOT


def test_each_threat_has_a_test() -> None:
    """Each row of the table of threats ends with a test function that there is."""
    page = (ROOT / "docs" / "explanation" / "trust.md").read_text("utf-8")
    table = page.partition("| threat |")[2].partition("\n\n")[0]
    rows = [row for row in table.splitlines()[2:] if row.startswith("|")]
    assert len(rows) > 20
    named = [re.fullmatch(r"\|.+\|.+\| `([\w/]+\.py)::(test_\w+)` \|", row) for row in rows]
    assert all(named), [row for row, match in zip(rows, named, strict=True) if not match]
    for match in filter(None, named):
        tree = ast.parse((ROOT / match[1]).read_text("utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert match[2] in functions, match[0]

"""The page on packages names every check of a package by its code."""

from __future__ import annotations

import re

from preserva.core.values.codes import Code
from tests.conftest import ROOT

PACKAGE_CODES = re.compile(r"E43[1-9]|[EUW]5[0-2]\d")


def test_every_code_of_a_package_is_explained() -> None:
    page = (ROOT / "docs/reference/package.md").read_text("utf-8")
    checks = page.partition("## What is checked\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"\b[EUW]\d{3}\b", checks))
    known = {code.value for code in Code}
    assert named <= known
    assert {code for code in known if PACKAGE_CODES.fullmatch(code)} <= named

"""What marcxchange-2-0.xsd demands of a record or a collection, as rules.

The schema is not among the files that tests share, so its rules stand here: ISO 25577, and the
schema of July 2013 at the Library of Congress.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

_SPACE = "{info:lc/xmlns/marcxchange-v2}"
_ASCII = "[\x00-\x7f]"
_LEADER = re.compile(rf"[0-9]{{5}}{_ASCII}{{5}}[0-9]{{7}}{_ASCII}{{3}}[0-9]{{3}}{_ASCII}")
_CONTROL = re.compile("00[1-9A-Za-z]")
_TAG = re.compile("(?!000)[0-9A-Za-z]{3}")
_INDICATOR = re.compile(_ASCII)
_CODE = re.compile("[\x00-\xff]{0,8}")
_TOKEN = re.compile(r"[\w.:-]+")
_ORDER = ("leader", "controlfield", "datafield")


def violations(root: etree._Element) -> list[str]:
    """Everything in a record, or a collection of records, that the schema forbids."""
    if root.tag == f"{_SPACE}collection":
        return [what for record in root for what in violations(record)]
    return list(_of_record(root))


def _of_record(record: etree._Element) -> Iterator[str]:
    if record.tag != f"{_SPACE}record":
        yield f"{record.tag} is no record"
    for name, value in record.attrib.items():
        if name not in ("format", "type", "id") or not _TOKEN.fullmatch(str(value)):
            yield f"attribute {name!s}"
    names = [str(child.tag).removeprefix(_SPACE) for child in record]
    if names != sorted(names, key=_ORDER.index) or names.count("leader") > 1:
        yield f"order {names}"
    for name, child in zip(names, record, strict=True):
        text = child.text or ""
        if name == "leader" and not _LEADER.fullmatch(text):
            yield f"leader {text!r}"
        elif name == "controlfield" and not _CONTROL.fullmatch(child.get("tag") or ""):
            yield f"control field {child.get('tag')!r}"
        elif name == "datafield":
            yield from _of_field(child)


def _of_field(field: etree._Element) -> Iterator[str]:
    tag = field.get("tag") or ""
    if not _TAG.fullmatch(tag):
        yield f"data field {tag!r}"
    for name, value in field.attrib.items():
        if name != "tag" and not (
            re.fullmatch("ind[1-9]", str(name)) and _INDICATOR.fullmatch(str(value))
        ):
            yield f"{tag} {name!s}={value!r}"
    if not len(field):
        yield f"{tag} is empty"
    for child in field:
        if child.tag != f"{_SPACE}subfield" or not _CODE.fullmatch(child.get("code") or ""):
            yield f"{tag} subfield {child.get('code')!r}"

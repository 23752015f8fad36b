"""The METS of others may say anything: pages, makers and rights are read, or nothing is."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from preserva.core.eark.makers import makers_in_mets, makers_in_tags, rights_in_mets
from preserva.core.eark.mets import NAMESPACE
from preserva.core.eark.received_pages import in_page_order, pages_of_package
from preserva.core.xml.safe import UnsafeXMLError

FILES = {"a.tif", "b.tif", "data/c d.tif", "METS.xml"}
_TAGS = st.sampled_from(
    ["structMap", "div", "fptr", "area", "fileSec", "fileGrp", "file", "FLocat", "metsHdr",
     "agent", "name", "note", "rightsMD", "amdSec"]
)  # fmt: skip
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))
_VALUES = st.one_of(
    st.sampled_from(["PHYSICAL", "LOGICAL", "page", "physSequence", "f1", "f2", "URL", "-", "",
                     *FILES, "../a.tif", "https://x.test/a.tif", "CREATOR", "ORGANIZATION"]),
    _TEXT,
)  # fmt: skip
_NAMES = st.sampled_from(
    ["TYPE", "ID", "FILEID", "LOCTYPE", "ORDERLABEL", "ORDER", "ROLE", "OTHERROLE",
     "{http://www.w3.org/1999/xlink}href"]
)  # fmt: skip
_ELEMENTS: st.SearchStrategy[Any] = st.recursive(
    st.tuples(_TAGS, st.dictionaries(_NAMES, _VALUES), st.just([]), _TEXT),
    lambda inner: st.tuples(_TAGS, st.dictionaries(_NAMES, _VALUES), st.lists(inner), _TEXT),
    max_leaves=20,
)


def _written(parent: etree._Element, element: tuple) -> None:  # type: ignore[type-arg]
    tag, attributes, children, text = element
    node = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", attributes)
    node.text = text
    for child in children:
        _written(node, child)


@given(st.lists(_ELEMENTS))
def test_whatever_mets_says_is_read_or_passed_over(elements: list[tuple]) -> None:  # type: ignore[type-arg]
    root = etree.Element(f"{{{NAMESPACE}}}mets")
    for element in elements:
        _written(root, element)
    data = etree.tostring(root)
    pages = pages_of_package(["METS.xml"], FILES, lambda _path: data)
    assert pages.keys() <= FILES
    assert all(page.number > 0 and page.label != "" for page in pages.values())
    ordered = in_page_order(FILES, pages)
    assert sorted(ordered) == sorted(FILES)
    numbers = [pages[path].number for path in ordered if path in pages]
    assert numbers == sorted(numbers)
    assert all(path in pages for path in ordered[: len(numbers)])
    assert all(maker.name and maker.agent(1).note for maker in makers_in_mets(data))
    rights_in_mets(data)


@given(st.binary())
def test_what_is_no_mets_is_refused_or_says_nothing(data: bytes) -> None:
    assert pages_of_package(["METS.xml"], FILES, lambda _path: data) == {}
    for read in (makers_in_mets, rights_in_mets):
        with suppress(UnsafeXMLError):
            assert not read(data)


@given(st.lists(st.tuples(st.sampled_from(["Source-Organization", "Contact-Email", "X"]), _TEXT)))
def test_tags_name_makers_or_nobody(tags: list[tuple[str, str]]) -> None:
    makers = makers_in_tags(tags)
    assert all(maker.name for maker in makers)

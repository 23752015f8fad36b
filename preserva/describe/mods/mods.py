"""MODS 3.8 of a record, made by the rules of the crosswalk. Same record, same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from lxml import etree

from preserva.describe.catalogue_record import Dialect, Field, Record, Subfield
from preserva.describe.marc.coded_data import add_dates
from preserva.describe.marc.holdings import Holding, read_holdings
from preserva.describe.mods import language
from preserva.describe.mods.crosswalk import (
    ARTICLE,
    FAMILY,
    HOLDING,
    HOLDING_NOTE,
    PathStep,
    Rule,
    crosswalk,
)
from preserva.describe.mods.xml_text import clean, plain, split_non_sorting
from preserva.describe.xml_record import MODS

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOCATION = f"{MODS} http://www.loc.gov/standards/mods/v3/mods-3-8.xsd"

# the stubs do not know of the default namespace, whose prefix is None
_NAMESPACES = cast("dict[str, str]", {None: MODS, "xsi": _XSI})

# the sequence that the schema prescribes inside copyInformation
_COPY_ORDER = ("form", "subLocation", "shelfLocator", "note", "itemIdentifier")
_LINK = re.compile(r"(\d{3})-(\d\d)")
_GROUP = re.compile(r"(?:\d{3}-|[a-z])(\d\d)")  # MARC 21 and UNIMARC, control subfield $6
_FAMILY = PathStep("namePart", (("type", "family"),))


def mods(record: Record) -> etree._Element:
    """The mods element of a MARC or IRBIS record."""
    root = etree.Element(f"{{{MODS}}}mods", nsmap=_NAMESPACES, version="3.8")
    root.set(f"{{{_XSI}}}schemaLocation", _LOCATION)
    family = FAMILY.get(record.dialect)
    if family is None:
        _undefined(root, record.fields)
        return root
    rules = crosswalk().rules[family]
    codes = languages(record)
    builder = _Builder(rules, codes, record.dialect is Dialect.MARC21)
    builder.build(root, _with_units(record))
    _one_primary(root)
    if record.dialect is Dialect.MARC21:
        _languages(root, codes)
    if _is_article(record):
        for host in root.iterfind(f"{{{MODS}}}relatedItem[@type='host']"):
            host.set("displayLabel", ARTICLE)
    _resource(root, record.leader, family)
    add_dates(root, record)
    for holding in read_holdings(record, rules):
        _holding(root, holding)
    _record_info(root, record)
    return root


def languages(record: Record) -> list[str]:
    """The codes of the languages of the text (ISO 639-2/B)."""
    if record.dialect is Dialect.MARC21:
        # before 2001 several codes stood in one subfield, without a space
        codes = "".join(code for field in record.all("041") for code in field.all("a"))
        codes = codes or record.control("008")[35:38]
        return [code for code in re.findall("[a-z]{3}", codes) if code != "und"]
    return [
        code.strip().lower()
        for field in record.all("101")
        for code in (*field.all("a"), field.value)
        if code.strip()
    ]


def _is_article(record: Record) -> bool:
    """Whether it describes a component part: leader/7 a or b; in IRBIS, by the worksheet."""
    if record.dialect is Dialect.IRBIS:
        sheet = record.first("920")
        return sheet is not None and sheet.value.upper().startswith("ASP")
    return record.leader[7:8] in ("a", "b")


def _with_units(record: Record) -> list[Field]:
    """The fields; in IRBIS, the extent with its unit, which stands in a subfield of its own."""
    if record.dialect is not Dialect.IRBIS:
        return list(record.fields)
    return [_with_unit(field) if field.tag == "215" else field for field in record.fields]


def _with_unit(field: Field) -> Field:
    unit = field.first("1").strip()
    subfields = (
        Subfield("a", f"{subfield.value} {unit}".strip()) if subfield.code == "a" else subfield
        for subfield in field.subfields
    )
    return replace(field, subfields=tuple(subfields))


def _one_primary(root: etree._Element) -> None:
    """The first title and the first name are primary, not their forms in another script."""
    for name in ("titleInfo", "name"):
        for node in root.findall(f"{{{MODS}}}{name}[@usage='primary']")[1:]:
            del node.attrib["usage"]


def _languages(root: etree._Element, codes: Sequence[str]) -> None:
    """Languages of MARC 21: from 008 if there is no 041; one code in each element."""
    step = PathStep("languageTerm", (("type", "code"), ("authority", "iso639-2b")))
    for node in root.findall(f"{{{MODS}}}language"):
        part = {str(name): str(value) for name, value in node.attrib.items()}
        terms = [term.text or "" for term in node]
        root_index = root.index(node)
        root.remove(node)
        for code in re.findall("[a-z]{3}", "".join(terms)) if part else ():
            original = etree.Element(f"{{{MODS}}}language", part)
            root.insert(root_index, original)
            _element(original, step).text = code
    for code in codes:
        _element(_element(root, PathStep("language")), step).text = code


class _Builder:
    """Elements for fields by the rules of one family."""

    def __init__(self, rules: Sequence[Rule], codes: list[str], trim: bool) -> None:
        self._rules = rules
        self._codes = codes
        self._trim = trim

    def build(self, parent: etree._Element, fields: Sequence[Field]) -> None:
        """All elements of these fields below the parent, in the order of the rules."""
        fields = [_alternate(field) for field in fields]
        tags = {field.tag for field in fields}
        merged: dict[str, etree._Element] = {}
        for rule in self._rules:
            if rule.element[0].name in (HOLDING, HOLDING_NOTE) or tags.isdisjoint(rule.tags):
                continue
            for field in fields:
                if rule.applies(field.tag, field.indicators):
                    self._apply(parent, rule, field, merged)

    def _apply(
        self, parent: etree._Element, rule: Rule, field: Field, merged: dict[str, etree._Element]
    ) -> None:
        values = list(self._values(rule, field))
        if not values and not field.embedded:
            return
        if all(path[0].name == "." for path, _text in values) and not field.embedded:
            self._texts(parent, rule, field, [text for _path, text in values])
            return
        key = rule.element[0].name
        element = merged.get(key) if rule.merge else None
        if element is None:
            element = _chain(parent, rule.element)
            _describe(element, rule, field)
            if rule.merge:
                merged[key] = element
        for path, text in values:
            self._place(element, path, text)
        if field.embedded:
            self.build(element, field.embedded)
            for child in element.iterchildren():
                child.attrib.pop("usage", "")
        if rule.role and element.find(f"{{{MODS}}}role") is None:
            term = _leaf(element, (PathStep("role"), PathStep("roleTerm")))
            term.text = rule.role
            _role(term, words=False)
        self._speak(element)

    def _values(self, rule: Rule, field: Field) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        paths = dict(rule.subfields)
        if "" in paths and plain(field.value):
            yield paths[""], plain(field.value)
        before = ""
        for subfield in field.subfields:
            if subfield.code in paths and plain(subfield.value):
                path, text = paths[subfield.code], subfield.value
                if path[-1] == _FAMILY and field.indicators[1:2] == "0":
                    path = (*path[:-1], PathStep("namePart"))  # a forename or a name of one word
                if path[-1].name == "subTitle" and before.endswith("="):
                    text = f"= {text}"  # a parallel title: only ISBD's sign says so
                yield path, text
                before = subfield.value.rstrip()

    def _texts(
        self, parent: etree._Element, rule: Rule, field: Field, texts: Sequence[str]
    ) -> None:
        texts = [self._text(text) for text in texts]
        for text in texts if rule.join is None else [rule.join.join(texts)]:
            element = _chain(parent, rule.element)
            _describe(element, rule, field)
            element.text = text

    def _place(self, element: etree._Element, path: tuple[PathStep, ...], text: str) -> None:
        leaf = path[-1]
        if leaf.name == "title":
            article, text = split_non_sorting(text.removeprefix("= "))
            if article:
                _leaf(element, (*path[:-1], PathStep("nonSort"))).text = article
        node = _leaf(element, path)
        node.text = self._text(text)
        if leaf.name == "namePart":
            node.text = node.text.strip(" ,;:") or node.text
        elif leaf.name == "roleTerm":
            _role(node, words=bool(leaf.attributes))

    def _text(self, text: str) -> str:
        text = plain(text)
        return text.rstrip(" /:;,=") if self._trim else text

    def _speak(self, element: etree._Element) -> None:
        """Set the language of a title: of titleInfo, or of the titleInfo just below."""
        for info in [element, *element.iterchildren()]:
            if etree.QName(info).localname != "titleInfo" or info.get("type") == "translated":
                continue
            detected = language.of_text("".join(map(str, info.itertext())), self._codes)
            for name, value in (
                ("lang", detected.code),
                (_XML_LANG, detected.tag),
                ("script", detected.script),
            ):
                if value:
                    info.set(name, value)


def _alternate(field: Field) -> Field:
    """MARC 21's 880 as the field of which it is the form in another script."""
    link = _LINK.match(field.first("6")) if field.tag == "880" else None
    return Field(link[1], field.indicators, field.subfields) if link else field


def _describe(element: etree._Element, rule: Rule, field: Field) -> None:
    source = plain(field.first(rule.type_from)) if rule.type_from else ""
    if source:
        name = etree.QName(element).localname
        element.set("type" if name == "identifier" else "authority", source)
    link = _GROUP.match(field.first("6"))
    if link and link[1] != "00" and rule.element[0].name != "relatedItem":
        element.set("altRepGroup", link[1])


def _element(parent: etree._Element, step: PathStep) -> etree._Element:
    return etree.SubElement(parent, f"{{{MODS}}}{step.name}", dict(step.attributes))


def _chain(parent: etree._Element, path: Sequence[PathStep]) -> etree._Element:
    for step in path:
        parent = _element(parent, step)
    return parent


def _leaf(element: etree._Element, path: Sequence[PathStep]) -> etree._Element:
    """A new last element of the path; its parents are shared unless it would repeat in them.

    All parts of a name in one field are those of one name.
    """
    *way, leaf = path
    for step in way:
        last = next(element.iterchildren(f"{{{MODS}}}{step.name}", reversed=True), None)
        repeats = last is not None and last.find(f"{{{MODS}}}{leaf.name}") is not None
        if last is None or (repeats and leaf.name != "namePart"):
            last = _element(element, step)
        element = last
    return _element(element, leaf)


def _role(node: etree._Element, *, words: bool) -> None:
    """Say a role by its MARC relator too: beside its words, or in place of another code.

    What a name has as words and as a code is one role.
    """
    role = cast("etree._Element", node.getparent())
    code = node.text or ""
    if words or code[:3].isdigit():
        code = crosswalk().relator(code)
    if not re.fullmatch("[a-z]{3}", code):
        if not words:
            node.set("type", "code")
        return
    name = cast("etree._Element", role.getparent())
    if any(term is not node and term.text == code for term in name.iter(f"{{{MODS}}}roleTerm")):
        if words:
            return
        role.remove(node)
        if not len(role):
            name.remove(role)
        return
    if words:
        node = _element(role, PathStep("roleTerm"))
    node.set("type", "code")
    node.set("authority", "marcrelator")
    node.set("authorityURI", "http://id.loc.gov/vocabulary/relators")
    node.set("valueURI", f"http://id.loc.gov/vocabulary/relators/{code}")
    node.text = code


def _resource(root: etree._Element, leader: str, family: str) -> None:
    value = crosswalk().resource.get(family, {}).get(leader[6:7])
    if value is None:
        return
    manuscript = value.startswith("manuscript:")
    element = _element(root, PathStep("typeOfResource"))
    if manuscript:
        element.set("manuscript", "yes")
    if leader[7:8] == "c":  # bibliographic level
        element.set("collection", "yes")
    element.text = value.removeprefix("manuscript:")


def _holding(root: etree._Element, holding: Holding) -> None:
    location = _element(root, PathStep("location"))
    if holding.holder:
        _element(location, PathStep("physicalLocation")).text = clean(holding.holder)
    simple = _element(location, PathStep("holdingSimple"))
    information = _element(simple, PathStep("copyInformation"))
    for name in _COPY_ORDER:
        for attributes, text in holding.parts.get(name, []):
            _element(information, PathStep(name, attributes)).text = plain(text)


def _record_info(root: etree._Element, record: Record) -> None:
    info = root.find(f"{{{MODS}}}recordInfo")
    if info is None:
        info = _element(root, PathStep("recordInfo"))
    for date in info.iterchildren(f"{{{MODS}}}recordChangeDate"):
        date.set("encoding", "marc" if len(date.text or "") == 6 else "iso8601")
    root.append(info)  # at the end, where people look for it
    how = f"{record.syntax.value}, character set {record.charset}"
    _element(
        info, PathStep("recordOrigin")
    ).text = f"Converted from {record.dialect.value} ({how}) by preserva"


def _undefined(root: etree._Element, fields: Sequence[Field]) -> None:
    """Notes only: what the tags mean is not known."""
    for field in fields:
        text = plain(" ".join([field.value, *(subfield.value for subfield in field.subfields)]))
        if text:
            note = _element(root, PathStep("note", (("displayLabel", clean(field.tag)),)))
            note.text = text
    if not len(root):
        _element(root, PathStep("recordInfo"))

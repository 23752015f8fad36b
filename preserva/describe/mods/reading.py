"""One way of reading a MODS record for every purpose: titles, names, languages, numbers.

Dublin Core, the union catalogue, the title of a package and its identifier are all made of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import cast

from lxml import etree

from preserva.describe.mods import language
from preserva.describe.mods.crosswalk import ARTICLE
from preserva.describe.mods.xml_text import plain
from preserva.describe.xml_record import MODS

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SPACE = {"m": MODS}
_VOLUME = "m:part/m:detail[@type='volume']/m:number"
_HOSTS = (
    f"m:relatedItem[@type='host'][not(@displayLabel='{ARTICLE}')]"
    "[not(m:part/m:date | m:part/m:text | m:part/m:extent | m:part/m:detail[@type='issue'])]"
)
_NUMERAL = re.compile(r"[IVXLCІХ]+\.?,?")
_AUTHORS = {"aut", "author", "creator", "cre"}
_STANDARD = ("isbn", "issn", "ismn", "fingerprint")
_PUBLISHED = "m:originInfo[not(@eventType) or @eventType='publication']"


@dataclass(frozen=True, slots=True)
class Title:
    """A title in one line, and its BCP 47 language if that is known."""

    text: str
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as people write it, other forms of it, roles, authority record, dates.

    `scripts` are the forms in other scripts that the record has beside it. `creates` is true for a
    creator of the work, as opposed to a contributor or an owner of the item.
    """

    text: str
    forms: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    authority: str = ""
    dates: str = ""
    creates: bool = True
    scripts: tuple[str, ...] = ()


def titles(mods: etree._Element) -> list[Title]:
    """The book's own title first, that of a volume with its set before it; then all others.

    A uniform title comes first only if there is no other.
    """
    nodes = all_of(mods, "m:titleInfo")
    own = next((node for node in nodes if node.get("usage") == "primary" and _is_own(node)), None)
    own = own if own is not None else next(filter(_is_own, nodes), None)
    own = own if own is not None else next(iter(nodes), None)
    if own is None:
        return []
    others = [node for node in nodes if node is not own]
    listed = [Title(_whole_title(mods, own), _lang(own))]
    listed += [Title(title_text(node), _lang(node)) for node in others]
    return [title for title in listed if title.text]


def title_text(info: etree._Element, *, short: bool = False) -> str:
    """A titleInfo in one line; if `short`, without what explains it (subTitle)."""
    text = article = ""
    for child in info.iterchildren(f"{{{MODS}}}*"):
        name, part = etree.QName(child).localname, text_of(child)
        if name == "nonSort":
            article = part if part.endswith(("'", "’", "-")) else f"{part} "
            continue
        if name == "title":
            part, article = article + part, ""
        if not part or (short and name == "subTitle"):
            continue
        if not text:
            text = part
        elif name == "subTitle":
            text += f" {part}" if part.startswith("=") else f" : {part}"
        else:
            text = f"{text.rstrip(' .')}. {part}"
    return text or article.strip()


def names(mods: etree._Element) -> list[Name]:
    """Every person and body once, in the order of the record, whatever scripts they stand in."""
    found: list[Name] = []
    places: dict[tuple[str | None, str | None], int] = {}
    for node in all_of(mods, "m:name"):
        name, group = name_of(node), (node.get("type"), node.get("altRepGroup"))
        if not name.text:
            continue
        if group[1] and group in places:
            first = found[places[group]]
            found[places[group]] = replace(
                first,
                forms=each((*first.forms, name.text, *name.forms)),
                roles=each((*first.roles, *name.roles)),
                scripts=each((*first.scripts, name.text)),
            )
            continue
        places[group] = len(found)
        found.append(name)
    return found


def name_of(node: etree._Element) -> Name:
    """A name: family name, given names or initials, then titles; "Титов, Ф. И.", "Екатерина II"."""
    parts: dict[str, list[str]] = {}
    for part in all_of(node, "m:namePart"):
        parts.setdefault(part.get("type") or "", []).append(text_of(part))
    given, longer = _given(parts.get("given", []), parts.get("", []))
    corporate = node.get("type") in ("corporate", "conference")
    joint = ". " if corporate else ", "
    first = joint.join(filter(None, parts.get("", [])))
    text = ", ".join(filter(None, [*parts.get("family", []), first, given]))
    for title in parts.get("termsOfAddress", []):
        text += (" " if _NUMERAL.fullmatch(title) else ", ") + title if title else ""
    text = text or first_text(node, "m:displayForm")
    roles = each(map(_role, all_of(node, "m:role")))
    family = ", ".join([*parts.get("family", []), first]).partition(",")[0]
    return Name(
        text,
        tuple(f"{family}, {form}" for form in longer),
        roles,
        node.get("valueURI") or first_text(node, "m:nameIdentifier"),
        next(iter(parts.get("date", [])), ""),
        node.get("usage") == "primary" or not roles or bool(_AUTHORS & set(roles)),
    )


def _role(node: etree._Element) -> str:
    """A role by its code, where it has one."""
    return first_text(node, "m:roleTerm[@type='code']") or first_text(node, "m:roleTerm")


def languages(mods: etree._Element) -> tuple[str, ...]:
    """Languages of the text, in ISO 639-2/B if it is a code; not that of an original."""
    codes = []
    for node in all_of(mods, "m:language[not(@objectPart) or @objectPart='text']"):
        terms = all_of(node, "m:languageTerm[not(@type='text')]") or all_of(node, "m:languageTerm")
        codes += [language.three_letters(text_of(term)) for term in terms]
    return each(codes)


def number(mods: etree._Element) -> str:
    """The record's own number."""
    return first_text(mods, "m:recordInfo/m:recordIdentifier")


def identifier(mods: etree._Element) -> str:
    """The record's own number, otherwise the first valid one; an edition's (ISBN) last."""
    valid = all_of(mods, "m:identifier[not(@invalid='yes')]")
    ordered = sorted(valid, key=_is_standard)
    return number(mods) or next((text for node in ordered if (text := text_of(node))), "")


def subjects(mods: etree._Element) -> list[tuple[str, str]]:
    """`subject`, or `coverage` if it is only a place, and the text; a name is one part."""
    listed = []
    for node in all_of(mods, "m:subject"):
        children = list(node.iterchildren(f"{{{MODS}}}*"))
        places = {"geographic", "hierarchicalGeographic", "geographicCode"}
        kinds = {etree.QName(child).localname for child in children}
        text = " -- ".join(filter(None, map(_subject_part, children)))
        listed.append(("coverage" if kinds and kinds <= places else "subject", text))
    return [subject for subject in dict.fromkeys(listed) if subject[1]]


def responsibility(mods: etree._Element) -> str:
    """The statement of responsibility."""
    return first_text(mods, "m:note[@type='statement of responsibility']")


def series(mods: etree._Element) -> tuple[str, ...]:
    """The titles of the series, each with its number in it."""
    return each(map(title_text, all_of(mods, "m:relatedItem[@type='series']/m:titleInfo")))


def published(mods: etree._Element, path: str) -> list[etree._Element]:
    """The statement about publication, not about printing, distribution and so on."""
    return all_of(mods, f"{_PUBLISHED}/{path}")


def all_of(node: etree._Element, path: str) -> list[etree._Element]:
    """The elements that an XPath finds, whose prefix for MODS is `m`."""
    return cast("list[etree._Element]", _compiled(path)(node))


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path, namespaces=_SPACE)


def first_text(node: etree._Element, path: str) -> str:
    """The text of the first element that an XPath finds, or an empty string."""
    return next((text_of(child) for child in all_of(node, path)), "")


def text_of(node: etree._Element) -> str:
    """All text of an element in one line, with the text of child elements separated."""
    return " ".join(plain(" ".join(map(str, node.itertext()))).split())


def each(texts: Iterable[str]) -> tuple[str, ...]:
    """Every text that is not empty, once."""
    return tuple(dict.fromkeys(text for text in texts if text))


def _whole_title(mods: etree._Element, own: etree._Element) -> str:
    text = title_text(own)
    volume = first_text(mods, _VOLUME)
    parts = [text] if _contains(text, volume) else [text, volume]
    before: list[str] = []
    for host in all_of(mods, _HOSTS):
        infos = all_of(host, "m:titleInfo[not(@type)]") or all_of(host, "m:titleInfo")
        whole = title_text(infos[0], short=True) if infos else ""
        before += [] if _begins(parts[0], whole) else [whole]
        number = first_text(host, _VOLUME)
        before += [] if _contains(" ".join(parts), number) else [number]
    joined = ""
    for part in filter(None, [*dict.fromkeys(before), *parts]):
        joined = f"{joined.rstrip(' .')}. {part}" if joined else part
    return joined


def _contains(text: str, part: str) -> bool:
    """Whether the words of the part occur in the text, one after another."""
    return f" {_words(part)} " in f" {_words(text)} "


def _begins(text: str, part: str) -> bool:
    return f"{_words(text)} ".startswith(f"{_words(part)} ")


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _is_own(info: etree._Element) -> bool:
    return not info.get("type")


def _lang(info: etree._Element) -> str:
    return next((lang for node in info.iter() if (lang := node.get(_XML_LANG))), "")


def _given(given: list[str], names: list[str]) -> tuple[str, list[str]]:
    """The given names to show, and longer forms of them: what initials stand for."""
    shown: list[str] = []
    longer: list[str] = []
    present = [name.partition(",")[2] for name in names]
    for text in given:
        if any(_stands_for(short, text) for short in [*shown, *present]):
            longer.append(text)
        else:
            shown.append(text)
    return " ".join(shown), longer


def _stands_for(short: str, text: str) -> bool:
    initials = [word[0].casefold() for word in re.findall(r"\w+", text)]
    written = re.findall(r"\w+", short.casefold())
    return (
        bool(written)
        and ("." in short or all(len(word) == 1 for word in written))
        and len(written) <= len(initials)
        and all(word[0] == initial for word, initial in zip(written, initials, strict=False))
    )


def _is_standard(node: etree._Element) -> bool:
    kind = (node.get("type") or "").lower()
    return kind in _STANDARD or text_of(node).lower().startswith(("isbn", "issn", "urn:isbn"))


def _subject_part(child: etree._Element) -> str:
    kind = etree.QName(child).localname
    if kind == "name":
        name = name_of(child)
        return ", ".join(filter(None, (name.text, name.dates)))
    if kind == "titleInfo":
        return title_text(child)
    if kind == "hierarchicalGeographic":
        return ", ".join(filter(None, map(text_of, child.iterchildren("*"))))
    return text_of(child)

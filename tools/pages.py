"""Make the Russian and Belarusian pages of the manual from the English ones.

    python -m tools.pages

README, the tutorial and the how-to pages are translated by gettext, paragraph by paragraph: a
heading, a paragraph, an item of a list or a row of a table is one message of
docs/translations/{ru,be}.po. Everything else (code, rules, blank lines) stays byte for byte. The
pages of a language are generated into docs/{ru,be}/ and committed. A paragraph whose translation is
absent, or was made for an older wording (fuzzy), stays English; a note at the head of each page
says how much of it is translated. docs/translations/lagging.txt lists the pages that may lag.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po
from markdown_it import MarkdownIt

from tools.catalogues import ROOT, WRITTEN

DOCS = ROOT / "docs"
TRANSLATIONS = DOCS / "translations"
LAGGING = TRANSLATIONS / "lagging.txt"

NOTES = {
    "ru": "Переведено {percent} %. [Английский оригинал]({original}).",
    "be": "Перакладзена {percent} %. [Англійскі арыгінал]({original}).",
}
"""What stands at the head of a page, in each language."""

ENOUGH = 80
"""Per cent of the paragraphs of a page. With fewer, a page lags, and a test names it; so a change
of a sentence need not wait for its translators, and a page that nobody translates does not pass."""

WIDTH = 100

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_HEAD = re.compile(r"[\s>]*(?:(?:[-*+]|\d+[.)])\s+)*(?:#+\s+)?")
"""What stands before the text of a block: marks of a quotation, of a list, of a heading."""
_LINK = re.compile(r"(`[^`]*`)|(?<=\]\()([^)\s]+)(?=\))")
_TAG = re.compile(r"<[^<>]*>")
_STARTS_BLOCK = re.compile(r"[-+*#>|=]|\d+[.)]|\[[^]]*\]:")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page: prose with what stands before it, or anything else as it is."""

    text: str
    head: str = ""
    is_prose: bool = False

    @property
    def message(self) -> str:
        """What a translator sees: the prose in one line."""
        lines = self.text[len(self.head) :].rstrip("\n").split("\n")
        return " ".join(line.strip().removeprefix("> ") for line in lines)


def sources() -> list[Path]:
    """The English pages that are translated."""
    return [
        ROOT / "README.md",
        *sorted((DOCS / "tutorials").glob("*.md")),
        *sorted((DOCS / "how-to").glob("*.md")),
    ]


def place(source: Path, language: str) -> Path:
    """Where the translation of a page stands."""
    return DOCS / language / (source.name if source.parent == ROOT else source.relative_to(DOCS))


def name(source: Path) -> str:
    """The page as messages and lists name it, such as how-to/bags.md."""
    return source.relative_to(ROOT if source.parent == ROOT else DOCS).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """The pieces of a page; joined, they are the page."""
    lines = text.splitlines(keepends=True)
    spans = {tuple(t.map) for t in _MARKDOWN.parse(text) if t.type == "inline" and t.map}
    at = 0
    for first, last in sorted(spans):
        if first < at:
            continue  # another cell of the same row
        if first > at:
            yield Block("".join(lines[at:first]))
        prose = "".join(lines[first:last])
        head = _HEAD.match(prose)
        has_words = re.search(r"[^\W\d_]{2}", _TAG.sub("", prose)) is not None
        yield Block(prose, head[0] if head else "", is_prose=has_words)
        at = last
    if at < len(lines):
        yield Block("".join(lines[at:]))


def template() -> Catalog:
    """The catalogue of all paragraphs, untranslated."""
    catalogue = Catalog(charset="utf-8", creation_date=WRITTEN)
    for source in sources():
        for block in blocks(source.read_text("utf-8")):
            if block.is_prose:
                catalogue.add(block.message, locations=[(name(source), 0)])
    return catalogue


def po_file(language: str) -> Path:
    """Where the translations into a language are kept."""
    return TRANSLATIONS / f"{language}.po"


def read(language: str) -> Catalog:
    """The translations into a language."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a .po file."""
    out = BytesIO()
    write_po(out, catalogue, width=WIDTH, include_lineno=False, sort_by_file=False)
    return out.getvalue()


def updated(language: str, paragraphs: Catalog) -> Catalog:
    """The translations, brought to the state of the pages: a changed paragraph is fuzzy."""
    catalogue = read(language)
    catalogue.update(paragraphs, update_header_comment=False)
    catalogue.obsolete.clear()
    return catalogue


@dataclass(frozen=True, slots=True)
class Page:
    """A translated page: its text without the note, and how many of its paragraphs are done."""

    text: str
    done: int
    all: int

    @property
    def percent(self) -> int:
        """How much is translated; 100 only if nothing is left."""
        return 100 * self.done // self.all


def translated(text: str, catalogue: Catalog) -> Page:
    """An English page in the language of a catalogue, its links still those of the original."""
    parts, done, total = [], 0, 0
    for block in blocks(text):
        message = catalogue.get(block.message) if block.is_prose else None
        total += block.is_prose
        if message is None or message.fuzzy or not message.string:
            parts.append(block.text)
            continue
        done += 1
        parts.append(_laid_out(str(message.string), block))
    return Page("".join(parts), done, total)


def _laid_out(prose: str, block: Block) -> str:
    """A translated block with the marks of its original, in lines of a readable length."""
    end = "\n" if block.text.endswith("\n") else ""
    if "#" in block.head or prose.startswith("|"):
        return block.head + prose + end
    indent = re.sub(r"[^\s>]", " ", block.head)
    lines: list[str] = []
    for line in textwrap.wrap(
        prose,
        WIDTH - len(indent),
        break_long_words=False,
        break_on_hyphens=False,
    ):
        if lines and _STARTS_BLOCK.match(line):
            lines[-1] += " " + line  # at the start of a line it would mean something else
        else:
            lines.append(line)
    return block.head + f"\n{indent}".join(lines) + end


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it and our site too."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(text: str) -> list[str]:
    """The anchor of each heading of a page."""
    return [slug(block.message) for block in blocks(text) if block.is_prose and "#" in block.head]


class Manual:
    """The pages of one language, as they should be now."""

    def __init__(self, language: str, catalogue: Catalog) -> None:
        self._language = language
        self._english = {source: source.read_text("utf-8") for source in sources()}
        self.pages = {source: translated(text, catalogue) for source, text in self._english.items()}

    def text(self, source: Path) -> str:
        """The whole page, with its note and with links that lead where they should."""
        page = self.pages[source]
        linked = _outside_fences(
            page.text, lambda text: _relinked(text, lambda link: self._link(source, link))
        )
        original = os.path.relpath(source, place(source, self._language).parent)
        note = NOTES[self._language].format(percent=page.percent, original=original)
        heading, _newline, rest = linked.partition("\n")
        return f"{heading}\n\n> {note}\n{rest}"

    def in_place(self, source: Path) -> str:
        """The page as it would be in the place of the original: only anchors are turned."""
        page = self.pages[source]

        def turned(link: str) -> str:
            path, mark, fragment = link.partition("#")
            return self._picture(path) + mark + self._fragment(self._target(source, link), fragment)

        return _outside_fences(page.text, lambda text: _relinked(text, turned))

    def _target(self, source: Path, link: str) -> Path | None:
        """The page or file to which a link of an English page leads; None for an address."""
        if "://" in link or link.startswith("mailto:"):
            return None
        path = link.partition("#")[0]
        return (source.parent / path).resolve() if path else source

    def _fragment(self, target: Path | None, fragment: str) -> str:
        """The anchor of the translated heading, for that of the English one."""
        if not fragment or target not in self._english:
            return fragment
        english, own = anchors(self._english[target]), anchors(self.pages[target].text)
        return dict(zip(english, own, strict=True)).get(fragment, fragment)

    def _picture(self, path: str) -> str:
        """The picture of this language, where each language has one: pictures/en/first.png."""
        return path.replace("pictures/en/", f"pictures/{self._language}/")

    def _link(self, source: Path, link: str) -> str:
        target = self._target(source, self._picture(link))
        if target is None:
            return link
        path, mark, fragment = link.partition("#")
        fragment = self._fragment(target, fragment)
        if target in self._english:
            target = place(target, self._language)
        relative = os.path.relpath(target, place(source, self._language).parent) if path else ""
        return relative + "/" * path.endswith("/") + mark + fragment


def _relinked(text: str, change: Callable[[str], str]) -> str:
    return _LINK.sub(lambda match: match[0] if match[1] else change(match[2]), text)


def _outside_fences(text: str, change: Callable[[str], str]) -> str:
    return "".join(change(block.text) if block.is_prose else block.text for block in blocks(text))


@cache
def manual(language: str) -> Manual:
    """The pages of a language, from the translations as they are kept."""
    return Manual(language, updated(language, template()))


def lagging(language: str) -> dict[str, int]:
    """The pages that are not translated whole, each with its percentage."""
    made = manual(language).pages
    return {name(source): page.percent for source, page in made.items() if page.percent < 100}


def may_lag() -> dict[str, set[str]]:
    """The pages of each language that need not be translated whole."""
    allowed: dict[str, set[str]] = {language: set() for language in NOTES}
    for line in LAGGING.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            language, page = line.split()
            allowed[language].add(page)
    return allowed


def main() -> None:
    """Write the pages of every language; how much of each is translated goes to stdout."""
    paragraphs = template()
    for language in NOTES:
        po_file(language).write_bytes(written(updated(language, paragraphs)))
        expected = set()
        for source in sources():
            path = place(source, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(manual(language).text(source), "utf-8")
            expected.add(path)
        for path in set((DOCS / language).rglob("*.md")) - expected:
            path.unlink()
        behind = lagging(language)
        print(f"{language}: {len(expected)} pages, {len(behind)} not translated whole")
        for page, percent in behind.items():
            print(f"  {page}: {percent} %")


if __name__ == "__main__":
    main()

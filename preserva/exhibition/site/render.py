"""Every file of a site except the pictures. The same content gives the same bytes.

index.html                          a choice of languages
ru/ be/ en/                         the same pages in each language
    index.html  sections/  books/  writers/  timeline.html  map.html
    catalogue/  copies/  search.html  labels.html  about.html
iiif/ID/manifest.json, info.json    where the address of the site is known
assets/                             style, scripts, an index of words for each language
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from preserva.catalogue.entry import library_of
from preserva.core.formats.canonical_json import Value
from preserva.core.policy.overview import CopyState
from preserva.core.values.languages import LANGUAGE_NAMES
from preserva.core.values.model import PackageId
from preserva.exhibition.contents import Edition, ShownBook, Site
from preserva.exhibition.picture import image_information
from preserva.exhibition.presentation import COLLECTION, Book, collection, texts_of_pages
from preserva.exhibition.search_index import SearchDocument, index
from preserva.exhibition.site import structured
from preserva.exhibition.site.markdown import html as markdown
from preserva.exhibition.site.texts import HEMISPHERES, LANGUAGES, texts
from preserva.exhibition.spec import Words, Writer
from preserva.i18n import pgettext_in
from preserva.version import __version__

LISTED = 200
"""Editions on a page of the catalogue."""

_OWN = ("site.css", "viewer.js", "fold.js", "search.js")
_LEAFLET = ("leaflet.css", "leaflet.js")
_LEAFLET_LICENCE = """\
Leaflet: BSD 2-Clause, Copyright 2010-2022 Volodymyr Agafonkin, 2010-2011 CloudMade.
The text of the licence stands at the beginning of leaflet.js and in the package XStatic-Leaflet.
"""


def render(site: Site, url: str) -> Iterator[tuple[str, bytes]]:
    """Paths on the site, and the bytes of each file; `url` is where it will be, "" if not known."""
    yield from _assets()
    environment = _environment(site)
    door = environment.get_template("languages.html.j2")
    yield "index.html", door.render(exhibition=site.exhibition, language_names=LANGUAGES).encode()
    for language in site.exhibition.languages:
        pages = _Pages(site, url, language, environment)
        yield from pages.all()
        words = json.dumps(index(pages.documents()), ensure_ascii=False, separators=(",", ":"))
        yield f"assets/index-{language}.js", f"window.preservaIndex = {words};\n".encode()
    if url:
        yield from _iiif(site, url)


def _assets() -> Iterator[tuple[str, bytes]]:
    own = files("preserva.exhibition.site")
    for name in _OWN:
        yield f"assets/{name}", own.joinpath(name).read_bytes()
    table = files("preserva.catalogue").joinpath("fold.json").read_text("utf-8")
    yield "assets/fold-table.js", f"const preservaFold = makeFold({table.strip()});\n".encode()
    leaflet = files("xstatic.pkg.leaflet").joinpath("data")
    for name in _LEAFLET:
        yield f"assets/leaflet/{name}", leaflet.joinpath(name).read_bytes()
    yield "assets/leaflet/LICENSE.txt", _LEAFLET_LICENCE.encode()


def _environment(site: Site) -> Environment:
    environment = Environment(
        loader=PackageLoader("preserva.exhibition.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        site=site,
        exhibition=site.exhibition,
        books=site.books,
        linked=site.by_id,
        names=site.names,
        language_names=LANGUAGES,
        built=site.built.isoformat(),
        version=__version__,
        life=_life,
        says_page=_says_page,
        day=_day,
        json_ld=_json_ld,
        qr=_qr,
    )
    return environment


class _Pages:
    """The pages of one language."""

    def __init__(self, site: Site, url: str, language: str, environment: Environment) -> None:
        self._site = site
        self._url = url
        self._language = language
        self._environment = environment.overlay()
        self._environment.filters.update(
            library_name=self._library,
            library_of_record=self._library_of_record,
            language_name=self._language_name,
            degrees=self._degrees,
        )
        self._texts = texts(language)
        self._states = {package: book.states for package, book in site.books.items()} | {
            package: held.states
            for edition in site.editions
            for held in edition.items
            for package in edition.packages
            if held.states
        }
        self._parts = tuple(self._main())

    def _main(self) -> Iterator[tuple[str, str]]:
        """The main navigation of the site, without empty parts."""
        text, site = self._texts, self._site
        yield "index.html", text.sections
        yield "books/index.html", text.books
        if site.exhibition.writers:
            yield "writers/index.html", text.writers
        if site.exhibition.events:
            yield "timeline.html", text.timeline
        if site.atlas:
            yield "map.html", text.map
        if site.paged:
            yield "catalogue/index.html", text.catalogue
        yield "search.html", text.search

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Every page."""
        site = self._site
        yield self._page("index.html", "index")
        yield from self._sections()
        yield self._page("books/index.html", "books")
        for book in site.books.values():
            yield self._book(book)
        if site.exhibition.writers:
            yield self._page("writers/index.html", "writers")
        for writer in site.exhibition.writers:
            yield self._writer(writer)
        if site.exhibition.events:
            yield self._page("timeline.html", "timeline")
        if site.atlas:
            yield self._page("map.html", "map", atlas=site.atlas)
        yield from self._catalogue()
        yield self._page("search.html", "search")
        yield self._page("about.html", "about")
        yield self._page("labels.html", "labels", part="books/index.html")

    def _page(
        self, path: str, template: str, part: str = "", canonical: str = "", **more: Any
    ) -> tuple[str, bytes]:
        home = "../" * path.count("/")
        text = self._environment.get_template(f"{template}.html.j2").render(
            path=path,
            part=part or path,
            parts=self._parts,
            home=home,
            root=f"{home}../",
            lang=self._language,
            w=self._texts,
            url=self._url,
            canonical=self._address(canonical or path) if self._url else "",
            markdown=self._markdown,
            word=partial(pgettext_in(self._language), "state of a copy"),
            **more,
        )
        return f"{self._language}/{path}", text.encode()

    def _language_name(self, code: str) -> str:
        name = LANGUAGE_NAMES.get(code)
        return code if name is None else pgettext_in(self._language)("language", name)

    def _degrees(self, label: str) -> str:
        """The label of a line of the map, 25°E, with the local name of the hemisphere."""
        if label[-1] not in HEMISPHERES:
            return label
        name = pgettext_in(self._language)("hemisphere", label[-1])
        return label[:-1] + (name if name == label[-1] else f"\N{NO-BREAK SPACE}{name}")

    def _address(self, path: str) -> str:
        return f"{self._url}/{self._language}/{path}" if self._url else f"urn:preserva:page:{path}"

    def _markdown(self, text: Words) -> Markup:
        return markdown(text.get(self._language, ""))

    def _library(self, id_: str) -> str:
        return self._site.names.get(id_, {}).get(self._language, id_)

    def _library_of_record(self, uri: str) -> str:
        return self._library(library_of(uri) or "")

    def _sections(self) -> Iterator[tuple[str, bytes]]:
        some = self._site.exhibition.sections
        for place, section in enumerate(some):
            yield self._page(
                f"sections/{section.id}.html",
                "section",
                part="index.html",
                section=section,
                before=some[place - 1] if place else None,
                after=some[place + 1] if place + 1 < len(some) else None,
            )

    def _book(self, book: ShownBook) -> tuple[str, bytes]:
        path = f"books/{book.package.portable}.html"
        edition = self._site.by_package.get(book.package)
        return self._page(
            path,
            "book",
            part="books/index.html",
            book=book,
            edition=edition if edition and edition.id in self._site.by_id else None,
            structured=structured.book(
                book, self._address(path), self._library(book.package.institution)
            ),
        )

    def _writer(self, writer: Writer) -> tuple[str, bytes]:
        path = f"writers/{writer.id}.html"
        facts = structured.person(writer, writer.name[self._language], self._address(path))
        works = self._site.works(writer)
        return self._page(
            path, "writer", "writers/index.html", writer=writer, works=works, structured=facts
        )

    def _catalogue(self) -> Iterator[tuple[str, bytes]]:
        some = self._site.paged
        starts = range(0, len(some), LISTED)
        numbers = [
            (number, f"catalogue/page-{number}.html" if number > 1 else "catalogue/index.html")
            for number in range(1, len(starts) + 1)
        ]
        for start, (_number, path) in zip(starts, numbers, strict=True):
            editions = some[start : start + LISTED]
            part = "catalogue/index.html"
            yield self._page(path, "catalogue", part, editions=editions, numbers=numbers)
        for edition in some:
            yield from self._edition(edition)

    def _edition(self, edition: Edition) -> Iterator[tuple[str, bytes]]:
        part, canonical = "catalogue/index.html", f"catalogue/{edition.id}.html"
        address = self._address(canonical)
        places = [f"copies/{held.id}.html" for held in edition.items]
        facts = structured.edition(edition, address, [self._address(place) for place in places])
        others = [self._site.by_id[id_] for id_ in edition.others if id_ in self._site.by_id]
        for id_ in edition.ids:
            yield self._page(
                f"catalogue/{id_}.html", "edition", part, canonical,
                edition=edition, others=others, state_of=self._state_of, structured=facts,
            )  # fmt: skip
        for held, place in zip(edition.items, places, strict=True):
            holder = self._library(held.library)
            item_facts = structured.item(held, edition, self._address(place), address, holder)
            yield self._page(place, "item", part, held=held, edition=edition, structured=item_facts)

    def _state_of(self, package: PackageId) -> tuple[CopyState, ...]:
        return self._states.get(package, ())

    def documents(self) -> Iterator[SearchDocument]:
        """Everything that can be found by searching, narratives before lists."""
        text, language, site = self._texts, self._language, self._site
        for section in site.exhibition.sections:
            captions = [exhibit.caption[language] for exhibit in section.exhibits]
            narrative = section.text.get(language, "")
            url, title = f"sections/{section.id}.html", section.title[language]
            yield SearchDocument(url, title, text.section, [narrative, *captions])
        for writer in site.exhibition.writers:
            names = [*writer.name.values(), *writer.names, writer.text.get(language, "")]
            url = f"writers/{writer.id}.html"
            yield SearchDocument(url, writer.name[language], text.writer, names)
        for book in site.books.values():
            captions = [
                exhibit.caption[language] for _section, exhibit in site.exhibits(book.package)
            ]
            parts = [part for _name, part in book.entry.texts()]
            url = f"books/{book.package.portable}.html"
            yield SearchDocument(url, book.title, text.digitised, [*captions, *parts])
            for picture in book.pictures:
                if picture.text:
                    title = f"{book.title}, {text.page} {picture.label}"
                    at = f"{url}#page-{picture.number}"
                    yield SearchDocument(at, title, text.part_of_page, [picture.text])
        for edition in site.paged:
            parts = [part for entry in edition.entries for _name, part in entry.texts()]
            yield SearchDocument(
                f"catalogue/{edition.id}.html", edition.entry.title, text.edition, parts
            )


def _iiif(site: Site, url: str) -> Iterator[tuple[str, bytes]]:
    books = list(_iiif_books(site))
    yield COLLECTION, _json(collection(site.exhibition.title, books, url))
    for book in books:
        yield f"iiif/{book.id}/manifest.json", _json(book.manifest(url))
        for path, page in texts_of_pages(book, url):
            yield path, _json(page)
        for picture in book.pictures:
            yield f"{picture.folder}/info.json", _json(image_information(picture, url))


def _iiif_books(site: Site) -> Iterator[Book]:
    languages = site.exhibition.languages
    labels = {language: texts(language) for language in languages}

    def label(name: str) -> dict[str, str]:
        return {language: getattr(labels[language], name) for language in languages}

    for book in site.books.values():
        imprint = book.entry.imprint
        facts = [(label("author"), agent.name) for agent in book.entry.agents if agent.name]
        facts += [(label("imprint"), imprint)] if imprint else []
        facts.append((label("identifier"), book.package.uri))
        names = site.names.get(book.package.institution, {})
        yield Book(
            book.package.portable,
            book.title,
            book.entry.languages,
            site.exhibits(book.package)[0][1].caption,
            facts,
            {language: names.get(language, book.package.institution) for language in languages},
            site.exhibition.rights,
            book.pictures,
            book.contents,
        )


def _json(value: Value) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _json_ld(facts: structured.SchemaOrg) -> Markup:
    """Data for programs in a page; nothing in it can close the surrounding element."""
    text = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(text))


def _qr(address: str, title: str) -> Markup:
    """A QR code (ISO 18004) as a drawing, with a text alternative for its address."""
    import segno

    drawing = segno.make(address, error="m", micro=False).svg_inline(omitsize=True, border=2)
    start = Markup('<svg role="img" aria-label="{}: {}" ').format(title, address)
    return start + Markup(drawing.removeprefix("<svg "))


def _life(writer: Writer, born: str) -> str:
    """The dates of a life; `born` is how the date of birth of the living is written."""
    if not writer.died:
        return born.format(date=_day(writer.born)) if writer.born else ""
    return f"{_day(writer.born) or '?'} – {_day(writer.died)}"


def _says_page(label: str) -> bool:
    """Whether a label has its own word for the page: "p. 2", "л. 12 об."."""
    return re.match(r"[^\W\d_]+\.\s", label) is not None


def _day(date: str) -> str:
    """A date as it is written in all three languages: 06.06.1799, 06.1799, 1799."""
    return ".".join(reversed(date.partition("T")[0].split("-")))

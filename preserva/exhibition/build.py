"""An exhibition built from its specification: a site of files that appears once it is complete."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.bag.create.create import create_bag
from preserva.catalogue.import_records import open_catalogue
from preserva.config import NAME as CONFIG
from preserva.core.formats.guarded_json import read_json
from preserva.core.policy.overview import CopyState
from preserva.core.values.model import PackageId
from preserva.core.values.report import Ended, Finding, Observer, Started, ignore
from preserva.core.values.subjects import Named
from preserva.errors import (
    NEWER_FORMAT,
    ArchiveNotFound,
    ConfigError,
    NotFound,
    Refused,
    StorageError,
    UsageError,
)
from preserva.exhibition.atlas import Position, draw, lines_of
from preserva.exhibition.books import (
    BookSource,
    check_pages,
    editions,
    find,
    shown,
    shown_pages,
    states_of,
)
from preserva.exhibition.contents import Edition, ShownBook, Site
from preserva.exhibition.spec import Exhibition, read_exhibition
from preserva.exhibition.tiles import vips
from preserva.files.disk import (
    move,
    publish,
    read_file,
    refuse_kept,
    staging,
    staging_for,
    synchronise_all,
    writing,
)
from preserva.i18n import N_, _
from preserva.ingest.transfer import accept
from preserva.tomlfile import read_toml, schema_problems
from preserva.version import __version__

MARK = "exhibition.json"

FORMAT = 1
"""That of `MARK`, and of the pages beside it."""

_LARGEST_MARK = 16 << 20
"""A file at the top of a built site, which shows that a folder is one."""

_LARGEST_TEXT = 1 << 20
_LARGEST_LINES = 64 << 20


@dataclass(frozen=True, slots=True)
class Built:
    """What was built. `path` is the site; `package` the package that it was stored as.

    `findings` are warnings: of writers, the names that no record has.
    """

    path: Path
    books: int
    pages: int
    editions: int
    files: int
    url: str
    package: PackageId | None = None
    findings: tuple[Finding, ...] = ()


def read_specification(path: Path) -> tuple[Exhibition, list[list[Position]]]:
    """The specification, and the lines of its map. Raises UsageError, ConfigError."""
    try:
        document = read_toml(path)
    except ArchiveNotFound as error:  # that is said of a configuration
        hint = N_("Name the TOML file of an exhibition; docs/how-to/exhibition.md has one.")
        raise UsageError(_("there is no {path}").format(path=path), hint=hint) from error
    problems = list(schema_problems(document, "exhibition.schema.json", path.name))
    lines: list[list[Position]] = []
    if not problems:
        folder = path.resolve().parent
        made, problems = read_exhibition(document, lambda *text: _text(folder, *text))
        if made.lines:
            try:
                lines = lines_of(read_json(read_file(folder / made.lines, _LARGEST_LINES)))
            except (ValueError, TypeError, StorageError) as error:
                message = _("{key}: {path} is not GeoJSON: {reason}")
                problems.append(message.format(key="map.lines", path=made.lines, reason=error))
    if problems:
        raise ConfigError(_("{path} is not usable:").format(path=path), problems)
    return made, lines


def _text(folder: Path, name: str, language: str) -> str | None:
    """A text of the exhibition; the schema lets no name lead out of the folder."""
    try:
        return read_file(folder / f"{name}.{language}.md", _LARGEST_TEXT).decode("utf-8")
    except (NotFound, UnicodeDecodeError):
        return None


def build_exhibition(
    archive: ArchivalStorage,
    specification: Path,
    destination: Path,
    *,
    url: str | None = None,
    replace: bool = False,
    local: str | None = None,
    dry_run: bool = False,
    observer: Observer = ignore,
) -> Built:
    """Build the site of an exhibition as a new folder, and store it as package `local` if asked.

    `url` is where the site will be, if not as specified. With `replace`, an exhibition that was
    built there before is replaced at the last moment. Every file of a package is compared with what
    was recorded before it is shown. A dry run checks everything and writes nothing.

    Raises ConfigError with every error in the specification; Refused, Damaged, NotFound,
    StorageError, UsageError: then nothing has changed at the destination.
    """
    vips()
    exhibition, lines = read_specification(specification)
    destination = destination.absolute()
    _refuse_place(destination, replace=replace)
    sources = _find(archive, exhibition, specification, observer)
    known = states_of(archive)
    address = exhibition.url if url is None else url.rstrip("/")
    site = _site(archive, exhibition, {}, _editions(archive, known), lines)
    unknown = tuple(site.unknown_names())
    if dry_run:
        most = archive.config.images.max_pixels
        pages = sum(check_pages(source, exhibition.exhibits_of(source.package), most)
                    for source in sources)  # fmt: skip
        return Built(destination, len(sources), pages, len(site.paged), 0, address, None, unknown)
    with _beside(destination) as scratch:
        root = scratch / destination.name
        site = dataclasses.replace(
            site, books=dict(_books(archive, exhibition, sources, known, root, observer))
        )
        _write(site, address, root, sources)
        files = _make_durable(root)
        package = _stored(archive, root, scratch, local, site, observer) if local else None
        if os.path.lexists(destination):
            move(destination, scratch / "before")
        publish(root, destination)
    pages = sum(len(book.pictures) for book in site.books.values())
    return Built(
        destination, len(sources), pages, len(site.paged), files, address, package, unknown
    )


def _books(
    archive: ArchivalStorage,
    exhibition: Exhibition,
    sources: Sequence[BookSource],
    known: Mapping[str, tuple[CopyState, ...]],
    root: Path,
    observer: Observer,
) -> Iterator[tuple[PackageId, ShownBook]]:
    """Each book, its pictures written below `root`."""
    pages = sum(
        len(shown_pages(source, exhibition.exhibits_of(source.package))) for source in sources
    )
    observer(Started("exhibit", Named(root.name), pages))
    for source in sources:
        yield (
            source.package,
            shown(
                source,
                exhibition.exhibits_of(source.package),
                root,
                known.get(source.package.uri, ()),
                largest=exhibition.largest,
                pixels=archive.config.images.max_pixels,
                observer=observer,
            ),
        )
    observer(Ended("exhibit", Named(root.name)))


@contextmanager
def _beside(destination: Path) -> Iterator[Path]:
    with writing(destination.parent):
        destination.parent.mkdir(parents=True, exist_ok=True)
    with staging(staging_for(destination)) as scratch:
        yield scratch


def _format(mark: Path) -> int:
    """The format of an exhibition; 0 if it does not say."""
    try:
        with mark.open("rb") as stream:
            content = read_json(stream.read(_LARGEST_MARK))
    except (OSError, ValueError, RecursionError):
        return 0
    number = content.get("format") if isinstance(content, dict) else None
    return number if isinstance(number, int) else 0


def _refuse_place(destination: Path, *, replace: bool) -> None:
    """Refuse a place with something that is not an exhibition, or that must stay."""
    refuse_kept(destination)
    if not os.path.lexists(destination):
        return
    if destination.is_symlink() or not (destination / MARK).is_file():
        message = _("{path} already exists and is not an exhibition; it was not changed")
        raise Refused(message.format(path=destination))
    if _format(destination / MARK) > FORMAT:
        message = _("{path} was written by a newer preserva; it was not changed")
        raise Refused(message.format(path=destination), hint=NEWER_FORMAT)
    if not replace:
        raise Refused(
            _("{path} exists already; it was not touched").format(path=destination),
            hint=_("With --replace, the new exhibition replaces it once it is complete."),
        )


def _find(
    archive: ArchivalStorage, exhibition: Exhibition, specification: Path, observer: Observer
) -> list[BookSource]:
    """The packages, each once. Raises ConfigError that says where each missing one is asked for."""
    sources: dict[PackageId, BookSource] = {}
    problems = []
    for exhibit in exhibition.exhibits():
        try:
            if exhibit.package not in sources:
                sources[exhibit.package] = find(archive, exhibit.package, observer)
        except NotFound as error:
            problems.append(f"{exhibit.where}.package: " + str(error))
            continue
        pages = sources[exhibit.package].pages
        wanted = [
            ("page", exhibit.page),
            *(("pages", end) for r in exhibit.pages for end in (r[0], r[-1])),
        ]
        for key, number in wanted:
            if number not in pages:
                message = _("{key}: {id} has no page {page}; it has {count}")
                problems.append(
                    message.format(
                        key=f"{exhibit.where}.{key}",
                        id=exhibit.package.portable,
                        page=number,
                        count=len(pages),
                    )
                )
    problems += _strangers(archive, exhibition)
    if problems:
        raise ConfigError(_("{path} is not usable:").format(path=specification), problems)
    return list(sources.values())


def _strangers(archive: ArchivalStorage, exhibition: Exhibition) -> Iterator[str]:
    for number, library in enumerate(exhibition.libraries):
        if library.id not in archive.config.institutions:
            message = _("{key}: {id} is not one of the institutions in {file}")
            yield message.format(key=f"libraries.{number}.id", id=library.id, file=CONFIG)


def _editions(
    archive: ArchivalStorage, known: dict[str, tuple[CopyState, ...]]
) -> tuple[Edition, ...]:
    with open_catalogue(archive.config.path) as database:
        return editions(database, known)


def _site(
    archive: ArchivalStorage,
    exhibition: Exhibition,
    books: dict[PackageId, ShownBook],
    catalogued: tuple[Edition, ...],
    lines: list[list[Position]],
) -> Site:
    names = {
        institution.id: dict(institution.names)
        for institution in archive.config.institutions.values()
    }
    atlas = draw(exhibition.places, lines) if exhibition.places else None
    return Site(exhibition, names, books, catalogued, atlas, archive.clock())


def _write(site: Site, url: str, root: Path, sources: Iterable[BookSource]) -> None:
    from preserva.exhibition.site.render import render

    for path, data in render(site, url):
        _put(root / path, data)
    shown_as = {source.package.uri: source.outgoing.version for source in sources}
    mark = {
        "format": FORMAT,
        "built": site.built.isoformat(),
        "software": f"preserva {__version__}",
        "title": dict(site.exhibition.title),
        "url": url,
        "packages": shown_as,
    }
    _put(root / MARK, json.dumps(mark, ensure_ascii=False, indent=1).encode() + b"\n")


def _put(path: Path, data: bytes) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            stream.write(data)


def _make_durable(root: Path) -> int:
    """Make the whole site durable; how many files it has."""
    files, folders = [], []
    for at, below, names in os.walk(root):
        folder = Path(at).relative_to(root)
        files += [str(folder / name) for name in names]
        folders += [str(folder / name) for name in below]
    synchronise_all(root, files, folders)
    return len(files)


def _stored(
    archive: ArchivalStorage, root: Path, scratch: Path, local: str, site: Site, observer: Observer
) -> PackageId:
    """Store the site as a package: a bag of it is ingested like any other bag."""
    title = site.exhibition.title[site.exhibition.languages[0]]
    info = [("External-Description", title), ("Bagging-Date", site.built.date().isoformat())]
    bag = create_bag(root, scratch / "bag", bag_info=info, observer=observer)
    return accept(archive, bag.path, local=local, observer=observer).package

"""A folder of corrected or new pages: whose page each file is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from preserva.core.book import submission as sip
from preserva.core.book.file_names import BOOKS, ending, is_image, stem
from preserva.core.book.folder_roles import DOCUMENTATION, roles
from preserva.core.book.structure import Pages
from preserva.core.book.submission import Arrangement, SourceFile
from preserva.core.values.codes import Code
from preserva.core.values.model import Kind
from preserva.core.values.report import Finding
from preserva.errors import PackageError, UsageError
from preserva.files.opening import Folder
from preserva.i18n import _
from preserva.ingest.advice import advice
from preserva.ingest.source_folder import SourceReader, list_source


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """A file to take into the package, of a page or (None) of the whole book.

    `file.source` is its path in the folder of `reader`; `name` is its original name.
    """

    representation: str
    page: int | None
    reader: SourceReader
    file: SourceFile
    name: str


def corrections(path: Path, usual: str, pages: Pages) -> list[ArrivedFile]:
    """The files of a folder for pages of the book, each named like a page or by its number.

    A folder that is not divided into master/, access/ and text/ is all of the representation
    `usual`, or arranged as for a new package if that is empty. Numbers count if no name does.
    Raises PackageError with each file that is of no page.
    """
    folder, prefix, arranged = _arranged(path, usual)
    files = [(name, file) for name, file in arranged.files() if name != DOCUMENTATION]
    named = any(_page(file, pages, named=True) for _name, file in files)
    reader = SourceReader(folder)
    arrivals = []
    problems = _problems(arranged)
    problems += [Finding(Code.PAGE_UNMATCHED, file.source) for file in arranged.documentation]
    for name, file in files:
        page = _page(file, pages, named=named)
        if page is None and ending(file.source) not in BOOKS:
            problems.append(Finding(Code.PAGE_UNMATCHED, file.source.removeprefix(prefix)))
            continue
        arrivals.append(_arrival(name, page, reader, file, prefix))
    problems += _twice(arrivals)
    if not files and not problems:
        problems.append(Finding(Code.SOURCE_WITHOUT_PAGES))
    refuse_pages(problems, path)
    return arrivals


def insertions(path: Path, pages: Pages) -> list[ArrivedFile]:
    """The new pages in a folder, numbered from 1 among themselves, as for a new package.

    Raises PackageError for files that are not pages, or have the name of a page of the book.
    """
    folder, prefix, arranged = _arranged(path, "")
    reader = SourceReader(folder)
    problems = list(arranged.problems)
    arrivals = []
    for name, file in arranged.files():
        if name == DOCUMENTATION or file.page is None:
            problems.append(Finding(Code.PAGE_UNMATCHED, file.source))
        elif pages.alike(_base(file.source)):
            problems.append(Finding(Code.PAGE_THERE, file.source))
        else:
            arrivals.append(_arrival(name, file.page, reader, file, prefix))
    refuse_pages(problems, path)
    return arrivals


def _arranged(path: Path, usual: str) -> tuple[Folder, str, Arrangement]:
    """The folder, arranged; and the prefix of its paths if it is not divided."""
    if not path.is_dir():
        raise UsageError(_("{path} is not a folder").format(path=path))
    folder = Folder(path.resolve())
    entries = list_source(folder)
    divided = bool(roles(entry.path for entry in entries if entry.kind is Kind.FOLDER))
    prefix = "" if divided or not usual else f"{usual}/"
    if prefix:
        entries = [entry._replace(path=prefix + entry.path) for entry in entries]
    return folder, prefix, sip.arrange(entries)


def _problems(arranged: Arrangement) -> list[Finding]:
    """What prevents files from being taken: not that there are no images, if it is text."""
    return [
        problem for problem in arranged.problems if problem.code is not Code.SOURCE_WITHOUT_PAGES
    ]


def _page(file: SourceFile, pages: Pages, *, named: bool) -> int | None:
    name = _base(file.source)
    if named:
        return pages.alike(name)
    number = stem(name)
    return pages.number(int(number)) if number.isascii() and number.isdecimal() else None


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _arrival(
    name: str, page: int | None, reader: SourceReader, file: SourceFile, prefix: str
) -> ArrivedFile:
    source = file.source.removeprefix(prefix)
    return ArrivedFile(name, page, reader, replace(file, source=source), _base(source))


def _twice(arrivals: list[ArrivedFile]) -> Iterator[Finding]:
    """Files of the same page that differ in their names."""
    first: dict[tuple[str, int, str], ArrivedFile] = {}
    for arrival in arrivals:
        if arrival.page is None:
            continue
        key = (arrival.representation, arrival.page, kind(arrival.name))
        if key in first:
            seen = first[key].file.source
            yield Finding(Code.SOURCE_COLLISION, arrival.file.source, seen=seen)
        first.setdefault(key, arrival)


def refuse_pages(problems: Sequence[Finding], folder: Path | None = None) -> None:
    """Raise PackageError with all problems, if there are any."""
    if not problems:
        return
    if folder is None:
        message = _("the pages cannot be corrected, so nothing was changed:")
        hint = advice(problems) or _("The numbers of pages are those of the newest version.")
    else:
        message = _("{folder} does not fit the package, so nothing was changed:")
        message = message.format(folder=folder)
        hint = _(
            "Name each file like the page that it belongs to, or by the number of that page."
            " --insert-pages adds new pages."
        )
    raise PackageError(message, [finding.message() for finding in problems], hint=hint)


def kind(name: str) -> str:
    """What distinguishes the files that one page may have in one representation."""
    return "" if is_image(name) else ending(name)

"""The files of the pages of a stored book: their paths, their order, what replaces which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from preserva.core.book.file_names import stem
from preserva.core.book.set_checks import SeenScan
from preserva.core.eark.aip import ContentFile
from preserva.ingest.page_folder import ArrivedFile, kind


def by_page(files: Mapping[str, Sequence[ContentFile]]) -> dict[int, ContentFile]:
    """A file of each page, from the first representation that has the page."""
    listed = [file for held in files.values() for file in held]
    return {file.page: file for file in reversed(listed) if file.page is not None}


def kept_scans(name: str, files: Iterable[ContentFile]) -> Iterator[SeenScan]:
    """The pages of a representation that are compared with new ones."""
    for file in files:
        if file.page is not None and (sha512 := file.file.digests.get("sha512")):
            yield SeenScan(file.file.path, name, sha512)


def rank(file: ContentFile) -> tuple[bool, int, str]:
    """Pages in their order, then the files of the whole book."""
    return file.page is None, file.page or 0, file.file.path


def is_replaced_by(file: ContentFile, page: int | None, arrival: ArrivedFile) -> bool:
    """Whether a file that is there is the one that another is to replace."""
    if page is None:
        return file.page is None and file.original_name == arrival.name
    return file.page == page and kind(file.file.path) == kind(arrival.name)


def page_path(representation: str, page: int, count: int, name: str) -> str:
    """The path of a page: its number, with the ending of its file."""
    width = max(4, len(str(count)))
    last = name.rpartition("/")[2]
    ending = last[len(stem(last)) :].lower()
    return f"representations/{representation}/data/{page:0{width}}{ending}"


def whole_path(arrival: ArrivedFile, held: Sequence[ContentFile]) -> str:
    """The path of a further file of the whole book."""
    names = [file.file.path.rpartition("/")[2] for file in held if file.page is None]
    numbers = [stem(name).rpartition("-")[2] for name in names if name.startswith("whole-")]
    number = max((int(text) for text in numbers if text.isdecimal()), default=0) + 1
    ending = arrival.name[len(stem(arrival.name)) :].lower()
    return f"representations/{arrival.representation}/data/whole-{number:04}{ending}"

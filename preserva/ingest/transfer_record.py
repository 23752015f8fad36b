"""The record of a package made elsewhere: the best of the descriptions that its METS has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from preserva.core.eark.description import descriptions, is_a_title
from preserva.core.eark.locations import locate
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.core.xml.safe import UnsafeXMLError
from preserva.describe.record import Record
from preserva.errors import PackageError, TooLarge, UsageError
from preserva.i18n import joined
from preserva.ingest.submission import choose_record


def own_record(
    mets: str,
    files: Collection[str],
    read: Callable[[str], bytes],
    position: int | None,
    charset: str | None,
) -> tuple[Record | None, list[Finding]]:
    """The record with a title that counts most, or else any; why others could not be used.

    `mets` is the path of the METS document; `read` gives the content of a file and may raise
    TooLarge. If a record with a title was found, the others are not reported.
    """
    untitled, findings = None, list[Finding]()
    try:
        for data, path in _described(mets, files, read):
            try:
                record = choose_record(data, Path(path), position, charset)
            except (PackageError, UsageError) as error:
                problems = joined("; ", getattr(error, "problems", ()) or [str(error)])
                findings.append(Finding(Code.DESCRIPTION_ALONG, path, seen=problems))
                continue
            if is_a_title(record.title):
                return record, []
            untitled = untitled or record
    except (UnsafeXMLError, TooLarge) as error:
        findings.append(Finding(Code.METS_ALONG, mets, seen=str(error)))
    return untitled, findings


def _described(
    mets: str, files: Collection[str], read: Callable[[str], bytes]
) -> Iterator[tuple[bytes, str]]:
    """The descriptions of the book, the one that counts first, each with its location."""
    folder = mets[: mets.rfind("/") + 1]
    for each in descriptions(read(mets)):
        if each.document is not None:
            yield each.document, mets
        else:
            path = locate(folder, each.href, files, each.loctype)
            if isinstance(path, str):
                yield read(path), path

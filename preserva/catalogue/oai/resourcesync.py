"""The union catalogue as a folder: the answers of OAI-PMH on disk, with a ResourceSync list.

For exchange without a line, and for any web server. ResourceSync Framework (ANSI/NISO Z39.99-2017).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from preserva.archive.staging import beside
from preserva.catalogue.decision_files import DECISIONS
from preserva.catalogue.oai.protocol import Prefix
from preserva.catalogue.oai.provider import Repository
from preserva.catalogue.oai.responses import read_page
from preserva.core.values.report import Observer, counted, ignore
from preserva.core.values.subjects import Named
from preserva.core.xml.safe import parse
from preserva.core.xml.write import XmlWriter, document
from preserva.files.disk import publish, write_file, writing

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_SYNC = "http://www.openarchives.org/rs/terms/"
RESOURCES = "resourcelist.xml"
CAPABILITIES = "capabilitylist.xml"
_OTHERS = 4
"""The files beside the pages of records."""

_Sum = tuple[str, str, int]
"""The name of a file, its SHA-256, and its length."""


def dump(
    repository: Repository,
    folder: Path,
    prefix: Prefix,
    *,
    time: str,
    url: str,
    observer: Observer = ignore,
) -> int:
    """Write every page of a format to a new folder; how many there are. Raises Refused.

    `url` is where the folder will be on the web; the resource list names each file below it.
    """
    with beside(folder) as scratch:
        made = scratch / folder.name
        with writing(made):
            made.mkdir()
        count = 0
        sums: list[_Sum] = []
        pages = repository.pages()
        files = _files(repository, prefix)
        for name, data in counted("dump", Named(folder.name), files, pages + _OTHERS, observer):
            write_file(made / name, data)
            sums.append((name, hashlib.sha256(data).hexdigest(), len(data)))
            count += name[0].isdigit()
        place = url.rstrip("/")
        write_file(made / RESOURCES, _list(lambda writer: _resources(writer, sums, time, place)))
        write_file(made / CAPABILITIES, _list(lambda writer: _capabilities(writer, place)))
        publish(made, folder)
    return count


def sums_of(folder: Path) -> dict[str, str] | None:
    """The SHA-256 of each file that the resource list of a folder names; None without a list.

    A file of which the list gives no SHA-256 has an empty one. Raises UnsafeXMLError.
    """
    path = folder / RESOURCES
    if not path.is_file():
        return None
    sums = {}
    for resource in parse(path.read_bytes()).iterfind(f"{{{_SITEMAP}}}url"):
        name = (resource.findtext(f"{{{_SITEMAP}}}loc") or "").strip().rpartition("/")[2]
        about = resource.find(f"{{{_SYNC}}}md")
        digests = "" if about is None else about.get("hash", "")
        sums[name] = next(
            (each[8:].lower() for each in digests.split() if each.startswith("sha-256:")), ""
        )
    return sums


def _files(repository: Repository, prefix: Prefix) -> Iterator[tuple[str, bytes]]:
    for name, verb in (
        ("identify.xml", "Identify"),
        ("sets.xml", "ListSets"),
        ("formats.xml", "ListMetadataFormats"),
    ):
        yield name, repository.answer([("verb", verb)])
    yield DECISIONS, repository.decisions()
    arguments = [("metadataPrefix", prefix.value)]
    number = 0
    while arguments:
        number += 1
        data = repository.answer([("verb", "ListRecords"), *arguments])
        yield f"{number:06}.xml", data
        token = read_page(data).token
        arguments = [("resumptionToken", token)] if token else []


def _list(fill: Callable[[XmlWriter], None]) -> bytes:
    """A document of ResourceSync, which is a sitemap."""
    stream = BytesIO()
    with document(stream, "urlset", {None: _SITEMAP, "rs": _SYNC}, {}) as writer:
        fill(writer)
    return stream.getvalue()


def _capabilities(writer: XmlWriter, place: str) -> None:
    """Section 9: what there is."""
    writer.leaf("rs:md", None, {"capability": "capabilitylist"})
    with writer.element("url"):
        writer.leaf("loc", f"{place}/{RESOURCES}")
        writer.leaf("rs:md", None, {"capability": "resourcelist"})


def _resources(writer: XmlWriter, sums: list[_Sum], time: str, place: str) -> None:
    """Section 10: every file, with its digest."""
    writer.leaf("rs:ln", None, {"rel": "up", "href": f"{place}/{CAPABILITIES}"})
    writer.leaf("rs:md", None, {"capability": "resourcelist", "at": time})
    for name, digest, length in sums:
        with writer.element("url"):
            writer.leaf("loc", f"{place}/{name}")
            about = {
                "hash": f"sha-256:{digest}",
                "length": str(length),
                "type": "text/xml" if name.endswith(".xml") else "application/jsonl",
            }
            writer.leaf("rs:md", None, about)

"""The files that a package should have, by the manifests of its bag or else by METS."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from preserva.bag.tag_files import read_tag_files
from preserva.core.eark.mets_read import Reference, read_mets
from preserva.core.formats.bagit import manifest_algorithm

_METS = re.compile(r"(representations/[^/]+/)?METS\.xml")


def is_list_of_names(path: str) -> bool:
    """Whether `listed_names` wants to read the file."""
    is_tag_file = path == "bagit.txt" or ("/" not in path and manifest_algorithm(path) is not None)
    return is_tag_file or _METS.fullmatch(path) is not None


def listed_names(lists: Mapping[str, bytes]) -> set[str]:
    """The names that are not in ASCII, from these lists.

    `lists` are contents by path. A list that cannot be read names nothing.
    """
    names = set[str]()
    if "bagit.txt" in lists:
        tag_files = {path: data for path, data in lists.items() if "/" not in path}
        report = read_tag_files(tag_files)
        names.update(report.payload.missing(), report.tags.missing())
    else:
        for path, data in lists.items():
            names.update(_in_mets(path, data))
    return {name for name in names if not name.isascii()}


def _in_mets(path: str, data: bytes) -> Iterator[str]:
    """The names in a METS document, percent-encoded or not."""
    folder = path[: path.rfind("/") + 1]
    try:
        for fact in read_mets(io.BytesIO(data)):
            if isinstance(fact, Reference) and fact.href is not None:
                yield folder + unquote(fact.href.removeprefix("./"))
    except ValueError:  # not XML that can be read: whoever validates the package says so
        return

"""The files of a package as its checks see them: what they are, and which were named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from preserva.core.values.codes import Code
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Observed
from preserva.core.values.report import Finding
from preserva.core.xml.safe import UnsafeXMLError
from preserva.errors import StorageError

Open = Callable[[str], BinaryIO]

_NAMES = {algorithm.label: name for name, algorithm in ALGORITHMS.items()}
_REFERENCE = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=@/]|%[0-9A-Fa-f]{2})+")


@dataclass(slots=True)
class Contents:
    """What is in the package folder. `named` are the paths that a METS document names.

    For files below a folder in `unknown`, the METS document could not be read.
    """

    open: Open
    files: Mapping[str, Observed]
    named: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)

    def reading(self, path: str, findings: Callable[[BinaryIO], Iterator[Finding]]) -> _Reading:
        """The findings in one document; the result says whether it was read to its end."""
        return _Reading(self, path, findings)


@dataclass(slots=True)
class _Reading:
    contents: Contents
    path: str
    findings: Callable[[BinaryIO], Iterator[Finding]]
    complete: bool = False

    def __iter__(self) -> Iterator[Finding]:
        try:
            with self.contents.open(self.path) as stream:
                yield from self.findings(stream)
            self.complete = True
        except UnsafeXMLError as error:
            yield Finding(Code.METADATA_XML, self.path, seen=str(error))
        except StorageError as error:
            yield Finding(Code.UNREADABLE, self.path, seen=str(error))


def resolve(folder: str, href: str | None) -> str | None:
    """The path that a reference from `folder` (empty, or ending in `/`) leads to.

    None where it is not a percent-encoded relative path that stays inside.
    """
    if href is None or not _REFERENCE.fullmatch(href):
        return None
    path = unquote_to_bytes(href).decode("utf-8", "surrogateescape")
    if any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path or "\0" in path:
        return None
    return folder + path


def compare_digest(
    code: Code, path: str, file: Observed, label: str | None, digest: str | None
) -> Iterator[Finding]:
    """What is wrong with a digest that a document states for a file; `label` is its algorithm."""
    seen = file.digests.get(_NAMES.get(label or "", ""))
    if seen is None:
        yield Finding(Code.DIGEST_NOT_COMPARED, path, expected=label)
    elif digest is None or digest.lower() != seen:
        yield Finding(code, path, expected=digest, seen=seen)


def compare_size(code: Code, path: str, file: Observed, size: str | None) -> Iterator[Finding]:
    """What is wrong with a size in bytes that a document states for a file."""
    if size != str(file.size):
        yield Finding(code, path, expected=size, seen=str(file.size))

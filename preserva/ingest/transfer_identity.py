"""Identifies a package made elsewhere: its kind and its own identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.archive.staging import Staging
from preserva.archive.stored_copy import StoredCopy
from preserva.bag.container.compression import bare_name
from preserva.bag.open import open_bag
from preserva.bag.profiles import own_profile
from preserva.bag.report import BagReport
from preserva.bag.source import NamesInDoubt, hand_on
from preserva.bag.tag_files import read_tag_files
from preserva.core.eark.description import is_a_title, without_uuid
from preserva.core.eark.mets import PackageType
from preserva.core.eark.received import METS, Received, described_by
from preserva.core.policy.name_encodings import spell
from preserva.core.values.codes import Code, Severity
from preserva.core.values.model import Kind, PackageId
from preserva.core.values.report import Finding, printable
from preserva.errors import Refused, UsageError
from preserva.i18n import _
from preserva.information_package.consistency import TYPE
from preserva.information_package.listed_names import is_list_of_names, listed_names
from preserva.ingest.submission import local_id, one_line
from preserva.storage.base import Storage

_LARGEST = 64 << 20
_LONGEST, _DEEPEST = 1000, 100
"""Characters of a path, and folders in it: below what systems and other programs can hold."""

_IDENTIFIER = re.compile(r"(?!BagIt-Profile-|Bag-Group-).+-Identifier", re.IGNORECASE)
_PEEKED = ("bagit.txt", "bag-info.txt", "package-info.txt", METS)


@dataclass(slots=True)
class Peek:
    """The identity of a package before it is read; `files` is the number of files.

    `names` are those of files whose names declare no encoding, by their paths in the container;
    `empty` are the folders without a file; `notes` is what someone should look at.
    """

    small: dict[str, bytes] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    empty: frozenset[str] = frozenset()
    notes: list[Finding] = field(default_factory=list)
    info: list[tuple[str, str]] = field(default_factory=list)
    files: int = 0
    size: int = 0

    @property
    def is_ours(self) -> bool:
        """Whether it claims to be a preserva package."""
        return ("BagIt-Profile-Identifier", own_profile().identifier) in self.info

    def values_of(self, *labels: str) -> list[str]:
        """The values of bag-info.txt under these labels."""
        wanted = {label.casefold() for label in labels}
        return [value for label, value in self.info if label.casefold() in wanted]

    def identifiers(self) -> list[tuple[str, str]]:
        """The identifiers in its bag-info.txt, with their labels."""
        return [
            (label, value) for label, value in self.info if _IDENTIFIER.fullmatch(label) and value
        ]

    def doubts(self, report: BagReport) -> list[Finding]:
        """What is not known about the bag because of its packaging."""
        unmarked = any(note.code is Code.NO_END_MARK for note in self.notes)
        return [Finding(Code.END_UNKNOWN)] if unmarked and not report.tag_algorithms else []

    def description(self, received: Received, name: str) -> bytes:
        """Dublin Core derived from its metadata; `name` is the title if there is no other."""
        known = [value for _kind, value in received.identifiers]
        titles = [*self.values_of("Title", "External-Description"), *known, without_uuid(name)]
        fields = {
            "title": [title for title in titles if is_a_title(title)][:1] or [name],
            "description": self.values_of("Internal-Sender-Description"),
            "identifier": [value for _label, value in self.identifiers()],
        }
        return described_by(fields)


def look(path: Path) -> Peek:
    """List the names and read the files that identify the package. Raises Refused, NotFound."""
    peek = Peek()
    names, filled, folders, strange = set[str](), set[str](), set[str](), list[str]()

    def take(name: str, size: int, pieces: Iterator[bytes]) -> None:
        if len(name) > _LONGEST or name.count("/") > _DEEPEST:
            strange.append(
                Finding(Code.LIMIT_REACHED, name[:200], seen=_("path too long")).message()
            )
            return
        if name in names:
            strange.append(Finding(Code.NAME_TWICE, name).message())
        names.add(name)
        filled.update(_above(name))
        peek.files += 1
        peek.size += size
        if name in _PEEKED and size <= _LARGEST:
            peek.small[name] = b"".join(pieces)

    source = open_bag(path)
    for entry in hand_on(source, take):
        if isinstance(entry, Finding) and entry.code.severity is Severity.WARNING:
            peek.notes.append(entry)
        elif isinstance(entry, Finding):
            strange.append(entry.message())
        elif entry.kind is Kind.FOLDER:
            folders.add(entry.path)
        elif entry.kind is not Kind.FILE:
            strange.append(f"{printable(entry.path)}: {entry.kind.value}")
    if isinstance(source, NamesInDoubt) and source.in_doubt and not strange:
        strange += _spell(peek, path, source)
    strange += [
        Finding(Code.FILE_AND_FOLDER, name).message() for name in sorted(names & (filled | folders))
    ]
    if strange:
        message = _("{path} cannot be imported, so nothing was stored: {name}")
        raise Refused(message.format(path=path, name=strange[0]))
    if not peek.small.keys() & {"bagit.txt", METS}:
        raise UsageError(
            _("{path} is neither a bag nor an E-ARK package").format(path=path),
            hint=_("`preserva package` makes a package of a folder of scans."),
        )
    above = {folder for path in folders for folder in _above(path)}
    peek.empty = frozenset(folders - filled - above)
    peek.notes += [Finding(Code.FOLDER_LEFT_OUT, folder) for folder in sorted(peek.empty)]
    info = read_tag_files(peek.small).bag_info
    peek.info = [(one_line(label), one_line(value)) for label, value in info]
    return peek


def _spell(peek: Peek, path: Path, source: NamesInDoubt) -> list[str]:
    """What the names are whose encoding nothing declares; a sentence for what stays in doubt."""
    lists = dict[str, bytes]()

    def take(name: str, size: int, pieces: Iterator[bytes]) -> None:
        if size <= _LARGEST and is_list_of_names(name):
            lists[name] = b"".join(pieces)

    for _entry in hand_on(open_bag(path), take):
        pass
    spelling = spell(source.in_doubt, listed_names(lists))
    peek.names = spelling.names
    if strange := [name for name in spelling.encodings if name != source.usual_encoding]:
        peek.notes.append(Finding(Code.NAMES_UNDECLARED, seen=", ".join(strange)))
    unknown = {name for name in source.in_doubt if _is_not_text(spelling.names.get(name, name))}
    return [
        Finding(Code.NAME_UNKNOWN, name).message() for name in sorted(spelling.unsure | unknown)
    ]


def _is_not_text(name: str) -> bool:
    """Whether there are bytes in the name that are not characters."""
    return any("\ud800" <= character <= "\udfff" for character in name)


def _above(name: str) -> Iterator[str]:
    """The parent folders of a file."""
    while name := name.rpartition("/")[0]:
        yield name


def own_id(archive: ArchivalStorage, path: Path, peek: Peek, *, asks: bool) -> PackageId | None:
    """The identifier of a SIP or AIP of ours; None for packages made elsewhere.

    `asks` is True if another identifier or record is requested. Raises Refused for a DIP of ours,
    UsageError for such a request, or if it has no identifier.
    """
    if not peek.is_ours:
        return None
    try:
        (identifier,) = peek.values_of("External-Identifier")
        package = PackageId.parse(identifier)
    except ValueError as error:
        raise UsageError(
            _("{path} does not identify a preserva package").format(path=path)
        ) from error
    if package.institution != archive.config.institution.id:
        return None
    if peek.values_of(TYPE) == [PackageType.DIP]:
        message = _("{path} is a DIP of our own: it is not the whole package")
        raise Refused(message.format(path=path))
    if asks:
        message = _("{id} is a package of our own; it keeps its identifier and its record")
        hint = _("`preserva update` gives a stored package another record.")
        raise UsageError(message.format(id=package), hint=hint)
    return package


def new_id(archive: ArchivalStorage, path: Path, peek: Peek, local: str | None) -> PackageId:
    """The identifier for a package made elsewhere: the one given, or one derived from its own."""
    candidates = [*peek.values_of("External-Identifier"), bare_name(path.name)]
    if candidates[0].startswith("urn:preserva:"):
        candidates[0] = candidates[0].removeprefix(
            "urn:preserva:"
        )  # only its institution is reported
    name = local or local_id(candidates[0]) or local_id(candidates[-1])
    try:
        return PackageId(archive.config.institution.id, name)
    except ValueError as error:
        raise UsageError(
            _("{name} cannot be the local part of an identifier").format(
                name=name or candidates[0]
            ),
            hint=_("Give one with --id: small Latin letters, digits, dots and hyphens."),
        ) from error


def refuse_other(copy: StoredCopy, staging: Staging) -> None:
    """Accept a second run with the same package; refuse anything else under the same id.

    Raises Refused.
    """
    held = copy.read().inventory
    state = held.versions[held.head].files()
    base = f"data/{copy.package.portable}/representations/"

    def content(files: Mapping[str, str]) -> dict[str, str]:
        return {p: d for p, d in files.items() if p.startswith(base) and "/data/" in p[len(base) :]}

    ours = {path: seen.digests[held.algorithm] for path, seen in staging.files.items()}
    if content(ours) != content(state):
        raise Refused(
            _("{id} is stored already, with other content").format(id=copy.package),
            hint=_("Nothing was changed. Give the new package another identifier with --id."),
        )


@contextmanager
def discarded(storage: Storage, staged: str, *, keep: bool) -> Iterator[None]:
    """Clear staging at the end, unless a version is to be stored."""
    try:
        yield
    except BaseException:
        storage.discard(staged)
        raise
    if not keep:
        storage.discard(staged)

"""A folder of scans, arranged and at rest, and its examination without writing anything."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from preserva.core.book.folder_roles import DOCUMENTATION
from preserva.core.book.scans import USUAL_RULES, ImageRules
from preserva.core.book.submission import Arrangement, SourceFile, arrange
from preserva.core.values.digest import MultiHash
from preserva.core.values.report import Advanced, Ended, Finding, Observer, Started
from preserva.core.values.subjects import Named
from preserva.describe.characterization import pronom
from preserva.describe.characterization.format import FileFormat
from preserva.describe.characterization.identify import HEAD, identify
from preserva.errors import PackageError, Refused, UsageError
from preserva.files.opening import Folder
from preserva.i18n import _
from preserva.ingest import source_folder
from preserva.ingest.image_inspection import Inspection, StoredScans
from preserva.ingest.source_folder import (
    Look,
    SourceReader,
    Watch,
    findings_of,
    look,
    settled_look,
)
from preserva.ingest.supplied import own_paths


@dataclass(frozen=True, slots=True)
class Scans:
    """The folder of a source, and what its names show.

    `problems` prevent a package; the warnings of `arrangement` are those that the policy leaves.
    `seen` is what lay in the folder, without `left_out`: what people supply beside the scans.
    """

    folder: Folder
    arrangement: Arrangement
    problems: tuple[Finding, ...] = ()
    seen: Look | None = None
    left_out: frozenset[str] = field(default_factory=frozenset)

    def refuse_changes(self, rules: ImageRules) -> list[Finding]:
        """Files that appeared, vanished or changed since; for `unfinished`, see the policy."""
        if self.seen is None:
            return []
        changes = self.seen.differences(look(self.folder, self.left_out))
        return rules.policy.divide(changes)[0]


def open_scans(
    folder: Path,
    supplied: Iterable[Path] = (),
    rules: ImageRules = USUAL_RULES,
    watch: Watch | None = None,
) -> Scans:
    """A folder of scans without the `supplied` files in it. Its pages are not read.

    Raises UsageError, Refused if it is none; PackageError if it cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(_("{path} is not a folder").format(path=folder))
    folder = folder.resolve()
    if (folder / "bagit.txt").is_file():
        raise Refused(
            _("{path} is a bag already, not a folder of scans").format(path=folder),
            hint=_("Store it with `preserva store` or, if others made it, `preserva import`."),
        )
    left_out = frozenset(own_paths(folder, supplied))
    opened = Folder(folder)
    seen, unsettled = settled_look(
        opened, left_out, rules.settle_seconds, watch or source_folder.MACHINE
    )
    arrangement = arrange(seen.entries)
    refused, said = rules.policy.divide([*unsettled, *arrangement.warnings])
    problems = (*arrangement.problems, *refused)
    return Scans(opened, replace(arrangement, warnings=tuple(said)), problems, seen, left_out)


def examine(
    scans: Scans, rules: ImageRules, stored: StoredScans | None, observer: Observer
) -> Inspection:
    """Read every file as packaging would, and look into it. Nothing is written.

    A file that cannot be read is one problem among the others.
    """
    inspection = Inspection(rules)
    reader = SourceReader(scans.folder)
    files = scans.arrangement.files()
    size = sum(file.size for _name, file in files)
    subject = Named(str(scans.folder.path))
    observer(Started("check", subject, len(files), size))
    for name, file in files:
        try:
            _examine_file(reader, scans.folder, name, file, inspection, observer)
        except PackageError as error:
            inspection.problems += findings_of(error)
    inspection.conclude(stored)
    inspection.problems += scans.refuse_changes(rules)
    observer(Ended("check", subject))
    return inspection


def _examine_file(
    reader: SourceReader,
    folder: Folder,
    name: str,
    file: SourceFile,
    inspection: Inspection,
    observer: Observer,
) -> None:
    head = bytearray()
    hashes = MultiHash(["sha512"])
    for chunk in reader.chunks(file.source):
        if len(head) < HEAD:
            head.extend(chunk[: HEAD - len(head)])
        hashes.update(chunk)
        observer(Advanced(len(chunk)))
    if name == DOCUMENTATION:
        inspection.miss(file, identify(bytes(head), file.source, hashes.size).mime)
        return
    place = nullcontext(folder.path / file.source)
    form = known_format(bytes(head), file.source, hashes.size, place)
    inspection.look(reader.opened(file.source), hashes.size, form.mime, name, file.source)
    inspection.saw(name, file, hashes.digests()["sha512"], form.note)
    inspection.miss(file, form.mime)


def known_format(
    head: bytes, name: str, size: int, opened: AbstractContextManager[Path]
) -> FileFormat:
    """The format of a file from its first bytes and, where PRONOM is installed, all of it."""
    form = identify(head, name, size)
    if not pronom.is_installed():
        return form
    with opened as place:
        return pronom.refined(form, place)

"""Creates a bag from a folder: RFC 8493, BagIt 1.0.

The new bag is built in a staging folder beside its destination, made durable, and then given its
name in one step. A kill or power cut at any instant leaves the whole bag or none, and the source
is only ever read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from preserva.bag.create.copy import copy_files, read_files
from preserva.bag.create.in_place import journal, roll_back, swap
from preserva.bag.create.source_folder import SourceListing, examine, refuse_problems
from preserva.bag.create.tag_files import Payload, write_tag_files
from preserva.core.formats.bagit import serialise_bag_info
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.model import Observed
from preserva.core.values.report import Ended, Finding, Observer, Started, ignore
from preserva.core.values.subjects import Named
from preserva.errors import PackageError, Refused, StorageError, UsageError
from preserva.files.disk import publish, refuse_kept, staging, staging_for, synchronise_all, writing
from preserva.i18n import _

ALGORITHMS_WRITTEN = ("sha512", "sha256")
"""RFC 8493 section 2.4: both must be understood by every tool, SHA-512 is the default."""

_OXUM = "Payload-Oxum"


@dataclass(frozen=True, slots=True)
class Made:
    """A new bag: its place, its size, and the warnings.

    `tagmanifests` holds the digest of each tag manifest by name: kept outside the bag, they prove
    later that it is still the same.
    """

    path: Path
    files: int
    size: int
    findings: tuple[Finding, ...]
    tagmanifests: Mapping[str, str]


def create_bag(
    source_folder: Path,
    destination: Path | None = None,
    *,
    algorithms: Iterable[str] = ALGORITHMS_WRITTEN,
    bag_info: Iterable[tuple[str, str]] = (),
    in_place: bool = False,
    encode_names: bool = False,
    read_back: bool = False,
    durable: bool = True,
    dry_run: bool = False,
    jobs: int | None = None,
    observer: Observer = ignore,
) -> Made:
    """Create a bag from a folder and describe it.

    The source is read once, copied and digested in the same read, and never changed. `bag_info`
    keeps its order; Payload-Oxum is computed and comes last. With `in_place` the folder itself
    becomes the bag, its content is moved to `data` by a rename. `encode_names` allows names with
    `%`, CR or LF. `read_back` reads the copy again from the medium before the bag is published.
    `durable=False` lets the system decide when the bytes reach the medium. With `dry_run` only
    names are checked, and nothing is written: `tagmanifests` stays empty.

    Raises UsageError for wrong arguments; PackageError, naming every file, if something in the
    folder cannot be in a bag or changed while it was read; Refused if the destination exists or the
    source is a bag; Locked, StorageError. In each case nothing was created or changed.
    """
    names = checked_algorithms(algorithms)
    fields = tuple(bag_info)
    _check_bag_info(fields)
    source, final = _places(source_folder, destination, in_place=in_place)
    if in_place and not dry_run:
        roll_back(source)
    inventory = examine(source, encode_names=encode_names)
    refuse_problems(source, inventory)
    if dry_run:
        return Made(final, len(inventory.files), inventory.size, inventory.warnings, {})
    work = _Work(source, final, inventory, names, fields, jobs or os.cpu_count() or 1, observer)
    return work.in_place() if in_place else work.copy(read_back=read_back, durable=durable)


def checked_algorithms(algorithms: Iterable[str]) -> tuple[str, ...]:
    """The algorithms, each once. Raises UsageError for an unknown or weak one, or for none."""
    names = tuple(dict.fromkeys(algorithms))
    for name in names:
        if name not in ALGORITHMS or ALGORITHMS[name].weak:
            usable = ", ".join(a.name for a in ALGORITHMS.values() if not a.weak)
            message = _("{name} cannot be used to write digests; use one of: {usable}")
            raise UsageError(message.format(name=name, usable=usable))
    if not names:
        raise UsageError(_("a bag needs at least one digest algorithm"))
    return names


def _check_bag_info(fields: Iterable[tuple[str, str]]) -> None:
    for label, value in fields:
        if label.casefold() == _OXUM.casefold():
            raise UsageError(_("Payload-Oxum is computed; it cannot be given"))
        try:
            serialise_bag_info([(label, value)])
        except ValueError as error:
            raise UsageError(str(error)) from error


def _places(source: Path, destination: Path | None, *, in_place: bool) -> tuple[Path, Path]:
    if in_place == (destination is not None):
        raise UsageError(_("give a destination or --in-place, not both"))
    source = _located(source)
    if destination is None:
        return source, source
    final = _located(destination)
    if final.is_relative_to(source) or source.is_relative_to(final):
        raise Refused(_("one of {path} and the source is inside the other").format(path=final))
    if os.path.lexists(final):
        raise Refused(_("{path} exists already; it was not touched").format(path=final))
    refuse_kept(final)
    if not final.parent.is_dir():
        raise Refused(_("there is no folder {path} to put the bag in").format(path=final.parent))
    return source, final


def _located(path: Path) -> Path:
    """The path with links resolved except in its last component, which must not be one."""
    path = path.absolute()
    return path.resolve() if path.name in {"", ".."} else path.parent.resolve() / path.name


@dataclass(frozen=True, slots=True)
class _Work:
    """One creation with all its options."""

    source: Path
    final: Path
    inventory: SourceListing
    algorithms: tuple[str, ...]
    bag_info: tuple[tuple[str, str], ...]
    jobs: int
    observer: Observer

    def copy(self, *, read_back: bool, durable: bool) -> Made:
        """Build the bag beside its destination and give it its name."""
        with staging(staging_for(self.final)) as folder:
            data = folder / "data"
            folders = self._make_folders(data)
            self._start("copy")
            payload = self._whole(
                copy_files(
                    self.source,
                    data,
                    self.inventory.files,
                    frozenset(self.algorithms),
                    jobs=self.jobs,
                    durable=durable,
                    observer=self.observer,
                )
            )
            self._end("copy")
            if durable:
                synchronise_all(data, payload, folders)
            if read_back:
                self._read_back(data, payload)
            made = self._write_tags(folder, payload, durable)
            publish(folder, self.final, durable=durable)
        return made

    def in_place(self) -> Made:
        """Turn the source itself into a bag with two renames."""
        self._start("digest")
        with journal(self.source) as folder:
            payload = self._whole(
                read_files(
                    self.source,
                    self.inventory.files,
                    frozenset(self.algorithms),
                    jobs=self.jobs,
                    bypass_cache=False,
                    observer=self.observer,
                )
            )
            self._end("digest")
            synchronise_all(self.source, payload, self.inventory.folders)
            made = self._write_tags(folder, payload, True)
            self._refuse_change()
            swap(folder, self.source)
        return made

    def _make_folders(self, payload: Path) -> tuple[str, ...]:
        """Create the folders of the payload; those without any file below are left out."""
        needed: set[str] = set()
        for file in self.inventory.files:
            folder = file.path.rpartition("/")[0]
            while folder and folder not in needed:
                needed.add(folder)
                folder = folder.rpartition("/")[0]
        with writing(payload):
            for folder in ("", *sorted(needed)):
                os.mkdir(payload / folder)  # noqa: PTH102
        return tuple(needed)

    def _whole(self, results: Iterable[Observed | Finding]) -> Payload:
        """The digests of all files. Raises PackageError unless all were read."""
        payload = Payload(self.algorithms)
        problems: list[Finding] = []
        for result in results:
            if isinstance(result, Observed):
                payload.add(result)
            else:
                problems.append(result)
        if problems:
            raise PackageError(
                _("{path} cannot become a bag").format(path=self.source),
                [finding.message() for finding in sorted(problems, key=lambda f: f.path or "")],
            )
        return payload

    def _read_back(self, folder: Path, payload: Payload) -> None:
        """Read the copy from the medium. Raises StorageError if a byte of it differs."""
        self._start("read-back")
        first = self.algorithms[0]
        for now in read_files(
            folder,
            self.inventory.files,
            frozenset([first]),
            jobs=self.jobs,
            bypass_cache=True,
            observer=self.observer,
        ):
            if isinstance(now, Finding) or now.digests[first] != payload.digest(now.path, first):
                message = _("{path} was not read back as it was written: do not trust this medium")
                raise StorageError(message.format(path=now.path), path=now.path)
        self._end("read-back")

    def _refuse_change(self) -> None:
        """Raise PackageError if the folder changed since it was read."""
        now = examine(self.source, encode_names=True)
        if now.files != self.inventory.files or now.folders != self.inventory.folders:
            changed = set(now.files) ^ set(self.inventory.files)
            raise PackageError(
                _("{path} changed while it was read").format(path=self.source),
                sorted({file.path for file in changed}),
            )

    def _write_tags(self, folder: Path, payload: Payload, durable: bool) -> Made:
        """Write the tag files and describe the bag."""
        oxum = (_OXUM, f"{payload.size}.{len(payload)}")
        kept = write_tag_files(folder, payload, (*self.bag_info, oxum), durable=durable)
        return Made(self.final, len(payload), payload.size, self.inventory.warnings, kept)

    def _start(self, step: str) -> None:
        self.observer(
            Started(step, Named(str(self.source)), len(self.inventory.files), self.inventory.size)
        )

    def _end(self, step: str) -> None:
        self.observer(Ended(step, Named(str(self.source))))

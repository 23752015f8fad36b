"""Adds digests to a bag and changes its bag-info.txt, without certifying damage.

Everything is read once: the old digests are compared and the new ones computed in the same read.
Only a valid bag is changed. The new tag files are made durable beside the bag; then

1. the old tag manifests are moved out,
2. the new payload manifests and bag-info.txt are moved in,
3. the new tag manifests are moved in.

After each move the folder is a valid bag, since tag manifests are optional and every payload
manifest is complete (RFC 8493 section 2.2.1). The next update completes an interrupted one before
it reads anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from preserva.bag.create.create import checked_algorithms
from preserva.bag.create.tag_files import Payload, tag_manifests
from preserva.bag.folder import FolderSource
from preserva.bag.source import Source
from preserva.bag.validate import BagReport, BagVerdict, validate_source
from preserva.core.formats.bagit import serialise_bag_info
from preserva.core.values.digest import ALGORITHMS, Digests, digest_bytes
from preserva.core.values.model import Entry, Observed
from preserva.core.values.report import Finding, Observer, Outcome, ignore
from preserva.errors import NotAFile, Refused, UsageError
from preserva.files.disk import (
    discard,
    locked_folder,
    move,
    staging,
    synchronise,
    write_file,
    writing,
)
from preserva.i18n import _

Fields = Iterable[tuple[str, str]]
Edit = Callable[[Fields], Fields]
"""Maps the elements of bag-info.txt to those that it is to have."""

_OLD_INFO = {"0.93", "0.94", "0.95"}  # these have package-info.txt


@dataclass(frozen=True, slots=True)
class BagUpdated:
    """The validation report, and the tag files written: none if the bag is damaged."""

    report: BagReport
    written: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The outcome of the report."""
        return self.report.outcome


def update_bag(
    bag: Path,
    *,
    algorithms: Iterable[str] = (),
    edit: Edit | None = None,
    dry_run: bool = False,
    jobs: int | None = None,
    observer: Observer = ignore,
) -> BagUpdated:
    """Add payload manifests for these algorithms, change bag-info.txt, renew the tag manifests.

    The bag is validated in the same read; unless it is valid nothing changes, and the report says
    why. Its version, its old payload manifests and its payload are not changed. With `dry_run`
    everything is read and nothing written.

    Raises UsageError for wrong arguments; Refused for a bag that cannot be extended in its own
    version of BagIt; Locked, NotAFile, StorageError. Then nothing was changed.
    """
    wanted = checked_algorithms(algorithms) if algorithms else ()
    if not bag.is_dir() or bag.is_symlink():
        raise NotAFile(_("{path} is not a folder").format(path=bag), path=os.fspath(bag))
    bag = bag.resolve()
    with locked_folder(bag):
        if not dry_run:
            finish_update(bag)
        source = _Widened(FolderSource(bag, jobs=jobs), frozenset(wanted))
        report = validate_source(source, observer=observer)
        if report.verdict not in {BagVerdict.VALID, BagVerdict.VALID_WITH_WARNINGS}:
            return BagUpdated(report)
        files = _new_files(source, report, wanted, edit)
        if files and not dry_run:
            _stage(bag, files)
            finish_update(bag)
        return BagUpdated(report, tuple(files))


def finish_update(bag: Path) -> bool:
    """Move in the files prepared by an update; return whether there were any."""
    ready, done = _ready(bag), _unfinished(bag)
    discard(done)
    if not os.path.lexists(ready):
        return False
    names = sorted(os.listdir(ready / "new"))  # noqa: PTH208
    tagmanifests = [name for name in names if name.startswith("tagmanifest-")]
    for name in tagmanifests:
        if os.path.lexists(bag / name):
            move(bag / name, ready / "old" / name)
    for name in names:
        if name not in tagmanifests:
            move(ready / "new" / name, bag / name)
    for name in tagmanifests:
        move(ready / "new" / name, bag / name)
    move(ready, done)  # a partly removed folder must not look complete
    discard(done)
    return True


def changed_fields(put: Fields = (), add: Fields = (), remove: Iterable[str] = ()) -> Edit | None:
    """Apply an edit: labels are removed, then values replaced in place, then values appended.

    Labels are compared without regard to case. None if nothing changes.
    """
    puts, adds = list(put), list(add)
    gone = {label.casefold() for label in remove}
    if not (puts or adds or gone):
        return None

    def edit(fields: Fields) -> Fields:
        result = [(label, value) for label, value in fields if label.casefold() not in gone]
        for label, value in puts:
            same = [n for n, (other, _v) in enumerate(result) if _same(label, other)]
            place = same[0] if same else len(result)
            result = [field for n, field in enumerate(result) if n not in same]
            result.insert(place, (label, value))
        return [*result, *adds]

    return edit


def _same(label: str, other: str) -> bool:
    return label.casefold() == other.casefold()


def _ready(bag: Path) -> Path:
    return bag.parent / f".{bag.name}.preserva-update"


def _unfinished(bag: Path) -> Path:
    return bag.parent / f".{bag.name}.preserva-update.part"


class _Widened:
    """A source that computes additional digests and keeps them.

    `payload` has the additional digests of payload files, `digests` all digests of the others.
    """

    def __init__(self, source: Source, more: frozenset[str]) -> None:
        self._source = source
        self._more = more
        self.name = source.name
        self.media_type = source.media_type
        self.entries = source.entries
        self.stream = source.stream
        self.payload = Payload(sorted(more))
        self.digests: dict[str, Digests] = {}

    def observe(
        self, files: Iterable[Entry], algorithms: frozenset[str], observer: Observer
    ) -> Iterator[Observed | Finding]:
        """Observe the files; pass on only the digests that were requested."""
        for result in self._source.observe(files, algorithms | self._more, observer):
            if isinstance(result, Observed):
                if result.path.startswith("data/"):
                    self.payload.add(result)
                else:
                    self.digests[result.path] = result.digests
            yield result


def _new_files(
    source: _Widened, report: BagReport, wanted: tuple[str, ...], edit: Edit | None
) -> dict[str, bytes]:
    """The tag files that are new or change, by name; none if there is nothing to do."""
    added = [name for name in wanted if name not in report.algorithms]
    files = _manifests(source, added) if added else {}
    if edit is not None:
        files |= _bag_info(report, edit)
    if not files:
        return {}
    _refuse_other_rules(source.name, report)
    return files | _tag_manifests(source, report, files, added)


def _refuse_other_rules(bag: str, report: BagReport) -> None:
    """Raise Refused if we cannot write by the rules of the bag's own version."""
    hint = _("Make a new bag of its payload with `preserva bag create`.")
    if (report.encoding or "").lower() != "utf-8":
        message = _("the tag files of {bag} are in {encoding}; only UTF-8 can be written")
        raise Refused(message.format(bag=bag, encoding=report.encoding), hint=hint)
    if report.version == "1.0":
        return
    for path in report.payload.there():
        if any(character in path for character in "%\r\n"):
            message = _(
                "{path}: before BagIt 1.0 it is not defined how a manifest writes this name"
            )
            raise Refused(message.format(path=path), hint=hint)


def _manifests(source: _Widened, added: list[str]) -> dict[str, bytes]:
    try:
        return {f"manifest-{name}.txt": b"".join(source.payload.lines(name)) for name in added}
    except ValueError as error:
        message = _("a name in the payload cannot be written in a manifest: {reason}")
        raise Refused(message.format(reason=error)) from error


def _bag_info(report: BagReport, edit: Edit) -> dict[str, bytes]:
    """The new bag-info.txt; None if the edit changes nothing."""
    fields = list(edit(report.bag_info))
    if fields == report.bag_info:
        return {}
    if _oxums(fields) != _oxums(report.bag_info):
        raise UsageError(_("Payload-Oxum is computed; it cannot be given"))
    name = "package-info.txt" if report.version in _OLD_INFO else "bag-info.txt"
    try:
        return {name: serialise_bag_info(fields)}
    except ValueError as error:
        raise UsageError(str(error)) from error


def _oxums(fields: Fields) -> list[str]:
    return [value for label, value in fields if _same(label, "Payload-Oxum")]


def _tag_manifests(
    source: _Widened, report: BagReport, files: dict[str, bytes], added: list[str]
) -> dict[str, bytes]:
    """All tag manifests, rewritten: they list the files they listed and every standard tag file."""
    strong = [name for name in report.algorithms if not ALGORITHMS[name].weak]
    algorithms = sorted({*report.tag_algorithms, *strong, *added})
    listed = {path for path in report.tags.there() if report.tags.is_listed(path)}
    listed |= {path for path in report.tags.there() if _is_known(path)}
    digests: dict[str, Digests] = {}
    for path in listed | files.keys():
        content = files.get(path)
        digests[path] = (
            _digest(source, path, algorithms)
            if content is None
            else digest_bytes(content, algorithms)
        )
    return tag_manifests(digests, algorithms)


def _is_known(path: str) -> bool:
    if path in {"bagit.txt", "bag-info.txt", "package-info.txt", "fetch.txt"}:
        return True
    return path.startswith("manifest-") and path.endswith(".txt") and "/" not in path


def _digest(source: _Widened, path: str, algorithms: list[str]) -> Digests:
    """The digests of a tag file: those of the validating read, if it computed all of them."""
    known = source.digests.get(path, {})
    if known.keys() >= set(algorithms):
        return known
    content = b"".join(source.stream(path))
    now = digest_bytes(content, {*algorithms, *known})
    if any(now[name] != digest for name, digest in known.items()):
        raise Refused(_("{path} changed while it was read").format(path=path))
    return now


def _stage(bag: Path, files: dict[str, bytes]) -> None:
    """Make the new files durable beside the bag; after the last rename they will be moved in."""
    if bag.stat().st_dev != bag.parent.stat().st_dev:
        message = _("{path} and its parent folder are on different file systems")
        raise Refused(message.format(path=bag))
    with staging(_unfinished(bag)) as folder:
        with writing(folder):
            os.mkdir(folder / "new")  # noqa: PTH102
            os.mkdir(folder / "old")  # noqa: PTH102
        for name, content in files.items():
            write_file(folder / "new" / name, content)
        synchronise(folder / "new")
        synchronise(folder)
        move(folder, _ready(bag))

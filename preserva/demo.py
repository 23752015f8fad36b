"""The demonstration, on an archive of its own: package, replicate, validate, damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from preserva.access.export import export
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.archive.store import Store
from preserva.config import NAME, Role, load
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer, Outcome, ignore
from preserva.errors import PreservaError
from preserva.fixity.validate import validate_stored
from preserva.i18n import _
from preserva.ingest.package import package
from preserva.outputs.configuration import template
from preserva.outputs.findings import human_size, report_lines
from preserva.replication.replicate import replicate
from preserva.specimen.book import draw_book

Say = Callable[[str], None]


class DemoFailedError(PreservaError):
    """A step of the demonstration did not end as it should."""


def demo(
    place: Path,
    folder: Path | None = None,
    record: Path | None = None,
    *,
    say: Say = lambda line: None,
    observer: Observer = ignore,
) -> PackageId:
    """Run everything in a new archive at `place` with a given or drawn book; return its identifier.

    At the end one copy is damaged on purpose, and everything is left to look at. Raises
    DemoFailedError if a sound copy does not pass, or the damage is not found and named.
    """
    if folder is None or record is None:
        folder = place / "scans"
        record = draw_book(folder)
        say(_("1. A small book was drawn: {folder}").format(folder=folder))
    else:
        say(_("1. The book: {folder}").format(folder=folder))
    path = place / NAME
    path.write_text(template(), encoding="utf-8")
    create_archive(load(path))
    with open_archive(path) as archive:
        done = package(folder, record, archive, observer=observer)
        message = _("2. Packaged and stored in {place}: {title}, {files} files, {size}")
        say(
            message.format(
                place=done.place, title=done.title, files=done.files, size=human_size(done.size)
            )
        )
        for replication in replicate(archive, observer=observer):
            _expect(replication.report.outcome is Outcome.PASS, "replicate")
            message = _("3. Copied to {to}, read back and compared with what was recorded")
            say(message.format(to=replication.to))
        say(_("4. Every file of both copies is read and checked:"))
        _validate(archive, done.package, say, Outcome.PASS)
        made = export(archive, done.package, place / "export", observer=observer)
        say(_("5. Exported as a bag that any tool can check: {path}").format(path=made))
        replica = next(store for store in archive.stores() if store.config.role is Role.REPLICA)
        damaged = _damage(replica, done.package)
        say(
            _("6. One byte of the copy in {name} is changed: {path}").format(
                name=replica.id, path=damaged
            )
        )
        _validate(archive, done.package, say, Outcome.FAIL)
    return done.package


def _validate(archive: ArchivalStorage, package_: PackageId, say: Say, replica: Outcome) -> None:
    """Validate both copies; the primary must pass, the replica have the expected outcome."""
    primary_report, replica_report = validate_stored(archive, package_)
    for report in (primary_report, replica_report):
        for line in report_lines(report):
            say(f"   {line}")
    _expect(primary_report.outcome is Outcome.PASS, "validate")
    _expect(replica_report.outcome is replica, "validate")


def _damage(store: Store, package_: PackageId) -> Path:
    """Flip one bit in the middle of the largest file of a copy, behind preserva's back."""
    stored = store.root.read(package_.uri)
    root = Path(store.storage.url) / stored.path
    victim = max(
        (root / path for path in stored.inventory.content()), key=lambda path: path.stat().st_size
    )
    with victim.open("r+b") as stream:
        stream.seek(victim.stat().st_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, 1)
        stream.write(bytes([byte ^ 1]))
    return victim


def _expect(condition: bool, step: str) -> None:
    if not condition:
        raise DemoFailedError(_("the step {step} did not end as expected").format(step=step))

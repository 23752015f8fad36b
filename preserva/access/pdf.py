"""The PDF of a stored book, for a person who wants to read it."""

from __future__ import annotations

from pathlib import Path

from preserva.access.export import Outgoing
from preserva.access.handover import UNSTATED, Handover, record_export
from preserva.archive.archive import ArchivalStorage
from preserva.archive.staging import beside
from preserva.archive.stored_copy import StoredCopy
from preserva.core.values.model import PackageId
from preserva.core.values.report import Observer, ignore
from preserva.errors import UsageError
from preserva.files.disk import publish, writing
from preserva.i18n import _


def export_pdf(
    archive: ArchivalStorage,
    package: PackageId,
    destination: Path,
    *,
    version: str | None = None,
    storage: str | None = None,
    handover: Handover = UNSTATED,
    observer: Observer = ignore,
) -> Path:
    """Write the PDF that a package has to a new file, compared with what was stored.

    The ledger records that with its `handover`.

    Of several, it is the first of the access copies. Raises UsageError if there is none,
    and what `export` raises.
    """
    store = archive.store(storage) if storage else archive.primary
    copy = StoredCopy(archive, store, package)
    stored = copy.read_recorded()
    chosen = stored.version(version)
    outgoing = Outgoing(store.storage, stored, chosen, observer)
    start = f"data/{package.portable}/representations/"
    books = sorted(
        path for path in outgoing.located if path.startswith(start) and path.endswith(".pdf")
    )
    if not books:
        raise UsageError(
            _("{id} has no PDF").format(id=package),
            hint=_(
                "`preserva derive ID --pdf` makes one;"
                " `preserva update ID --access FOLDER` adds one that you have."
            ),
        )
    preferred = [path for path in books if path.startswith(f"{start}access/")]
    with beside(destination) as scratch:
        with writing(destination), (scratch / destination.name).open("xb") as stream:
            for chunk in outgoing.chunks((preferred or books)[0]):
                stream.write(chunk)
        outgoing.refuse_damage()
        publish(scratch / destination.name, destination)
    record_export(copy, chosen, "pdf", handover)
    return destination

"""Where a finished package under our own identifier comes from: made here, or brought from outside.

A package that anybody made can bear our identifier. A package that was not made here is stored as
ours only with a person's consent, and the ledger and the history record that it came from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.core.values.entries import BAG_MADE, SUCCESS
from preserva.core.values.facts import BagMade
from preserva.core.values.model import Observed, PackageId
from preserva.errors import PreservaError, Refused
from preserva.i18n import _
from preserva.ledger import Ledger
from preserva.logs import get_logger

_logger = get_logger(__name__)
_DIGEST = "sha512"


def record_bag_made(
    ledger: Path, package: PackageId, files: Mapping[str, Observed], time: str, person: str | None
) -> None:
    """Record that a bag was made here, if there is a ledger; nothing else needs one."""
    if not ledger.exists():
        return
    facts = BagMade(tag_manifests(files))
    try:
        with closing(Ledger(ledger, person=person)) as opened:
            opened.append(BAG_MADE, time=time, outcome=SUCCESS, package=package.uri, facts=facts)
    except PreservaError as error:  # the bag is good all the same; storing it asks for consent
        _logger.warning("that a bag of %s was made is not recorded: %s", package.uri, error)


def was_made_here(
    archive: ArchivalStorage, package: PackageId, files: Mapping[str, Observed]
) -> bool:
    """Whether it is a bag that was made here, file for file; `files` are those in staging."""
    seen = tag_manifests(files)
    entries = archive.ledger.entries(package=package.uri, types=(BAG_MADE,))
    return bool(seen) and any(entry.facts_as(BagMade).tag_manifests == seen for entry in entries)


def refuse_without_consent(package: PackageId, as_ours: bool) -> None:
    """Refuse a package from outside that a person did not say is ours. Raises Refused."""
    if as_ours:
        return
    message = _("{id} has an identifier of our institution, but was not made here: not stored")
    raise Refused(
        message.format(id=package),
        hint=_(
            "If you know who made it and that it is ours, store it with --as-ours; that it came"
            " from outside is recorded."
        ),
    )


def tag_manifests(files: Mapping[str, Observed]) -> dict[str, str]:
    """The digests of the tag manifests of a bag, which cover all that is in it."""
    return {
        path: seen.digests[_DIGEST]
        for path, seen in sorted(files.items())
        if "/" not in path and path.startswith("tagmanifest-")
    }

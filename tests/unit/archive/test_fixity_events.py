"""Fixity checks as PREMIS events: an entry of the ledger says all that its document needs."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lxml import etree

from preserva.access.fixity_events import write_checks
from preserva.core.eark.fixity_event import check_document
from preserva.core.formats.canonical_json import Value
from preserva.core.values.entries import FIXITY_CHECK
from preserva.core.values.model import PackageId
from preserva.fixity.validate import validate_stored
from tests.support.books import an_archive, replicated
from tests.support.xsd import schema


def test_a_check_stands_for_a_premis_event_that_can_be_made_again(
    tmp_path: Path, shared: Path
) -> None:
    """Its document is valid PREMIS with the digest of the entry; sound and damaged copies alike."""
    package_id = PackageId("aonb", "kp-7")
    place = replicated(tmp_path, package_id)
    with an_archive(place) as archive:
        stored = archive.primary.root.read(package_id.uri)
        folder = Path(archive.primary.storage.url) / stored.path
        page = folder / min(stored.inventory.content())
        page.chmod(0o644)
        page.write_bytes(page.read_bytes() + b"x")
        list(validate_stored(archive, package_id))
        checks = list(archive.ledger.entries(package=package_id.uri, types=(FIXITY_CHECK,)))
        assert {one.outcome for one in checks} == {"success", "fail"}
        written = write_checks(archive.ledger, package_id, tmp_path / "checks")
        assert written == len(checks)
    files = sorted((tmp_path / "checks").iterdir())
    for path, entry in zip(files, checks, strict=True):
        data = path.read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry.facts["premis_sha256"]
        schema(shared, "premis-3.0.xsd").assertValid(etree.fromstring(data))


def test_the_document_of_a_check_never_changes() -> None:
    """What an entry of today stands for must still be what it stands for in thirty years."""
    facts: dict[str, Value] = {
        "bytes": 1,
        "files": 2,
        "findings": [],
        "more_findings": 0,
        "institution": "aonb",
        "event": "00000000-0000-4000-8000-000000000001",
        "software": "0.1.0",
    }
    data = check_document(
        "urn:preserva:aonb:kp-7", "aonb-main", "2026-11-24T03:00:00+00:00", "unknown", facts
    )
    assert hashlib.sha256(data).hexdigest() == (
        "d7031c4affc3fb8f7d010a160c629d38dada463ce2d8eeaf5fd88f3b5555fc42"
    )

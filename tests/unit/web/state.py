"""What tests do to the archive of one book so that something waits for people."""

from __future__ import annotations

import json
from pathlib import Path

from preserva.archive.archive import open_archive, utc_now
from preserva.archive.runs import note_success
from preserva.core.policy.health import Job
from preserva.fixity.audit import audit
from preserva.web import jobs
from preserva.web.visit import StaffSite


def damage(site: StaffSite) -> int:
    """Change one bit of the copy in Minsk, and let an audit find it; the number of the incident."""
    with open_archive(site.config.path) as archive:
        store = archive.store("nlb-copy")
        folder = Path(store.storage.url) / store.root.path_of("urn:preserva:aonb:kp-7")
        path = min(folder.rglob("*.tif"))
        path.chmod(0o644)
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        audit(archive)
        (trouble,) = archive.ledger.copies.troubled()
    assert trouble.problem is not None
    return trouble.problem


def request_withdrawal(site: StaffSite, person: str) -> int:
    """A decision that waits for a second person; its number."""
    from preserva.api.archive import open_archive

    with open_archive(site.config.path, person=person) as archive:
        return archive.request_decision("withdrawal", "a duplicate", package="aonb-kp-7").number


def all_is_done(site: StaffSite, **reached: dict[str, object]) -> None:
    """All regular work succeeded today, and somebody looked at the storages: what that said."""
    for job in Job:
        subject = "nlb-copy" if job is Job.LEDGER_COPY else None
        note_success(site.config, job, utc_now(), subject)
    good = {"problem": None, "outcome": "pass", "free_bytes": 1 << 40}
    rows = [
        {"storage": name, **good, **reached.get(name.partition("-")[0], {})}
        for name in ("aonb-main", "nlb-copy")
    ]
    number = jobs.submit(site.database, "look", "storages", {}, "petrov", "en")
    jobs.claim(site.database)
    jobs.output_files(site.database, number)[0].write_text(json.dumps({"reached": rows}))
    jobs.end(site.database, number, 0)

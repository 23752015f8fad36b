"""Every verb that changes something, broken at every single call that writes.

After each fault: what was acknowledged is whole, nothing half-made is visible, the ledger
verifies, and the next run finishes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from preserva import config
from preserva.access.export import export
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive, utc_now
from preserva.archive.relations import relate, relations
from preserva.archive.removal import remove_bytes
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import answer, decisions, request
from preserva.archive.withdrawal import tombstones, withdraw
from preserva.bag.create.create import create_bag
from preserva.batch.outcome import BatchResult
from preserva.batch.run import BatchOptions
from preserva.batch.shares import Share
from preserva.batch.verbs import package_batch, update_batch
from preserva.core.eark.mets import PackageType
from preserva.core.policy.relations import RelationKind
from preserva.core.policy.two_persons import REMOVAL, WITHDRAWAL, DecisionState, Matter
from preserva.core.values.entries import END
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import AwaitsConfirmation, StorageError
from preserva.fixity.ocfl_object import check_object
from preserva.fixity.validate import validate_stored
from preserva.ingest.bag import store
from preserva.ingest.book_revision import PageChanges
from preserva.ingest.derive import Derivation, derive
from preserva.ingest.package import package, package_bag
from preserva.ingest.revision import Change, update
from preserva.ingest.transfer import accept
from preserva.replication.accession import receive
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from tests.campaigns.points import Counter, Fault, count_calls, in_child, in_new_process
from tests.faults.damage import MANIFEST, P1, PACKAGE, flip, folder
from tests.support.books import RECORD, an_archive, make_book, tiff
from tests.support.partners import OTHER_SIDE

LONG = os.environ.get("PRESERVA_LONG") == "1"


def do_package(place: Path) -> None:
    """Package the book straight into the store."""
    with an_archive(place / "archive") as archive:
        package(place / "book", place / "book.xml", archive)


def do_store(place: Path) -> None:
    """Store the bag that was made of it."""
    with an_archive(place / "archive") as archive:
        store(archive, place / "bags" / PACKAGE.portable, as_ours=True)


def do_import(place: Path) -> None:
    """Take somebody's bag in."""
    with an_archive(place / "archive") as archive:
        accept(archive, place / "bag", local=PACKAGE.local)


def do_import_own(place: Path) -> None:
    """Take a SIP of our own in."""
    with an_archive(place / "archive") as archive:
        accept(archive, place / "sip" / PACKAGE.portable, as_ours=True)


def do_replicate(place: Path) -> None:
    """Copy the package to the other institution."""
    with an_archive(place / "archive") as archive:
        for one in replicate(archive):
            if one.report.outcome is not Outcome.PASS:
                raise StorageError(str(one.report.findings))


def do_update(place: Path) -> None:
    """Replace the record and the structure of the book."""
    change = Change(place / "new.xml", structure=place / "new.toml", reason="a test")
    with an_archive(place / "archive") as archive:
        update(archive, PACKAGE, change)


def do_update_pages(place: Path) -> None:
    """Scan a page again, add an access copy, and insert a page, each once."""
    corrections = (
        PageChanges(pages=place / "again", access=place / "jpg"),
        PageChanges(insert=place / "missing", after=0),
    )
    with an_archive(place / "archive") as archive:
        for number, pages in enumerate(corrections, 1):
            with archive.writing(archive.primary):  # what was interrupted is put in order first
                stored = archive.primary.root.read(PACKAGE.uri).inventory
            if len(stored.versions) == number:
                update(archive, PACKAGE, Change(pages=pages, reason="corrected"))


def do_package_by_table(place: Path) -> None:
    """Package the book by a table of one row."""
    with an_archive(place / "archive") as archive:
        end_batch(package_batch(archive, BatchOptions(place / "books.csv")))


def do_package_in_shares(place: Path) -> None:
    """The same in a share of the rows: made as a bag first, then stored."""
    options = BatchOptions(place / "books.csv", share=Share(1, 2))
    with an_archive(place / "archive") as archive:
        end_batch(package_batch(archive, options))


def do_update_by_table(place: Path) -> None:
    """Replace the record and the structure of the book by a table."""
    with an_archive(place / "archive") as archive:
        end_batch(update_batch(archive, BatchOptions(place / "changes.csv"), reason="a test"))


def end_batch(result: BatchResult) -> None:
    """Fail as the command line does; a bug may not hide behind a row that was not done."""
    if result.stopped is not None:
        raise result.stopped
    problems = [problem for row in result.rows for problem in row.problems]
    assert not any("a bug in preserva" in problem for problem in problems), problems
    if result.outcome is not Outcome.PASS:
        raise StorageError(str(problems))


def do_repair(place: Path) -> None:
    """Give the other institution's copy back what it lost."""
    with an_archive(place / "archive") as archive:
        (done,) = repair(archive, [PACKAGE], storage="nlb-copy", apply=True)
        if done.report.outcome is not Outcome.PASS:
            raise StorageError(str(done.report.findings))


def do_withdraw(place: Path) -> None:
    """Withdraw the package, as two persons decided."""
    with open_archive(place / "archive" / config.NAME, person="petrov") as archive:
        withdraw(archive, PACKAGE, None)


def do_remove(place: Path) -> None:
    """Remove the bytes of the withdrawn package, as two persons decided a month ago."""
    with later(place) as archive:
        for removal in remove_bytes(archive, PACKAGE):
            if removal.outcome is not Outcome.PASS:
                raise StorageError(str(removal.report.findings))


def do_derive(place: Path) -> None:
    """Make the access copy of the page, and the PDF of the book."""
    wanted = Derivation(access=True, pdf=True, reason="for readers")
    with an_archive(place / "archive") as archive:
        derive(archive, PACKAGE, wanted)


def do_relate(place: Path) -> None:
    """State that the package is a volume of another one."""
    with open_archive(place / "archive" / config.NAME, person="ivanova") as archive:
        relate(archive, PACKAGE, RelationKind.VOLUME_OF, OTHER, "the set is kp-8")


def do_accept(place: Path) -> None:
    """Let count what its owner put in the place of a package, as two persons decided."""
    with open_archive(place / "minsk" / config.NAME, person="kolas") as archive:
        for receipt in receive(archive):
            if receipt.outcome is not Outcome.PASS:
                raise StorageError(str(receipt.report.findings))


def later(place: Path) -> ArchivalStorage:
    """The archive when a grace period that begins now is over."""
    path, wait = place / "archive" / config.NAME, timedelta(days=31)
    return open_archive(path, person="petrov", clock=lambda: utc_now() + wait)


VERBS = {
    "package": do_package,
    "package by table": do_package_by_table,
    "package by table in shares": do_package_in_shares,
    "update by table": do_update_by_table,
    "store": do_store,
    "import": do_import,
    "import of our own": do_import_own,
    "update": do_update,
    "update of pages": do_update_pages,
    "repair": do_repair,
    "replicate": do_replicate,
    "derive": do_derive,
    "relate": do_relate,
    "accept a claim": do_accept,
    "withdraw": do_withdraw,
    "remove": do_remove,
    "replicate a second version": do_replicate,
}


OTHER = PackageId("aonb", "kp-8")
NEED_A_PACKAGE = {"accept a claim", "derive", "relate", "remove", "repair", "withdraw"}


def prepared(verb: str, place: Path) -> Path:
    """A place in which the verb can run."""
    place.mkdir()
    make_book(place / "book", pages=1)
    with an_archive(place / "archive") as archive:
        (place / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
        (place / "new.toml").write_text('[[parts]]\ntype = "text"\nfirst = 1\n')
        (place / "books.csv").write_text("folder,record\nbook,book.xml\n")
        (place / "changes.csv").write_text("id,record,structure\nkp-7,new.xml,new.toml\n")
        if verb.startswith(("replicate", "update")) or verb in NEED_A_PACKAGE:
            package(place / "book", place / "book.xml", archive)
        if verb == "update of pages":
            for name, seed in (("again/л. 1.tif", 7), ("jpg/1.tif", 8), ("missing/л. 0.tif", 9)):
                (place / name).parent.mkdir()
                (place / name).write_bytes(tiff(bytes(seed * i % 251 for i in range(500))))
        if verb == "repair":
            replicate(archive)
            damaged = folder(archive.store("nlb-copy"))
            flip(damaged / P1)
            (damaged / MANIFEST).unlink()
        if verb == "replicate a second version":
            replicate(archive)
            update(archive, PACKAGE, Change(place / "new.xml", reason="a test"))
        if verb == "accept a claim":
            replicate(archive)
            claim_anew(place)
        if verb in {"withdraw", "remove"}:
            decide_together(place, WITHDRAWAL)
        if verb == "remove":
            do_withdraw(place)
            decide_together(place, REMOVAL)
        if verb == "import":
            create_bag(place / "book", place / "bag")
        if verb == "import of our own":
            with an_archive(place / "elsewhere") as elsewhere:
                package(place / "book", place / "book.xml", elsewhere)
                export(elsewhere, PACKAGE, place / "sip", kind=PackageType.SIP)
        if verb == "store":
            package_bag(
                place / "book", place / "book.xml", archive.config.institution, place / "bags"
            )
    return place


def claim_anew(place: Path) -> None:
    """The partner has the package; its owner makes it again, and two persons there accept that."""
    path = place / "minsk" / config.NAME
    path.parent.mkdir()
    path.write_text(OTHER_SIDE, "utf-8")
    create_archive(config.load(path))
    with open_archive(path, person="kupala") as archive:
        receive(archive)
    with an_archive(place / "elsewhere") as elsewhere:
        package(place / "anew", make_book(place / "anew", pages=1, seed=9), elsewhere)
        made = folder(elsewhere.primary)
    with an_archive(place / "archive") as archive:
        target = folder(archive.store("nlb-copy"))
    shutil.rmtree(target)
    shutil.copytree(made, target)
    with open_archive(path, person="kupala") as archive, pytest.raises(AwaitsConfirmation) as asked:
        receive(archive, accept=PACKAGE, reason="they began anew")
    with open_archive(path, person="kolas") as archive:
        answer(archive, asked.value.decision, confirm=True)


def decide_together(place: Path, kind: str) -> None:
    """One person requests a decision on the package, another confirms it."""
    path = place / "archive" / config.NAME
    with open_archive(path, person="ivanova") as archive:
        number = request(archive, Matter(kind, PACKAGE.uri), "twice").number
    with open_archive(path, person="petrov") as archive:
        answer(archive, number, confirm=True)


def check_after_fault(archive: ArchivalStorage, verb: str) -> None:
    """Whatever happened: what is visible is whole, what was acknowledged is visible.

    Only a copy that is being repaired may still be as damaged as it was, and one that is being
    removed may be gone.
    """
    assert archive.ledger.verify() == []
    for held in [archive.primary] if verb == "repair" else archive.stores():
        for path in held.root.objects():
            held.root.recover(path)
            report = check_object(held.storage, path).report
            assert report.outcome is Outcome.PASS, report.findings
        if verb != "remove" and StoredCopy(archive, held, PACKAGE).acknowledged():
            assert held.root.holds(PACKAGE.uri)


def check_acknowledged(place: Path, verb: str) -> None:
    """The work was recorded, and what it made is sound."""
    if verb == "accept a claim":
        check_accepted(place)
        return
    with an_archive(place / "archive") as archive:
        assert archive.ledger.verify() == []
        check_recorded(archive, verb)
        last = archive.ledger.last(storage=archive.primary.id, types=(END, "ingestion start"))
        assert last is not None and (last.type, last.outcome) == (END, "success")
        reports = validate_stored(archive, PACKAGE)
        assert [one.outcome for one in reports] == [Outcome.PASS] * (
            2 if verb.startswith("rep") else 1
        )
        if verb.startswith("replicate"):
            assert [one.findings for one in reports] == [[], []]


def check_recorded(archive: ArchivalStorage, verb: str) -> None:
    """What the verb is for is in the ledger, or in the package, once."""
    kinds = [entry.type for entry in archive.ledger.entries(package=PACKAGE.uri)]
    if verb == "remove":
        (gone,) = tombstones(archive.ledger)[PACKAGE.uri].removed
        assert gone.done and not archive.primary.root.holds(PACKAGE.uri)
        assert kinds.count("deletion") == 1 and kinds.count("decision carried out") == 2
        kept = archive.primary.storage.walk("tombstones")
        names = [entry.path.rpartition("/")[2] for entry in kept]
        assert names.count("inventory.json") == 2 and names.count("premis.xml") >= 1
    if verb == "withdraw":
        assert list(tombstones(archive.ledger)) == [PACKAGE.uri]
        assert kinds.count("withdrawal") == kinds.count("decision carried out") == 1
    if verb == "derive":
        inventory = archive.primary.root.read(PACKAGE.uri).inventory
        made = [path for path in inventory.versions["v2"].files() if "/access/data/" in path]
        assert inventory.head == "v2" and len(made) == 2, "an image and the PDF"
    if verb == "relate":
        (stated,) = relations(archive.ledger)
        assert (stated.kind, stated.other) == (RelationKind.VOLUME_OF, OTHER.uri)
        assert kinds.count("relation") == 1


def check_accepted(place: Path) -> None:
    """What is there counts, nothing waits for anybody, and the decision is used up."""
    with open_archive(place / "minsk" / config.NAME) as archive:
        assert archive.ledger.verify() == []
        copy = StoredCopy(archive, archive.store("nlb-copy"), PACKAGE)
        assert copy.recorded.inventories() == {"v1": copy.read().digest}
        assert open_incidents(archive) == []
        (decision,) = decisions(archive)
        assert decision.state(archive.clock()) is DecisionState.DONE


def check_finished(place: Path, verb: str) -> None:
    """The next run did its work: recorded, sound, and nothing left over."""
    check_acknowledged(place, verb)
    with an_archive(place / "archive") as archive:
        for held in archive.stores():
            left = [one.path for one in held.storage.children("staging")]
            assert left in ([], ["staging/lock"])


def is_acknowledged(place: Path, verb: str) -> bool:
    """Whether the work was recorded: after that only the mark of the ledger in a storage may lag.

    A mark that lags is normal (docs/adr/0032-identities.md); the next writer brings it up to date.
    """
    check_acknowledged(place, verb)
    return True


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder in memory where there is one: what is tested is the order of calls, not the disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_fault_at_every_write(verb: str, fault: Fault, scratch: Path) -> None:
    """Every call in a long run; every seventh, shifted by the fault's kind, in a short one."""
    if verb == "derive":
        in_new_process(sweep, verb, fault, scratch)
    else:
        sweep(verb, fault, scratch)


def sweep(verb: str, fault: Fault, scratch: Path) -> None:
    """The verb with the fault at one call after another."""
    work: Callable[[Path], None] = VERBS[verb]
    start = prepared(verb, scratch / "start")
    trial = scratch / "trial"
    shutil.copytree(start, trial, symlinks=True)
    total = count_calls(lambda: work(trial), scratch)
    step, first = (1, 1) if LONG else (7, 1 + list(Fault).index(fault))
    for at in range(first, total + 1, step):
        shutil.rmtree(trial)
        shutil.copytree(start, trial, symlinks=True)
        status = in_child(lambda: work(trial), Counter(at, fault))
        if fault in {Fault.KILL_BEFORE, Fault.KILL_AFTER}:
            assert status == -9, f"call {at} of {total} was not reached"
        else:
            lost = f"call {at} of {total}: a failing disk must end with status 3"
            assert status == 3 or (status == 0 and is_acknowledged(trial, verb)), lost
        with an_archive(trial / "archive") as archive:
            check_after_fault(archive, verb)
        finish = Counter(-1, fault)  # in a child, since this process may not use libvips
        assert in_child(lambda: work(trial), finish) == 0, f"call {at} of {total}: not finished"
        check_finished(trial, verb)
    print(f"{verb}, {fault.value}: {len(range(first, total + 1, step))} of {total} calls")

"""SFTP servers that misbehave: what is said, that nothing is acknowledged, how it is got out of."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.archive.retirement import retire
from preserva.archive.stored_copy import StoredCopy
from preserva.archive.two_persons import answer
from preserva.bag.create.create import create_bag
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import AwaitsConfirmation, Locked, Refused, StorageError, Unreachable
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.ingest.transfer import accept
from preserva.replication.repair import repair
from preserva.replication.replicate import Replication, replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.storages import reach_storages
from preserva.storage.sftp.connection import SSH_CONFIG
from preserva.storage.sftp.driver import SftpStorage
from tests.conftest import ROOT
from tests.support.books import RECORD, an_archive, make_book
from tests.support.hostile_sftp import Hostile, hostile_sftp
from tests.support.leases import LEASE, short_lease

PACKAGE = PackageId("aonb", "kp-7")


@dataclass
class Lab:
    """An archive whose replica is on the server; `folder` is the copy's place on its disk."""

    server: Hostile
    place: Path
    archive: ArchivalStorage

    @property
    def copy(self) -> StoredCopy:
        """The copy on the server."""
        return StoredCopy(self.archive, self.archive.store("nlb-copy"), PACKAGE)

    @property
    def folder(self) -> Path:
        """Its place on the server's disk."""
        return self.server.root / "minsk" / self.copy.path

    def codes(self) -> tuple[set[Code], Outcome]:
        """Replicate the package: what is said, and the outcome. Nothing is acknowledged."""
        done = self.run()
        assert done.acknowledged == []
        return {finding.code for finding in done.report.findings}, done.outcome

    def run(self) -> Replication:
        """Replicate the package."""
        return next(result for result in replicate(self.archive) if result.package)

    def is_recovered(self, *versions: str) -> bool:
        """Whether the next honest run acknowledges these versions, and all of the copy is sound."""
        self.server.behave()
        done = self.run()
        assert done.acknowledged == list(versions)
        assert {finding.code for finding in done.report.findings} <= {Code.SET_ASIDE}
        own = self.server.root.parent / "archive/storages/aonb-main" / self.copy.path
        names = {str(path.relative_to(own)) for path in own.rglob("*")}
        return self.is_sound() and names == {
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*")
        }

    def is_sound(self) -> bool:
        """Whether a check of the copy passes."""
        (report,) = validate_stored(self.archive, PACKAGE, storage="nlb-copy")
        return report.outcome is Outcome.PASS


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """An honest server, a replica made there, and one package of our own."""
    short_lease(monkeypatch.setitem)
    with hostile_sftp(tmp_path / "server") as server:
        monkeypatch.setenv(SSH_CONFIG, str(server.ssh_config))
        place = tmp_path / "server/archive"
        place.mkdir()
        text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{server.url("minsk")}"')
        (place / config.NAME).write_text(text, encoding="utf-8")
        create_archive(config.load(place / config.NAME))
        record = make_book(tmp_path / "book", pages=1)
        with an_archive(place) as archive:
            package(tmp_path / "book", record, archive)
            yield Lab(server, tmp_path, archive)


SAID = {
    "rename does nothing": Code.NOT_IN_PLACE,
    "rename by halves": Code.NOT_IN_PLACE,
    "lost writes": Code.WRITE_LOST,
    "full": Code.NOT_WRITTEN,
    "read-only": Code.NOT_WRITTEN,
}


@pytest.mark.parametrize("mode", SAID)
def test_what_is_not_in_its_place_is_not_acknowledged(lab: Lab, mode: str) -> None:
    """It is said what is the matter; nothing is damaged by that; the next run gets out of it."""
    lab.server.behave(
        mode, only="content" if mode == "read-only" else "ocfl/" if "rename" in mode else ""
    )
    assert lab.codes() == ({SAID[mode]}, Outcome.UNKNOWN)
    assert lab.is_recovered("v1")
    (entry,) = lab.archive.ledger.entries(storage="nlb-copy", types=("replication",))
    assert entry.outcome == "success"


@pytest.mark.parametrize("mode", ["rename does nothing", "rename by halves"])
def test_a_second_version_that_is_not_in_its_place_leaves_the_first_sound(
    lab: Lab, mode: str
) -> None:
    """The object does not name a version that is not there."""
    lab.run()
    (lab.place / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
    update(lab.archive, PACKAGE, Change(lab.place / "new.xml", reason="a test"))
    lab.server.behave(mode, only="/v2")
    assert lab.codes() == ({Code.NOT_IN_PLACE}, Outcome.UNKNOWN)
    assert lab.copy.read().inventory.head == "v1"
    assert lab.is_recovered("v2")


def test_a_path_limit_that_strikes_at_the_final_place(lab: Lab) -> None:
    """The path in staging is shorter than the final one."""
    deepest = max(
        len(str(path.relative_to(lab.place / "server/archive/storages/aonb-main")))
        for path in (lab.place / "server/archive/storages/aonb-main/ocfl").rglob("*.*")
    )
    lab.server.behave("path limit", number=len("/minsk/") + deepest - 3)
    assert lab.codes()[1] is Outcome.UNKNOWN
    lab.server.behave("path limit", number=1000)
    assert lab.is_recovered("v1")


def test_an_answer_that_is_lost_after_the_rename(lab: Lab) -> None:
    """What arrived is proved and acknowledged by the next run, and not sent again."""
    lab.server.behave("answer lost", only="ocfl/")
    assert lab.codes() == ({Code.NOT_WRITTEN}, Outcome.UNKNOWN)
    inode = (lab.folder / "inventory.json").stat().st_ino
    assert lab.is_recovered("v1")
    assert (lab.folder / "inventory.json").stat().st_ino == inode


def test_a_server_that_changes_names(lab: Lab) -> None:
    """A foreign bag whose names it stores in another normal form; the other package goes on."""
    source = lab.place / "foreign"
    source.mkdir()
    (source / "й ё ў.txt").write_text("книга")
    create_bag(source, lab.place / "bag")
    accept(lab.archive, lab.place / "bag", local="kp-8")
    lab.server.behave("nfd")
    for _run in range(2):
        done = {result.package: result for result in replicate(lab.archive) if result.package}
        strange = done["urn:preserva:aonb:kp-8"]
        assert strange.acknowledged == []
        assert [finding.code for finding in strange.report.findings] == [Code.NAME_NOT_KEPT]
        assert done[PACKAGE.uri].outcome is Outcome.PASS
        assert not any("kp-8" in path.name for path in (lab.server.root / "minsk").rglob("*"))
    assert lab.is_sound()
    lab.server.behave()
    (done_later,) = [done for done in replicate(lab.archive) if done.package.endswith("kp-8")]
    assert (done_later.acknowledged, done_later.report.findings) == (["v1"], [])


def test_a_copy_whose_names_the_server_does_not_keep_any_more_is_retired(lab: Lab) -> None:
    """Where the storage cannot be moved: two persons, once there are enough copies elsewhere."""
    source = lab.place / "foreign"
    source.mkdir()
    (source / "й.txt").write_text("книга")
    create_bag(source, lab.place / "bag")
    strange = PackageId("aonb", "kp-8")
    accept(lab.archive, lab.place / "bag", local=strange.local)
    replicate(lab.archive)
    lab.server.behave("nfd")
    audit(lab.archive, only=("nlb-copy",), moved=("nlb-copy",))
    assert [one.package for one in open_incidents(lab.archive)] == [strange.uri]
    path = lab.archive.config.path
    third = '\n[storages.third]\ninstitution = "nlb"\nurl = "storages/third"\nrole = "replica"\n'
    path.write_text(path.read_text("utf-8") + third, "utf-8")
    create_archive(config.load(path))
    with open_archive(path, person="ivanova") as archive:
        with pytest.raises(Refused, match="still needed"):
            retire(archive, "nlb-copy", strange, "its server changes names")
        replicate(archive, to="third")
        audit(archive)
        with pytest.raises(AwaitsConfirmation) as waiting:
            retire(archive, "nlb-copy", strange, "its server changes names")
    with open_archive(path, person="petrov") as archive:
        answer(archive, waiting.value.decision, confirm=True)
        retire(archive, "nlb-copy", strange, None)
        assert open_incidents(archive) == []
        assert [one.report.findings for one in replicate(archive)] == [[]] * 3
        assert audit(archive).outcome is Outcome.PASS


def test_names_that_were_changed_after_they_were_acknowledged(lab: Lab) -> None:
    """Somebody moved the storage to such a server: a repair says why it cannot succeed."""
    source = lab.place / "foreign"
    source.mkdir()
    (source / "й.txt").write_text("книга")
    create_bag(source, lab.place / "bag")
    strange = PackageId("aonb", "kp-8")
    accept(lab.archive, lab.place / "bag", local=strange.local)
    assert all(done.outcome is Outcome.PASS for done in replicate(lab.archive))
    (name,) = (lab.server.root / "minsk/ocfl").rglob("й.txt")
    name.rename(name.with_name(unicodedata.normalize("NFD", "й.txt")))
    lab.server.behave("nfd")
    (report,) = validate_stored(lab.archive, strange, storage="nlb-copy")
    assert report.outcome is not Outcome.PASS
    (done,) = repair(lab.archive, [strange], storage="nlb-copy", apply=True)
    assert Code.NAME_NOT_KEPT in {finding.code for finding in done.report.findings}
    assert not done.applied
    assert not (lab.server.root / "minsk/quarantine").exists()
    lab.server.behave()  # it was moved back: the changed names are there, and are set aside
    assert audit(lab.archive, only=("nlb-copy",), moved=("nlb-copy",)).outcome is Outcome.FAIL
    assert [one.package for one in open_incidents(lab.archive)] == [strange.uri]
    (done,) = repair(lab.archive, [strange], storage="nlb-copy", apply=True)
    assert (done.applied, done.report.findings) == (True, [])
    (name,) = (lab.server.root / "minsk/ocfl").rglob("й.txt")
    assert name.name == "й.txt"
    (aside,) = (lab.server.root / "minsk/quarantine").rglob("*.txt")
    assert aside.name == unicodedata.normalize("NFD", "й.txt")
    assert open_incidents(lab.archive) == []
    assert audit(lab.archive, only=("nlb-copy",), moved=("nlb-copy",)).outcome is Outcome.PASS


def test_something_in_the_way_is_set_aside_and_the_others_go_on(lab: Lab) -> None:
    """A folder that nobody acknowledged: half of an object."""
    lab.folder.mkdir(parents=True)
    (lab.folder / "v1").mkdir()
    (lab.folder / "v1/left.txt").write_text("left by somebody")
    done = lab.run()
    assert done.acknowledged == ["v1"]
    (finding,) = done.report.findings
    assert finding.code is Code.SET_ASIDE
    assert finding.seen is not None
    aside = lab.server.root / "minsk" / finding.seen
    assert (aside / "v1/left.txt").read_text() == "left by somebody"
    assert lab.is_sound()


def test_what_was_acknowledged_is_never_set_aside(lab: Lab) -> None:
    """Replication says what is missing of it, repair brings it."""
    lab.run()
    (lab.folder / "inventory.json").unlink()
    assert lab.codes() == ({Code.OBJECT_FILE_MISSING}, Outcome.FAIL)
    assert not (lab.server.root / "minsk/quarantine").exists()
    (done,) = repair(lab.archive, [PACKAGE], storage="nlb-copy", apply=True)
    assert (done.applied, done.outcome) == (True, Outcome.PASS)
    assert lab.is_sound()


UNKNOWN = ("short answers", "small sizes", "no sizes", "no types", "refused opens")


@pytest.mark.parametrize("mode", UNKNOWN)
def test_what_is_not_established_is_not_damage(lab: Lab, mode: str) -> None:
    """Nothing is called damaged, and no repair is planned for it."""
    lab.run()
    lab.server.behave(mode, number=100, only="content" if mode == "refused opens" else "")
    (report,) = validate_stored(lab.archive, PACKAGE, storage="nlb-copy")
    assert report.outcome is Outcome.UNKNOWN
    try:
        (planned,) = repair(lab.archive, [PACKAGE], storage="nlb-copy")
        assert (planned.aside, planned.put, planned.outcome) == ((), (), Outcome.UNKNOWN)
    except StorageError:
        assert mode in {"no sizes", "no types", "short answers"}
    lab.server.behave()
    assert lab.is_sound()


@pytest.mark.parametrize("mode", ["no times", "times of the future", "times of the past"])
def test_times_that_mean_nothing_neither_free_a_lock_nor_keep_it(lab: Lab, mode: str) -> None:
    """A living holder is not followed, a dead one is."""
    leases = lab.server.root / "minsk/staging/leases"
    newest = max(int(path.name) for path in leases.iterdir())
    (leases / f"{newest + 1:08}").write_text("somebody\nwho was killed")
    lab.server.behave(mode)
    assert lab.run().acknowledged == ["v1"]
    assert max(int(path.name) for path in leases.iterdir()) == newest + 2
    assert LEASE < 10


def test_files_that_are_not_removed_do_no_harm(lab: Lab) -> None:
    """Each run still ends, and says that it could not write; an honest one finishes."""
    lab.server.behave("rename does nothing", only="ocfl/")
    assert lab.codes()[0] == {Code.NOT_IN_PLACE}
    lab.server.behave("remove does nothing")
    assert lab.codes()[1] is Outcome.UNKNOWN
    assert lab.is_recovered("v1")


def test_a_primary_storage_on_such_a_server(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that is not in its place is not recorded as stored, and can be made again."""
    place = tmp_path / "second"
    place.mkdir()
    text = config.TEMPLATE.replace('"storages/aonb-main"', f'"{lab.server.url("main")}"')
    (place / config.NAME).write_text(text, encoding="utf-8")
    create_archive(config.load(place / config.NAME))
    record = make_book(tmp_path / "book2", pages=1)
    with an_archive(place) as archive:
        for mode in ("rename does nothing", "rename by halves"):
            lab.server.behave(mode, only="ocfl/")
            with pytest.raises(StorageError):
                package(tmp_path / "book2", record, archive)
            assert StoredCopy(archive, archive.primary, PACKAGE).acknowledged() == set()
            lab.server.behave()
        package(tmp_path / "book2", record, archive)
        (report,) = validate_stored(archive, PACKAGE, storage="aonb-main")
        assert report.outcome is Outcome.PASS


def until_free(act: Callable[[], Replication]) -> Replication:
    """What `act` gives as soon as nobody holds the lock."""
    for _attempt in range(600):
        try:
            return act()
        except Locked:
            time.sleep(0.1)
    raise AssertionError("the lock was not free within a minute")


def test_a_late_rename_of_a_suspended_writer_publishes_nothing_of_its_follower(lab: Lab) -> None:
    """It was sent, and is done when the other writer has gone on with what the first had begun."""
    lab.server.behave("rename held", only="ocfl/")
    settings = str(lab.place / "server/archive" / config.NAME)
    command = [sys.executable, "-m", "tests.support.leases", "--config", settings, "replicate"]
    with (lab.place / "log").open("wb") as log:
        suspended = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        assert lab.server.held.wait(300)
        suspended.send_signal(signal.SIGSTOP)
        done = until_free(lab.run)
        lab.server.release.set()
    finally:
        suspended.send_signal(signal.SIGCONT)
        status = suspended.wait(300)
    assert done.acknowledged == ["v1"]
    assert (status, "lost its lock" in (lab.place / "log").read_text()) == (11, True)
    assert lab.is_sound()
    (entry,) = lab.archive.ledger.entries(storage="nlb-copy", types=("replication",))
    assert entry.outcome == "success"


def test_a_list_without_end_ends(lab: Lab) -> None:
    """After the time that one answer may take; nothing is called damaged."""
    lab.run()
    lab.server.behave("lists without end", only="v1")
    storage = SftpStorage(lab.server.url("minsk"), timeout=1.0)
    with pytest.raises(Unreachable):
        list(storage.walk(lab.copy.path))
    storage.close()


TRIED = {
    "": set(),
    "nfd": {Code.TRIED_NAMES_CHANGED},
    "path limit": {Code.TRIED_LONG_ID_REFUSED},
    "rename does nothing": {Code.TRIED_NOT_MOVED, Code.TRIED_NOT_REPLACED},
    "rename by halves": {Code.TRIED_NOT_MOVED},
    "remove does nothing": {Code.TRIED_NOT_REMOVED},
    "lost writes": {Code.TRIED_READ_OTHERWISE},
    "full": {Code.TRIED_NOT_WRITABLE},
    "no times": set(),
}


@pytest.mark.parametrize("mode", TRIED)
def test_a_trial_finds_what_a_server_does_wrong(lab: Lab, mode: str) -> None:
    """Before anything is kept there; nothing is left of it."""
    only = {"rename does nothing": "probe", "rename by halves": "probe"}.get(mode, "")
    lab.server.behave(mode, only=only, number=300)
    _own, reached = reach_storages(lab.archive.config)
    assert reached.problem is None
    seen = {finding.code for finding in reached.findings}
    assert seen >= TRIED[mode] and bool(seen) is bool(TRIED[mode]), seen
    if mode != "remove does nothing":
        assert not list((lab.server.root / "minsk").rglob("probe-*"))

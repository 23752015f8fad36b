"""Copies: proved before they count, resumed after an interruption, never trusted blindly."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from preserva.archive.store import Store
from preserva.archive.stored_copy import StoredCopy
from preserva.cli.main import status_of
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.vocabulary import EventType
from preserva.core.formats.inventory import User, next_version
from preserva.core.values.codes import Code
from preserva.core.values.digest import digest_bytes
from preserva.core.values.entries import REPLICATION
from preserva.core.values.model import Observed, PackageId
from preserva.core.values.report import Finding, Outcome
from preserva.core.values.subjects import ObjectToStorage
from preserva.errors import UsageError
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.replication.replicate import replicate
from preserva.storage.local import LocalStorage
from tests.support.books import RECORD, an_archive, make_book

PACKAGE = PackageId("aonb", "kp-7")
STAGED = "staging/replicate-aonb-kp-7"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive with one package, not yet replicated."""
    record = make_book(tmp_path / "book")
    (tmp_path / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", record, archive)
    return tmp_path


def folder(store: Store) -> Path:
    """The object's folder in a storage."""
    return Path(store.storage.url) / store.root.path_of(PACKAGE.uri)


def tree(path: Path) -> dict[str, bytes]:
    """Every file below a folder but the logs."""
    return {
        str(one.relative_to(path)): one.read_bytes()
        for one in path.rglob("*")
        if one.is_file() and one.relative_to(path).parts[0] != "logs"
    }


def test_a_copy_is_equal_to_the_byte_and_recorded_everywhere(place: Path) -> None:
    """In the ledger, and in the history of both objects."""
    with an_archive(place / "archive") as archive:
        (done,) = replicate(archive)
        assert (done.package, done.to, done.versions, done.acknowledged) == (
            PACKAGE.uri,
            "nlb-copy",
            ["v1"],
            ["v1"],
        )
        assert done.report.findings == []
        source, target = archive.primary, archive.store("nlb-copy")
        assert tree(folder(source)) == tree(folder(target))
        entry = archive.ledger.last(package=PACKAGE.uri, types=(REPLICATION,))
        assert entry is not None
        assert (entry.storage, entry.version, entry.outcome) == ("nlb-copy", "v1", "success")
        for store in (source, target):
            (log,) = (folder(store) / "logs").glob("*replication*.xml")
            with log.open("rb") as stream:
                (event,) = read_events(stream)
            assert event.type is EventType.REPLICATION
            assert event.identifier.value == entry.facts["event"]
            assert [one.value for one in event.objects] == [PACKAGE.uri]


def test_a_second_run_copies_nothing(place: Path) -> None:
    """And writes nothing."""
    with an_archive(place / "archive") as archive:
        replicate(archive)
        before = {store.id: tree(Path(store.storage.url) / "ocfl") for store in archive.stores()}
        entries = len(list(archive.ledger.entries()))
        (done,) = replicate(archive)
        assert (done.versions, done.acknowledged, done.report.findings) == ([], [], [])
        after = {store.id: tree(Path(store.storage.url) / "ocfl") for store in archive.stores()}
        assert after == before
        assert len(list(archive.ledger.entries())) == entries


def test_only_missing_versions_are_copied(place: Path) -> None:
    """A corrected record moves small files, not the pages."""
    with an_archive(place / "archive") as archive:
        replicate(archive)
        made = update(archive, PACKAGE, Change(place / "new.xml", reason="a test"))
        (planned,) = replicate(archive, dry_run=True)
        assert (planned.versions, planned.files) == (["v2"], len(made.changed))
        (done,) = replicate(archive)
        assert (done.versions, done.acknowledged) == (["v2"], ["v2"])
        reports = validate_stored(archive, PACKAGE)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
        assert tree(folder(archive.primary)) == tree(folder(archive.store("nlb-copy")))


def test_an_object_with_two_versions_is_copied_whole(place: Path) -> None:
    """Version after version."""
    with an_archive(place / "archive") as archive:
        update(archive, PACKAGE, Change(place / "new.xml", reason="a test"))
        (done,) = replicate(archive)
        assert (done.versions, done.acknowledged) == (["v1", "v2"], ["v1", "v2"])
        reports = validate_stored(archive, PACKAGE)
        assert [one.outcome for one in reports] == [Outcome.PASS] * 2


def test_a_dry_run_writes_nothing(place: Path) -> None:
    """And says what would be copied."""
    with an_archive(place / "archive") as archive:
        before = tree(place / "archive" / "storages")
        (done,) = replicate(archive, dry_run=True)
        assert done.versions == ["v1"]
        assert done.files == len(archive.primary.root.read(PACKAGE.uri).inventory.content())
        assert tree(place / "archive" / "storages") == before


def test_a_damaged_original_is_not_copied(place: Path) -> None:
    """Each bad file is named; nothing appears at the other side."""
    with an_archive(place / "archive") as archive:
        pages = sorted(folder(archive.primary).rglob("000?.tif"))
        for page in pages:
            page.write_bytes(page.read_bytes()[::-1])
        (done,) = replicate(archive)
        assert [one.code for one in done.report.findings] == [Code.OBJECT_DIGEST_MISMATCH] * 2
        assert [Path(one.path or "").name for one in done.report.findings] == [
            "0001.tif",
            "0002.tif",
        ]
        assert done.acknowledged == []
        assert not archive.store("nlb-copy").root.holds(PACKAGE.uri)


def test_another_valid_package_is_not_copied(place: Path) -> None:
    """Only what the ledger recorded is our book."""
    record = make_book(place / "other", seed=3)
    with an_archive(place / "elsewhere") as elsewhere:
        package(place / "other", record, elsewhere)
        strange = folder(elsewhere.primary)
    with an_archive(place / "archive") as archive:
        shutil.rmtree(folder(archive.primary))
        shutil.copytree(strange, folder(archive.primary))
        (done,) = replicate(archive)
        assert [one.code for one in done.report.findings] == [Code.NOT_AS_RECORDED]
        assert not archive.store("nlb-copy").root.holds(PACKAGE.uri)


def test_what_the_ledger_does_not_know_is_not_copied(place: Path) -> None:
    """There is nothing to compare it with."""
    record = make_book(place / "other", seed=3)
    with an_archive(place / "elsewhere") as elsewhere:
        package(place / "other", record, elsewhere, local="kp-8")
        strange = StoredCopy(elsewhere, elsewhere.primary, PackageId("aonb", "kp-8"))
    with an_archive(place / "archive") as archive:
        target = Path(archive.primary.storage.url) / strange.path
        shutil.copytree(Path(strange.storage.url) / strange.path, target)
        (done,) = replicate(archive, [strange.package])
        assert [one.code for one in done.report.findings] == [Code.NOT_RECORDED]
        assert done.report.outcome is Outcome.UNKNOWN


def test_a_copy_that_its_owner_never_made_stops_the_package(place: Path) -> None:
    """Nothing is overwritten."""
    record = make_book(place / "other", seed=3)
    with an_archive(place / "elsewhere") as elsewhere:
        package(place / "other", record, elsewhere)
        strange = folder(elsewhere.primary)
    with an_archive(place / "archive") as archive:
        target = folder(archive.store("nlb-copy"))
        shutil.copytree(strange, target)
        before = tree(target)
        (done,) = replicate(archive)
        assert [one.code for one in done.report.findings] == [Code.DIVERGED]
        assert tree(target) == before


def test_an_interrupted_copy_goes_on(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was copied is not copied again; of a file that was cut short, only the rest."""
    created: list[str] = []
    sent: dict[str, bytes] = {}
    create, extend = LocalStorage.create, LocalStorage.extend
    cut = f"{STAGED}/v1/content/data/aonb-kp-7/representations/master/data/0001.tif"

    def cutting(self: LocalStorage, path: str, chunks: Iterable[bytes]) -> None:
        if path.startswith(STAGED):
            created.append(path)
        if path == cut:
            create(self, path, [next(iter(chunks))[:1000]])
            raise KeyboardInterrupt
        create(self, path, chunks)

    def extending(self: LocalStorage, path: str, chunks: Iterable[bytes]) -> None:
        sent[path] = b"".join(chunks)
        extend(self, path, [sent[path]])

    monkeypatch.setattr(LocalStorage, "create", cutting)
    monkeypatch.setattr(LocalStorage, "extend", extending)
    with an_archive(place / "archive") as archive, pytest.raises(KeyboardInterrupt):
        replicate(archive)
    first, whole = list(created), folder(archive.primary) / cut.removeprefix(f"{STAGED}/")
    with an_archive(place / "archive") as archive:
        (done,) = replicate(archive)
        assert done.acknowledged == ["v1"]
        assert set(created[len(first) :]) & set(first) == set()
        assert sent == {cut: whole.read_bytes()[1000:]}
        assert [one.outcome for one in validate_stored(archive, PACKAGE)] == [Outcome.PASS] * 2


def test_a_staged_file_that_rotted_is_noticed_and_copied_again(place: Path) -> None:
    """Of the right size, but not of the right content."""
    with an_archive(place / "archive") as archive:
        target = archive.store("nlb-copy")
        source = folder(archive.primary)
        page = "v1/content/data/aonb-kp-7/representations/master/data/0001.tif"
        size = (source / page).stat().st_size
        staged = Path(target.storage.url) / "staging/replicate-aonb-kp-7" / page
        staged.parent.mkdir(parents=True)
        staged.write_bytes(bytes(size))
        (done,) = replicate(archive)
        assert done.acknowledged == ["v1"]


def test_a_copy_in_place_that_was_never_acknowledged_is_proved_first(place: Path) -> None:
    """As after a kill between the rename and the ledger."""
    with an_archive(place / "archive") as archive:
        target = folder(archive.store("nlb-copy"))
        shutil.copytree(folder(archive.primary), target)
        (done,) = replicate(archive)
        assert (done.versions, done.acknowledged) == ([], ["v1"])


@pytest.mark.parametrize("what", ["damaged", "missing"])
def test_a_copy_in_place_that_is_not_ours_goes_aside(place: Path, what: str) -> None:
    """It was never acknowledged, so nothing that counts is moved; a sound one is brought."""
    with an_archive(place / "archive") as archive:
        target = folder(archive.store("nlb-copy"))
        shutil.copytree(folder(archive.primary), target)
        page = next(target.rglob("0001.tif"))
        good = page.read_bytes()
        if what == "damaged":
            page.write_bytes(good[::-1])
        else:
            page.unlink()
        (done,) = replicate(archive)
        assert (done.versions, done.acknowledged) == (["v1"], ["v1"])
        (finding,) = done.report.findings
        assert (finding.code, done.outcome) == (Code.SET_ASIDE, Outcome.PASS)
        assert finding.seen is not None
        aside = Path(archive.store("nlb-copy").storage.url) / finding.seen
        kept = [path.read_bytes() for path in aside.rglob("0001.tif")]
        assert kept == ([good[::-1]] if what == "damaged" else [])
        assert page.read_bytes() == good
        reports = validate_stored(archive, PACKAGE)
        assert [report.outcome for report in reports] == [Outcome.PASS] * 2


@pytest.mark.parametrize("dies_in", ["append", "keep_log"])
@pytest.mark.parametrize("versions", [1, 2])
def test_the_record_of_an_interrupted_run_is_taken_over(
    versions: int, dies_in: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was killed when the copy and its record were in place and the ledger knew of neither."""
    with an_archive(place / "archive") as archive:
        if versions == 2:
            replicate(archive)
            update(archive, PACKAGE, Change(place / "new.xml", reason="a test"))
    with monkeypatch.context() as patch, an_archive(place / "archive") as archive:
        where = archive.ledger if dies_in == "append" else StoredCopy
        patch.setattr(where, dies_in, interrupted)
        with pytest.raises(InterruptedError):
            replicate(archive)
    with an_archive(place / "archive") as archive:
        (done,) = replicate(archive)
        assert (done.acknowledged, done.report.findings) == ([f"v{versions}"], [])
        reports = validate_stored(archive, PACKAGE)
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 2
        for store in (archive.primary, archive.store("nlb-copy")):
            assert len([*(folder(store) / "logs").glob("*replication*.xml")]) == versions


def test_a_record_that_is_not_quite_ours_is_not_taken_over(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays where it is, and validation goes on naming it."""
    with monkeypatch.context() as patch, an_archive(place / "archive") as archive:
        patch.setattr(StoredCopy, "keep_log", interrupted)
        with pytest.raises(InterruptedError):
            replicate(archive)
        (log,) = (folder(archive.store("nlb-copy")) / "logs").glob("*replication*.xml")
        log.write_bytes(log.read_bytes() + b"\n")
    with an_archive(place / "archive") as archive:
        replicate(archive)
        reports = validate_stored(archive, PACKAGE)
        found = [(one.code, one.path) for report in reports for one in report.findings]
        assert found == [(Code.LOG_UNKNOWN, f"logs/{log.name}")]


def test_an_object_in_the_wrong_place_is_not_replicated(place: Path) -> None:
    """A copy in the same wrong place would never be found again."""
    with an_archive(place / "archive") as archive:
        right = archive.primary.root.path_of(PACKAGE.uri)
        wrong = f"{right.rpartition('/')[0]}/moved"
        folder(archive.primary).rename(folder(archive.primary).with_name("moved"))
        moved, lost = replicate(archive)
        assert [finding.code for finding in lost.report.findings] == [Code.COPY_MISSING]
        assert moved.report.findings == [Finding(Code.MISPLACED_OBJECT, wrong, right)]
        assert (moved.package, moved.acknowledged) == ("", [])
        assert list(archive.store("nlb-copy").root.objects()) == []


def test_an_object_that_is_no_package_is_reported_and_the_others_go_on(place: Path) -> None:
    """Somebody put it into the storage root by hand."""
    with an_archive(place / "archive") as archive:
        root = archive.primary.root
        state = {"a": Observed("a", 1, digest_bytes(b"a", ["sha512"]))}
        inventory, _needed = next_version(
            None,
            "urn:strange:1",
            state,
            created=archive.now(),
            message="",
            user=User("A", "urn:a"),
        )
        archive.primary.storage.create("staging/x/v1/content/a", [b"a"])
        root.publish("staging/x", root.seal("staging/x", inventory))
        done = {result.package: result for result in replicate(archive)}
        assert done[PACKAGE.uri].acknowledged == ["v1"]
        (finding,) = done[""].report.findings
        path = root.path_of("urn:strange:1")
        assert (finding.code, finding.path) == (Code.INVENTORY_INVALID, path)
        assert done[""].report.subject == ObjectToStorage(path, "nlb-copy")


def interrupted(*_arguments: object, **_named: object) -> None:
    """The end of a process."""
    raise InterruptedError


def test_a_storage_that_is_not_there_is_said_once(place: Path) -> None:
    """And is no damage."""
    with an_archive(place / "archive") as archive:
        root = Path(archive.store("nlb-copy").storage.url)
        root.rename(root.with_name("away"))
        (done,) = replicate(archive)
        assert [one.code for one in done.report.findings] == [Code.STORAGE_UNREACHABLE]
        assert done.report.outcome is Outcome.UNKNOWN


def test_the_source_is_no_target(place: Path) -> None:
    """A copy beside the original is none."""
    with an_archive(place / "archive") as archive:
        with pytest.raises(UsageError):
            replicate(archive, to="aonb-main")
        with pytest.raises(UsageError, match="known ones"):
            replicate(archive, to="nowhere")


def test_the_line_is_not_used_up(place: Path) -> None:
    """What goes there and comes back keeps to the rate, by a clock that only the test moves."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with an_archive(place / "archive") as archive:
        (planned,) = replicate(archive, dry_run=True)
        (done,) = replicate(archive, bandwidth=1000, timer=lambda: now[0], sleep=sleep)
        assert done.acknowledged == ["v1"]
    assert now[0] > 2 * planned.size / 1000 - 1


def test_each_storage_is_reached_for(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says what it cannot promise; one that is away is named."""
    config = str(place / "archive" / "preserva.toml")
    assert status_of(["--config", config, "config", "check", "--storages"]) == 0
    assert "aonb-main: reached" in capsys.readouterr().out
    (place / "archive/storages/nlb-copy").rename(place / "away")
    assert status_of(["--config", config, "config", "check", "--storages"]) == 3
    assert "nlb-copy is not a storage of preserva" in capsys.readouterr().out

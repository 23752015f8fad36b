"""Servers as others run them: what a trial says of each, and whether packages live there.

The table in docs/reference/storages.md is what is measured here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.bag.create.create import create_bag
from preserva.core.values.codes import Code
from preserva.core.values.limitations import Limitation
from preserva.core.values.report import Outcome
from preserva.errors import StorageError, Unfit
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.revision import Change, update
from preserva.ingest.transfer import accept
from preserva.replication.repair import repair
from preserva.replication.replicate import replicate
from preserva.reporting.storages import Reached, reach_storages
from preserva.storage.base import read_all
from preserva.storage.open import open_storage
from tests.conftest import ROOT, require
from tests.faults.damage import PACKAGE
from tests.support import servers, unmodified
from tests.support.books import RECORD, an_archive, make_book
from tests.support.leases import short_lease
from tests.support.unmodified import Keeping, Served

_SFTP = {Limitation.CACHED_READS, Limitation.LINKS_LOOKED_AT_FIRST}
_S3 = {
    Limitation.CACHED_READS,
    Limitation.NO_RESUME,
    Limitation.MERGED_NAMES,
    Limitation.LATE_DELETES,
}


@dataclass(frozen=True)
class Expected:
    """A server: how it is started, what a trial finds, what else it cannot promise.

    `name` is its row in the manual. `unusable` if nothing can be stored there.
    """

    name: str
    start: unmodified.Start
    program: str | None
    limitations: set[Limitation]
    found: set[Code] = field(default_factory=set)

    @property
    def unusable(self) -> bool:
        """Whether a trial ends with an error."""
        return any(code.value.startswith("E") for code in self.found)


SERVERS = {
    "openssh": Expected("OpenSSH", unmodified.openssh, "sshd", _SFTP),
    "openssh-read-only": Expected(
        "OpenSSH, `internal-sftp -R`",
        partial(unmodified.openssh, options="-R"),
        "sshd",
        _SFTP | {Limitation.READ_ONLY, Limitation.NO_FSYNC},
        {Code.TRIED_NOT_WRITABLE},
    ),
    "openssh-without-rename": Expected(
        "OpenSSH, `internal-sftp -P posix-rename`",
        partial(unmodified.openssh, options="-P posix-rename"),
        "sshd",
        _SFTP | {Limitation.NO_POSIX_RENAME},
        {Code.TRIED_NOT_REPLACED},
    ),
    "asyncssh": Expected(
        "asyncssh's own server",
        unmodified.asyncssh_stock,
        None,
        _SFTP | {Limitation.NO_FOLDER_SYNC},
    ),
    **{
        f"rclone-sftp-{mode}": Expected(
            f"`rclone serve sftp --vfs-cache-mode {mode}`",
            partial(unmodified.rclone_sftp, cache=mode),
            "rclone",
            _SFTP | {Limitation.NO_FSYNC},
            {Code.TRIED_NAMES_MERGED},
        )
        for mode in ("off", "full")
    },
    "seaweedfs": Expected("SeaweedFS", unmodified.seaweedfs, "weed", _S3),
    "rclone-s3": Expected(
        "`rclone serve s3`", unmodified.rclone_s3, "rclone", _S3, {Code.TRIED_OVERWRITES}
    ),
    "moto": Expected("moto", unmodified.moto, "moto_server", _S3, {Code.TRIED_UNCHECKED}),
    "seaweedfs-versions": Expected(
        "SeaweedFS, versioning",
        partial(unmodified.seaweedfs_keeping, keeping=Keeping.VERSIONS),
        "weed",
        _S3 | {Limitation.KEEPS_VERSIONS},
    ),
    "seaweedfs-retention": Expected(
        "SeaweedFS, object lock with a default retention",
        partial(unmodified.seaweedfs_keeping, keeping=Keeping.RETENTION),
        "weed",
        _S3 | {Limitation.KEEPS_VERSIONS, Limitation.RETAINS_OBJECTS},
    ),
    "moto-versions": Expected(
        "moto, versioning",
        partial(unmodified.moto_keeping, keeping=Keeping.VERSIONS),
        "moto_server",
        _S3 | {Limitation.KEEPS_VERSIONS},
        {Code.TRIED_UNCHECKED},
    ),
}


@pytest.fixture(params=SERVERS)
def expected(request: pytest.FixtureRequest) -> Expected:
    """One of the servers, if it can be started here."""
    server = SERVERS[request.param]
    there = {None: True, "sshd": servers.find_sshd(), "weed": servers.find_weed()}
    program = server.program
    found = there[program] if program in there else unmodified.program(str(program))
    require(bool(found), f"{program} is not installed")
    return server


@pytest.fixture
def served(expected: Expected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The running server."""
    short_lease(monkeypatch.setitem)
    (tmp_path / "server").mkdir()
    with expected.start(tmp_path / "server") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def archive(expected: Expected, served: Served, tmp_path: Path) -> Iterator[ArchivalStorage]:
    """An archive of one book, whose replica is to be on the server.

    Where nothing can be stored by it, the empty replica is put on its disk.
    """
    place = tmp_path / "archive"
    place.mkdir()
    settings = place / config.NAME
    text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{served.url}"')
    if expected.unusable:
        assert served.disk is not None
        settings.write_text(text, encoding="utf-8")
        with pytest.raises(Unfit):
            create_archive(config.load(settings))
        assert not any(served.disk.rglob("ocfl"))
        settings.write_text(config.TEMPLATE, encoding="utf-8")
        create_archive(config.load(settings))
        shutil.copytree(place / "storages/nlb-copy", served.disk, dirs_exist_ok=True)
        (served.disk / "staging/lock").unlink()  # a folder's lock; by S3 there would be files below
        served.forget()
    settings.write_text(text, encoding="utf-8")
    create_archive(config.load(settings))
    record = make_book(tmp_path / "book", pages=2)
    with an_archive(place) as opened:
        package(tmp_path / "book", record, opened)
        yield opened


def trial(archive: ArchivalStorage) -> Reached:
    """What `config check --storages` says of the server."""
    own, copy = reach_storages(archive.config)
    assert (own.findings, own.limitations) == ((), ())
    return copy


def codes(reports: object) -> set[Code]:
    """Of all findings."""
    return {finding.code for report in reports for finding in report.findings}  # type: ignore[attr-defined]


def damage(copy: StoredCopy) -> None:
    """Another byte in a page, written through the server."""
    entries = copy.store.storage.walk(f"{copy.path}/v1/content")
    path = min(entry.path for entry in entries if entry.path.endswith(".tif"))
    data = read_all(copy.store.storage, path, 1 << 30)
    copy.store.storage.replace(path, data[:-1] + bytes([data[-1] ^ 1]))


def test_an_unmodified_server(expected: Expected, archive: ArchivalStorage, tmp_path: Path) -> None:
    """What a trial says is what happens then: a book lives there, or nothing is sent at all."""
    reached = trial(archive)
    assert reached.problem is None
    assert {finding.code for finding in reached.findings} == expected.found
    assert set(reached.limitations) == expected.limitations
    copy = StoredCopy(archive, archive.store("nlb-copy"), PACKAGE)
    before = {entry.path for entry in copy.store.storage.walk("")}
    if expected.unusable:
        (done,) = replicate(archive)
        assert codes([done.report]) == {Code.STORAGE_UNFIT}
        after = {entry.path for entry in copy.store.storage.walk("")}
        assert {path for path in after - before if "leases" not in path} == set()
        return
    (done,) = replicate(archive)
    assert (done.acknowledged, done.report.findings) == (["v1"], [])
    (tmp_path / "new.xml").write_text(RECORD.replace("Амурѣ", "Зеѣ"), encoding="utf-8")
    update(archive, PACKAGE, Change(tmp_path / "new.xml", reason="a test"))
    (done,) = replicate(archive)
    assert (done.acknowledged, done.report.findings) == (["v2"], [])
    assert [report.outcome for report in audit(archive).reports] == [Outcome.PASS] * 2
    damage(copy)
    (report,) = validate_stored(archive, PACKAGE, storage="nlb-copy")
    assert codes([report]) == {Code.OBJECT_DIGEST_MISMATCH}
    (repaired,) = repair(archive, [PACKAGE], storage="nlb-copy", apply=True)
    assert (repaired.applied, repaired.outcome) == (True, Outcome.PASS)
    (report,) = validate_stored(archive, PACKAGE, storage="nlb-copy")
    assert (report.outcome, report.findings) == (Outcome.PASS, [])
    names_of_others(archive, tmp_path)


def names_of_others(archive: ArchivalStorage, place: Path) -> None:
    """A bag from elsewhere with й in both forms is kept with the bytes of its names, or not."""
    (place / "foreign").mkdir()
    (place / "foreign/й ё ў.txt").write_text("книга")
    create_bag(place / "foreign", place / "bag")
    accept(archive, place / "bag", local="kp-8")
    done = {result.package: result for result in replicate(archive) if result.package}
    strange = done["urn:preserva:aonb:kp-8"]
    assert (strange.acknowledged, strange.report.findings) == (["v1"], [])


def test_a_retention_for_which_a_store_wants_another_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto takes nothing then without Content-MD5, which is not sent: said before any package."""
    require(bool(unmodified.program("moto_server")), "moto_server is not installed")
    (tmp_path / "server").mkdir()
    with unmodified.moto_keeping(tmp_path / "server", Keeping.RETENTION) as served:
        for name, value in served.environment.items():
            monkeypatch.setenv(name, value)
        settings = tmp_path / config.NAME
        text = config.TEMPLATE.replace('"storages/nlb-copy"', f'"{served.url}"')
        settings.write_text(text, encoding="utf-8")
        with pytest.raises(StorageError, match="Content-MD5"):
            create_archive(config.load(settings))
        assert list(open_storage(served.url).walk("")) == []


def test_the_manual_has_the_table() -> None:
    """Each server and all that a trial says of it, as the manual prints it."""
    text = (ROOT / "docs/reference/storages.md").read_text("utf-8")
    for server in SERVERS.values():
        can = "no" if server.unusable else "yes"
        found = ", ".join(sorted(code.value for code in server.found)) or "–"
        lacks = server.limitations - (_S3 if server.limitations >= _S3 else _SFTP)
        more = ", ".join(f"`{limitation.value}`" for limitation in sorted(lacks)) or "–"
        assert f"| {server.name} | {can} | {found} | {more} |" in text

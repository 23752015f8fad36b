"""What all tests share: the folder of outside data, and skips that CI does not allow."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from preserva.core.values.model import PackageId
from preserva.i18n import use_language
from preserva.ingest import source_folder
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.support import books, servers

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("PRESERVA_SHARED", ROOT.parent / "shared"))

# Tests expect English, in whatever language the person who runs them works.
os.environ["LANGUAGE"] = "en"

# Nobody acts, whoever runs the tests: what is written does not depend on that.
os.environ["PRESERVA_PERSON"] = ""

# What people read has the time of the place where they are.
os.environ["TZ"] = "UTC"
time.tzset()

# A change must not fail because chance met an old fault today: the short run tries the same
# examples each time, the long one (PRESERVA_LONG=1) looks for new ones.
settings.register_profile("short", derandomize=True, deadline=None)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("long" if os.environ.get("PRESERVA_LONG") == "1" else "short")


NO_SKIP = os.environ.get("PRESERVA_NO_SKIP") == "1"


def require(condition: bool, reason: str) -> None:
    """Skip where something outside is absent."""
    if not condition:
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped, a test that is skipped has failed."""
    report = yield
    if NO_SKIP and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} may not be skipped here: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for all tests of a module."""
    report = yield
    if NO_SKIP and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} may not be skipped here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of official schemas, conformance suites and real books beside the project."""
    require((SHARED / "data").is_dir(), "the folder ../shared with outside data is not here")
    return SHARED


@pytest.fixture(scope="session")
def sftp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Sshd]:
    """An OpenSSH server on this machine."""
    require(servers.find_sshd() is not None, "OpenSSH's server (sshd) is not installed")
    with servers.sshd(tmp_path_factory.mktemp("servers") / "sshd") as server:
        yield server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Weed]:
    """An S3-compatible object store on this machine."""
    require(servers.find_weed() is not None, "SeaweedFS (weed) is not installed")
    with servers.weed(tmp_path_factory.mktemp("servers") / "weed") as server:
        yield server


@pytest.fixture(scope="session")
def _one_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return books.replicated(tmp_path_factory.mktemp("one") / "start", PackageId("aonb", "kp-7"))


@pytest.fixture(scope="session")
def _three_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("three") / "start"
    with books.an_archive(place / "archive") as archive:
        for number in range(3):
            record = books.make_book(place / f"book{number}", seed=number)
            package(place / f"book{number}", record, archive, local=f"kp-{number}")
        replicate(archive)
    return place / "archive"


@pytest.fixture
def one_book(_one_book: Path, tmp_path: Path) -> Path:
    """An archive of one package, aonb-kp-7, in two storages; the book lies beside it."""
    shutil.copytree(_one_book.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / _one_book.name


@pytest.fixture
def three_books(_three_books: Path, tmp_path: Path) -> Path:
    """An archive of the packages kp-0, kp-1 and kp-2 in two storages; the books lie beside it."""
    shutil.copytree(_three_books.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / _three_books.name


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A test that chose another language with --lang chose it for this process, and leaves it."""
    yield
    os.environ["LANGUAGE"] = "en"
    use_language()


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that a test has just made are looked at twice without the wait between."""
    watch = source_folder.Watch(wait=lambda _seconds: None)
    monkeypatch.setattr(source_folder, "MACHINE", watch)

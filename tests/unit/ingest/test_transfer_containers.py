"""What comes in a container, or with tag files in other encodings, comes in as it was meant."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.errors import Damaged, Refused
from preserva.ingest.transfer import accept
from preserva.ingest.transfer_result import Accepted
from tests.support.books import an_archive, object_folder, tiff
from tests.support.containers import old_tar, undeclared_zip
from tests.support.strategies import Bag, container_bytes, write_folder
from tests.unit.bag.test_containers import PACKINGS, cut, linked

TITLE = "Письма о календаре"
INFO = (("External-Description", TITLE), ("External-Identifier", "fond-12/7"))
PAYLOAD = {"data/Л. 1.txt": "да".encode(), "data/опись/л. 2.txt": b"x"}


def taken(path: Path, place: Path) -> tuple[Accepted, dict[str, bytes]]:
    """Import it: what is said, and the files as they were stored."""
    with an_archive(place / "archive") as archive:
        done = accept(archive, path)
        folder = object_folder(place / "archive", "aonb-main", done.package)
    kept = folder / "v1/content/data" / done.package.portable / "representations/original/data"
    files = {
        str(one.relative_to(kept)): one.read_bytes() for one in kept.rglob("*") if one.is_file()
    }
    return done, files


@pytest.mark.parametrize("version", ["0.95", "0.97", "1.0"])
@pytest.mark.parametrize("encoding", ["UTF-8", "windows-1251", "KOI8-R", "UTF-16", "IBM866"])
@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_tag_files_are_read_as_they_are_declared(
    version: str, encoding: str, line_end: str, tmp_path: Path
) -> None:
    files = Bag(PAYLOAD, version, encoding, tag_algorithms=(), info=INFO).files()
    name = next(path for path in files if path.endswith("-info.txt"))
    codec = "utf-16" if encoding == "UTF-16" else encoding
    files[name] = files[name].decode(codec).replace("\n", line_end).encode(codec)
    done, kept = taken(write_folder(files, tmp_path / "bag"), tmp_path)
    assert (done.title, done.package.local, done.notes) == (TITLE, "fond-12-7", ())
    assert kept == files
    stored = next((tmp_path / "archive").rglob("metadata/preservation/premis.xml"))
    assert "fond-12/7" in stored.read_text("utf-8")


@pytest.mark.parametrize("name", ["enc1251", "cr"])
def test_bags_that_were_met(name: str, tmp_path: Path, shared: Path) -> None:
    with tarfile.open(shared / "cases/packages.tar.gz") as cases:
        members = [one for one in cases.getmembers() if name in one.name.split("/")]
        cases.extractall(tmp_path / "cases", members, filter="data")
    (folder,) = (one.parent for one in (tmp_path / "cases").rglob("bagit.txt"))
    done, _kept = taken(folder, tmp_path)
    assert (done.title, done.package.local) == (TITLE, "fond-12-7")


@pytest.mark.parametrize("encoding", ["utf-8", "cp866", "cp1251", "koi8-r", "mac-cyrillic"])
@pytest.mark.parametrize(("make", "suffix"), [(undeclared_zip, ".zip"), (old_tar, ".tar")])
def test_a_bag_comes_in_under_its_own_names(
    make: Callable[[dict[str, bytes], str], bytes], suffix: str, encoding: str, tmp_path: Path
) -> None:
    files = Bag(PAYLOAD, info=INFO).files()
    path = tmp_path / f"bag{suffix}"
    path.write_bytes(make(files, encoding))
    done, kept = taken(path, tmp_path)
    assert kept == files
    usual = suffix == ".tar" and encoding == "utf-8"
    assert done.notes == (() if usual else (Finding(Code.NAMES_UNDECLARED, seen=encoding),))


METS = """<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink"
 OBJID="x"><fileSec><fileGrp><file ID="f"><FLocat LOCTYPE="URL" xlink:href="{href}"/></file>
</fileGrp></fileSec></mets>"""


@pytest.mark.parametrize("encoding", ["utf-8", "cp866", "cp1251", "koi8-r"])
def test_the_mets_of_a_package_knows_its_names(encoding: str, tmp_path: Path) -> None:
    href = "representations/rep1/data/%D0%B0%D0%BA%D1%82.tif"
    files = {
        "METS.xml": METS.format(href=href).encode(),
        "representations/rep1/data/акт.tif": tiff(b"x" * 40),
    }
    path = tmp_path / "sent.zip"
    path.write_bytes(undeclared_zip(files, encoding))
    done, kept = taken(path, tmp_path)
    assert kept == files
    assert Finding(Code.NAMES_UNDECLARED, seen=encoding) in done.notes


def test_names_that_cannot_be_told_are_not_guessed(tmp_path: Path) -> None:
    files = {
        "data/░кт.txt" if "акт" in path else path: data
        for path, data in Bag({"data/акт.txt": b"x"}).files().items()
    }
    path = tmp_path / "sent.zip"
    path.write_bytes(undeclared_zip(files, "cp866"))
    with an_archive(tmp_path / "archive") as archive, pytest.raises(Refused, match="U108"):
        accept(archive, path)


def test_an_empty_payload_comes_in_and_lost_folders_are_named(tmp_path: Path) -> None:
    files = Bag({}).files()
    folder = write_folder(files, tmp_path / "bag")
    (folder / "data/empty/inner").mkdir(parents=True)
    (folder / "notes").mkdir()
    done, kept = taken(folder, tmp_path)
    assert kept == files
    lost = ["data/empty/inner", "notes"]
    assert [(one.code, one.path) for one in done.notes] == [
        (Code.FOLDER_LEFT_OUT, path) for path in lost
    ]


@pytest.mark.parametrize("suffix", [".tar", ".tar.bz2", ".tar.xz"])
def test_hard_links_come_in_as_files(suffix: str, tmp_path: Path) -> None:
    files = Bag({f"data/{n}": b"the same" * 9 for n in range(4)}).files()
    links = {f"data/{n}": "data/0" for n in range(1, 4)}
    path = tmp_path / f"bag{suffix}"
    path.write_bytes(PACKINGS[suffix](linked(files, links)))
    _done, kept = taken(path, tmp_path)
    assert kept == files


def test_a_tar_without_an_end_mark_comes_in_if_manifests_prove_it(tmp_path: Path) -> None:
    files = Bag(PAYLOAD).files()
    path = tmp_path / "bag.tar"
    path.write_bytes(cut(container_bytes(files, ".tar")))
    done, kept = taken(path, tmp_path)
    assert (kept, done.notes) == (files, (Finding(Code.NO_END_MARK),))


def test_what_may_have_lost_its_end_does_not_come_in(tmp_path: Path) -> None:
    files = Bag(PAYLOAD, tag_algorithms=()).files()
    path = tmp_path / "bag.tar"
    path.write_bytes(cut(container_bytes(files, ".tar")))
    with an_archive(tmp_path / "archive") as archive, pytest.raises(Damaged, match="U109"):
        accept(archive, path)

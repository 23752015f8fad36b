"""The guide at the top of a storage: what is written, and when it is renewed."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import textwrap
from importlib import resources
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import ArchivalStorage, create_archive
from preserva.core.values.entries import STORAGE_DESCRIPTION
from preserva.core.values.facts import StorageDescribed
from preserva.core.values.model import PackageId
from preserva.errors import StorageError
from preserva.ingest.package import package
from preserva.ingest.supplied import Details
from preserva.replication.replicate import replicate
from tests.support.books import an_archive, make_book

FILES = {
    "README.txt", "README.html", "books.csv", "books.html", "check.py", "formats.txt",
    "formats-codes.csv", "formats-charsets.csv", "formats-schemas.csv", "formats-mets-profile.rng",
    "formats-mets-profile.sch", "formats-premis-profile.rng", "formats-bagit-profile.json",
}  # fmt: skip
PACKAGE = PackageId("aonb", "kp-7")


def rows(storage: Path) -> list[dict[str, str]]:
    """The rows of a storage's list of books."""
    with (storage / "books.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def described(archive: ArchivalStorage) -> list[tuple[str | None, set[str]]]:
    """Each time that a guide was written: the storage, and the files that the ledger names."""
    return [
        (entry.storage, set(entry.facts_as(StorageDescribed).files))
        for entry in archive.ledger.entries(types=(STORAGE_DESCRIPTION,))
    ]


def test_a_new_storage_has_a_guide_beside_its_ocfl_root(tmp_path: Path) -> None:
    with an_archive(tmp_path) as archive:
        assert described(archive) == [("aonb-main", FILES), ("nlb-copy", FILES)]
    for name in ("aonb-main", "nlb-copy"):
        storage = tmp_path / "storages" / name
        files = {path.name for path in storage.iterdir() if path.is_file()}
        assert files == FILES | {"preserva-storage.json", "preserva-ledger.json"}
        assert rows(storage) == []
    text = (tmp_path / "storages/nlb-copy/README.txt").read_text("utf-8")
    assert "nlb-copy (Minsk), реплика: здесь хранятся копии пакетов." in text
    assert "It is kept by: National Library of Belarus" in text


def test_the_lists_are_renewed_once_in_a_run_and_only_where_something_changed(
    tmp_path: Path,
) -> None:
    book = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", book, archive)
    main, copy = (tmp_path / "archive/storages" / name for name in ("aonb-main", "nlb-copy"))
    (row,) = rows(main)
    assert {name: row[name] for name in ("id", "title", "pages", "version")} == {
        "id": PACKAGE.uri, "title": "Повѣсть о рѣкѣ Амурѣ", "pages": "2", "version": "v1",
    }  # fmt: skip
    assert (main / row["path"] / "inventory.json").is_file()
    assert rows(copy) == []
    with an_archive(tmp_path / "archive") as archive:
        assert len(described(archive)) == 3
        replicate(archive)
        replicate(archive)
    assert rows(copy) == rows(main)
    with an_archive(tmp_path / "archive") as archive:
        assert [name for name, _files in described(archive)] == [
            "aonb-main", "nlb-copy", "aonb-main", "nlb-copy",
        ]  # fmt: skip
        newest = archive.ledger.newest(STORAGE_DESCRIPTION)
        assert newest is not None
        copied = "".join(path.read_text("utf-8") for path in (copy / "ledgers/aonb").iterdir())
        assert newest.number in [json.loads(line)["number"] for line in copied.splitlines()]


def test_init_brings_an_existing_storage_what_it_lacks(tmp_path: Path) -> None:
    """Of another preserva, or of somebody who tidied up; no version is touched."""
    book = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", book, archive)
    main = tmp_path / "archive/storages/aonb-main"
    before = {path: path.read_bytes() for path in (main / "ocfl").rglob("*") if path.is_file()}
    (main / "check.py").unlink()
    (main / "books.csv").write_text("nothing")
    create_archive(config.load(tmp_path / "archive" / config.NAME))
    assert [row["id"] for row in rows(main)] == [PACKAGE.uri]
    assert (main / "check.py").is_file()
    assert before == {
        path: path.read_bytes() for path in (main / "ocfl").rglob("*") if path.is_file()
    }


def test_a_guide_that_cannot_be_written_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book is stored, and the next run that writes there renews the lists."""
    book = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive"):
        pass

    def refuse(_store: object, path: str, _data: bytes) -> None:
        raise StorageError(path)

    with monkeypatch.context() as patch:
        patch.setattr("preserva.archive.guide.replace", refuse)
        with an_archive(tmp_path / "archive") as archive:
            package(tmp_path / "book", book, archive)
    main = tmp_path / "archive/storages/aonb-main"
    assert rows(main) == []
    with an_archive(tmp_path / "archive") as archive, archive.writing(archive.primary):
        pass
    assert [row["id"] for row in rows(main)] == [PACKAGE.uri]


def test_a_damaged_package_is_named_without_what_it_says(tmp_path: Path) -> None:
    """Nothing is taken from a file that is not as its inventory says."""
    book = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", book, archive)
        folder = Path(archive.primary.storage.url) / archive.primary.root.path_of(PACKAGE.uri)
        (record,) = folder.rglob("mods.xml")
        record.write_bytes(record.read_bytes().replace("Амурѣ".encode(), "Волгѣ".encode()))
    (row,) = rows(tmp_path / "archive/storages/aonb-main")
    assert (row["id"], row["title"], row["version"]) == (PACKAGE.uri, "", "v1")


def programs(readme: str, place: Path) -> list[str]:
    """The Python programs in a README as they stand, but with `place` for /tmp/version."""
    blocks = re.findall(r"(?m)^    import .*\n(?:    .+\n)+", readme)
    return [textwrap.dedent(block).replace("/tmp/version", str(place)) for block in blocks]


def run(program: str, folder: Path) -> str:
    """What it prints, run in a folder."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout


def test_the_readme_puts_a_version_together_and_its_pages_in_order(tmp_path: Path) -> None:
    """Its programs, run as they stand, give a bag whose digests are right, pages and chapters."""
    book = make_book(tmp_path / "book", pages=3)
    structure = tmp_path / "structure.csv"
    structure.write_text(
        "first;last;type;part;title\n1;;title_page;title_page;\n2;3;;chapter;Й\n", "utf-8"
    )
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", book, archive, details=Details(structure=structure))
    main = tmp_path / "archive/storages/aonb-main"
    (row,) = rows(main)
    version = tmp_path / "version"
    (assemble, pages, *others) = programs((main / "README.txt").read_text("utf-8"), version)
    without_comments = [re.sub("#.*", "", program) for program in (assemble, pages, *others)]
    assert without_comments == without_comments[:2] * 3
    (inside,) = (main / row["path"]).glob("v1/content/data/*/documentation/README.txt")
    found = [re.sub("#.*", "", each) for each in programs(inside.read_text("utf-8"), version)]
    assert found == without_comments[:1] * 3

    assert run(assemble, main / row["path"]) == ""
    for name in ("manifest-sha512.txt", "tagmanifest-sha512.txt"):
        checked = subprocess.run(
            ["sha512sum", "--quiet", "-c", name], cwd=version, capture_output=True, check=False
        )
        assert (checked.returncode, checked.stdout) == (0, b""), checked.stderr
    (master,) = version.glob("data/*/representations/master")
    assert run(pages, master).splitlines() == [
        "1 л. 1 data/0001.tif", "2 л. 2 data/0002.tif", "3 л. 3 data/0003.tif",
        "Повѣсть о рѣкѣ Амурѣ", "title_page 1", "Й 2 3",
    ]  # fmt: skip
    with pytest.raises(subprocess.CalledProcessError):
        run(assemble, main / row["path"])  # another version is there already


def test_what_is_left_of_a_damaged_version_can_be_taken_out(tmp_path: Path) -> None:
    book = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        package(tmp_path / "book", book, archive)
    main = tmp_path / "archive/storages/aonb-main"
    (row,) = rows(main)
    (lost,) = (main / row["path"]).rglob("0001.tif")
    lost.unlink()
    version = tmp_path / "version"
    assemble = programs((main / "README.txt").read_text("utf-8"), version)[0]
    assert "/0001.tif" in run(assemble, main / row["path"])
    assert [path.name for path in version.rglob("*.tif")] == ["0002.tif"]


@pytest.mark.parametrize("code", ["ru", "be"])
def test_what_is_said_of_the_standards_is_the_same_in_each_language(code: str) -> None:
    """The same numbers, addresses and names of files."""

    def facts(language: str) -> list[str]:
        file = resources.files("preserva.archive").joinpath("on_disk", f"formats.{language}.txt")
        text = file.read_text("utf-8")
        return sorted(re.findall(r"https?://\S+|formats-[\w.-]+|\b[0-9A-F]{2}\b|\b\d+\b", text))

    assert facts(code) == facts("en")


def test_contacts_come_from_the_configuration(tmp_path: Path) -> None:
    text = config.TEMPLATE.replace("# office = ", "office = ").replace("# email = ", "email = ")
    (tmp_path / config.NAME).write_text(text, encoding="utf-8")
    create_archive(config.load(tmp_path / config.NAME))
    told = (tmp_path / "storages/aonb-main/README.txt").read_text("utf-8")
    assert "    Эл. почта: books@example.org\n" in told
    assert "    Address" not in told

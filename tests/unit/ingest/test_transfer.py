"""Packages of others: proved to be what was sent, kept to the last byte, known by their names."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from preserva import config as configuration
from preserva.access.export import export
from preserva.archive.archive import ArchivalStorage, create_archive
from preserva.archive.stored_copy import StoredCopy
from preserva.cli.main import status_of
from preserva.core.eark.mets import PackageType
from preserva.core.eark.premis import Identifier
from preserva.core.eark.premis_read import ObjectFacts, read_events, read_premis
from preserva.core.eark.vocabulary import EventOutcome, EventType
from preserva.core.formats.bagit import DECLARATION
from preserva.core.values.codes import Code
from preserva.core.values.entries import END
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import Damaged, PackageError, Refused, UsageError
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ingest.transfer import accept
from preserva.ingest.transfer_result import Accepted, Form
from preserva.replication.replicate import replicate
from tests.support import oracles
from tests.support.books import an_archive, make_book, object_folder, tiff

DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Псалтырь</dc:title></oai_dc:dc>'
)


def a_bag(place: Path) -> Path:
    """A bag as a partner makes it, by another program."""
    place.mkdir()
    (place / "скан 1.tif").write_bytes(tiff(b"\x01" * 50))
    (place / "sub").mkdir()
    (place / "sub/й sure.txt").write_text("да\n", "utf-8")
    (place / "empty").write_bytes(b"")
    info = {"External-Identifier": "X 17/А", "External-Description": "Часослов", "Note": "kept"}
    bagit.make_bag(str(place), info, checksums=["md5", "sha256"])
    return place


def of_archivematica(place: Path) -> Path:
    """A bag laid out as Archivematica's AIPs are: objects and one METS, descriptions inside."""
    (place / "objects").mkdir(parents=True)
    (place / "objects/page.tif").write_bytes(tiff(b"\x02" * 50))
    (place / "METS.5e5b.xml").write_text(
        '<mets xmlns="http://www.loc.gov/METS/"><dmdSec ID="d1"><mdWrap MDTYPE="DC"><xmlData>'
        f"{DC}</xmlData></mdWrap></dmdSec></mets>",
        "utf-8",
    )
    bagit.make_bag(str(place), {"External-Identifier": "5e5b"}, checksums=["sha256"])
    return place


def tarred(source: Path) -> Path:
    with tarfile.open(source.with_name("sent.tar"), "w") as tar:
        tar.add(source, source.name)
    return source.with_name("sent.tar")


def gzipped(source: Path) -> Path:
    with tarfile.open(source.with_name("sent.tar.gz"), "w:gz") as tar:
        tar.add(source, source.name)
    return source.with_name("sent.tar.gz")


def zipped(source: Path) -> Path:
    with zipfile.ZipFile(source.with_name("sent.zip"), "w") as archive:
        for one in sorted(source.rglob("*")):
            archive.write(one, f"{source.name}/{one.relative_to(source)}")
    return source.with_name("sent.zip")


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }


def stored(place: Path, identifier: PackageId) -> Path:
    """The package's own folder in the store."""
    base = object_folder(place / "archive", "aonb-main", identifier)
    return base / "v1/content/data" / identifier.portable


def staging_is_empty(archive: ArchivalStorage) -> bool:
    return [one.path for one in archive.primary.storage.children("staging")] in (
        [],
        ["staging/lock"],
    )


def refused(place: Path, path: Path, error: type[Exception], match: str) -> None:
    """Nothing is stored, and nothing of it stays in staging."""
    with an_archive(place / "archive") as archive:
        with pytest.raises(error, match=match):
            accept(archive, path, local="x")
        assert not archive.primary.root.holds("urn:preserva:aonb:x")
        assert staging_is_empty(archive)


def taken(
    place: Path,
    path: Path,
    local: str | None = None,
    *,
    from_outside: bool = False,
    warned: tuple[Code, ...] = (),
) -> Accepted:
    """Import it; both copies are sound, and other programs think so too.

    What is ours by its identifier and comes from outside is refused without consent, then recorded.
    """
    with an_archive(place / "archive") as archive:
        for dry_run in (True, False) if from_outside else ():
            with pytest.raises(Refused, match="was not made here") as refused:
                accept(archive, path, local=local, dry_run=dry_run)
            assert "--as-ours" in (refused.value.advice() or "")
            assert all(entry.package is None for entry in archive.ledger.entries())
        done = accept(archive, path, local=local, as_ours=from_outside)
        assert (done.created, done.from_outside) == (True, from_outside)
        assert marked_from_outside(archive, done.package) == (from_outside, from_outside)
        replicate(archive)
        reports = validate_stored(archive, done.package)
        assert [one.outcome for one in reports] == [Outcome.PASS] * 2
        assert [tuple(found.code for found in one.findings) for one in reports] == [warned] * 2
        assert staging_is_empty(archive)
    folder = stored(place, done.package)
    bagit.Bag(str(folder.parents[1])).validate()
    return done


def marked_from_outside(archive: ArchivalStorage, package: PackageId) -> tuple[bool, bool]:
    """Whether the ledger, and the PREMIS record of the ingestion, say that it came from outside."""
    (end,) = archive.ledger.entries(package=package.uri, types=(END,))
    copy = StoredCopy(archive, archive.primary, package)
    (log,) = (copy.read_log(name) for name in copy.log_names() if "-ingestion-" in name)
    return end.facts.get("from_outside") is True, b"came from outside" in log


@pytest.mark.parametrize("packed", [None, tarred, gzipped, zipped])
def test_a_bag_is_kept_whole(packed: Callable[[Path], Path] | None, tmp_path: Path) -> None:
    bag = a_bag(tmp_path / "sent")
    done = taken(tmp_path, bag if packed is None else packed(bag))
    assert (done.package, done.title, done.form) == (
        PackageId("aonb", "x-17-a"),
        "Часослов",
        Form.BAG,
    )
    folder = stored(tmp_path, done.package)
    kept = folder / "representations/original/data"
    assert content(kept) == content(bag)
    bagit.Bag(str(kept)).validate()
    with (folder / "metadata/preservation/premis.xml").open("rb") as stream:
        facts = list(read_premis(stream))
    book = next(one for one in facts if isinstance(one, ObjectFacts))
    assert Identifier("External-Identifier", "X 17/А") in book.identifiers
    with (folder / "metadata/preservation/premis.xml").open("rb") as stream:
        first, second, *_rest = read_events(stream)
    assert (first.type, second.type, second.outcome) == (
        EventType.TRANSFER,
        EventType.FIXITY_CHECK,
        EventOutcome.SUCCESS,
    )
    assert second.detail == "7 files agree with the manifests of its bag (md5, sha256)"


def test_the_public_validators_have_nothing_to_object(tmp_path: Path) -> None:
    done = taken(tmp_path, a_bag(tmp_path / "sent"))
    folder = stored(tmp_path, done.package)
    assert oracles.eark_validator(folder) == []
    assert oracles.commons_ip(folder) == []


def test_names_that_a_manifest_must_encode_are_kept(tmp_path: Path) -> None:
    bag = tmp_path / "sent"
    (bag / "data").mkdir(parents=True)
    (bag / "bagit.txt").write_bytes(DECLARATION)
    lines = []
    for name in ("100% sure", "a\nb", "%25"):
        (bag / "data" / name).write_text(name)
        encoded = name.replace("%", "%25").replace("\n", "%0A")
        lines.append(f"{hashlib.sha256(name.encode()).hexdigest()}  data/{encoded}\n")
    (bag / "manifest-sha256.txt").write_text("".join(lines))
    with an_archive(tmp_path / "archive") as archive:
        done = accept(archive, tmp_path / "sent")
        (report,) = validate_stored(archive, done.package)
        assert report.findings == []
    kept = stored(tmp_path, done.package) / "representations/original/data"
    assert content(kept) == content(tmp_path / "sent")


def test_an_aip_of_archivematica_is_described_by_its_own_mets(tmp_path: Path) -> None:
    bag = of_archivematica(tmp_path / "sent")
    done = taken(tmp_path, bag)
    assert (done.form, done.title, done.package.local) == (
        Form.ARCHIVEMATICA,
        "Псалтырь",
        "5e5b",
    )
    assert content(stored(tmp_path, done.package) / "representations/original/data") == content(bag)


def test_a_broken_mets_in_a_sound_bag_is_kept_and_named(tmp_path: Path) -> None:
    bag = of_archivematica(tmp_path / "sent")
    (bag / "data/METS.5e5b.xml").write_text("<mets")
    bagit.Bag(str(bag)).save(manifests=True)
    with an_archive(tmp_path / "archive") as archive:
        done = accept(archive, bag)
        (report,) = validate_stored(archive, done.package)
    assert (report.findings, done.form, done.title) == ([], Form.ARCHIVEMATICA, "5e5b")
    assert [(one.code, one.path) for one in done.notes] == [(Code.METS_ALONG, "data/METS.5e5b.xml")]
    assert content(stored(tmp_path, done.package) / "representations/original/data") == content(bag)


@pytest.mark.parametrize("whole", [True, False])
def test_an_eark_package_in_a_bag_is_described_by_its_mets(
    whole: bool, tmp_path: Path, shared: Path
) -> None:
    """The bag proves it; where its METS does not fit, that is named and no reason to refuse it."""
    mets = shutil.copytree(shared / "examples/book-nested", tmp_path / "sent/nested") / "METS.xml"
    if not whole:
        (tmp_path / "sent/nested/documentation/README.txt").write_text("other than METS says\n")
    bagit.make_bag(str(tmp_path / "sent"), {"Internal-Sender-Identifier": "17/a"})
    done = taken(tmp_path, tmp_path / "sent", "nested")
    assert (done.form, done.title) == (Form.BAG, "Апостол")
    named = [] if whole else [(Code.METS_ALONG, f"data/nested/{mets.name}")]
    assert [(one.code, one.path) for one in done.notes] == named
    with (stored(tmp_path, done.package) / "metadata/preservation/premis.xml").open("rb") as stream:
        book = next(one for one in read_premis(stream) if isinstance(one, ObjectFacts))
    assert book.identifiers[2:] == (
        Identifier("Internal-Sender-Identifier", "17/a"),
        Identifier("METS OBJID", "book-nested"),
    )


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("kant_aufklaerung_1784", "kant_aufklaerung_1784"),
        ("kant_aufklaerung_1784-jp2", "kant_aufklaerung_1784-jp2"),
        ("pembroke_werke_1766", "Des Grafen und der Gräfin von Pembrock sämtliche Werke"),
    ],
)
def test_real_bags_of_ocr_d_come_in(name: str, title: str, tmp_path: Path, shared: Path) -> None:
    bag = shared / "data/books/ocrd/data" / name
    done = taken(tmp_path, bag)
    assert done.title.startswith(title)
    kept = stored(tmp_path, done.package)
    assert content(kept / "representations/original/data") == content(bag)
    assert f"ocrd:{name}" in (kept / "metadata/preservation/premis.xml").read_text("utf-8")


def test_a_real_bag_without_manifests_is_not_taken(tmp_path: Path, shared: Path) -> None:
    refused(tmp_path, shared / "data/books/ocrd/data/SBB0000F29300010000", Damaged, "E121")


@pytest.mark.parametrize("packed", [None, tarred, zipped])
def test_an_eark_package_is_held_against_its_mets(
    packed: Callable[[Path], Path] | None, tmp_path: Path, shared: Path
) -> None:
    sent = shutil.copytree(shared / "examples/book-nested", tmp_path / "book-nested")
    done = taken(tmp_path, sent if packed is None else packed(sent), "nested")
    assert done.form == Form.EARK
    kept = stored(tmp_path, done.package)
    assert content(kept / "representations/original/data") == content(sent)
    with (kept / "metadata/preservation/premis.xml").open("rb") as stream:
        _first, second, *_rest = read_events(stream)
    assert second.outcome is EventOutcome.SUCCESS
    assert (second.detail or "").endswith("files agree with the digests in METS and PREMIS")


def test_a_changed_eark_package_is_not_taken(tmp_path: Path, shared: Path) -> None:
    sent = shutil.copytree(shared / "examples/book-nested", tmp_path / "sent")
    page = sent / "representations/master/data/0001.tif"
    page.write_bytes(page.read_bytes() + b"x")
    refused(tmp_path, sent, Damaged, "does not match its own manifests or METS")


@pytest.mark.parametrize("name", ["data/sub/й sure.txt", "data/empty", "bag-info.txt"])
@pytest.mark.parametrize("packed", [None, tarred, zipped])
def test_a_changed_bag_is_not_taken(
    name: str, packed: Callable[[Path], Path] | None, tmp_path: Path
) -> None:
    bag = a_bag(tmp_path / "sent")
    (bag / name).write_bytes(b"Other: than sent\n")
    refused(
        tmp_path,
        bag if packed is None else packed(bag),
        Damaged,
        "does not match its own manifests or METS",
    )


def test_nothing_follows_a_link(tmp_path: Path) -> None:
    bag = a_bag(tmp_path / "sent")
    (bag / "data/link").symlink_to("/etc/passwd")
    refused(tmp_path, bag, Refused, "link")


def test_nothing_lands_outside(tmp_path: Path) -> None:
    bag = a_bag(tmp_path / "sent")
    with tarfile.open(tmp_path / "sent.tar", "w") as tar:
        tar.add(bag, "sent")
        tar.add(bag / "bagit.txt", "sent/../../escaped")
    refused(tmp_path, tmp_path / "sent.tar", Refused, "escaped")
    assert not list(tmp_path.rglob("escaped"))


def a_tar(place: Path, *members: tuple[str, bytes]) -> Path:
    """A tar with these members, whatever their names are."""
    with tarfile.open(place / "sent.tar", "w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return place / "sent.tar"


def of_one(name: str, data: bytes, *more: tuple[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    """The members of a bag with one payload file."""
    manifest = f"{hashlib.sha256(data).hexdigest()}  data/{name}\n".encode()
    given = (("bagit.txt", DECLARATION), ("manifest-sha256.txt", manifest), (f"data/{name}", data))
    return tuple((f"b/{path}", content) for path, content in (*given, *more))


@pytest.mark.parametrize(
    ("members", "error", "match"),
    [
        (of_one("a", b"x", ("data/a", b"x")), Refused, "E124 data/a"),
        (of_one("a", b"x", ("data/a/b", b"y")), Refused, "E129 data/a"),
        ((("p/METS.xml", b"<html/>"),), Damaged, "E503 METS.xml"),
        ((("p/METS.xml", b"<!DOCTYPE a []><a/>"),), PackageError, "DOCTYPE"),
        ((*of_one("a", b"x"), ("c/x", b"y")), Refused, "E126 c/x"),
    ],
)
def test_what_is_made_to_confuse_is_refused(
    members: tuple[tuple[str, bytes], ...],
    error: type[Exception],
    match: str,
    tmp_path: Path,
) -> None:
    refused(tmp_path, a_tar(tmp_path, *members), error, match)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sent.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in of_one("a", bytes(100 << 20)):
            archive.writestr(name, data)
    refused(tmp_path, tmp_path / "sent.zip", Refused, "U104")


def test_a_sound_bag_is_taken_whatever_it_says_of_itself(tmp_path: Path) -> None:
    """Controls in bag-info.txt, a METS that names a description which is none."""
    info = "External-Identifier: \x07\nExternal-Description: \x01Звон\x02\nX-Identifier: 7\x1b\n"
    mets = (
        b'<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink">'
        b'<dmdSec ID="a"><mdRef MDTYPE="MODS" xlink:href="METS.xml"/></dmdSec></mets>'
    )
    sent = a_tar(tmp_path, *of_one("METS.xml", mets, ("bag-info.txt", info.encode())))
    done = taken(tmp_path, sent)
    assert (done.package, done.title) == (PackageId("aonb", "sent"), "Звон")
    assert [one.code for one in done.notes] == [Code.DESCRIPTION_ALONG]
    premis = stored(tmp_path, done.package) / "metadata/preservation/premis.xml"
    with premis.open("rb") as stream:
        book = next(one for one in read_premis(stream) if isinstance(one, ObjectFacts))
    assert book.identifiers[2:] == (Identifier("X-Identifier", "7"),)


def test_what_is_no_package_is_not_taken(tmp_path: Path) -> None:
    make_book(tmp_path / "book")
    refused(tmp_path, tmp_path / "book", UsageError, "neither a bag nor an E-ARK package")


def test_a_second_run_writes_nothing_and_another_package_is_refused(tmp_path: Path) -> None:
    bag = a_bag(tmp_path / "sent")
    done = taken(tmp_path, bag)
    with an_archive(tmp_path / "archive") as archive:
        again = accept(archive, bag)
        assert (again.package, again.created) == (done.package, False)
        other = a_bag(tmp_path / "other")
        (other / "data/empty").write_bytes(b"x")
        bagit.Bag(str(other)).save(manifests=True)
        with pytest.raises(Refused, match="stored already, with other content"):
            accept(archive, other)
        assert staging_is_empty(archive)


def test_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    with an_archive(tmp_path / "archive") as archive:
        done = accept(archive, a_bag(tmp_path / "sent"), dry_run=True)
        assert (done.created, done.title, done.files) == (False, "Часослов", 9)
        assert not archive.primary.root.holds(done.package.uri)
        assert staging_is_empty(archive)


def test_a_record_that_is_given_describes_it(tmp_path: Path) -> None:
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        done = accept(archive, a_bag(tmp_path / "sent"), record=record, local="kp-7")
    assert (done.package.local, done.title) == ("kp-7", "Повѣсть о рѣкѣ Амурѣ")


@pytest.mark.parametrize("name", ["out", "out.tar"])
def test_a_sip_of_ours_becomes_the_package_that_it_was_made_of(name: str, tmp_path: Path) -> None:
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "elsewhere") as elsewhere:
        made = package(tmp_path / "book", record, elsewhere)
        sip = export(elsewhere, made.package, tmp_path / name, kind=PackageType.SIP)
    done = taken(tmp_path, sip, from_outside=True)
    assert (done.package, done.title, done.form) == (made.package, made.title, Form.OURS)
    first = object_folder(tmp_path / "elsewhere", "aonb-main", made.package) / "v1/content"
    before = content(first / "data" / made.package.portable)
    after = content(stored(tmp_path, made.package))
    assert {path for path in before | after if before.get(path) != after.get(path)} == {
        "METS.xml",
        "metadata/preservation/premis.xml",
        "representations/master/METS.xml",
        "representations/text/METS.xml",
    }
    with an_archive(tmp_path / "archive") as archive:
        assert not accept(archive, sip).created


@pytest.mark.parametrize("name", ["out", "out.tar"])
def test_an_aip_of_ours_is_stored_as_it_is(name: str, tmp_path: Path) -> None:
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "elsewhere") as elsewhere:
        made = package(tmp_path / "book", record, elsewhere)
        aip = export(elsewhere, made.package, tmp_path / name)
    done = taken(tmp_path, aip, from_outside=True)
    assert (done.package, done.title, done.form) == (made.package, made.title, Form.OUR_AIP)
    before = object_folder(tmp_path / "elsewhere", "aonb-main", made.package) / "v1/content"
    assert content(stored(tmp_path, made.package).parents[1]) == content(before)
    with an_archive(tmp_path / "archive") as archive:
        assert not accept(archive, aip).created
        for more in ({"local": "x"}, {"record": record}):
            with pytest.raises(UsageError, match="keeps its identifier"):
                accept(archive, aip, **more)


def test_a_dip_of_ours_is_not_the_package(tmp_path: Path) -> None:
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path / "archive") as archive:
        made = package(tmp_path / "book", record, archive)
        out = export(archive, made.package, tmp_path / "out", kind=PackageType.DIP)
        with pytest.raises(Refused, match="not the whole package"):
            accept(archive, out)


@pytest.mark.parametrize("kind", PackageType)
def test_what_another_institution_made_with_preserva_is_taken_as_theirs(
    kind: PackageType, tmp_path: Path
) -> None:
    record = make_book(tmp_path / "book")
    theirs = tmp_path / "theirs" / configuration.NAME
    theirs.parent.mkdir()
    theirs.write_text(configuration.TEMPLATE.replace("aonb", "rsl"), encoding="utf-8")
    create_archive(configuration.load(theirs))
    with an_archive(theirs.parent) as archive:
        made = package(tmp_path / "book", record, archive)
        sent = export(archive, made.package, tmp_path / "sent", kind=kind)
    assert made.package == PackageId("rsl", "kp-7")
    done = taken(tmp_path, sent)
    assert (done.package, done.title) == (PackageId("aonb", "rsl-kp-7"), made.title)
    kept = stored(tmp_path, done.package)
    assert content(kept / "representations/original/data") == content(sent)
    said = (kept / "metadata/preservation/premis.xml").read_text("utf-8")
    assert "<objectIdentifierValue>urn:preserva:rsl:kp-7<" in said


def test_the_command_says_what_it_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag = a_bag(tmp_path / "sent")
    with an_archive(tmp_path / "archive"):
        pass
    config = str(tmp_path / "archive/preserva.toml")
    assert status_of(["--config", config, "import", str(bag)]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("aonb-x-17-a\n", "a bag; stored, read back and recorded\n")
    (bag / "data/empty").write_bytes(b"x")
    assert status_of(["--config", config, "import", str(bag), "--id", "y"]) == 1


@pytest.mark.parametrize("form", ["folder", "tar", "zip"])
@pytest.mark.parametrize("path", ["a/" * 1500 + "x", "a/" * 101 + "x", "/".join(["b" * 200] * 6)])
def test_paths_that_no_storage_could_hold_are_refused(path: str, form: str, tmp_path: Path) -> None:
    """With a sentence, before anything is stored; the bag is not touched."""
    bag = a_bag(tmp_path / "in")
    source = bag if form == "folder" else tmp_path / f"deep.{form}"
    if form == "folder":
        deepen(bag / "data", path)
    else:
        packed(bag, f"data/{path}", source)
    refused(tmp_path, source, Refused, "path too long")
    remove(bag)


def deepen(folder: Path, path: str) -> None:
    """An empty file at a path that is longer than the system takes at once."""
    above = os.open(folder, os.O_RDONLY)
    for part in path.split("/")[:-1]:
        os.mkdir(part, dir_fd=above)
        below = os.open(part, os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(os.open(path.rpartition("/")[2], os.O_CREAT | os.O_WRONLY, dir_fd=above))
    os.close(above)


def packed(bag: Path, deep: str, target: Path) -> None:
    """The bag in one file, with an empty file at a deep path."""
    plain = [path for path in sorted(bag.rglob("*.txt")) if path.is_file()]
    if target.suffix == ".tar":
        with tarfile.open(target, "w") as tar:
            for path in plain:
                tar.add(path, f"bag/{path.relative_to(bag)}")
            tar.addfile(tarfile.TarInfo(f"bag/{deep}"))
        return
    with zipfile.ZipFile(target, "w") as archive:
        for path in plain:
            archive.write(path, f"bag/{path.relative_to(bag)}")
        archive.writestr(f"bag/{deep}", b"")


def remove(folder: Path) -> None:
    """A tree that is too deep for Python's own way."""
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_control_characters_in_a_name_do_not_end_an_import(tmp_path: Path) -> None:
    """Another program's answer about such a file is no JSON."""
    bag = tmp_path / "bag"
    bag.mkdir()
    for name in ("a\x1b[31m.bin", "b\x07\x1f.txt", 'c".bin'):
        (bag / name).write_bytes(b"\x00\x01" * 50)
    bagit.make_bag(str(bag), {"Title": "T"})
    assert taken(tmp_path, bag, "kp-esc", warned=(Code.WINDOWS_NAME,)).created

"""E-ARK packages of others: what METS proves, what it leaves open, what the book is called."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from preserva.archive.stored_copy import StoredCopy
from preserva.core.eark.premis import Event
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.vocabulary import EventOutcome
from preserva.core.values.codes import Code
from preserva.errors import Damaged
from preserva.ingest.transfer import accept
from preserva.ingest.transfer_result import Accepted
from tests.support.books import an_archive, tiff

PAGE = "representations/rep1/data/л. 1:a.tif"
DATA = tiff(b"\x01" * 50)
DC = (
    '<dc:dublincore xmlns="http://purl.org/dc/terms/" xmlns:dc="http://purl.org/dc/terms/">'
    "<dc:title>{title}</dc:title></dc:dublincore>"
)
UUID = "6cebefad-2b19-4874-b014-094ec35a85aa"


def file(href: str, data: bytes = DATA, *, label: str | None = "SHA-256", more: str = "") -> str:
    digest = hashlib.sha256(data).hexdigest()
    fixity = f'CHECKSUM="{digest}" CHECKSUMTYPE="{label}"' if label else ""
    return (
        f'<file ID="f{hashlib.md5(href.encode()).hexdigest()}" {fixity}>{more}'
        f'<FLocat LOCTYPE="URL" xlink:href="{href}"/></file>'
    )


def described(name: str, title: str) -> str:
    data = DC.format(title=title)
    return f'<dmdSec ID="{name}"><mdWrap MDTYPE="DC"><xmlData>{data}</xmlData></mdWrap></dmdSec>'


BOOK = described("d1", "Грамматика")


def package(place: Path, content: str, files: dict[str, bytes] | None = None) -> Path:
    folder = place / f"book-{UUID}"
    mets = (
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' OBJID="{UUID}">{content}</mets>'
    )
    for path, data in ({PAGE: DATA} if files is None else files).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "METS.xml").write_text(mets, "utf-8")
    return folder


def section(*files: str) -> str:
    return f"<fileSec><fileGrp>{''.join(files)}</fileGrp></fileSec>"


def taken(place: Path, sent: Path) -> tuple[Accepted, Event]:
    """It is stored; the result, and the event of comparing it with its own digests."""
    with an_archive(place / "archive") as archive:
        done = accept(archive, sent, local="x")
        assert done.created
        copy = StoredCopy(archive, archive.primary, done.package)
        path = f"{copy.path}/v1/content/data/aonb-x/metadata/preservation/premis.xml"
        with (place / "archive/storages/aonb-main" / path).open("rb") as stream:
            _transfer, check, *_rest = read_events(stream)
    return done, check


@pytest.mark.parametrize(
    "href",
    [
        PAGE,
        f"./{PAGE}",
        f"metadata/../{PAGE}",
        PAGE.replace(" ", "%20"),
        PAGE.replace(" ", "+"),
        f"file:///{PAGE}",
        f"file:{PAGE}",
    ],
)
def test_references_as_people_write_them_are_compared(href: str, tmp_path: Path) -> None:
    sent = package(tmp_path, BOOK + section(file(href)))
    done, check = taken(tmp_path, sent)
    assert (done.title, done.notes) == ("Грамматика", ())
    assert (check.detail, check.outcome) == (
        "1 files agree with the digests in METS and PREMIS",
        EventOutcome.SUCCESS,
    )
    (sent / PAGE).write_bytes(DATA + b"x")
    with an_archive(tmp_path / "other") as archive, pytest.raises(Damaged, match="does not match"):
        accept(archive, sent, local="x")


@pytest.mark.parametrize("label", ["SHA256", "sha-256", "SHA 256"])
def test_a_digest_is_compared_however_its_algorithm_is_spelled(label: str, tmp_path: Path) -> None:
    sent = package(tmp_path, BOOK + section(file(PAGE, DATA + b"x", label=label)))
    with an_archive(tmp_path / "archive") as archive, pytest.raises(Damaged) as refused:
        accept(archive, sent, local="x")
    assert [problem.split()[0] for problem in refused.value.problems] == ["E513"]


@pytest.mark.parametrize(
    ("content", "files", "codes", "detail"),
    [
        (
            section(file(PAGE)),
            {PAGE: DATA, "extra/b.tif": DATA},
            {"extra/b.tif": Code.UNVOUCHED},
            "1 files agree with the digests in METS and PREMIS; no digest vouches for 1 others",
        ),
        (
            section(),
            {PAGE: DATA},
            {PAGE: Code.UNVOUCHED},
            "0 files agree with the digests in METS and PREMIS; no digest vouches for 1 others",
        ),
        (
            section(file(PAGE, label=None)),
            {PAGE: DATA},
            {PAGE: Code.UNVOUCHED},
            "0 files agree with the digests in METS and PREMIS; no digest vouches for 1 others",
        ),
        (
            section(file(PAGE), file("https://example.org/2.tif"), file("file:///mnt/3.tif")),
            {PAGE: DATA},
            {None: Code.FILE_ELSEWHERE},
            "1 files agree with the digests in METS and PREMIS; 2 are elsewhere and were not"
            " received",
        ),
    ],
)
def test_what_nothing_proved_is_named_and_counted(
    content: str,
    files: dict[str, bytes],
    codes: dict[str | None, Code],
    detail: str,
    tmp_path: Path,
) -> None:
    done, check = taken(tmp_path, package(tmp_path, BOOK + content, files))
    assert {note.path: note.code for note in done.notes} == codes
    assert (check.detail, check.outcome) == (detail, EventOutcome.WARNING)


def test_a_further_address_is_no_missing_file(tmp_path: Path) -> None:
    more = '<FLocat LOCTYPE="URN" xlink:href="urn:nbn:de:bsz:14-db-id1"/>'
    done, check = taken(tmp_path, package(tmp_path, BOOK + section(file(PAGE, more=more))))
    assert (done.notes, check.outcome) == ((), EventOutcome.SUCCESS)


def test_what_would_leave_the_package_is_refused(tmp_path: Path) -> None:
    sent = package(tmp_path, BOOK + section(file("../../etc/passwd")))
    with an_archive(tmp_path / "archive") as archive, pytest.raises(Damaged) as refused:
        accept(archive, sent, local="x")
    assert [problem.split()[0] for problem in refused.value.problems] == ["E508"]


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (described("c", "Глава 1") + BOOK, "Глава 1"),
        (
            described("c", "Глава 1")
            + BOOK
            + '<structMap TYPE="LOGICAL"><div DMDID="d1"><div DMDID="c"/></div></structMap>',
            "Грамматика",
        ),
        (described("u", UUID) + BOOK, "Грамматика"),
        (described("u", " ") + BOOK, "Грамматика"),
        (described("u", UUID), "book"),
        ("", "book"),
    ],
)
def test_the_title_is_the_books(content: str, title: str, tmp_path: Path) -> None:
    done, _check = taken(tmp_path, package(tmp_path, content + section(file(PAGE))))
    assert done.title == title

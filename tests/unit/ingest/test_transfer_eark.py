"""E-ARK packages of others: what METS proves, what it leaves open, what the book is called."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest
from lxml import etree

from preserva.archive.stored_copy import StoredCopy
from preserva.core.eark.premis import Event
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.received_pages import pages_of_package, received_pages
from preserva.core.eark.stored import read_representation
from preserva.core.eark.vocabulary import EventOutcome
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.errors import Damaged
from preserva.fixity.validate import validate_stored
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


XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
HEADER = (
    '<metsHdr><agent ROLE="CREATOR" TYPE="ORGANIZATION"><name>Digitising Office</name>'
    "<note>scan@example.org</note></agent>"
    '<agent ROLE="OTHER" OTHERROLE="OWNER" TYPE="INDIVIDUAL"><name>Ф. Владелец</name></agent>'
    '<agent ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="SOFTWARE"><name>Kitodo</name></agent></metsHdr>'
)
RIGHTS = (
    '<amdSec><rightsMD ID="r"><mdWrap MDTYPE="OTHER"><xmlData><license xmlns="urn:x" '
    'href="https://creativecommons.org/licenses/by/4.0/deed.ru"/></xmlData></mdWrap></rightsMD>'
    "</amdSec>"
)


def digitised(place: Path) -> Path:
    """As the DFG's profile has a book: three pages, the last two of which are links."""
    files = {name: tiff(name.encode()) for name in ("b.tif", "a.tif")}
    locations = [f"data/{name}" for name in files]
    locations += [f"https://example.org/{number}.tif" for number in (3, 4)]
    listed = "".join(
        f'<file ID="f{number}"><FLocat LOCTYPE="URL" xlink:href="{href}"/></file>'
        for number, href in enumerate(locations, 1)
    )
    labels = ("I", "12 об.", "uncounted", "-")
    pages = "".join(
        f'<div TYPE="page" ORDER="{number}" ORDERLABEL="{label}"><fptr FILEID="f{number}"/></div>'
        for number, label in enumerate(labels, 1)
    )
    structure = f'<structMap TYPE="PHYSICAL"><div TYPE="physSequence">{pages}</div></structMap>'
    content = f"{HEADER}{BOOK}{RIGHTS}{section(listed)}{structure}"
    return package(place, content, {f"data/{name}": data for name, data in files.items()})


def test_what_its_makers_say_stands_where_a_reader_looks(tmp_path: Path) -> None:
    """Who made and owns it, what is missing, the licence, the pages with their labels."""
    with an_archive(tmp_path / "archive") as archive:
        done = accept(archive, digitised(tmp_path), local="x")
        copy = StoredCopy(archive, archive.primary, done.package)
        base = f"{copy.path}/v1/content/data/aonb-x"
        (report,) = validate_stored(archive, done.package)
        assert report.outcome is Outcome.PASS
    main = tmp_path / "archive/storages/aonb-main"
    premis = (main / base / "metadata/preservation/premis.xml").read_bytes()
    transfer, check, *_rest = read_events(io.BytesIO(premis))
    missing = "incomplete: 2 of 4 files that its METS names are only links and were not received"
    assert (transfer.outcome, transfer.note) == (EventOutcome.WARNING, missing)
    assert check.outcome is EventOutcome.WARNING
    agents = {
        agent.findtext("{*}agentIdentifier/{*}agentIdentifierValue"): tuple(
            agent.findtext(f"{{*}}agent{part}") for part in ("Name", "Type", "Note")
        )
        for agent in etree.fromstring(premis).iter("{*}agent")
    }
    office = "METS: CREATOR ORGANIZATION; scan@example.org"
    assert [agents[link.identifier.value] for link in transfer.agents[2:]] == [
        ("Digitising Office", "organization", office),
        ("Ф. Владелец", "person", "METS: OWNER INDIVIDUAL"),
        ("Kitodo", "software", "METS: CREATOR SOFTWARE"),
    ]
    assert b"https://creativecommons.org/licenses/by/4.0/" in premis
    assert b"not assessed" not in premis
    readme = (main / base / "documentation/README.txt").read_text("utf-8")
    assert "INCOMPLETE, links in place of files: 2 / 4\n" in readme
    assert f"Named in the package that came: Digitising Office ({office})" in readme
    with (main / base / "representations/original/METS.xml").open("rb") as stream:
        stored = read_representation(stream)
    assert [(entry.file.path, entry.page, entry.label) for entry in stored.files] == [
        ("data/data/b.tif", 1, "I"),
        ("data/data/a.tif", 2, "12 об."),
        ("data/METS.xml", None, None),
    ]
    document = (main / base / "representations/original/METS.xml").read_text("utf-8")
    files = document.partition('LABEL="Files"')[2]
    assert files.count("<fptr") == 1
    with (main / "books.csv").open(encoding="utf-8-sig", newline="") as stream_:
        (row,) = csv.DictReader(stream_)
    assert row["pages"] == f"2; {missing}"
    assert "creativecommons.org/licenses/by/4.0" in row["rights"]


def test_pages_of_another_volume_are_not_those_of_this_one(tmp_path: Path) -> None:
    """Nor is a file on several pages the file of one, nor a map of folders a map of pages."""
    find = {"a": "a.tif", "b": "b.tif", "c": "c.xml"}.get
    pages = [("page", "1", "fa"), ("page", "2", "fb"), ("page", "3", "fc"), ("page", "4", "fc")]
    divisions = "".join(
        f'<div TYPE="{kind}" ORDERLABEL="{label}"><fptr FILEID="{name}"/></div>'
        for kind, label, name in pages
    )
    files = "".join(
        f'<file ID="f{name}"><FLocat xlink:href="{name}"/></file>' for name in ("a", "b", "c", "d")
    )
    for kind, expected in (("PHYSICAL", {"a.tif": 1, "b.tif": 2}), ("LOGICAL", {})):
        mets = (
            f'<mets xmlns="http://www.loc.gov/METS/" {XLINK}><fileSec>{files}</fileSec>'
            f'<structMap TYPE="{kind}"><div>{divisions}</div></structMap></mets>'
        )
        found = received_pages(mets.encode(), lambda href, _loctype: find(href or ""))
        assert {path: page.number for path, page in found.items()} == expected
    documents = {"METS.xml": mets.replace("LOGICAL", "PHYSICAL"), "vol2/METS.xml": mets}
    found = pages_of_package(documents, {"a", "b"}, lambda path: documents[path].encode())
    assert {path: page.label for path, page in found.items()} == {"a": "1", "b": "2"}

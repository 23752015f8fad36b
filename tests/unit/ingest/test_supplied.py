"""What people wrote about a book becomes part of its package, or is refused with every mistake."""

from __future__ import annotations

import io
from contextlib import nullcontext
from pathlib import Path

import pytest
from lxml import etree

from preserva.core.book.rights import Rights
from preserva.core.book.scan_policy import ScanAction, ScanPolicy
from preserva.core.book.scans import ImageRules
from preserva.core.eark.mets import Division
from preserva.core.eark.premis_read import read_events
from preserva.core.eark.structure_read import read_structure
from preserva.core.eark.vocabulary import EventType, RightsBasis
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.errors import PackageError, Refused
from preserva.fixity.validate import validate, validate_stored
from preserva.ingest.package import package, package_bag
from preserva.ingest.supplied import NO_DETAILS, Details
from tests.support.books import RECORD, an_archive, make_book, tiff
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.support.xsd import schema

STRUCTURE = """\
first;last;label;type;part;level;title
л. 1.tif;;[1r];title_page;title_page;;
2;3;1r;;chapter;1;Глава перьвая
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_structure_stands_in_the_representations(tmp_path: Path) -> None:
    """Labels and types in each, parts in the masters, the file as it came in documentation."""
    record = make_book(tmp_path / "book", pages=3)
    details = Details(write(tmp_path / "book" / "chapters.csv", STRUCTURE))
    with an_archive(tmp_path / "archive") as archive:
        institution = archive.config.institution
        package_bag(tmp_path / "book", record, institution, tmp_path / "out", details=details)
    bag = tmp_path / "out" / "aonb-kp-7"
    (report,) = validate(bag)
    assert (report.outcome, report.findings) == (Outcome.PASS, [])
    base = bag / "data/aonb-kp-7"
    assert (base / "documentation/structure.csv").read_text("utf-8") == STRUCTURE
    found = {
        name: read_structure((base / f"representations/{name}/METS.xml").read_bytes())
        for name in ("master", "text")
    }
    for structure in found.values():
        assert [(page.order, page.label, page.type) for page in structure.pages] == [
            ("1", "[1r]", "title_page"),
            ("2", "1r", "page"),
            ("3", "1v", "page"),
        ]
    assert found["text"].root is None
    assert found["master"].root == Division(
        "monograph",
        "Повѣсть о рѣкѣ Амурѣ",
        (),
        (Division("title_page", None, (1,)), Division("chapter", "Глава перьвая", (2, 3))),
    )


def test_mistakes_are_all_named_and_nothing_is_stored(tmp_path: Path) -> None:
    record = make_book(tmp_path / "book")
    text = '[[parts]]\ntype = "chapter"\nfirst = 7\n[[pages]]\nfirst = 2\nlast = 1\n'
    details = Details(write(tmp_path / "s.toml", text))
    with an_archive(tmp_path / "archive") as archive:
        with pytest.raises(PackageError) as caught:
            package(tmp_path / "book", record, archive, details=details)
        assert not archive.primary.root.holds("urn:preserva:aonb:kp-7")
    assert [one.partition(" ")[0] for one in caught.value.problems] == ["E486", "E485"]


def test_a_second_run_with_another_structure_is_refused(tmp_path: Path) -> None:
    """It would be lost without a word."""
    record = make_book(tmp_path / "book", pages=3)
    path = write(tmp_path / "s.csv", STRUCTURE)
    with an_archive(tmp_path / "archive") as archive:
        made = package(tmp_path / "book", record, archive, details=Details(path))
        assert made.created
        (report,) = validate_stored(archive, made.package)
        assert (report.outcome, report.findings) == (Outcome.PASS, [])
        assert not package(tmp_path / "book", record, archive, details=Details(path)).created
        with pytest.raises(Refused, match=r"structure\.csv"):
            package(tmp_path / "book", record, archive)
        write(path, STRUCTURE.replace("1r", "2r"))
        with pytest.raises(Refused, match=r"structure\.csv"):
            package(tmp_path / "book", record, archive, details=Details(path))


def test_a_page_that_the_masters_lack_is_left_out_of_the_parts(tmp_path: Path) -> None:
    """It is there as an access copy, and a warning says so."""
    record = make_book(tmp_path / "book", pages=3)
    (tmp_path / "book" / "text" / "л. 2.txt").unlink()
    (tmp_path / "book" / "access").mkdir()
    for number in (1, 2, 3):
        name = f"л. {number}.tif"
        (tmp_path / "book" / "access" / name).write_bytes(tiff(name.encode()))
    (tmp_path / "book" / "master" / "л. 2.tif").unlink()
    details = Details(write(tmp_path / "s.csv", STRUCTURE))
    with an_archive(tmp_path / "archive") as archive:
        done = package(tmp_path / "book", record, archive, details=details)
        (report,) = validate_stored(archive, done.package)
        assert (report.outcome, report.findings) == (Outcome.PASS, [])
        mets = next(Path(archive.primary.storage.url).rglob("representations/master/METS.xml"))
    found = read_structure(mets.read_bytes())
    assert [page.order for page in found.pages] == ["1", "3"]
    assert found.root is not None
    assert found.root.parts[1].pages == (2,)  # the second of the pages that are there


EVENTS = """\
type,when,person,device,device_version,representation
imaging,2026-05-12,Иванова А. А.,Bookeye 5,V2,master
"""


def test_history_stands_in_premis(tmp_path: Path, shared: Path) -> None:
    """What the record and the file tell, before what we did; every agent is described."""
    make_book(tmp_path / "book")
    record = tmp_path / "r.mrc"
    record.write_bytes(iso2709(RARE_BOOK))
    details = Details(events=write(tmp_path / "e.csv", EVENTS))
    with an_archive(tmp_path / "archive") as archive:
        institution = archive.config.institution
        package_bag(
            tmp_path / "book", record, institution, tmp_path / "out", local="x", details=details
        )
    bag = tmp_path / "out" / "aonb-x"
    (report,) = validate(bag)
    assert (report.outcome, report.findings) == (Outcome.PASS, [])
    document = (bag / "data/aonb-x/metadata/preservation/premis.xml").read_bytes()
    schema(shared, "premis-3.0.xsd").assertValid(etree.fromstring(document))
    events = list(read_events(io.BytesIO(document)))
    assert [
        (one.identifier.value, one.type, one.when, [link.value for link in one.objects])
        for one in events[:2]
    ] == [
        ("event-1", "реставрация", "2019-04-12", ["urn:preserva:aonb:x"]),
        ("event-2", EventType.IMAGING, "2026-05-12", ["representation-master"]),
    ]
    assert len(events) == 7


RIGHTS = '[[rights]]\nbasis = "copyright"\nstatus = "public domain"\nnote = "1799"\n'


def test_rights_stand_in_premis_and_mods(tmp_path: Path, shared: Path) -> None:
    """Those of the file; else those of the configuration; else that nobody assessed them."""
    record = make_book(tmp_path / "book")
    stated = Rights(RightsBasis.OTHER, note="подарок")
    details = Details(rights=write(tmp_path / "r.toml", RIGHTS))
    said = {}
    with an_archive(tmp_path / "archive") as archive:
        for name, given, default in (
            ("file", details, stated),
            ("config", NO_DETAILS, stated),
            ("none", NO_DETAILS, None),
        ):
            out = tmp_path / name
            institution = archive.config.institution
            package_bag(tmp_path / "book", record, institution, out, details=given, rights=default)
            (report,) = validate(out / "aonb-kp-7")
            assert (report.outcome, report.findings) == (Outcome.PASS, [])
            base = out / "aonb-kp-7/data/aonb-kp-7/metadata"
            premis = etree.parse(base / "preservation/premis.xml")
            schema(shared, "premis-3.0.xsd").assertValid(premis)
            notes = premis.xpath("//*[contains(local-name(), 'Note')]/text()")
            mods = (base / "descriptive/mods.xml").read_text("utf-8")
            said[name] = (notes, "accessCondition" in mods, mods == RECORD)
    assert said == {
        "file": (["1799"], True, False),
        "config": (["подарок"], True, False),
        "none": (["not assessed when the package was made"], False, True),
    }


@pytest.mark.parametrize(
    ("events", "rights", "expected"),
    [
        (None, None, [(Code.SCAN_HISTORY, "when, who, device")]),
        ("type,when,person\nоцифровка,2026,Иванова\n", None, [(Code.SCAN_HISTORY, "device")]),
        (
            "type,when,device\nrestoration,2026,glue\n",
            None,
            [(Code.SCAN_HISTORY, "when, who, device")],
        ),
        (EVENTS, RIGHTS, [(Code.RIGHTS_DECISION, "determined, decided_by")]),
        (EVENTS, f'{RIGHTS}determined = 2026\ndecided_by = "И. Петров"\n', []),
    ],
)
def test_who_scanned_and_who_decided_is_asked_for(
    events: str | None, rights: str | None, expected: list[tuple[Code, str]], tmp_path: Path
) -> None:
    record = make_book(tmp_path / "book")
    details = Details(
        events=None if events is None else write(tmp_path / "e.csv", events),
        rights=None if rights is None else write(tmp_path / "r.toml", rights),
    )
    with an_archive(tmp_path / "archive") as archive:
        institution = archive.config.institution
        done = package_bag(
            tmp_path / "book", record, institution, tmp_path / "out", details=details
        )
    assert [(note.code, note.expected) for note in done.notes] == expected
    refusing = ImageRules(policy=ScanPolicy(history=ScanAction.REFUSE, rights=ScanAction.REFUSE))
    with pytest.raises(PackageError) if expected else nullcontext():
        package_bag(
            tmp_path / "book", record, institution, tmp_path / "2", details=details, images=refusing
        )


@pytest.mark.parametrize(
    ("basis", "notes"),
    [
        ('basis = "copyright"\nstatus = "public domain"\n', ["decided by: И. Петров"]),
        (
            'basis = "license"\nuri = "https://creativecommons.org/licenses/by/4.0/"\n',
            ["determined: 2026-11-23", "decided by: И. Петров"],
        ),
        (
            'basis = "other"\nnote = "подарок"\n',
            ["подарок", "determined: 2026-11-23", "decided by: И. Петров"],
        ),
        ('basis = "statute"\ncitation = "ГК 1281"\n', ["decided by: И. Петров"]),
    ],
)
def test_a_statement_of_rights_says_who_decided_it_and_when(
    basis: str, notes: list[str], tmp_path: Path, shared: Path
) -> None:
    """In PREMIS by its elements, or in notes where it has none for that; in MODS in words."""
    record = make_book(tmp_path / "book")
    text = f'[[rights]]\n{basis}determined = 2026-11-23\ndecided_by = "И. Петров"\n'
    details = Details(rights=write(tmp_path / "r.toml", text))
    with an_archive(tmp_path / "archive") as archive:
        institution = archive.config.institution
        package_bag(tmp_path / "book", record, institution, tmp_path / "out", details=details)
    base = tmp_path / "out/aonb-kp-7/data/aonb-kp-7/metadata"
    premis = etree.parse(base / "preservation/premis.xml")
    schema(shared, "premis-3.0.xsd").assertValid(premis)
    found = premis.xpath("//*[contains(local-name(), 'Note')]/text()")
    assert found == notes
    assert "2026-11-23" in etree.tostring(premis).decode()
    mods = (base / "descriptive/mods.xml").read_text("utf-8")
    assert "determined 2026-11-23; decided by И. Петров" in mods

"""A book's page: its pages, versions, relations, copies to give, corrections with a file."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from preserva.archive.archive import open_archive
from preserva.core.values.model import PackageId
from preserva.ingest.book_revision import PageChanges
from preserva.ingest.revision import Change, update
from preserva.ledger import LedgerEntry
from preserva.web import jobs, run_job
from preserva.web.uploads import path_of
from preserva.web.version_changes import event_words
from preserva.web.visit import StaffSite
from tests.support.books import RECORD
from tests.unit.web.conftest import Visitor, form_of
from tests.unit.web.state import damage

BOOK = "/books/aonb-kp-7"
NAME = PackageId("aonb", "kp-7")


def do_job(site: StaffSite) -> jobs.PageJob:
    """Have the next job done as its process does it; the job as it is then."""
    claimed = jobs.claim(site.database)
    assert claimed is not None
    run_job.main(str(site.config.path), claimed.number)
    done = jobs.job(site.database, claimed.number)
    assert done is not None
    return done


def structured(site: StaffSite, folder: Path) -> None:
    """A second version, in which the pages have labels and the book has parts."""
    path = folder / "structure.toml"
    path.write_text(
        '[[pages]]\nfirst = 1\nlast = 2\nlabel = "л. 1"\n'
        '[[parts]]\ntype = "chapter"\ntitle = "Глава <1>"\nfirst = 2\n',
        encoding="utf-8",
    )
    with open_archive(site.config.path) as archive:
        update(archive, NAME, Change(structure=path, reason="labels & parts"))


def test_the_pages_of_a_book_are_shown(site: StaffSite, visitor: Visitor, tmp_path: Path) -> None:
    """With numbers and labels that are always seen, and the contents beside them."""
    structured(site, tmp_path)
    page = visitor("look").get(f"{BOOK}/v2/pages").text
    assert page.count('loading="lazy"') == 2
    assert re.findall(r"<span>(\d) <b>(.*?)</b>", page) == [("1", "л. 1"), ("2", "л. 1 об.")]
    assert '<a href="#page-2">Глава &lt;1&gt;</a>' in page
    first = visitor("look2").get(f"{BOOK}/v1/pages").text
    assert "Глава" not in first


def test_one_page_leads_to_its_neighbours(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("look")
    page = client.get(f"{BOOK}/v1/pages/1").text
    assert 'href="2" rel="next"' in page and 'rel="prev"' not in page
    assert f'src="{BOOK}/v1/pictures/1/page"' in page and 'alt="page 1: л. 1"' in page
    assert 'href="1?size=large" rel="prev"' in client.get(f"{BOOK}/v1/pages/2?size=large").text
    for wanted, number in {"2": 2, "л. 2": 2, "9": 1, "x": 1, "²": 1}.items():
        answer = client.get(f"{BOOK}/v1/pages/go", params={"number": wanted})
        assert answer.headers["location"] == f"{BOOK}/v1/pages/{number}"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/pages/3", "/v1/pages/0", "/v1/pages/x", "/v3/pages", "/v1/pictures/3/small",
        "/v1/pictures/1/huge", "/..%2f/pages", "/v1/pictures/1/..%2f..%2fstyle.css",
    ],
)  # fmt: skip
def test_there_are_no_other_pages(visitor: Visitor, path: str) -> None:
    assert visitor("look").get(f"{BOOK}{path}").status_code == 404


def test_a_picture_is_of_the_sound_copy(site: StaffSite, visitor: Visitor) -> None:
    """The primary's file is damaged: it is drawn from the other storage; with both, from none."""
    client, place = visitor("look"), f"{BOOK}/v1/pictures/1/small"
    files = []
    for name in ("aonb-main", "nlb-copy"):
        with open_archive(site.config.path) as archive:
            store = archive.store(name)
            folder = Path(store.storage.url) / store.root.path_of(NAME.uri)
        (path,) = folder.rglob("master/data/0001.tif")
        path.chmod(0o644)
        files.append(path)
    content = files[0].read_bytes()
    files[0].write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    answer = client.get(place)
    assert answer.headers["content-type"] == "image/jpeg"
    assert "max-age" in answer.headers["cache-control"]
    shutil.rmtree(site.database.folder / "pictures")
    files[1].unlink()
    answer = client.get(place)
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == "no-store"


def test_pictures_are_for_people_who_signed_in(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("look")
    client.cookies.clear()
    assert client.get(f"{BOOK}/v1/pictures/1/small").status_code == 401


def test_versions_say_who_when_why_and_what(
    site: StaffSite, visitor: Visitor, tmp_path: Path
) -> None:
    """Of the first, what is in it; of a later one, what a person would say of its pages."""
    structured(site, tmp_path)
    with open_archive(site.config.path) as archive:
        move = PageChanges(move=[(2, 1)])
        update(archive, NAME, Change(pages=move, reason="порядок <листов>"))
        update(archive, NAME, Change(pages=PageChanges(remove=[1]), reason="дважды"))
    assert versions(visitor("look").get(BOOK).text) == {
        "v4": ["corrected", "дважды", "the structure; left out: pages 1 of the version before"],
        "v3": ["corrected", "порядок <листов>", "the structure; moved: pages 1"],
        "v2": ["corrected", "labels & parts", "the structure"],
        "v1": ["packaged", "", "the record; masters of pages 1-2; text of pages 1-2"],
    }


def versions(page: str) -> dict[str, list[str]]:
    """What the table says of each version: what happened, why, what changed."""
    found = re.findall(r'<tr><td><a href="[^"]*/(v\d)/pages">.*?</tr>', page, re.DOTALL)
    rows = re.findall(r'<tr><td><a href="[^"]*/v\d/pages">(.*?)</tr>', page, re.DOTALL)
    cells = [[unescape(cell) for cell in re.findall("<td>(.*?)</td>", row)] for row in rows]
    return {name: row[-3:] for name, row in zip(found, cells, strict=True)}


def test_versions_are_there_without_the_storage(site: StaffSite, visitor: Visitor) -> None:
    """Then only the ledger is asked, and the page says why there is no record."""
    Path(site.config.primary().url).rename(Path(site.config.primary().url).with_name("away"))
    answer = visitor("look").get(BOOK)
    assert answer.status_code == 200
    assert versions(answer.text) == {"v1": ["packaged", "", "The storage cannot be read now."]}


@pytest.mark.parametrize(
    ("type_", "version", "facts", "words"),
    [
        ("ingestion end", "v1", {}, "packaged"),
        ("ingestion end", "v3", {}, "corrected"),
        ("ingestion end", "v1", {"from_outside": True}, "brought in from outside"),
        ("accession", "v2", {}, "received from another institution"),
        ("replication", "v1", {"from": "kopie"}, "copied from the storage kopie"),
        ("recovery", "v1", {}, "recovery"),
    ],
)
def test_what_happened_is_said_in_words(
    type_: str, version: str, facts: dict[str, object], words: str
) -> None:
    """By the entry that acknowledged a version first, whichever that is."""
    known = {"inventory": "0" * 128, **facts}
    entry = LedgerEntry(
        1, "2026-12-01T10:00:00Z", type_, "success", NAME.uri, "main", version, known, "0" * 64
    )
    assert event_words(entry) == words


def test_a_relation_is_stated_once(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    fields = {"kind": "volume of", "other": "aonb-kp-1", "reason": "часть вторая"}
    for _time in range(2):
        answer = client.post(f"{BOOK}/relations", data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{BOOK}#relations")
    page = client.get(BOOK).text
    assert page.count("часть вторая") == 1 and "aonb-kp-1" in page
    for wrong in ({"kind": "x"}, {"other": "../etc"}, {"reason": " "}, {"other": "aonb-kp-7"}):
        assert client.post(f"{BOOK}/relations", data=fields | wrong).status_code == 400


@pytest.mark.parametrize(("kind", "start"), [("sip", b""), ("aip", b"")])
def test_a_copy_is_made_and_can_be_taken(
    site: StaffSite, visitor: Visitor, kind: str, start: bytes
) -> None:
    """By a job; whoever it is for is in the ledger; after a restart it is made anew."""
    client = visitor("prepare")
    form = form_of(client.get(BOOK).text, "export")
    asked = client.post("/jobs", data=form | {"kind": kind, "to": "НББ", "reason": "заказ 7"})
    place = asked.headers["location"]
    assert client.get(f"{place}/file").status_code == 404
    job = do_job(site)
    assert job.exit_status == 0, jobs.output(site.database, job.number)
    assert f'href="{place}/file"' in client.get(place).text
    taken = client.get(f"{place}/file")
    assert taken.headers["content-disposition"] == 'attachment; filename="aonb-kp-7.tar"'
    assert len(taken.content) > 10_000
    with open_archive(site.config.path) as archive:
        (entry,) = archive.ledger.entries(types=("dissemination",))
        assert (entry.person, "НББ" in str(entry.facts)) == ("prepare", True)
    with site.database.writing() as rows:
        rows.execute("UPDATE job SET ended = NULL, started = NULL, exit_status = NULL")
    assert do_job(site).exit_status == 0


def test_a_copy_without_access_copies_says_why(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    form = form_of(client.get(BOOK).text, "export")
    client.post("/jobs", data=form | {"kind": "pdf"})
    job = do_job(site)
    assert job.exit_status == 2
    assert "has no PDF" in jobs.output(site.database, job.number)[1]
    assert client.get(f"/jobs/{job.number}/file").status_code == 404


def test_copies_that_were_not_taken_go_after_a_week(
    site: StaffSite, visitor: Visitor, clock: object
) -> None:
    client = visitor("prepare")
    old = jobs.made_folder(site.database, 99)
    old.mkdir()
    (old / "a.tar").write_bytes(b"1")
    client.post("/jobs", data={"form": "f", "action": "export", "kind": "aip", "package": "kp-7"})
    assert jobs.made_file(site.database, 99) == old / "a.tar"
    form = form_of(client.get(BOOK).text, "export")
    client.post("/jobs", data=form | {"kind": "sip"})
    do_job(site)  # its clock is this machine's; the folder is new
    assert jobs.made_file(site.database, 99) == old / "a.tar"
    import os

    os.utime(old, (1, 1))
    client.post("/jobs", data=form | {"kind": "sip", "form": "again"})
    do_job(site)
    assert jobs.made_file(site.database, 99) is None


def test_a_record_is_replaced_by_a_file_that_is_sent(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    record = RECORD.replace("Повѣсть", "Новая повѣсть").encode()
    fields = {"form": "one", "reason": "исправлено", "position": ""}
    for _time in range(2):
        answer = client.post(
            f"{BOOK}/record", data=fields, files={"file": ("C:\\запись.xml", record)}
        )
        assert answer.status_code == 303
    assert len(jobs.recent(site.database)) == 1
    job = do_job(site)
    assert job.exit_status == 0, jobs.output(site.database, job.number)
    assert "Новая повѣсть" in client.get(BOOK).text


def test_a_file_is_needed_and_only_from_those_who_may(site: StaffSite, visitor: Visitor) -> None:
    large = {"file": ("a.xml", b"<" * 100_000)}
    fields = {"form": "one", "reason": "r"}
    assert visitor("look").post(f"{BOOK}/record", data=fields, files=large).status_code == 413
    client = visitor("prepare")
    assert client.post(f"{BOOK}/record", data=fields).status_code == 400
    assert client.post(f"{BOOK}/record", data={"form": "one"}, files=large).status_code == 400
    assert client.post(f"{BOOK}/record", data=fields, files=large).status_code == 303
    assert client.post("/jobs", data=fields, files=large).status_code == 413
    huge = {"file": ("a.xml", b"<" * (1 << 24))}
    assert client.post(f"{BOOK}/record", data=fields, files=huge).status_code == 413


def test_rights_are_stated_in_words(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    fields = {"form": "one", "reason": "срок истёк", "basis": "copyright"}
    fields |= {"status": "public domain", "note": 'a "quote"\\ and\x7f\n[[more]]'}
    assert client.post(f"{BOOK}/rights", data=fields).status_code == 303
    (asked,) = jobs.recent(site.database)
    text = path_of(site.config, asked.fields["file"]).read_text("utf-8")
    assert text == (
        '[[rights]]\nbasis = "copyright"\nstatus = "public domain"\n'
        'note = "a \\"quote\\"\\\\ and [[more]]"\n'
    )
    job = do_job(site)
    assert job.exit_status == 0, jobs.output(site.database, job.number)


@pytest.mark.parametrize("token", ["", "../../preserva.toml", "0" * 32, "x" * 32, "/etc/passwd"])
def test_no_other_file_can_be_named(site: StaffSite, visitor: Visitor, token: str) -> None:
    from preserva.errors import UsageError

    with pytest.raises(UsageError, match="choose it again"):
        path_of(site.config, token)


def test_an_incident_of_the_book_is_still_named(site: StaffSite, visitor: Visitor) -> None:
    number = damage(site)
    assert f'href="/incidents/{number}"' in visitor("look").get(BOOK).text

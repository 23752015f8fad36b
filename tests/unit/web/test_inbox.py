"""The inbox and batches: from folders of scans to packages, by the same engine as the commands."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from preserva import config as configuration
from preserva.archive.archive import open_archive
from preserva.catalogue.import_records import import_file, open_catalogue
from preserva.web import inbox, jobs
from preserva.web.database import WebDatabase
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker
from tests.support import books
from tests.unit.web.conftest import Clock, Visitor, form_of
from tests.unit.web.test_book import do_job

RECORD = books.RECORD
FOLDER = "/inbox/0/Книга 1"


def record(number: str, title: str) -> str:
    return RECORD.replace("KP 7", number).replace("Повѣсть о рѣкѣ Амурѣ", title)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """An inbox with a sound folder, one with a gap and a broken page, and what is none."""
    place = tmp_path / "inbox"
    for name, pages in {"Книга 1": 2, "kp-9": 4}.items():
        books.make_book(place / name, pages, seed=len(name) * 10)
    (place / "kp-9" / "master" / "л. 2.tif").unlink()
    (place / "kp-9" / "text" / "л. 2.txt").unlink()
    broken = place / "kp-9" / "master" / "л. 3.tif"
    broken.write_bytes(broken.read_bytes()[:1000])
    for stray in place.glob("*.xml"):
        stray.unlink()
    (place / "link").symlink_to(tmp_path)
    (place / ".hidden").mkdir()
    return place


@pytest.fixture
def site(one_book: Path, scans: Path, clock: Clock) -> StaffSite:
    path = one_book / configuration.NAME
    path.write_text(
        path.read_text("utf-8").replace("# [web]\n# inbox", f'[web]\ninbox = ["{scans}"]\n# '),
        encoding="utf-8",
    )
    config = configuration.load(path)
    database = WebDatabase(config.ledger.parent / "web", clock)
    return StaffSite.of(config, database, Worker(config, database))


def catalogue(site: StaffSite, tmp_path: Path, *records: str) -> None:
    """Import records into the union catalogue."""
    for number, text in enumerate(records):
        path = tmp_path / f"record-{number}.xml"
        path.write_text(text, encoding="utf-8")
        with open_catalogue(site.config.path) as database:
            import_file(database, path, "aonb", 1_800_000_000)


def test_only_folders_of_the_inbox_are_there(site: StaffSite, visitor: Visitor) -> None:
    """In their natural order; no link, nothing hidden, no file."""
    page = visitor("prepare").get("/inbox").text
    listed = re.findall(r'<a href="/inbox/0/[^"]*">(.*?)</a>', page)
    assert listed == ["kp-9", "Книга 1"]
    assert "2 folders" in page and "at rest" in page


def test_without_a_place_the_page_says_so(site: StaffSite, visitor: Visitor) -> None:
    from dataclasses import replace

    from preserva.config import PageSettings

    bare = replace(site, config=replace(site.config, web=PageSettings()))
    assert inbox.InboxSheets(bare.config)
    client = visitor("look")
    assert client.get("/inbox?place=1").status_code == 400
    assert client.get("/inbox?q=нет").text.count("<table>") == 0


@pytest.mark.parametrize(
    "name", ["link", "nothing", "%2e%2e", "..%2farchive", "kp-9%00", ".hidden%2f..", "1/kp-9"]
)  # fmt: skip
def test_no_other_folder_can_be_reached(visitor: Visitor, name: str) -> None:
    client = visitor("prepare")
    assert client.get(f"/inbox/0/{name}").status_code in (404, 307, 405)
    assert "л. 1" not in client.get(f"/inbox/0/{name}").text
    assert client.get("/inbox/1/kp-9").status_code == 404
    assert client.get("/inbox/-1/kp-9").status_code == 404


def test_a_folder_that_is_written_is_left_alone(
    site: StaffSite, visitor: Visitor, clock: Clock, scans: Path
) -> None:
    changed = scans / "Книга 1" / "master" / "л. 1.tif"
    os.utime(changed, (clock.now - 5, clock.now - 5))
    client = visitor("prepare")
    assert "still being written" in client.get("/inbox").text
    assert "still being written" in client.get(FOLDER).text
    clock.now += 120
    assert "still being written" not in client.get(FOLDER).text


def test_the_contact_sheet_marks_what_names_show(site: StaffSite, visitor: Visitor) -> None:
    """Before any check: the gap, by the names alone. Numbers are always seen."""
    page = visitor("prepare").get("/inbox/0/kp-9").text
    assert re.findall(r"<span>(\d+) <b>", page) == ["1", "2", "3"]
    assert "the numbering of the pages has gaps" in page
    assert "truncated" not in page


def test_a_check_marks_the_pages(site: StaffSite, visitor: Visitor, scans: Path) -> None:
    """The same findings as `preserva check`; when the folder changes, they are of yesterday."""
    client = visitor("prepare")
    place = "/inbox/0/kp-9"
    fields = form_of(client.get(place).text)
    asked = client.post(f"{place}/check", data=fields)
    assert (asked.status_code, asked.headers["location"]) == (303, place)
    assert 'http-equiv="refresh"' in client.get(place).text
    assert do_job(site).exit_status == 4
    page = client.get(place).text
    marked = re.findall(r'<li class="bad">.*?</li>', page, re.DOTALL)
    assert len(marked) == 1 and "л. 3.tif" in marked[0] and "truncated" in marked[0]
    later = site.database.clock() + 5
    os.utime(scans / "kp-9" / "master" / "л. 1.tif", (later, later))
    assert "The folder has changed since." in client.get(place).text


def test_a_picture_of_the_inbox_is_of_the_file_as_it_is(
    site: StaffSite, visitor: Visitor, scans: Path
) -> None:
    client = visitor("look")
    first = client.get(f"{FOLDER}/pictures/1/small")
    assert first.headers["content-type"] == "image/jpeg"
    (scans / "Книга 1" / "master" / "л. 1.tif").write_bytes(b"other")
    other = client.get(f"{FOLDER}/pictures/1/small")
    assert other.headers["content-type"] == "image/svg+xml"
    for wrong in ("0/small", "3/small", "1/huge", "x/small"):
        assert client.get(f"{FOLDER}/pictures/{wrong}").status_code == 404


def test_a_link_in_a_folder_leads_nowhere(
    site: StaffSite, visitor: Visitor, scans: Path, tmp_path: Path
) -> None:
    """Neither is it drawn, nor what a page was replaced by in the meantime."""
    secret = tmp_path / "secret.tif"
    secret.write_bytes(books.tiff(bytes(range(200))))
    client = visitor("look")
    client.get(FOLDER)
    page = scans / "Книга 1" / "master" / "л. 1.tif"
    page.unlink()
    page.symlink_to(secret)
    answer = client.get(f"{FOLDER}/pictures/1/small")
    assert answer.status_code == 404 or answer.headers["content-type"] == "image/svg+xml"


def test_a_huge_folder_is_not_listed_file_by_file(
    site: StaffSite, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_FILES", 3)
    client = visitor("prepare")
    assert "more than 3" in client.get("/inbox").text
    page = client.get(FOLDER).text
    assert "too many to show" in page and "<img" not in page


def test_a_record_is_found_and_shown(site: StaffSite, visitor: Visitor, tmp_path: Path) -> None:
    """By number, shelfmark and title; with the package that has it already."""
    catalogue(
        site, tmp_path, record("KP 100", "Записки &lt;о&gt; Сибири"), record("KP 7", "Повѣсть")
    )
    client = visitor("prepare")
    for question in ("KP 100", "записки сибири"):
        page = client.get(FOLDER, params={"q": question}).text
        assert "<b>Записки &lt;о&gt; Сибири</b>" in page and "KP 100" in page
    assert "Nothing was found." in client.get(FOLDER, params={"q": "нетакого"}).text


def test_a_book_is_packaged_with_a_record_of_the_catalogue(
    site: StaffSite, visitor: Visitor, tmp_path: Path
) -> None:
    """Checked first, then made; the result is on the page, and the package in the archive."""
    catalogue(site, tmp_path, record("KP 100", "Записки о Сибири"))
    client = visitor("prepare")
    page = client.get(FOLDER, params={"q": "KP 100"}).text
    (uri,) = re.findall(r'name="catalogue" value="([^"]*)"', page)
    fields = {"form": "1", "catalogue": uri, "do": "check"}
    checked = client.post(f"{FOLDER}/package", data=fields).headers["location"]
    assert do_job(site).exit_status == 0
    assert "can be done: 1" in client.get(checked).text
    made = client.post(checked, data={"form": "2", "do": "run"})
    assert made.headers["location"] == checked
    job = do_job(site)
    assert job.exit_status == 0, jobs.output(site.database, job.number)
    page = client.get(checked).text
    assert "done: 1" in page and 'href="/books/aonb-kp-100"' in page
    with open_archive(site.config.path) as archive:
        assert archive.ledger.copies.of("urn:preserva:aonb:kp-100")
    assert client.get(f"/jobs/{job.number}").headers["location"] == checked


def test_a_book_is_packaged_with_a_record_that_is_sent(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    sent = {"file": ("new.xml", record("KP 55", "Новая").encode())}
    fields = {"form": "1", "id": "kp-55-a", "do": "package"}
    place = client.post(f"{FOLDER}/package", data=fields, files=sent).headers["location"]
    job = do_job(site)
    assert job.exit_status == 0, jobs.output(site.database, job.number)
    assert "/books/aonb-kp-55-a" in client.get(place).text
    assert client.post(f"{FOLDER}/package", data={"form": "2"}).status_code == 400


def begin(client: TestClient, table: str, records: str, **more: str) -> str:
    files = {"table": ("книги.csv", table.encode()), "records": ("all.xml", records.encode())}
    answer = client.post("/batches", data={"form": "b", "place": "0", **more}, files=files)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def collection(*records: str) -> str:
    inner = "".join(text[text.index("<mods") :] for text in records)
    return (
        '<?xml version="1.0"?>\n<modsCollection xmlns="http://www.loc.gov/mods/v3">'
        f"{inner}</modsCollection>"
    )


def test_a_batch_goes_all_its_way(site: StaffSite, visitor: Visitor, scans: Path) -> None:
    """Checked as a whole, packaged but for the broken row, the corrected one alone done again."""
    client = visitor("prepare")
    records = collection(record("KP 1", "Первая"), record("KP 9", "Девятая"))
    place = begin(client, "folder;number\nКнига 1;KP 1\nkp-9;KP 9\nнет;KP 9\n", records)
    assert "queued" in client.get(place).text
    assert do_job(site).exit_status in (1, 4)
    page = client.get(place).text
    assert "can be done: 1" in page and "not done: 2" in page and "truncated" in page
    assert "Книга 1" not in client.get(f"{place}?only=failed").text.partition("<table>")[2]
    client.post(place, data={"form": "go", "do": "run"})
    assert do_job(site).exit_status == 3
    page = client.get(place).text
    assert "done: 1" in page and "not done: 2" in page
    (taken,) = re.findall(r'href="(/jobs/\d+/file)"', page)
    results = client.get(taken)
    assert "results.csv" in results.headers["content-disposition"]
    text = results.content.decode("utf-8-sig")
    assert "truncated" in text and "aonb-kp-1" in text
    good = (scans / "kp-9" / "master" / "л. 4.tif").read_bytes()
    (scans / "kp-9" / "master" / "л. 3.tif").write_bytes(good[:-1] + bytes([good[-1] ^ 255]))
    corrected = "\n".join(text.replace("нет;", "kp-9;").splitlines()[:3])
    fields = {"form": "c", "place": "0"}
    token = re.findall(r'name="same_records" value="(\w+)"', page)[0]
    again = client.post(
        "/batches",
        data=fields | {"same_records": token},
        files={"table": ("книги.csv", corrected.encode())},
    ).headers["location"]
    assert again != place
    do_job(site)
    client.post(again, data={"form": "d", "do": "run"})
    job = do_job(site)
    assert job.exit_status == 0, jobs.output(site.database, job.number)
    page = client.get(again).text
    assert "done before: 1" in page and re.search(r"[^ ]done: 1|>done: 1", page)
    listed = client.get("/batches").text
    assert listed.count('href="/batches/') == 2 and "книги.csv" in listed


def test_ticked_folders_are_a_batch(site: StaffSite, visitor: Visitor, tmp_path: Path) -> None:
    """With a file, the name of a folder is the number of its record; else the catalogue knows."""
    client = visitor("prepare")
    ticked = {"form": "t", "place": "0", "folder": ["kp-9", "Книга 1"]}
    sent = {"records": ("all.xml", collection(record("kp-9", "Девятая")).encode())}
    place = client.post("/batches", data=ticked, files=sent).headers["location"]
    do_job(site)
    page = client.get(place).text
    assert page.count("not done") >= 1 and "truncated" in page
    table = client.get(f"{place}/table").text
    assert table.splitlines() == ["folder;record", "kp-9;kp-9", "Книга 1;Книга 1"]
    catalogue(site, tmp_path, record("kp-9", "Девятая"))
    place = client.post("/batches", data=ticked | {"form": "u"}, files={"x": ("", b"")}).headers[
        "location"
    ]
    lines = client.get(f"{place}/table").text.splitlines()
    assert lines[0] == "folder;catalogue" and lines[1].startswith("kp-9;urn:")
    assert lines[2] == "Книга 1;"


def test_a_batch_is_asked_for_once(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    first = begin(client, "folder;number\nКнига 1;KP 1\n", RECORD)
    begin(client, "folder;number\nКнига 1;KP 1\n", RECORD)
    assert [job.action for job in jobs.recent(site.database)] == ["batch-check"]
    assert client.get(first).status_code == 200


def test_a_table_that_is_none_is_said(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    place = begin(client, "<html>", RECORD)
    assert do_job(site).exit_status == 2
    page = client.get(place)
    assert page.status_code == 200 and "has no rows below its headings" in page.text


def test_who_only_looks_begins_nothing(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("look")
    assert "<textarea" not in client.get(FOLDER).text
    assert 'type="file"' not in client.get(FOLDER).text + client.get("/inbox").text
    for path in (f"{FOLDER}/check", f"{FOLDER}/package", "/batches", f"/batches/{'0' * 32}"):
        assert client.post(path, data={"form": "f", "place": "0"}).status_code == 403
    assert jobs.recent(site.database) == []


@pytest.mark.parametrize("token", ["0" * 32, "..%2f", "x"])
def test_there_is_no_other_batch(visitor: Visitor, token: str) -> None:
    assert visitor("prepare").get(f"/batches/{token}").status_code in (404, 307)


def test_a_place_that_is_none_begins_nothing(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    files = {"table": ("a.csv", b"folder\nx\n")}
    for place in ("1", "-1", "", "../..", "0" * 10, "²"):
        answer = client.post("/batches", data={"form": "b", "place": place}, files=files)
        assert answer.status_code == 400

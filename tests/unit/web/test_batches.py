"""Tables from a browser: as spreadsheets save them, for each work, in the reader's language."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from starlette.testclient import TestClient

from preserva import config as configuration
from preserva.archive.archive import open_archive
from preserva.config import Config
from preserva.core.values.entries import EXPORT
from preserva.exit_status import ExitStatus
from preserva.web import jobs
from preserva.web.database import WebDatabase
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker
from tests.support import books
from tests.unit.web.conftest import Clock, Visitor
from tests.unit.web.test_book import do_job
from tests.unit.web.test_inbox import collection, record


@pytest.fixture
def site(one_book: Path, tmp_path: Path, clock: Clock) -> StaffSite:
    """An inbox with two books, and an outbox."""
    for name, seed in (("kp-1", 10), ("kp-2", 20)):
        books.make_book(tmp_path / "inbox" / name, seed=seed)
    path = one_book / configuration.NAME
    section = f'[web]\ninbox = ["{tmp_path}/inbox"]\noutbox = "{tmp_path}/outbox"\n# '
    text = path.read_text("utf-8").replace("# [web]\n# inbox", section, 1)
    path.write_text(text.replace('# outbox = "/srv/copies"\n', ""), encoding="utf-8")
    return site_of(configuration.load(path), clock)


def site_of(config: Config, clock: Clock) -> StaffSite:
    database = WebDatabase(config.ledger.parent / "web", clock)
    return StaffSite.of(config, database, Worker(config, database))


def workbook(*rows: Sequence[str | int | None]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append([*row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def begin(
    client: TestClient, work: str, table: tuple[str, bytes], records: str = "", **more: str
) -> str:
    """Send a table; the address of its batch."""
    files = {"table": table}
    if records:
        files["records"] = ("all.xml", records.encode())
    fields = {"form": work, "work": work, "place": "0", **more}
    answer = client.post("/batches", data=fields, files=files)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def do(site: StaffSite, client: TestClient, place: str, form: str = "go") -> jobs.PageJob:
    """Check a batch that was begun, then do it."""
    do_job(site)
    client.post(place, data={"form": form, "do": "run"})
    return do_job(site)


def results_of(client: TestClient, place: str) -> bytes:
    (taken,) = re.findall(r'href="(/jobs/\d+/file)"', client.get(place).text)
    return client.get(taken).content


def test_a_workbook_is_packaged_and_comes_back(site: StaffSite, visitor: Visitor) -> None:
    """As a workbook, with the results in it; its own rows once more are done before."""
    client = visitor("prepare")
    table = workbook(("Папка", "Номер", "Примечания"), ("kp-1", "KP 1", "=1+1"), ("kp-2", 2, None))
    records = collection(record("KP 1", "Первая"), record("2", "Вторая"))
    place = begin(client, "package", ("Книги.XLSX", table), records)
    job = do(site, client, place)
    assert job.exit_status == 0, jobs.output(site.database, job.number)
    page = client.get(place).text
    assert "done: 2" in page and "Take Книги-results.XLSX" in page
    back = results_of(client, place)
    sheet = openpyxl.load_workbook(io.BytesIO(back)).worksheets[0]
    lines = [[cell or "" for cell in row[:5]] for row in sheet.iter_rows(values_only=True)]
    assert lines == [
        ["Папка", "Номер", "Примечания", "result", "stored package"],
        ["kp-1", "KP 1", "", "done", "aonb-kp-1"],
        ["kp-2", "2", "", "done", "aonb-2"],
    ]
    again = begin(client, "package", ("Книги-results.XLSX", back), records, form="again")
    do_job(site)
    page = client.get(again).text
    assert "done before: 2" in page and "Take Книги-results.XLSX" in page


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("t.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel 97-2003 (.xls)"),
        ("t.csv", workbook(("folder",), ("kp-1",)), "another format: XLSX"),
        ("t.ods", b"PK\3\4" + bytes(26) + b"mimetypeapplication/vnd.oasis", "OpenDocument"),
        ("t.xlsx", b"PK\3\4 cut", "cannot be read as XLSX"),
        ("t.csv", b"folder\n", "has no rows below its headings"),
    ],
)
def test_what_is_no_table_is_named(
    site: StaffSite, visitor: Visitor, name: str, data: bytes, said: str
) -> None:
    """The page says what the verb said, and offers to send another."""
    client = visitor("prepare")
    place = begin(client, "package", (name, data))
    assert do_job(site).exit_status == 2
    page = client.get(place).text
    assert said in page and "Send the corrected table" in page


def test_packages_are_corrected_by_a_table(site: StaffSite, visitor: Visitor) -> None:
    """Checked first; found by the number of the record; files that a row names are in the inbox."""
    (site.config.web.inbox[0] / "new.toml").write_text('[[parts]]\ntype = "text"\nfirst = 1\n')
    client = visitor("prepare")
    table = "number;structure;folder\nKP 7;new.toml;x\nKP 8;;y\n".encode("cp1251")
    records = collection(record("KP 7", "Повѣсть новая"))
    place = begin(client, "update", ("правка.csv", table), records, reason="по сверке")
    assert do_job(site).exit_status == 4
    page = client.get(place).text
    assert "can be done: 1" in page and "not done: 1" in page and "<td>KP 8</td>" in page
    assert "Columns that are not used here: folder" in page
    assert "Correct the packages</button>" in page and 'value="по сверке"' in page
    client.post(place, data={"form": "go", "do": "run"})
    assert do_job(site).exit_status == 3
    with open_archive(site.config.path) as archive:
        inventory = archive.primary.root.read("urn:preserva:aonb:kp-7").inventory
        assert inventory.versions["v2"].message == "по сверке"
    text = results_of(client, place).decode("utf-8-sig")
    assert text.splitlines()[1].startswith("KP 7;new.toml;x;done;aonb-kp-7;")


def test_a_correction_without_a_reason_is_refused_by_its_row(
    site: StaffSite, visitor: Visitor
) -> None:
    client = visitor("prepare")
    records = collection(record("KP 7", "Повѣсть новая"))
    begun = begin(client, "update", ("t.csv", b"number\nKP 7\n"), records)
    assert do_job(site).exit_status == 4
    assert "reason" in client.get(begun).text.partition("<tbody>")[2]


def test_copies_are_put_into_the_outbox(site: StaffSite, visitor: Visitor, tmp_path: Path) -> None:
    """In the folder that a person names; a table that is sent again goes on in it."""
    (tmp_path / "outbox").mkdir()
    client = visitor("prepare")
    told = {"kind": "sip", "out": "Минск, 12", "to": "NLB", "reason": "exchange"}
    place = begin(client, "export", ("copies.csv", b"id\nkp-7\nkp-8\n"), **told)
    job = do(site, client, place)
    assert job.exit_status == 3, jobs.output(site.database, job.number)
    page = client.get(place).text
    assert "done: 1" in page and "not done: 1" in page and f"{tmp_path}/outbox/Минск, 12" in page
    made = tmp_path / "outbox" / "Минск, 12"
    assert [one.name for one in made.iterdir()] == ["aonb-kp-7"]
    back = results_of(client, place).replace(b"kp-8", b"aonb-kp-7", 1)
    again = begin(client, "export", ("copies-results.csv", back), **told, form="again")
    do_job(site)
    assert "done before: 1" in client.get(again).text
    with open_archive(site.config.path) as archive:
        (handed,) = archive.ledger.entries(types=(EXPORT,))
        assert handed.person == "prepare" and "exchange" in str(handed.facts)


@pytest.mark.parametrize(
    "out", ["", ".", "..", "../x", "a/b", "-x", ".x", "a\nb", "link", "x" * 200]
)
def test_copies_go_nowhere_else(
    site: StaffSite, visitor: Visitor, tmp_path: Path, out: str
) -> None:
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / "link").symlink_to(tmp_path)
    fields = {"form": "x", "work": "export", "kind": "sip", "out": out}
    answer = visitor("prepare").post(
        "/batches", data=fields, files={"table": ("t.csv", b"id\nx\n")}
    )
    assert answer.status_code == 400 and "cannot be the name of a folder" in answer.text


def test_without_an_outbox_no_copies_are_offered(
    site: StaffSite, visitor: Visitor, clock: Clock
) -> None:
    path = site.config.path
    path.write_text(re.sub("outbox = .*\n", "", path.read_text("utf-8")), encoding="utf-8")
    from tests.unit.web.conftest import visitor_of

    client = visitor_of(site_of(configuration.load(path), clock), "prepare")
    page = client.get("/batches").text
    assert "No folder for copies is named" in page and 'value="export"' not in page
    fields = {"form": "x", "work": "export", "kind": "sip", "out": "a"}
    answer = client.post("/batches", data=fields, files={"table": ("t.csv", b"id\nx\n")})
    assert answer.status_code == 400


@pytest.mark.parametrize("fields", [{"work": "nothing"}, {"work": "export", "out": "a"}])
def test_another_work_is_none(visitor: Visitor, fields: dict[str, str]) -> None:
    files = {"table": ("t.csv", b"id\nx\n")}
    answer = visitor("prepare").post("/batches", data={"form": "x", **fields}, files=files)
    assert answer.status_code == 400 and "Choose one." in answer.text


@pytest.mark.parametrize(
    ("language", "said"), [("ru", "файл записей: не указано"), ("be", "файл запісаў: не пазначана")]
)
def test_what_is_wrong_is_said_in_the_readers_language(
    site: StaffSite, visitor: Visitor, language: str, said: str
) -> None:
    """Also what the JSON of the verb has in English, and the names of columns."""
    client = visitor("prepare")
    client.get("/batches", params={"lang": language})
    place = begin(client, "update", ("t.csv", "шифр\nКП-404\n".encode()), reason="x")
    assert do_job(site).exit_status == 4
    (row,) = re.findall(r"<td>КП-404</td>.*</tr>", client.get(place).text)
    words = re.sub("<[^>]*>", " ", row)
    assert said in words and not re.search("[a-z]{4}", words), words


def test_a_table_of_many_rows_is_shown(site: StaffSite, visitor: Visitor) -> None:
    """What the verb says of them is more than is shown of other jobs."""
    client = visitor("prepare")
    rows = "".join(f"{number:0200}\n" for number in range(3000))
    place = begin(client, "update", ("t.csv", f"id\n{rows}".encode()), reason="x")
    do_job(site)
    out, _err = jobs.output_files(site.database, 1)
    assert out.stat().st_size > 1 << 20
    assert "not done: 3000" in client.get(place).text


def test_while_it_runs_the_check_is_still_shown(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    place = begin(client, "package", ("t.csv", b"folder;number\nkp-1;KP 1\n"), record("KP 1", "А"))
    assert "<tbody>" not in client.get(place).text
    do_job(site)
    client.post(place, data={"form": "go", "do": "run"})
    page = client.get(place).text
    assert "queued" in page and "can be done: 1" in page


def test_why_a_run_ended_early_is_said(site: StaffSite, visitor: Visitor) -> None:
    """In words, with the rows that were not reached."""
    client = visitor("prepare")
    client.get("/batches", params={"lang": "ru"})
    place = begin(client, "package", ("t.csv", b"folder;number\nkp-1;KP 1\n"), record("KP 1", "А"))
    do_job(site)
    with open_archive(site.config.path) as archive, archive.writing(archive.primary):
        client.post(place, data={"form": "go", "do": "run"})
        assert do_job(site).exit_status == ExitStatus.LOCKED
    page = client.get(place).text
    assert "пишет" in page.partition('role="alert"')[2][:300]

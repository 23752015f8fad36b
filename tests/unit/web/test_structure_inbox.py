"""The structure of a folder of scans, written before it is packaged, and packaged with it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from preserva import config as configuration
from preserva.core.book.submission import Arrangement, SourceFile
from preserva.web import drafts, inbox, jobs
from preserva.web.database import WebDatabase
from preserva.web.inbox_actions import change_pages
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker
from tests.support import books
from tests.unit.web.conftest import Clock, Visitor
from tests.unit.web.test_book import do_job

FOLDER = "/inbox/0/kp-9"
PAGE = f"{FOLDER}/structure"
LABEL = {"do": "label", "first": "1", "last": "2", "label": "л. 5", "type": "plate"}
MOVE = {"do": "move", "move_first": "3", "move_to": "1"}
PART = {"do": "part", "part_type": "chapter", "title": "Глава", "part_first": "2", "part_last": "3"}
METS = (
    '<mets:mets xmlns:mets="http://www.loc.gov/METS/"><mets:structMap TYPE="PHYSICAL">'
    '<mets:div TYPE="physSequence">{}</mets:div></mets:structMap></mets:mets>'
)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """An inbox with a folder of three pages that nobody named by what is printed on them."""
    place = tmp_path / "inbox"
    books.make_book(place / "kp-9", 3, seed=40)
    (place / "kp-9.xml").unlink()
    for page in (1, 2, 3):
        for folder, suffix in (("master", "tif"), ("text", "txt")):
            old = place / "kp-9" / folder / f"л. {page}.{suffix}"
            old.rename(old.with_name(f"IMG_{page}.{suffix}"))
    return place


@pytest.fixture
def site(one_book: Path, scans: Path, clock: Clock) -> StaffSite:
    path = one_book / configuration.NAME
    text = path.read_text("utf-8").replace("# [web]\n# inbox", f'[web]\ninbox = ["{scans}"]\n# ')
    path.write_text(text, encoding="utf-8")
    config = configuration.load(path)
    database = WebDatabase(config.ledger.parent / "web", clock)
    return StaffSite.of(config, database, Worker(config, database))


def text(site: StaffSite, scans: Path) -> str:
    newest = drafts.newest(site.database, f"inbox\n{scans}\nkp-9")
    return "" if newest is None else newest.text


def rows(page: str) -> list[str]:
    """The pages as the sheet shows them: number, label, kind, file."""
    shown = re.findall(r"<span>(.*?</span>)</span></a></li>", page)
    return [re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", one)).strip() for one in shown]


def packaged(site: StaffSite, client: TestClient) -> str:
    """The page of the batch by which the folder is packaged."""
    record = books.RECORD.replace("KP 7", "KP 9")
    form = {"form": "p", "id": "kp-9", "do": "package"}
    sent = {"file": ("new.xml", record.encode())}
    answer = client.post(f"{FOLDER}/package", data=form, files=sent)
    do_job(site)
    page: str = client.get(answer.headers["location"]).text
    return page


def test_a_folder_is_edited_like_a_book(site: StaffSite, visitor: Visitor, scans: Path) -> None:
    """Its pages are called by their files, so that the text stays right when scans are added."""
    client = visitor("prepare")
    assert "Nobody has written one yet" in client.get(FOLDER).text
    for number, step in enumerate((LABEL, PART, MOVE)):
        assert client.post(PAGE, data=step | {"base": str(number)}).status_code == 303
    page = client.get(PAGE).text
    assert rows(page) == ["1 IMG_3.tif", "2 л. 5 plate IMG_1.tif", "3 л. 5 об. plate IMG_2.tif"]
    assert f'src="{FOLDER}/pictures/3/small"' in page and "Make a new version" not in page
    assert text(site, scans) == (
        'type = "monograph"\n\n[[pages]]\nfirst = "IMG_3.tif"\norder = 1\n\n'
        '[[pages]]\nfirst = "IMG_1.tif"\nlast = "IMG_2.tif"\nlabel = "л. 5"\ntype = "plate"\n\n'
        '[[parts]]\ntype = "chapter"\ntitle = "Глава"\nfirst = "IMG_2.tif"\nlast = "IMG_2.tif"\n'
    )
    assert client.get(f"{PAGE}/structure.toml").text == text(site, scans)
    assert "Saved on" in client.get(FOLDER).text


def test_the_package_has_the_structure_that_was_written(
    site: StaffSite, visitor: Visitor, scans: Path
) -> None:
    """Order, labels and parts, by the same engine as `preserva package --structure`."""
    client = visitor("prepare")
    for number, step in enumerate((LABEL, PART, MOVE)):
        client.post(PAGE, data=step | {"base": str(number)})
    assert "done: 1" in packaged(site, client)
    page = client.get("/books/aonb-kp-9/v1/pages").text
    assert re.findall(r"<span>(\d)(?: <b>(.*?)</b> (\w+))?", page) == [
        ("1", "", ""), ("2", "л. 5", "plate"), ("3", "л. 5 об.", "plate"),
    ]  # fmt: skip
    assert '<a href="#page-3">Глава</a>' in page
    kept = client.get("/books/aonb-kp-9/v1/structure/structure.toml").text
    assert 'title = "Глава"\nfirst = 3\nlast = 3\n' in kept and "order" not in kept


def test_a_batch_takes_what_is_written_when_it_begins(
    site: StaffSite, visitor: Visitor, scans: Path
) -> None:
    """Also a table that somebody sends, and also what was written after its check."""
    client = visitor("prepare")
    client.post(PAGE, data=LABEL | {"base": "0"})
    record = books.RECORD.replace("KP 7", "KP 9")
    sent = {
        "table": ("a.csv", b"folder;number\n./kp-9;KP 9\n"),
        "records": ("r.xml", record.encode()),
    }
    place = client.post("/batches", data={"form": "b", "place": "0"}, files=sent)
    where = place.headers["location"]
    assert do_job(site).exit_status == 0
    client.post(PAGE, data=LABEL | {"label": "IX", "base": "1"})
    client.post(where, data={"form": "go", "do": "run"})
    job = do_job(site)
    client.post(PAGE, data=LABEL | {"label": "later", "base": "2"})
    assert job.exit_status == 0, jobs.output(site.database, job.number)
    page = client.get("/books/aonb-kp-9/v1/pages").text
    assert re.findall(r"<b>(.*?)</b> plate", page) == ["IX", "X"]


def test_scans_that_come_later_change_no_meaning(
    visitor: Visitor, site: StaffSite, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page before the others: all labels stay with their files. One that is gone is said."""
    monkeypatch.setattr(inbox, "_FRESH", 0.0)
    client = visitor("prepare")
    client.post(PAGE, data=LABEL | {"first": "2", "base": "0"})
    masters = scans / "kp-9" / "master"
    masters.joinpath("IMG_0.tif").write_bytes(books.tiff(bytes(range(250)) * 9))
    assert rows(client.get(PAGE).text) == [
        "1 IMG_0.tif", "2 IMG_1.tif", "3 л. 5 plate IMG_2.tif", "4 IMG_3.tif",
    ]  # fmt: skip
    masters.joinpath("IMG_2.tif").unlink()
    (scans / "kp-9" / "text" / "IMG_2.txt").unlink()
    page = client.get(PAGE).text
    assert 'class="lead bad"' in page and "IMG_2.tif" in page
    page = packaged(site, client)
    assert "not done: 1" in page and "IMG_2.tif" in page


def test_pages_of_a_folder_come_into_a_stored_book(site: StaffSite, visitor: Visitor) -> None:
    """Tried first, which stores nothing; then inserted, and as access copies of what is there."""
    client = visitor("prepare")
    page = client.get("/books/aonb-kp-7/v1/structure").text
    assert '<datalist id="folders-known"><option value="kp-9"></datalist>' in page
    change = {"place": "0", "folder": "kp-9", "what": "insert", "page": "1", "reason": "пропуск"}
    for form, do, pages in (("a", "check", 2), ("b", "", 5)):
        answer = client.post("/books/aonb-kp-7/pages", data=change | {"form": form, "do": do})
        assert answer.status_code == 303
        job = do_job(site)
        assert job.exit_status == 0, jobs.output(site.database, job.number)
        stored = client.get(f"/books/aonb-kp-7/v{2 if pages == 5 else 1}/pages").text
        assert stored.count('loading="lazy"') == pages
    lines = {
        "access": ["--access={}"], "text": ["--text={}"], "replace": ["--pages={}"],
        "insert": ["--insert-pages={}", "--after=1"],
    }  # fmt: skip
    folder = site.config.web.inbox[0] / "kp-9"
    for what, line in lines.items():
        made = change_pages(site.config, change | {"what": what})
        assert made == [part.format(folder) for part in line]
    several = {"what": "remove", "page": "2", "to": "4"}
    assert change_pages(site.config, several) == [f"--remove-page={page}" for page in (2, 3, 4)]


def test_a_place_that_is_gone_hinders_no_book(
    site: StaffSite, visitor: Visitor, scans: Path
) -> None:
    scans.rename(scans.with_name("away"))
    assert visitor("prepare").get("/books/aonb-kp-7/v1/structure").status_code == 200


def test_a_structure_of_another_system_is_rewritten(site: StaffSite, visitor: Visitor) -> None:
    """That is said before; nothing in it is taken for a comment."""
    client = visitor("prepare")
    mets = client.get("/books/aonb-kp-7/v1/structure").text  # any page has no METS yet
    assert "METS of another system" not in mets
    mets = METS.format("".join(f'<mets:div TYPE="page" ORDERLABEL="&#49;{n}"/>' for n in (1, 2, 3)))
    client.post(PAGE, data={"do": "text", "base": "0", "text": mets})
    page = client.get(PAGE).text
    assert "METS of another system" in page and 'class="lead bad"' not in page
    client.post(PAGE, data=LABEL | {"last": "1", "base": "1"})
    written = client.get(f"{PAGE}/structure.toml").text
    assert written.startswith('type = "monograph"') and "#" not in written
    assert 'label = "л. 5"' in written and 'label = "12"' in written


def test_folders_for_chapters_are_the_first_parts(
    site: StaffSite, visitor: Visitor, scans: Path
) -> None:
    """Files of the same name in two of them are called with their folders."""
    for number, chapter in enumerate(("Глава 1", "Глава 2")):
        (scans / "two" / chapter).mkdir(parents=True)
        for page in (1, 2):
            image = books.tiff(bytes((number * 7 + page + i) % 250 for i in range(3000)))
            (scans / "two" / chapter / f"{page}.tif").write_bytes(image)
    client = visitor("prepare")
    answer = client.post("/inbox/0/two/structure", data=MOVE | {"move_first": "4", "base": "0"})
    assert answer.status_code == 303, answer.text
    written = client.get("/inbox/0/two/structure/structure.toml").text
    assert 'first = "Глава 2/2.tif"\norder = 1\n' in written
    assert written.count('type = "chapter"') == 2 and 'title = "Глава 1"' in written


@pytest.mark.parametrize(
    "name", ["link", "nothing", "%2e%2e", "..%2farchive", "kp-9%00", "1/kp-9", "%ff"]
)  # fmt: skip
def test_no_other_folder_is_edited(
    site: StaffSite, visitor: Visitor, scans: Path, tmp_path: Path, name: str
) -> None:
    (scans / "link").symlink_to(tmp_path)
    client = visitor("prepare")
    for rest in ("", "/state", "/structure.toml"):
        assert client.get(f"/inbox/0/{name}/structure{rest}").status_code in (404, 307, 405)
    for rest in ("", "/typed", "/take-over"):
        answer = client.post(f"/inbox/0/{name}/structure{rest}", data=LABEL | {"base": "0"})
        assert answer.status_code in (404, 307, 405)
    with site.database.reading() as found:
        assert [*found.execute("SELECT * FROM draft"), *found.execute("SELECT * FROM typed")] == []


def test_a_folder_has_no_version(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    client.post(PAGE, data=LABEL | {"base": "0"})
    give = {"do": "apply", "base": "1", "form": "a", "reason": "r"}
    assert client.post(PAGE, data=give).status_code == 404
    assert client.post(f"{PAGE}/take-over").status_code == 404
    assert jobs.recent(site.database) == []


def test_a_folder_that_cannot_be_shown_says_why(
    site: StaffSite, visitor: Visitor, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scans / "bag").mkdir()
    (scans / "bag" / "bagit.txt").write_text("BagIt")
    client = visitor("prepare")
    answer = client.get("/inbox/0/bag/structure")
    assert answer.status_code == 409 and "is a bag already" in answer.text
    monkeypatch.setattr(inbox, "MOST_FILES", 3)
    answer = client.get(PAGE)
    assert answer.status_code == 409 and "too many files" in answer.text


def test_a_folder_of_1200_scans_is_shown_at_once(
    site: StaffSite, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is measured by benchmarks; here, that all pages are there and can be moved."""
    files = tuple(
        SourceFile(f"{n:04}.tif", f"{n:04}.tif", 1, n, str(n), original=f"{n:04}.tif")
        for n in range(1, 1201)
    )
    sheet = inbox.Sheet(Arrangement({"master": files}, (), (), ()), ())
    monkeypatch.setattr(site.sheets, "sheet", lambda _folder: sheet)
    client = visitor("prepare")
    client.post(PAGE, data=LABEL | {"last": "1200", "base": "0"})
    start = time.perf_counter()
    step = {"do": "move", "move_first": "600", "move_last": "900", "move_to": "2", "base": "1"}
    assert client.post(PAGE, data=step).status_code == 303
    page = client.get(PAGE)
    print(f"{time.perf_counter() - start:.3f} s, {len(page.content)} bytes")
    assert page.text.count('loading="lazy"') == 1200
    assert [row.split()[-1] for row in rows(page.text)[:3]] == ["0001.tif", "0600.tif", "0601.tif"]

"""The structure editor: steps, undo, two people at once, the text file, the new version."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from preserva.archive.archive import open_archive
from preserva.core.eark.mets import Division
from preserva.core.values.model import PackageId
from preserva.ingest.revision import Change, update
from preserva.web import drafts, jobs
from preserva.web.book_pages import BookPages, ShownPage
from preserva.web.visit import StaffSite
from tests.unit.web.conftest import Visitor
from tests.unit.web.test_book import do_job

BOOK = "/books/aonb-kp-7"
PAGE = f"{BOOK}/v1/structure"
KEY = "urn:preserva:aonb:kp-7\nv1"
LABEL = {"do": "label", "first": "1", "last": "2", "label": "л. 5", "type": "plate"}
MOVE = {"do": "move", "move_first": "2", "move_last": "", "move_to": "1"}
PART = {"do": "part", "part_type": "chapter", "title": "Глава <1>", "part_first": "2"}


def text(site: StaffSite) -> str:
    newest = drafts.newest(site.database, KEY)
    return "" if newest is None else newest.text


def test_each_step_is_a_state(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    answer = client.post(PAGE, data=LABEL | {"base": "0"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#page-1")
    page = client.get(PAGE).text
    assert re.findall(r"<span>(\d) <b>(.*?)</b> plate", page) == [("1", "л. 5"), ("2", "л. 5 об.")]
    assert client.post(PAGE, data=PART | {"base": "1"}).status_code == 303
    page = client.get(PAGE).text
    assert "Глава &lt;1&gt;" in page
    assert [(state.number, state.person) for state in drafts.drafts(site.database, KEY)] == [
        (2, "prepare"),
        (1, "prepare"),
    ]
    assert text(site) == (
        'type = "monograph"\ntitle = "Повѣсть о рѣкѣ Амурѣ"\n\n'
        '[[pages]]\nfirst = 1\nlast = 2\nlabel = "л. 5"\ntype = "plate"\n\n'
        '[[parts]]\ntype = "chapter"\ntitle = "Глава <1>"\nfirst = 2\nlast = 2\n'
    )
    taken = client.get(f"{PAGE}/structure.toml")
    assert taken.text == text(site)


def test_a_part_is_changed_and_removed(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    client.post(PAGE, data=PART | {"base": "0"})
    page = client.get(f"{PAGE}?part=1").text
    assert 'value="change-part"' in page and 'value="Глава &lt;1&gt;"' in page
    changed = PART | {"do": "change-part", "path": "1", "title": "Глава 2", "base": "1"}
    client.post(PAGE, data=changed)
    assert 'title = "Глава 2"' in text(site)
    client.post(PAGE, data={"do": "remove-part", "path": "1", "base": "2"})
    assert "Глава" not in text(site)


def test_undo_and_redo_take_nothing_away(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    stored = client.get(f"{PAGE}/structure.toml").text
    client.post(PAGE, data=LABEL | {"base": "0"})
    labelled = text(site)
    client.post(PAGE, data=PART | {"base": "1"})
    both = text(site)
    expected = {
        3: ("undo", labelled), 4: ("undo", stored), 5: ("redo", labelled), 6: ("redo", both),
    }  # fmt: skip
    for number, (do, wanted) in expected.items():
        client.post(PAGE, data={"do": do, "base": str(number - 1)})
        assert (len(drafts.drafts(site.database, KEY)), text(site)) == (number, wanted)
    assert client.post(PAGE, data={"do": "redo", "base": "6"}).status_code == 400
    client.post(PAGE, data={"do": "back", "state": "1", "base": "6"})
    assert text(site) == labelled


def test_two_people_who_change_other_pages_lose_nothing(site: StaffSite, visitor: Visitor) -> None:
    """Both saw the stored structure; the second one's step comes on top of the first one's."""
    one, two = visitor("prepare"), visitor("prepare2")
    one.post(PAGE, data=LABEL | {"last": "1", "base": "0"})
    assert two.get(f"{PAGE}/state").json() == {"number": 1, "person": "prepare"}
    answer = two.post(PAGE, data=LABEL | {"first": "2", "last": "2", "label": "7", "base": "0"})
    assert answer.status_code == 303
    page = one.get(PAGE).text
    assert re.findall(r"<span>(\d) <b>(.*?)</b>", page) == [("1", "л. 5"), ("2", "7")]


def test_two_people_who_change_the_same_page_hear_of_it(site: StaffSite, visitor: Visitor) -> None:
    one, two = visitor("prepare"), visitor("prepare2")
    one.post(PAGE, data=LABEL | {"base": "0"})
    mine = LABEL | {"label": "IX", "first": "2", "last": "", "base": "0"}
    two.post(f"{PAGE}/typed", data=mine)
    answer = two.post(PAGE, data=mine)
    assert answer.status_code == 409
    assert "prepare has changed the same meanwhile" in answer.text
    assert "л. 5 об." in answer.text and 'value="IX"' in answer.text
    assert len(drafts.drafts(site.database, KEY)) == 1
    assert two.post(PAGE, data=mine | {"base": "1"}).status_code == 303
    assert 'label = "IX"' in text(site)
    parts = PART | {"base": "0"}
    assert one.post(PAGE, data=parts).status_code == 303
    assert two.post(PAGE, data=parts | {"base": "2"}).status_code == 409


def test_two_texts_are_both_shown(site: StaffSite, visitor: Visitor) -> None:
    one, two = visitor("prepare"), visitor("prepare2")
    mine = '# мой текст\n[[pages]]\nfirst = 1\nlabel = "<b>"\n'
    one.post(PAGE, data=LABEL | {"base": "0"})
    answer = two.post(PAGE, data={"do": "text", "text": mine, "base": "0"})
    assert answer.status_code == 409
    assert "# мой текст" in answer.text and "+label = &#34;л. 5&#34;" in answer.text
    assert two.post(PAGE, data={"do": "text", "text": mine, "base": "1"}).status_code == 303
    assert text(site) == mine


def test_the_text_is_the_truth(site: StaffSite, visitor: Visitor) -> None:
    """It is kept as it was written, comments too, also when it is wrong; then nothing is made."""
    client = visitor("prepare")
    wrong = '# заметка\n[[pages]]\nfirst = 9\nlabel = "x"\n[[partz]]\n'
    client.post(PAGE, data={"do": "text", "base": "0"}, files={"file": ("s.toml", wrong.encode())})
    assert text(site) == wrong
    page = client.get(PAGE).text
    assert 'class="lead bad"' in page and "# заметка" in page
    assert re.search(r"<button disabled>Make a new version", page)


def test_comments_are_kept_by_every_step(site: StaffSite, visitor: Visitor) -> None:
    """Each before what it is about, wherever that comes to stand."""
    client = visitor("prepare")
    written = (
        '# по расклейке\n[[pages]]\nfirst = 1\nlabel = "1"  # карандашом\n\n'
        '# утрачен угол\n[[pages]]\nfirst = 2\nlabel = "9"\n'
    )
    client.post(PAGE, data={"do": "text", "base": "0", "text": written})
    client.post(PAGE, data=MOVE | {"base": "1"})
    assert text(site) == (
        'type = "monograph"\ntitle = "Повѣсть о рѣкѣ Амурѣ"\n\n# утрачен угол\n[[pages]]\n'
        'first = "0002.tif"\nlabel = "9"\norder = 1\n\n# по расклейке\n# карандашом\n[[pages]]\n'
        'first = 2\nlabel = "1"\n'
    )
    client.post(PAGE, data=PART | {"base": "2"})
    assert "# утрачен угол" in text(site) and "# карандашом" in text(site)


def test_a_text_with_mistakes_is_not_rewritten(site: StaffSite, visitor: Visitor) -> None:
    """A form would drop what could not be read."""
    client = visitor("prepare")
    wrong = '[[pages]]\nfirst = 9\nlabel = "x"\n'
    client.post(PAGE, data={"do": "text", "base": "0", "text": wrong})
    for step in (LABEL, PART, MOVE):
        answer = client.post(PAGE, data=step | {"base": "1"})
        assert answer.status_code == 400 and "has mistakes" in answer.text
    assert text(site) == wrong


def test_pages_are_moved_in_a_draft(site: StaffSite, visitor: Visitor) -> None:
    """By a place, or a button for one step; they are chosen afterwards, and it can be undone."""
    client = visitor("prepare")
    answer = client.post(PAGE, data=MOVE | {"base": "0"})
    assert answer.headers["location"] == f"{PAGE}?pages=1#page-1"
    page = client.get(f"{PAGE}?pages=1").text
    assert re.findall(r"<span>(\d) <b>(.*?)</b>", page) == [("1", "л. 2"), ("2", "л. 1")]
    assert f'href="{BOOK}/v1/pages/2" data-page="1"' in page
    assert 'name="move_first" inputmode="numeric" size="6" maxlength="6" required value="1"' in page
    back = {"do": "move", "move_first": "1", "move_to": "", "by": "later", "base": "1"}
    assert client.post(PAGE, data=back).headers["location"] == f"{PAGE}?pages=2#page-2"
    assert "order" not in text(site)
    client.post(PAGE, data={"do": "undo", "base": "2"})
    assert "order = 1" in text(site)


def test_steps_after_a_move_of_others_are_looked_at(site: StaffSite, visitor: Visitor) -> None:
    """Numbers mean other pages then. A move takes along what others have written meanwhile."""
    one, two = visitor("prepare"), visitor("prepare2")
    one.post(PAGE, data=LABEL | {"last": "1", "base": "0"})
    assert two.post(PAGE, data=MOVE | {"base": "0"}).status_code == 303
    page = one.get(PAGE).text
    assert re.findall(r"<span>(\d) <b>(.*?)</b>", page) == [("1", "л. 2"), ("2", "л. 5")]
    for step in (LABEL | {"first": "2"}, PART, MOVE):
        answer = one.post(PAGE, data=step | {"base": "1"})
        assert answer.status_code == 409 and "prepare2 has changed" in answer.text


def test_a_text_that_was_typed_outlives_other_steps(site: StaffSite, visitor: Visitor) -> None:
    """With the state that its person saw, so that what changed meanwhile is shown, not undone."""
    one, two = visitor("prepare"), visitor("prepare2")
    mine = '[[pages]]\nfirst = 1\nlabel = "мой"\n'
    one.post(f"{PAGE}/typed", data={"text": mine, "label": "3", "base": "0"})
    two.post(PAGE, data=LABEL | {"base": "0"})
    one.post(PAGE, data=LABEL | {"first": "2", "last": "2", "label": "3", "base": "1"})
    page = one.get(PAGE).text
    form = page[page.index('enctype="multipart/form-data"') :]
    assert "мой" in form and 'name="base" value="0"' in form
    assert (
        'name="label" maxlength="200" list="labels-known" aria-describedby="label-help" value=""'
        in page
    )
    assert one.post(PAGE, data={"do": "text", "text": mine, "base": "0"}).status_code == 409


def test_a_text_longer_than_a_form_is_taken(site: StaffSite, visitor: Visitor) -> None:
    """A structure of many pages is; from somebody who may not write, none."""
    long = "# примечание\n" * 5000
    sent = {"do": "text", "text": long, "base": "0"}
    assert visitor("look").post(PAGE, data=sent).status_code == 413
    client = visitor("prepare")
    assert client.post(f"{PAGE}/typed", data=sent).status_code == 204
    assert client.post(PAGE, data=sent).status_code == 303
    assert text(site) == long


def test_what_is_typed_is_kept_for_its_person(site: StaffSite, visitor: Visitor) -> None:
    """Until it is saved; nobody else sees it."""
    client = visitor("prepare")
    typed = {"label": 'л. "9"', "first": "2", "reason": "x", "base": "0"}
    assert client.post(f"{PAGE}/typed", data=typed).status_code == 204
    page = client.get(PAGE).text
    assert 'value="л. &#34;9&#34;"' in page
    assert "л. &#34;9" not in visitor("prepare2").get(PAGE).text
    client.post(PAGE, data=LABEL | {"base": "0"})
    assert 'value="л. &#34;9' not in client.get(PAGE).text


@pytest.mark.parametrize(
    "fields",
    [
        LABEL | {"first": "3"}, LABEL | {"last": "3"}, LABEL | {"first": "2", "last": "1"},
        LABEL | {"first": "0"}, LABEL | {"first": "²"}, LABEL | {"first": ""}, LABEL | {"do": "x"},
        LABEL | {"base": "7"}, LABEL | {"base": ""}, PART | {"part_type": "x"},
        PART | {"under": "4"}, {"do": "remove-part", "path": "1"}, {"do": "remove-part"},
        {"do": "change-part", "path": "../1", "part_first": "1", "part_type": "work"},
        MOVE | {"move_to": "3"}, MOVE | {"move_to": "0"}, MOVE | {"move_first": "3"},
        MOVE | {"move_last": "1"}, MOVE | {"by": "later"}, MOVE | {"move_to": "-1"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_not_saved(
    site: StaffSite, visitor: Visitor, fields: dict[str, str]
) -> None:
    answer = visitor("prepare").post(PAGE, data={"base": "0", **fields})
    assert answer.status_code == 400
    assert drafts.newest(site.database, KEY) is None


def test_who_only_looks_changes_nothing(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("look")
    page = client.get(PAGE).text
    assert "<textarea" not in page and 'method="post"' not in page
    assert client.post(PAGE, data=LABEL | {"base": "0"}).status_code == 403
    assert client.post(f"{PAGE}/typed", data=LABEL).status_code == 403


def test_the_structure_becomes_a_version(site: StaffSite, visitor: Visitor) -> None:
    """By a job, with a reason; an older draft is then taken over, its pages found again."""
    client = visitor("prepare")
    client.post(PAGE, data=LABEL | {"base": "0"})
    give = {"do": "apply", "base": "1", "form": "a", "reason": "расклейка"}
    assert client.post(PAGE, data=give | {"reason": ""}).status_code == 400
    assert client.post(PAGE, data=give | {"base": "0"}).status_code == 409
    assert client.post(PAGE, data=give).headers["location"] == "/jobs/1"
    job = do_job(site)
    assert job.exit_status == 0, jobs.output(site.database, job.number)
    page = client.get(f"{BOOK}/v2/pages").text
    assert re.findall(r"<span>(\d) <b>(.*?)</b> plate", page) == [("1", "л. 5"), ("2", "л. 5 об.")]
    assert "newer version: v2" in client.get(PAGE).text
    assert client.post(PAGE, data=give | {"form": "b"}).status_code == 409
    change = {"form": "m", "what": "move", "page": "2", "to": "1", "reason": "порядок"}
    assert client.post(f"{BOOK}/pages", data=change).status_code == 303
    job = do_job(site)
    assert job.exit_status == 0, jobs.output(site.database, job.number)
    assert client.post(f"{PAGE}/take-over").headers["location"].startswith(f"{BOOK}/v3/structure")
    page = client.get(f"{BOOK}/v3/structure").text
    assert re.findall(r"<span>(\d) <b>(.*?)</b>", page) == [("1", "л. 5 об."), ("2", "л. 5")]


def test_moves_and_structure_become_one_version(site: StaffSite, visitor: Visitor) -> None:
    """Pages are moved first, and the file that the book keeps counts them in their new order."""
    client = visitor("prepare")
    client.post(PAGE, data=LABEL | {"base": "0"})
    client.post(PAGE, data=MOVE | {"base": "1"})
    own = text(site).replace("[[pages]]", "# перепутаны\n[[pages]]", 1)
    client.post(PAGE, data={"do": "text", "text": own, "base": "2"})
    client.post(PAGE, data={"do": "apply", "base": "3", "form": "a", "reason": "порядок листов"})
    job = do_job(site)
    said = jobs.output(site.database, job.number)
    assert (job.exit_status, "page 2: becomes page 1" in said[1]) == (0, True), said
    page = client.get(f"{BOOK}/v2/structure").text
    assert re.findall(r"<span>(\d) <b>(.*?)</b>", page) == [("1", "л. 5 об."), ("2", "л. 5")]
    kept = client.get(f"{BOOK}/v2/structure/structure.toml").text
    assert "# перепутаны\n" in kept and "order" not in kept and "0002" not in kept
    client.post(PAGE, data=LABEL | {"label": "IX", "last": "1", "base": "3"})
    assert client.post(f"{PAGE}/take-over").status_code == 303
    page = client.get(f"{BOOK}/v2/structure").text
    assert re.findall(r"<span>(\d) <b>(.*?)</b>", page) == [("1", "IX"), ("2", "л. 5")]


def test_a_change_of_pages_is_tried_first(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    change = {"form": "c", "what": "remove", "page": "2", "reason": "дважды", "do": "check"}
    assert client.post(f"{BOOK}/pages", data=change).status_code == 303
    job = do_job(site)
    said = jobs.output(site.database, job.number)
    assert (job.exit_status, "page 2: removed" in said[1], "dry run" in said[1]) == (0, True, True)
    assert client.get(f"{BOOK}/v2/pages").status_code == 404


@pytest.mark.parametrize("page", ["2", '"л. 2.tif"'])
def test_the_file_that_a_book_keeps_is_the_first_text(
    site: StaffSite, visitor: Visitor, tmp_path: Path, page: str
) -> None:
    """With its comments; one that names scans is written anew, and means the same."""
    kept = f'# по расклейке\n[[parts]]\ntype = "chapter"\nfirst = {page}\n'
    (tmp_path / "structure.toml").write_text(kept, encoding="utf-8")
    with open_archive(site.config.path) as archive:
        change = Change(structure=tmp_path / "structure.toml", reason="parts")
        update(archive, PackageId("aonb", "kp-7"), change)
    shown = visitor("look").get(f"{BOOK}/v2/structure/structure.toml").text
    if page == "2":
        assert shown == kept
    else:
        assert shown.endswith('[[parts]]\ntype = "chapter"\nfirst = 2\nlast = 2\n')


@pytest.mark.parametrize(
    "fields",
    [
        {"what": "move", "page": "1"}, {"what": "move", "page": "--apply", "to": "1"},
        {"what": "remove", "page": "0"}, {"what": "remove", "page": "2", "to": "1"},
        {"what": "remove", "page": "1", "to": "99999"},
        {"what": "replace", "folder": "x", "place": "0"},
        {"what": "insert", "page": "0", "folder": "..", "place": "0"}, {"what": ""},
    ],
)  # fmt: skip
def test_pages_are_changed_by_numbers_alone(
    site: StaffSite, visitor: Visitor, fields: dict[str, str]
) -> None:
    form = {"form": "f", "reason": "r", **fields}
    assert visitor("prepare").post(f"{BOOK}/pages", data=form).status_code in (400, 404)
    assert jobs.recent(site.database) == []


def test_a_book_of_1200_pages_is_shown_at_once(
    site: StaffSite, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is measured by benchmarks; here, that nothing is asked for page by page."""
    pages = tuple(
        ShownPage(number, str(number), "page", f"p/{number}.tif", f"{number:x}", f"{number}.tif")
        for number in range(1, 1201)
    )
    parts = tuple(Division("chapter", f"Глава {n}", (n * 20,)) for n in range(1, 60))
    book = BookPages(
        PackageId("aonb", "kp-7"), "v1", "sha512", pages, Division("monograph", "К", parts=parts)
    )
    monkeypatch.setattr(site.shelf, "pages", lambda _package, _version: book)
    opened: list[Path] = []

    def noted(path: Path) -> bytes:
        opened.append(path)
        return b""

    monkeypatch.setattr(Path, "read_bytes", noted)
    start = time.perf_counter()
    page = visitor("prepare").get(PAGE)
    print(f"{time.perf_counter() - start:.3f} s, {len(page.content)} bytes")
    assert page.status_code == 200 and page.text.count('loading="lazy"') == 1200
    assert opened == []

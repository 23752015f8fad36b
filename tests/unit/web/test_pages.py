"""What the pages show and what their forms do, by the one judgement and by the ledger."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from preserva.archive.archive import open_archive
from preserva.i18n import languages
from preserva.web import jobs, sessions, shelf
from preserva.web.visit import StaffSite
from tests.unit.web.conftest import PASSWORD, Clock, Visitor, form_of
from tests.unit.web.state import damage, request_withdrawal

PATHS = [
    "/",
    "/books",
    "/books/aonb-kp-7",
    "/incidents",
    "/decisions",
    "/audits",
    "/copies",
    "/reports",
    "/reports/archive",
    "/reports/levels",
    "/reports/period",
    "/jobs",
    "/account",
    "/programs",
    "/people",
]


def test_without_a_session_there_is_only_the_page_to_sign_in(stranger: TestClient) -> None:
    for path in PATHS:
        answer = stranger.get(path)
        assert answer.status_code == 401
        assert f'name="next" value="{path}"' in answer.text
        assert "kp-7" not in answer.text.replace(path, "")


def test_who_signs_in_goes_on_where_they_were(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("look")
    client.cookies.clear()
    fields = {"person": "look", "password": PASSWORD, "next": "/books?q=1"}
    answer = client.post("/sign-in", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/books?q=1")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:1", "/a\nb"]
)
def test_nobody_is_led_away(visitor: Visitor, path: str) -> None:
    client = visitor("look")
    answer = client.post("/sign-in", data={"person": "look", "password": PASSWORD, "next": path})
    assert answer.headers["location"] == "/"


def test_what_was_typed_when_the_session_ended_is_kept(site: StaffSite, visitor: Visitor) -> None:
    """The person signs in, sees it again, and sends it: it is recorded once."""
    number = damage(site)
    client = visitor("decide")
    fields = form_of(client.get(f"/incidents/{number}").text) | {"reason": "Диск «старый» & <b>"}
    sessions.end_all(site.database, "decide")
    asked = client.post(f"/incidents/{number}", data=fields)
    assert asked.status_code == 401
    hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', asked.text))
    assert hidden["kept-reason"] == "Диск «старый» &amp; &lt;b&gt;"
    kept = {f"kept-{name}": text for name, text in fields.items()}
    signed = {"person": "decide", "password": PASSWORD, "next": f"/incidents/{number}"}
    again = client.post("/sign-in", data=signed | kept)
    assert again.status_code == 200 and "Диск «старый» &amp; &lt;b&gt;" in again.text
    assert form_of(again.text) == {"form": fields["form"]}
    for _time in range(2):
        assert client.post(f"/incidents/{number}", data=fields).status_code == 303
    page = client.get(f"/incidents/{number}").text
    assert page.count("Диск «старый» &amp; &lt;b&gt;") == 1


@pytest.mark.parametrize("language", languages())
def test_every_page_is_in_the_language_of_the_reader(visitor: Visitor, language: str) -> None:
    """Chosen once, it stays; a page says it of itself, and has one heading of the first level."""
    client = visitor("administer")
    client.get("/", params={"lang": language})
    headings = set()
    for path in PATHS:
        page = client.get(path).text
        assert f'<html lang="{language}">' in page
        headings.update(re.findall("<h1>(.*)</h1>", page))
        assert page.count("<h1>") == 1
    assert ("Today" in headings) == (language == "en")
    assert len(headings) == len(PATHS)


def test_the_browser_says_which_language_it_wants(stranger: TestClient) -> None:
    wanted = {"ru-RU,ru;q=0.9,en": "ru", "be": "be", "de, fr": "en", "": "en", "xx," * 5000: "en"}
    for accepted, language in wanted.items():
        page = stranger.get("/sign-in", headers={"accept-language": accepted}).text
        assert f'<html lang="{language}">' in page


def test_two_readers_at_a_time_have_their_own_language(visitor: Visitor) -> None:
    from concurrent.futures import ThreadPoolExecutor

    client = visitor("look")

    def page(language: str) -> bool:
        return f'<html lang="{language}">' in client.get("/account", params={"lang": language}).text

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(page, ["ru", "be", "en"] * 10))


def test_pages_hold_to_their_own_policy(site: StaffSite, visitor: Visitor) -> None:
    """No script, no style in an element, nothing from elsewhere."""
    damage(site)
    client = visitor("administer")
    for path in PATHS:
        page = client.get(path).text
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", page)
        assert all(
            address.startswith(("/", "?", "#"))
            for address in re.findall(r'(?:href|src|action)="([^"]+)"', page)
        )


def test_a_second_person_confirms_with_their_password(site: StaffSite, visitor: Visitor) -> None:
    """Not with a wrong one, not without a choice; both names are in the ledger."""
    number = request_withdrawal(site, "sidorov")
    client, place = visitor("decide"), f"/decisions/{number}"
    assert client.post(place, data={"answer": "confirm", "password": "no"}).status_code == 400
    assert client.post(place, data={"answer": "yes", "password": PASSWORD}).status_code == 400
    assert ">waiting<" in client.get(place).text
    fields = {"answer": "confirm", "password": PASSWORD, "reason": "seen"}
    assert client.post(place, data=fields).status_code == 303
    assert client.post(place, data=fields).status_code == 409
    with open_archive(site.config.path) as archive:
        steps = list(archive.ledger.entries(types=("decision requested", "decision confirmed")))
    assert [entry.person for entry in steps] == ["sidorov", "decide"]
    page = client.get(place).text
    assert ">confirmed<" in page and "seen" in page
    assert form_of(page, "withdraw")["reason"] == "a duplicate"


@pytest.mark.parametrize("role", ["look", "prepare"])
def test_who_may_not_decide_decides_nothing(site: StaffSite, visitor: Visitor, role: str) -> None:
    incident, decision = damage(site), request_withdrawal(site, "sidorov")
    client = visitor(role)
    before = entries(site)
    answers = [
        client.post(f"/incidents/{incident}", data={"form": "f", "reason": "mine"}),
        client.post(f"/decisions/{decision}", data={"answer": "confirm", "password": PASSWORD}),
        client.post("/jobs", data={"form": "f", "action": "repair", "package": "aonb-kp-7"}),
    ]
    assert all(answer.status_code in (403, 409) for answer in answers)
    assert (entries(site), jobs.recent(site.database)) == (before, [])
    for path in (f"/incidents/{incident}", f"/decisions/{decision}"):
        page = client.get(path).text
        assert "<textarea" not in page and 'value="repair"' not in page


def entries(site: StaffSite) -> int:
    with open_archive(site.config.path) as archive:
        return archive.ledger.size


def test_a_decision_about_an_incident_needs_words(site: StaffSite, visitor: Visitor) -> None:
    number = damage(site)
    client, before = visitor("decide"), entries(site)
    for reason in ("", " \n ", "x" * 2001):
        fields = {"form": "f", "reason": reason}
        assert client.post(f"/incidents/{number}", data=fields).status_code == 400
    assert entries(site) == before


def test_an_incident_shows_its_findings_and_offers_the_repair(
    site: StaffSite, visitor: Visitor
) -> None:
    number = damage(site)
    page = visitor("decide").get(f"/incidents/{number}").text
    assert "E203" in page or ".tif" in page
    fields = form_of(page, "repair")
    assert (fields["package"], fields["storage"]) == ("aonb-kp-7", "nlb-copy")


def test_an_incident_that_is_over_says_so(site: StaffSite, visitor: Visitor) -> None:
    """A check that found nothing opened none, nor did an entry that is not there."""
    number = damage(site)
    with open_archive(site.config.path) as archive:
        from preserva.replication.repair import repair

        repair(archive, [], apply=True)
    client = visitor("look")
    assert "This incident is over" in client.get(f"/incidents/{number}").text
    for other in (1, number - 1, entries(site), entries(site) + 1):
        assert client.get(f"/incidents/{other}").status_code == 404


def test_books_are_found(site: StaffSite, visitor: Visitor) -> None:
    """By words of the title in any case, without accents, by number; never by a trick."""
    client = visitor("look")
    finds = {"": True, "амурѣ ПОВѢСТЬ": True, "kp-7": True, "KP 7": True, "%": False, "_": False}
    finds |= {"' OR 1 --": False, "я" * 1000: False, "война": False, "a " * 500: True}
    for text, is_found in finds.items():
        page = client.get("/books", params={"q": text}).text
        assert ("aonb-kp-7" in page) == is_found, text


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e3", "99999999999999999999", "٣"])
def test_a_page_of_the_list_that_is_none(visitor: Visitor, page: str) -> None:
    assert visitor("look").get("/books", params={"page": page}).status_code == 200


def test_books_are_narrowed_to_those_with_trouble(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("look")
    assert "aonb-kp-7" not in client.get("/books?state=damage").text
    damage(site)
    for query in ("state=damage", "state=few", "state=damage&q=амур"):
        assert "aonb-kp-7" in client.get(f"/books?{query}").text
    for query in ("state=withdrawn", "state=behind", "state=damage&q=война"):
        assert "aonb-kp-7" not in client.get(f"/books?{query}").text


def test_the_page_of_a_book_has_its_record_and_proofs(site: StaffSite, visitor: Visitor) -> None:
    number = damage(site)
    page = visitor("look").get("/books/aonb-kp-7").text
    assert "<h1>Повѣсть о рѣкѣ Амурѣ</h1>" in page
    with open_archive(site.config.path) as archive:
        digests = [entry.digest for entry in archive.ledger.entries(types=("fixity check",))]
    assert len(digests) == 2 and all(digest in page for digest in digests)
    assert f'href="/incidents/{number}"' in page and "/v1/pages" in page


def test_a_title_with_a_script_is_a_text(site: StaffSite, visitor: Visitor) -> None:
    with site.database.writing() as rows:
        rows.execute("UPDATE book SET title = '<script>alert(1)</script>', words = 'script'")
    client = visitor("look")
    for path in ("/books", "/books?q=script", "/books/aonb-kp-7"):
        page = client.get(path).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script" not in page


def test_titles_are_read_once_for_each_version(site: StaffSite) -> None:
    with open_archive(site.config.path) as archive:
        assert shelf.refresh(archive, site.database) == 0
        with site.database.writing() as rows:
            rows.execute("DELETE FROM book")
        assert shelf.refresh(archive, site.database) == 1
    assert shelf.title_of(site.database, "urn:preserva:aonb:kp-7") == "Повѣсть о рѣкѣ Амурѣ"


def test_titles_are_read_in_pauses(site: StaffSite, clock: Clock) -> None:
    """Once a minute, and only when the ledger has grown."""
    reader = shelf.TitleReader(site.config, site.database)

    def titles_after(seconds: float) -> int:
        with site.database.writing() as rows:
            rows.execute("DELETE FROM book")
        clock.now += seconds
        reader()
        return shelf.count(site.database, "")

    assert titles_after(0) == 1
    assert titles_after(59) == 0
    assert titles_after(61) == 0
    damage(site)
    assert titles_after(61) == 1


def test_titles_are_read_at_once_when_a_job_has_ended(site: StaffSite, clock: Clock) -> None:
    """Whoever made a package finds it in the list of books."""
    reader = shelf.TitleReader(site.config, site.database)
    reader()
    damage(site)  # the ledger grows
    with site.database.writing() as rows:
        rows.execute("DELETE FROM book")
    clock.now += 1
    reader()
    assert shelf.count(site.database, "") == 0
    jobs.end(site.database, jobs.submit(site.database, "f", "audit", {}, "petrov", "en"), 0)
    reader()
    assert shelf.count(site.database, "") == 1


def test_a_book_whose_storage_is_away_gets_its_title_later(site: StaffSite) -> None:
    with site.database.writing() as rows:
        rows.execute("DELETE FROM book")
    folder = Path(site.config.primary().url)
    folder.rename(folder.with_name("away"))
    with open_archive(site.config.path) as archive:
        assert shelf.refresh(archive, site.database) == 0
    folder.with_name("away").rename(folder)
    with open_archive(site.config.path) as archive:
        assert shelf.refresh(archive, site.database) == 1


def test_an_archive_that_does_not_open_is_said(
    site: StaffSite, visitor: Visitor, clock: Clock
) -> None:
    """In words, with what to do; the page of the account still works."""
    client = visitor("look")
    site.config.ledger.rename(site.config.ledger.with_suffix(".away"))
    answer = client.get("/")
    assert answer.status_code == 503 and "ledger" in answer.text
    assert "Traceback" not in answer.text
    assert client.get("/account").status_code == 200

"""The tour of the pages for staff, from an inbox to a report, by clicks and forms alone.

Each language walks all of it. In Russian the pages run no script, so nothing of this needs one; in
Belarusian axe-core judges every page on the way.
Each function that presses something is a section of the tutorial (docs/tutorials/staff-page.md),
in this order; tests/docs/test_staff_page.py compares what is pressed and shown. The pictures of
the tutorial are made by

    PRESERVA_PICTURES=1 python -m pytest -n 0 tests/browser/test_tour.py
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import create_archive, open_archive
from preserva.catalogue.import_records import import_file, open_catalogue
from preserva.core.values.entries import DECISION, FIXITY_CHECK
from preserva.core.values.model import PackageId
from preserva.i18n import _, ngettext, pgettext, speaking
from preserva.web.inbox import AT_REST
from tests.browser.chromium import Chromium
from tests.browser.page import new_page
from tests.browser.test_web import PASSWORD, served, start_server
from tests.browser.tour import Visitor
from tests.conftest import ROOT
from tests.support import books, printed
from tests.support.servers import free_port

PICTURES = ROOT / "docs/tutorials/pictures"
PAGES = 300
LARGE, TITLE = "scans-2026-11", "Записки о рѣкѣ Амурѣ"
FORTY = [f"kp-{number}" for number in range(101, 141)]
BEFORE, TWICE = FORTY[-2:]
"""The same book, scanned twice under two numbers."""
TITLES = {number: printed.title_of(int(number[3:])) for number in FORTY}
TITLES[TWICE] = TITLES[BEFORE]
DAMAGED = PackageId("aonb", FORTY[4])

SHARE, DEATHS = (1.0, 50) if os.environ.get("PRESERVA_LONG") == "1" else (0.2, 5)
"""In which share of the moments when it could be, and how often at least, the server is killed."""

_FIRST = 2
"""Clicks until the first person has a password."""

PEOPLE = """
[people.petrov]
name = "П. П. Петров"

[people.ivanova]
name = "И. И. Иванова"
"""


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of scans, which nobody has written to for a while; files of records beside it.

    Nothing in an inbox is ever changed, so one is enough for all languages.
    """
    place = tmp_path_factory.mktemp("tour")
    for seed, number in enumerate(FORTY, 1):
        printed.draw_scans(place / "inbox" / number, 2, seed)
    printed.draw_scans(place / "inbox" / LARGE, PAGES, seed=0)
    (place / "catalogue.xml").write_text(printed.records({"kp-100": TITLE}), encoding="utf-8")
    (place / "records.xml").write_text(printed.records(TITLES), encoding="utf-8")
    time.sleep(AT_REST)
    return place / "inbox"


@pytest.fixture
def archive(tmp_path: Path, inbox: Path) -> Path:
    """An empty archive of two people, whose catalogue knows the large book."""
    text = configuration.TEMPLATE + books.UNASKED + PEOPLE
    path = tmp_path / configuration.NAME
    path.write_text(text.replace("# [web]\n", f'[web]\ninbox = ["{inbox}"]\n'), encoding="utf-8")
    create_archive(configuration.load(path))
    with open_catalogue(path) as database:
        import_file(database, inbox.parent / "catalogue.xml", "aonb", 1_800_000_000)
    return path


@pytest.fixture
def two(browser: Chromium) -> Iterator[tuple[Visitor, Visitor]]:
    """Two people, each with a browser of their own."""
    with ExitStack() as stack:
        petrov, ivanova = (Visitor(stack.enter_context(new_page(browser))) for _one in range(2))
        yield petrov, ivanova


@pytest.mark.parametrize("language", ["en", "ru", "be"])
def test_the_tour(
    language: str, inbox: Path, archive: Path, two: tuple[Visitor, Visitor], axe: str
) -> None:
    with ExitStack() as stack:
        address, invitation = stack.enter_context(served(archive.parent))
        for person in two:
            if os.environ.get("PRESERVA_PICTURES") == "1":
                person.pictures = PICTURES / language
            if language == "be":
                person.judge = axe
            if language == "ru":
                stack.enter_context(person.page.without_scripts())
        walk(*two, language, invitation, inbox, archive)
    for person in two:
        outside = [url for url in person.page.requests if not url.startswith(address)]
        assert (outside, person.page.errors, person.page.failures) == ([], [], [])
        assert person.against == []
    check_ledger(archive)


def test_the_tour_while_the_server_is_killed(
    inbox: Path, archive: Path, two: tuple[Visitor, Visitor]
) -> None:
    """While people read a page and while they wait for work; what they see and do is the same."""
    server = MortalServer(archive.parent)
    try:
        for person in two:
            person.meanwhile = server.maybe_die
        walk(*two, "en", server.said, inbox, archive)
    finally:
        server.kill()
    assert server.deaths >= DEATHS
    check_ledger(archive)


class MortalServer:
    """A server that is killed and started again at the same address; `said` is its invitation.

    It lives until somebody has chosen a password: else it would print another invitation.
    """

    def __init__(self, archive: Path) -> None:
        self.deaths, self._moments = 0, 0
        self._chance = random.Random(22)
        self._archive, self._port = archive, free_port()
        self._process = start_server(archive, self._port)
        self.said = (archive / "said").read_text("utf-8").strip()

    def maybe_die(self) -> None:
        """Be killed at some moment of the next second, each time or now and then."""
        self._moments += 1
        if self._moments > _FIRST and self._chance.random() < SHARE:
            time.sleep(self._chance.random())
            self.kill()
            self._process = start_server(self._archive, self._port)
            self.deaths += 1

    def kill(self) -> None:
        """Be killed, for good."""
        self._process.kill()
        self._process.wait()


def walk(
    petrov: Visitor, ivanova: Visitor, language: str, invitation: str, inbox: Path, archive: Path
) -> None:
    """All steps, in the language."""
    with speaking(language):
        come_first(petrov, invitation, language)
        invite_another(petrov, ivanova, language)
        look_at_scans(petrov)
        package_with_a_record(petrov)
        package_forty(petrov, inbox)
        read_a_book(petrov)
        make_copies(petrov)
        damage(archive)
        audit(petrov)
        plan_the_repair(ivanova)
        repair(petrov)
        ask_to_withdraw(petrov)
        confirm(ivanova)
        report(petrov)


def come_first(petrov: Visitor, invitation: str, language: str) -> None:
    """By the address that was printed."""
    petrov.page.open(invitation)
    petrov.follow(f".languages a[lang={language}]")
    petrov.write(password=PASSWORD, again=PASSWORD)
    petrov.show("first")
    petrov.press(_("Set the password and sign in"))
    petrov.says(_("What waits for you"))


def invite_another(petrov: Visitor, ivanova: Visitor, language: str) -> None:
    """The second person comes by the address that the first one hands over."""
    petrov.press(_("Account"))
    petrov.press(_("People and their roles"))
    petrov.write(person="ivanova")
    petrov.choose("role", "decide")
    petrov.press(_("Invite"))
    petrov.show("people")
    ivanova.page.open(petrov.page.text("main code"))
    ivanova.follow(f".languages a[lang={language}]")
    ivanova.write(password=PASSWORD, again=PASSWORD)
    ivanova.press(_("Set the password and sign in"))


def look_at_scans(petrov: Visitor) -> None:
    """The large book, by itself."""
    petrov.press(_("Inbox"))
    petrov.says(ngettext("{count} folder", "{count} folders", 41).format(count=41))
    petrov.follow(f"td a[href$={LARGE}]")
    petrov.press(_("Check these scans"))
    petrov.finished()
    petrov.says(_("Nothing speaks against these scans."), f"({PAGES})")
    petrov.show("scans", "#pages")


def package_with_a_record(petrov: Visitor) -> None:
    """The record is found in the catalogue."""
    petrov.write(q="записки амур")
    petrov.press(_("Find the record"))
    petrov.says(TITLE)
    petrov.show("record", "#record")
    petrov.press(_("Make the package"))
    petrov.finished()
    petrov.says(rows("done", 1))


def package_forty(petrov: Visitor, inbox: Path) -> None:
    """Forty folders are a batch; their records come in a file."""
    petrov.press(_("Inbox"))
    for number in FORTY:
        petrov.tick(f"input[name=folder][value={number}]")
    petrov.show("inbox")
    petrov.attach("records", inbox.parent / "records.xml")
    petrov.press(_("Check the ticked folders as a batch"))
    petrov.finished()
    petrov.says(rows("can be done", 40))
    petrov.press(_("Make the packages"))
    petrov.finished()
    petrov.says(rows("done", 40))
    petrov.show("batch")


def rows(state: str, count: int) -> str:
    """How many rows of a table are in a state."""
    return f"{pgettext('state of a row', state)}: {count}"


def read_a_book(petrov: Visitor) -> None:
    """Its page, its leaves, one of them."""
    petrov.press(_("Books"))
    petrov.until_it_says(ngettext("{count} book", "{count} books", 41).format(count=41))
    petrov.follow("td a[href$=kp-100]")
    petrov.press(_("Look at the pages"))
    petrov.follow("#page-7 a")
    petrov.press(_("Next"))
    petrov.drawn()
    petrov.show("page", "main")


def make_copies(petrov: Visitor) -> None:
    """All that the other institution lacks."""
    petrov.press(_("Copies"))
    petrov.press(_("Copy what is missing to the other storages"))
    petrov.finished()
    petrov.press(_("Copies"))
    petrov.says(_("Every package is there in its newest version."))
    petrov.show("copies")


def damage(archive: Path) -> None:
    """One byte of a page in Minsk is another one."""
    path = min(books.object_folder(archive.parent, "nlb-copy", DAMAGED).rglob("*.tif"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x20
    path.chmod(0o644)
    path.write_bytes(content)


def audit(petrov: Visitor) -> None:
    """All copies are due: none was read since it was made."""
    petrov.press(_("Audits"))
    petrov.press(_("Begin"))
    petrov.finished()
    petrov.says(pgettext("state of a job", "damage"), DAMAGED.portable)
    petrov.show("audit")


def plan_the_repair(ivanova: Visitor) -> None:
    """One person says what should be done."""
    ivanova.press(_("Today"))
    ivanova.press(_("See what can be done"))
    incident = ivanova.page.evaluate("location.href")
    ivanova.drawn()
    ivanova.show("incident", "#side")
    ivanova.press(_("Plan the repair"))
    ivanova.finished()
    ivanova.page.open(incident)
    ivanova.says(_("The plan of the repair"))
    ivanova.write(reason="Восстановить по нашей копии")
    ivanova.press(_("Record the decision"))


def repair(petrov: Visitor) -> None:
    """Another one agrees, and does it."""
    petrov.press(_("Incidents"))
    petrov.follow("td a[href*=incidents]")
    petrov.says("Восстановить по нашей копии")
    petrov.write(reason="Согласен")
    petrov.press(_("Record the decision"))
    petrov.show("decided", "#plan")
    petrov.press(_("Repair as planned"))
    petrov.finished()
    petrov.press(_("Incidents"))
    petrov.says(_("No incident is open."))


def ask_to_withdraw(petrov: Visitor) -> None:
    """A book that was packaged twice is withdrawn once; one person requests it."""
    petrov.press(_("Books"))
    petrov.write(q=TWICE)
    petrov.press(_("Find"))
    petrov.follow(f"td a[href$={TWICE}]")
    petrov.write(reason="Отсканирована дважды")
    petrov.press(_("Withdraw this package"))
    petrov.finished()
    petrov.says(pgettext("state of a job", "unfinished"))


def confirm(ivanova: Visitor) -> None:
    """The other one confirms it, by a password."""
    ivanova.press(_("Today"))
    ivanova.press(_("Answer"))
    ivanova.tick("#confirm")
    ivanova.write(reason="Да, это та же книга", password=PASSWORD)
    ivanova.show("decision")
    ivanova.press(_("Answer"))
    ivanova.press(_("Withdraw this package"))
    ivanova.finished()
    ivanova.says(pgettext("state of a job", "sound"))


def report(petrov: Visitor) -> None:
    """How everything is now, and who did what."""
    petrov.press(_("Reports"))
    petrov.press(_("The state of all copies, and the proof of past audits"))
    petrov.show("report")
    petrov.press(_("Reports"))
    petrov.write(**{"from": str(date.today().year), "to": ""})
    petrov.press(_("Show the report"))
    petrov.says("И. И. Иванова", "П. П. Петров")
    petrov.press(_("Today"))
    petrov.show("today")


def check_ledger(archive: Path) -> None:
    """Nothing was lost; who decided, and how often damage was found."""
    with open_archive(archive) as opened:
        assert opened.ledger.verify() == []
        decided = [entry.person for entry in opened.ledger.entries(types=(DECISION,))]
        checks = [entry.outcome for entry in opened.ledger.entries(types=(FIXITY_CHECK,))]
    assert decided == ["ivanova", "petrov"]
    assert checks.count("fail") == 1

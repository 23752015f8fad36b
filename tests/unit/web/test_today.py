"""The first page: everything that waits, each as a sentence with one thing to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive import runs
from preserva.archive.archive import open_archive, utc_now
from preserva.core.policy.health import Job
from preserva.core.values.model import PackageId
from preserva.ingest.revision import Change, update
from preserva.replication.accession import receive
from preserva.web import jobs
from preserva.web.database import WebDatabase
from preserva.web.pages import waiting
from preserva.web.people import PageAccount, PageRole
from preserva.web.visit import StaffSite, Visit
from preserva.web.worker import Worker
from tests.support.partners import two_institutions
from tests.unit.web.conftest import PASSWORD, Clock, Visitor, form_of
from tests.unit.web.state import all_is_done, damage, request_withdrawal


def test_nothing_waits_when_all_is_done(site: StaffSite, visitor: Visitor) -> None:
    """And nothing is said of a storage but that it is there and has room."""
    all_is_done(site)
    page = visitor("decide").get("/").text
    assert "Nothing." in page and 'class="tasks"' not in page
    assert page.count("It is there, and it is the right one; 1.1 TB free.") == 2


def test_an_incident_and_a_decision_wait(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("decide")
    incident, decision = damage(site), request_withdrawal(site, "sidorov")
    page = client.get("/").text
    assert f'href="/incidents/{incident}"' in page
    assert f'href="/decisions/{decision}"' in page
    assert 'class="lead bad"' in page and "1 package has too few copies." in page
    assert "damaged: 1" in page


def test_one_who_requested_is_not_asked_to_confirm(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("decide")
    number = request_withdrawal(site, "decide")
    assert f'href="/decisions/{number}"' not in client.get("/").text
    page = client.get(f"/decisions/{number}").text
    assert 'value="confirm"' not in page and 'value="refuse"' in page
    answer = {"answer": "confirm", "password": PASSWORD}
    assert client.post(f"/decisions/{number}", data=answer).status_code == 409
    assert ">waiting<" in client.get(f"/decisions/{number}").text


@pytest.mark.parametrize(
    ("job", "action", "sentence"),
    [
        (Job.AUDIT, "audit", "Audit: last succeeded at"),
        (Job.REPLICATE, "replicate", "Replicate: last succeeded at"),
        (Job.LEDGER_COPY, "replicate", "Ledger copy (nlb-copy): last succeeded at"),
    ],
)
def test_work_that_is_not_done_in_time_can_be_begun(
    site: StaffSite, visitor: Visitor, job: Job, action: str, sentence: str
) -> None:
    all_is_done(site)
    subject = "nlb-copy" if job is Job.LEDGER_COPY else None
    runs.note_success(site.config, job, utc_now() - timedelta(days=4), subject)
    page = visitor("prepare").get("/").text
    (task,) = tasks_of(page)
    assert sentence in task and form_of(task, action)


def test_who_may_not_begin_work_is_led_to_a_page(site: StaffSite, visitor: Visitor) -> None:
    page = visitor("look").get("/").text
    assert len(tasks_of(page)) == 5  # four kinds of work never done, and nobody looked
    assert "<form" not in "".join(tasks_of(page))


def test_a_backup_is_made_by_hand(site: StaffSite, visitor: Visitor) -> None:
    """Where to is for a person to say, who is led to how."""
    all_is_done(site)
    runs.note_success(site.config, Job.BACKUP, utc_now() - timedelta(days=9))
    (task,) = tasks_of(visitor("administer").get("/").text)
    assert "Ledger backup: last succeeded at" in task and 'href="/copies"' in task


def test_a_copy_that_lacks_the_newest_version(site: StaffSite, visitor: Visitor) -> None:
    all_is_done(site)
    with open_archive(site.config.path) as archive:
        record = site.config.path.parent.parent / "book.xml"
        record.write_text(record.read_text("utf-8").replace("Амурѣ", "Амуръ"), "utf-8")
        update(archive, PackageId("aonb", "kp-7"), Change(record, reason="a better title"))
    tasks = tasks_of(visitor("prepare").get("/").text)
    assert "1 copy lacks the newest version." in " ".join(tasks)
    assert all(form_of(task, "replicate") for task in tasks if "lacks" in task)


@pytest.mark.parametrize(
    ("said", "sentence", "tone"),
    [
        ({"problem": "no route"}, "nlb-copy: It cannot be used: no route", "bad"),
        ({"outcome": "fail"}, "nlb-copy: It answers, but cannot take packages.", "bad"),
        ({"free_bytes": 1 << 28}, "nlb-copy: It is there, but has little room: 268.4 MB.", "warn"),
    ],
)
def test_a_storage_that_is_not_well(
    site: StaffSite, visitor: Visitor, said: dict[str, object], sentence: str, tone: str
) -> None:
    all_is_done(site, nlb=said)
    (task,) = tasks_of(visitor("prepare").get("/").text)
    assert sentence in task and f'class="{tone}"' in task
    assert form_of(task, "storages")


def test_somebody_looks_at_the_storages_once_a_week(
    site: StaffSite, visitor: Visitor, clock: Clock
) -> None:
    all_is_done(site)
    clock.now += 7 * 86_400 + 1
    (task,) = tasks_of(visitor("prepare").get("/").text)
    assert "Nobody has looked for a week" in task


def test_a_job_that_failed_is_told_to_who_asked(site: StaffSite, visitor: Visitor) -> None:
    """A table with failures too: for a week, and to nobody else."""
    all_is_done(site)
    number = jobs.submit(site.database, "f", "validate", {"package": "a"}, "prepare", "en")
    jobs.claim(site.database)
    jobs.end(site.database, number, 4)
    (task,) = tasks_of(visitor("prepare").get("/").text)
    assert f"Job {number} (Read every copy of this package) ended: refused" in task
    assert tasks_of(visitor("decide").get("/").text) == []


@pytest.fixture
def holder(tmp_path: Path, clock: Clock) -> Iterator[StaffSite]:
    """The site of an institution that holds a storage for another."""
    config = configuration.load(two_institutions(tmp_path))
    database = WebDatabase(tmp_path / "web", clock)
    yield StaffSite.of(config, database, Worker(config, database))


def partner_tasks(site: StaffSite, after: timedelta) -> list[str]:
    """What is said of partners so long after now."""
    visit = Visit(site, "/", PageAccount("petrov", PageRole.PREPARE, True))
    with open_archive(site.config.path, clock=lambda: utc_now() + after) as archive:
        state = site.standing.overview(archive)
        found = list(waiting.tasks(visit, archive, state))
    return [task.sentence for task in found if "brought" in task.sentence]


def test_a_partner_who_is_silent(holder: StaffSite) -> None:
    """Never came; came; has not come for a month."""
    never = "nlb has never brought anything to from-nlb."
    assert partner_tasks(holder, timedelta()) == [never]
    with open_archive(holder.config.path) as archive:
        receive(archive)
    assert partner_tasks(holder, timedelta(days=29)) == []
    (sentence,) = partner_tasks(holder, timedelta(days=31))
    assert sentence.startswith("nlb has brought nothing new to from-nlb since 20")


def tasks_of(page: str) -> list[str]:
    return [unescape(text) for text in re.findall(r'<li class="(?:warn|bad)">.*?</li>', page, re.S)]

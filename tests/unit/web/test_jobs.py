"""The table of jobs, the process that does one, and what is left when processes are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from preserva.archive.archive import open_archive
from preserva.exit_status import ExitStatus
from preserva.web import jobs, people, run_job
from preserva.web.application import guarded
from preserva.web.people import PageRole
from preserva.web.visit import StaffSite
from preserva.web.worker import Worker
from tests.unit.web.conftest import OWN, Visitor, form_of


def order(site: StaffSite, form: str, action: str = "validate", person: str = "petrov") -> int:
    fields = {"package": "aonb-kp-7"}
    return jobs.submit(site.database, form, action, fields, person, "en")


def wait(condition: Callable[[], bool]) -> None:
    """Until something is true; the machine may be slow."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def test_a_form_that_is_sent_twice_is_one_job(site: StaffSite) -> None:
    """A double click, a reload, a browser that repeats a request; not that of another person."""
    assert order(site, "a") == order(site, "a")
    assert order(site, "b") != order(site, "a")
    assert order(site, "a", person="sidorov") != order(site, "a")
    assert len(jobs.recent(site.database)) == 3


def test_one_job_at_a_time_in_their_order(site: StaffSite) -> None:
    first, second = order(site, "a"), order(site, "b")
    claimed = jobs.claim(site.database)
    assert claimed is not None and claimed.number == first
    assert jobs.claim(site.database) is None
    jobs.end(site.database, first, 0)
    claimed = jobs.claim(site.database)
    assert claimed is not None and claimed.number == second


def test_a_job_whose_process_is_gone_begins_again_three_times(site: StaffSite) -> None:
    number = order(site, "a")
    for _attempt in range(3):
        assert jobs.claim(site.database) is not None
        assert [orphan.number for orphan in jobs.orphans(site.database)] == [number]
        jobs.give_back(site.database, number)
    job = jobs.job(site.database, number)
    assert job is not None and job.exit_status == ExitStatus.TERMINATED
    assert jobs.claim(site.database) is None


def test_a_job_that_some_process_does_is_no_orphan(site: StaffSite) -> None:
    number = order(site, "a")
    jobs.claim(site.database)
    with jobs.doing(site.database, number) as lock:
        assert lock is not None
        assert jobs.orphans(site.database) == []
        with jobs.doing(site.database, number) as second:
            assert second is None
    assert len(jobs.orphans(site.database)) == 1


def test_a_verb_runs_in_the_name_of_the_person(site: StaffSite) -> None:
    """Its words, its exit status, and the person in the ledger."""
    people.add(site.database, "petrov", PageRole.PREPARE)
    number = order(site, "a")
    worker = Worker(site.config, site.database)
    worker.start()
    wait(lambda: (known := jobs.job(site.database, number)) is not None and known.ended is not None)
    worker.stop()
    wait(lambda: not worker.step())
    job = jobs.job(site.database, number)
    assert job is not None and job.exit_status == 0
    assert "aonb-kp-7" in jobs.output(site.database, number)[0]
    with open_archive(site.config.path) as archive:
        checks = list(archive.ledger.entries(types=("fixity check",)))
    assert [(entry.person, entry.storage) for entry in checks] == [
        ("petrov", "aonb-main"),
        ("petrov", "nlb-copy"),
    ]


@pytest.mark.parametrize("change", ["remove", "demote"])
def test_who_may_no_more_when_it_begins_is_refused(site: StaffSite, change: str) -> None:
    people.add(site.database, "petrov", PageRole.PREPARE)
    number = order(site, "a")
    if change == "remove":
        people.remove(site.database, "petrov")
    else:
        people.set_role(site.database, "petrov", PageRole.LOOK)
    jobs.claim(site.database)
    subprocess.run(job_command(site, number), check=True)
    job = jobs.job(site.database, number)
    assert job is not None and job.exit_status == ExitStatus.REFUSED
    assert "petrov" in jobs.output(site.database, number)[1]
    with open_archive(site.config.path) as archive:
        assert list(archive.ledger.entries(types=("fixity check",))) == []


def test_a_killed_process_is_followed_by_another_and_nothing_is_done_twice(site: StaffSite) -> None:
    """The first is killed before it has done anything; two others begin at the same moment."""
    people.add(site.database, "petrov", PageRole.PREPARE)
    number = order(site, "a")
    jobs.claim(site.database)
    killed = subprocess.Popen(job_command(site, number), start_new_session=True)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert [orphan.number for orphan in jobs.orphans(site.database)] == [number]
    both = [subprocess.Popen(job_command(site, number)) for _process in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    job = jobs.job(site.database, number)
    assert job is not None and job.exit_status == 0
    with open_archive(site.config.path) as archive:
        assert len(list(archive.ledger.entries(types=("fixity check",)))) == 2


def job_command(site: StaffSite, number: int) -> list[str]:
    return [sys.executable, "-m", "preserva.web.run_job", str(site.config.path), str(number)]


def test_a_form_becomes_a_job_of_who_sent_it(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("prepare")
    fields = form_of(client.get("/books/aonb-kp-7").text, "validate")
    places = [client.post("/jobs", data=fields).headers["location"] for _click in range(2)]
    (job,) = jobs.recent(site.database)
    assert places == [f"/jobs/{job.number}"] * 2
    assert (job.action, job.fields, job.person) == (
        "validate", {"package": "aonb-kp-7"}, "prepare"
    )  # fmt: skip
    page = client.get(places[0]).text
    assert 'http-equiv="refresh"' in page and "queued" in page


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"action": "rm"}, 404),
        ({}, 404),
        ({"action": "validate"}, 400),
        ({"action": "validate", "package": "--storage=x"}, 400),
        ({"action": "validate", "package": "../../etc"}, 400),
        ({"action": "validate", "package": "aonb-kp-7", "storage": "--apply"}, 400),
        ({"action": "repair-plan", "package": "aonb-kp-7", "storage": "nowhere"}, 400),
        ({"action": "repair", "package": "aonb-kp-7"}, 409),
        ({"action": "withdraw", "package": "aonb-kp-7", "reason": "a"}, 409),
        ({"action": "replicate", "form": ""}, 409),
        ({"action": "replicate", "form": "f" * 65}, 409),
    ],
)
def test_what_no_form_of_ours_sends_becomes_no_job(
    site: StaffSite, visitor: Visitor, fields: dict[str, str], status: int
) -> None:
    """By somebody who prepares: what takes a decision is not theirs."""
    answer = visitor("prepare").post("/jobs", data={"form": "f1", **fields})
    assert answer.status_code == status
    assert jobs.recent(site.database) == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
def test_a_withdrawal_has_a_reason(site: StaffSite, visitor: Visitor, reason: str) -> None:
    fields = {"form": "f", "action": "withdraw", "package": "aonb-kp-7", "reason": reason}
    assert visitor("decide").post("/jobs", data=fields).status_code == 400
    assert jobs.recent(site.database) == []


def test_a_reason_is_no_option(site: StaffSite, visitor: Visitor) -> None:
    fields = {"form": "f", "action": "withdraw", "package": "aonb-kp-7", "reason": "--undo"}
    visitor("decide").post("/jobs", data=fields)
    (job,) = jobs.recent(site.database)
    from preserva.web.actions import ACTIONS

    line = ACTIONS["withdraw"].line(site.config, job.fields)
    assert line == ["withdraw", "aonb-kp-7", "--reason=--undo"]


def test_who_looks_begins_nothing(site: StaffSite, visitor: Visitor) -> None:
    client = visitor("look")
    answer = client.post("/jobs", data={"form": "f", "action": "replicate"})
    assert answer.status_code == 403
    assert jobs.recent(site.database) == []
    for path in ("/", "/books/aonb-kp-7", "/incidents", "/decisions"):
        assert '<form method="post"' not in client.get(path).text


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "sound"), (1, "damage"), (3, "unfinished"), (4, "refused"), (11, "writing"), (137, "9")],
)
def test_a_job_ends_with_the_words_of_its_exit_status(
    site: StaffSite, visitor: Visitor, status: int, words: str
) -> None:
    client = visitor("look")
    number = order(site, "a", person="look")
    jobs.end(site.database, number, status)
    jobs.output_files(site.database, number)[0].write_text("<script>alert(1)</script> кніга")
    page = client.get(f"/jobs/{number}").text
    assert words in page and 'http-equiv="refresh"' not in page
    assert "&lt;script&gt;" in page and "<script" not in page and "кніга" in page
    waits = f'href="/jobs/{number}"' in client.get("/").text
    assert waits == (status != 0)


def test_the_newest_look_at_the_storages_is_shown(site: StaffSite, visitor: Visitor) -> None:
    """As `config check` says it; one that ended before it could say anything is no look."""
    client = visitor("look")
    number = order(site, "a", action="storages")
    jobs.end(site.database, number, 3)
    assert "Nobody has looked yet" in client.get("/").text
    found = [
        {"storage": "aonb-main", "problem": None, "outcome": "pass", "free_bytes": 5_000_000_000},
        {"storage": "nlb-copy", "problem": "<gone>", "outcome": "unknown", "free_bytes": None},
    ]
    jobs.output_files(site.database, number)[0].write_text(json.dumps({"reached": found}))
    page = client.get("/").text
    assert "it is the right one; 5.0 GB free" in page
    assert "It cannot be used: &lt;gone&gt;" in page


def test_the_server_begins_and_ends_its_worker(site: StaffSite) -> None:
    with TestClient(guarded(site, ("testserver",)), headers=OWN) as client:
        assert client.get("/sign-in").status_code == 200
        assert site.worker.is_alive()
    assert not site.worker.is_alive()


def test_a_job_that_waits_is_stopped_at_once(site: StaffSite, visitor: Visitor) -> None:
    """By who asked for it; pressed twice, it is the same."""
    client = visitor("prepare")
    number = order(site, "a", person="prepare")
    page = client.get(f"/jobs/{number}").text
    assert f'action="/jobs/{number}/stop"' in page
    for _click in range(2):
        assert client.post(f"/jobs/{number}/stop").headers["location"] == f"/jobs/{number}"
    job = jobs.job(site.database, number)
    assert job is not None
    assert (job.exit_status, job.stopped_by) == (ExitStatus.TERMINATED, "prepare")
    page = client.get(f"/jobs/{number}").text
    assert "terminated" in page and "Stopped by" in page and "/stop" not in page
    assert jobs.claim(site.database) is None


@pytest.mark.parametrize(("role", "status"), [("look", 403), ("prepare2", 409), ("decide", 303)])
def test_who_may_stop_the_job_of_another(
    site: StaffSite, visitor: Visitor, role: str, status: int
) -> None:
    number = order(site, "a", person="petrov")
    client = visitor(role)
    assert ("/stop" in client.get(f"/jobs/{number}").text) == (status == 303)
    assert client.post(f"/jobs/{number}/stop").status_code == status
    job = jobs.job(site.database, number)
    assert job is not None and (job.stopped_by is not None) == (status == 303)


def test_what_is_over_is_not_stopped(site: StaffSite, visitor: Visitor) -> None:
    number = order(site, "a")
    jobs.claim(site.database)
    jobs.end(site.database, number, 0)
    assert visitor("decide").post(f"/jobs/{number}/stop").status_code == 303
    job = jobs.job(site.database, number)
    assert job is not None and (job.exit_status, job.stopped_by) == (0, None)
    assert visitor("decide2").post("/jobs/99/stop").status_code == 404


def test_a_stopped_job_whose_process_is_gone_does_not_begin_again(site: StaffSite) -> None:
    number = order(site, "a")
    jobs.claim(site.database)
    jobs.stop(site.database, number, "petrov")
    job = jobs.job(site.database, number)
    assert job is not None and job.ended is None
    jobs.give_back(site.database, number)
    job = jobs.job(site.database, number)
    assert job is not None and job.exit_status == ExitStatus.TERMINATED


@pytest.mark.parametrize("hears", [True, False])
def test_a_verb_that_is_being_done_is_asked_to_end(
    site: StaffSite, monkeypatch: pytest.MonkeyPatch, hears: bool
) -> None:
    """One that does not hear it is killed."""
    monkeypatch.setattr(run_job, "_LOOK", 0.05)
    monkeypatch.setattr(run_job, "_PATIENCE", 60.0 if hears else 0.05)
    number = order(site, "a")
    ignoring = "" if hears else "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    verb = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import signal, time; {ignoring} print(1, flush=True); time.sleep(600)",
        ],
        stdout=subprocess.PIPE,
    )
    assert verb.stdout is not None and verb.stdout.readline() == b"1\n"
    jobs.claim(site.database)
    jobs.stop(site.database, number, "petrov")
    ended = run_job.ended(site.database, number, verb)
    verb.stdout.close()
    assert ended == -(signal.SIGTERM if hears else signal.SIGKILL)


def test_how_far_a_job_is(site: StaffSite, visitor: Visitor) -> None:
    """In bytes or files, with or without a known end; a file that is none says nothing."""
    number = order(site, "a")
    jobs.claim(site.database)
    path, client = jobs.progress_file(site.database, number), visitor("look")
    known = {"step": "copy", "subject": "кніга <b>", "done": 500, "total": 2000, "unit": "bytes"}
    shown = {
        "500 bytes of 2.0 kB": known,
        "3 of 7": {**known, "done": 3, "total": 7, "unit": "files"},
        '<progress id="progress"></progress>\n500 bytes<': {**known, "total": None},
    }
    for text, said in shown.items():
        path.write_text(json.dumps(said), encoding="utf-8")
        page = client.get(f"/jobs/{number}").text
        assert text in page and "кніга &lt;b&gt;" in page, page
    for broken in ("", "[", "[]", '{"subject": 1}', '{"subject": "a", "done": "x"}'):
        path.write_text(broken, encoding="utf-8")
        assert "<progress" not in client.get(f"/jobs/{number}").text

"""The process that does one job: it starts the verb, waits for it, and writes down how it ended.

    python -m preserva.web.run_job CONFIG NUMBER

It outlives the server. The lock of the job is held by it and by the verb, until both are gone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from preserva import config as configuration
from preserva.config import Config
from preserva.errors import NotFound, UsageError
from preserva.exit_status import ExitStatus
from preserva.i18n import _, use_language
from preserva.web import jobs
from preserva.web.actions import ACTIONS
from preserva.web.database import WebDatabase
from preserva.web.inbox_actions import MADE
from preserva.web.people import account

_KEPT = 7 * 86_400.0
_LOOK = 1.0
"""Seconds between two looks whether somebody stops the job."""
_PATIENCE = 30.0
"""Seconds that a verb has to end when it is asked to."""


def main(config_path: str, number: int) -> None:
    """Do a job, unless another process does it, or it is over."""
    config = configuration.load(Path(config_path))
    database = WebDatabase.of(config)
    with jobs.doing(database, number) as lock:
        job = jobs.job(database, number)
        if lock is None or job is None or job.ended is not None:
            return
        jobs.end(database, number, _done(config, database, job, lock))


def _done(config: Config, database: WebDatabase, job: jobs.PageJob, lock: int) -> int:
    """Run the verb in the name of the person, if they still may; its exit status."""
    use_language(job.language)
    out, err = jobs.output_files(database, job.number)
    action, person = ACTIONS.get(job.action), account(database, job.person)
    if action is None or person is None or not person.role.allows(action.role):
        message = _("{person} may not do this any more.").format(person=job.person)
        err.write_text(f"{message}\n", encoding="utf-8")
        return ExitStatus.REFUSED
    try:
        line = action.line(config, job.fields)
        if action.made is not None:
            place = str(_place(database, job, action.made(config, job.fields)))
            line = [part.replace(MADE, place) for part in line]
    except (UsageError, NotFound) as error:
        err.write_text(f"{error}\n", encoding="utf-8")
        return error.exit_status
    common = [f"--config={config.path}", f"--person={job.person}", f"--lang={job.language}"]
    common.append(f"--progress={jobs.progress_file(database, job.number)}")
    with out.open("wb") as stdout, err.open("wb") as stderr:
        verb = subprocess.Popen(
            [sys.executable, "-m", "preserva", *line, *common],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=[lock],
        )
        status = ended(database, job.number, verb)
    return 128 - status if status < 0 else status  # a signal, which a shell shows as 128 and more


def ended(database: WebDatabase, number: int, verb: subprocess.Popen[bytes]) -> int:
    """How the verb ended: by itself, or because a person stops the job.

    A verb that is asked to end acknowledges nothing more; one that does not hear it is killed,
    which its next run mends as after any other kill.
    """
    while True:
        try:
            return verb.wait(_LOOK)
        except subprocess.TimeoutExpired:
            job = jobs.job(database, number)
        if job is not None and job.stopped_by is not None:
            verb.terminate()
            try:
                return verb.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                verb.kill()
                return verb.wait()


def _place(database: WebDatabase, job: jobs.PageJob, name: str) -> Path:
    """Where the file is made that the job makes; what an earlier attempt left there goes.

    It is a copy for somebody to take: a week after a job asked for it, it is removed.
    """
    old = database.clock() - _KEPT
    for folder in database.jobs.glob("*.made"):
        with suppress(OSError):
            if folder.stat().st_mtime < old:
                shutil.rmtree(folder)
    folder = jobs.made_folder(database, job.number)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder / name


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""Six nights of both institutions by the units of the manual, with troubles in some: who is told.

The clock of the program is that of the test. Each unit runs the command of its file at the hours
of its timer, in this process. Night 0 sets everything going; in nights 1 and 5 nothing happens.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from preserva import config
from preserva.archive import archive as archive_module
from preserva.archive.archive import open_archive
from preserva.cli.main import status_of
from preserva.core.values.model import PackageId
from preserva.ingest.package import package
from tests.conftest import ROOT
from tests.support.books import make_book, object_folder
from tests.support.mail_server import MailServer
from tests.support.partners import institution
from tests.support.web_server import WebServer, answer, web_server

DEPLOY = ROOT / "docs" / "deploy"
START = datetime(2027, 2, 6, 18, tzinfo=UTC)
"""Saturday: the report of Monday is among them."""

NIGHTS = 6
AONB, NLB = "aonb", "nlb"
BOOKS = {AONB: PackageId(AONB, "kp-1"), NLB: PackageId(NLB, "bk-1")}
LANGUAGES = {AONB: "en", NLB: "be"}


@dataclass(frozen=True)
class Unit:
    """A service of the manual, without `preserva-` in its name; when its timer starts it."""

    name: str
    commands: tuple[str, ...]
    when: str

    def is_due(self, now: datetime) -> bool:
        """Whether the timer starts it in this hour."""
        if self.when == "hourly":
            return True
        day, _space, hour = self.when.rpartition(" ")
        assert hour.endswith(":00:00")
        return (day == "*-*-*" or now.strftime("%a") == day) and now.hour == int(hour[:2])


def units() -> list[Unit]:
    """Those of docs/deploy, in the order in which they run within an hour: health sees it all."""
    found = []
    for path in DEPLOY.glob("preserva-*.timer"):
        service, timer = (
            path.with_suffix(ending).read_text("utf-8") for ending in (".service", ".timer")
        )
        commands = re.findall(r"^ExecStart=/usr/bin/preserva (.*)$", service, re.M)
        (when,) = re.findall(r"^OnCalendar=(.*)$", timer, re.M)
        assert "Persistent=yes" in timer
        found.append(Unit(path.stem.removeprefix("preserva-"), tuple(commands), when))
    return sorted(found, key=lambda unit: (unit.name == "health", unit.name))


Failed = dict[tuple[int, str, str], set[int]]
"""The statuses but 0 with which a unit of an institution ended in a night."""


@dataclass
class World:
    """Both institutions on one disk, and all that anybody is told."""

    place: Path
    mails: MailServer
    pings: WebServer
    now: datetime = START
    off: set[str] = field(default_factory=set)
    missed: list[tuple[str, Unit]] = field(default_factory=list)
    failed: Failed = field(default_factory=dict)
    heard: list[tuple[datetime, str]] = field(default_factory=list)
    mailed: list[tuple[int, str]] = field(default_factory=list)

    @property
    def night(self) -> int:
        """Its number; a night ends at six in the evening."""
        return (self.now - START).days

    def run(self, who: str, unit: Unit) -> None:
        """One start of a service, or, if its computer is off, the start that it misses."""
        if who in self.off:
            if unit.name != "health":
                self.missed.append((who, unit))
            return
        home = self.place / who
        folders = {
            "/var/lib/preserva": home / "state",
            "/mnt/backup": self.place / f"backup-{who}",
        }
        before = len(self.pings.asked), len(self.mails.messages)
        status = 0
        for command in unit.commands:
            words = shlex.split(command)
            for there, here in folders.items():
                words = [word.replace(there, str(here)) for word in words]
            status = status or status_of(["--config", str(home / config.NAME), *words])
        self.heard += [(self.now, target) for target in self.pings.asked[before[0] :]]
        self.mailed += [(self.night, subject) for subject in self.mails.subjects[before[1] :]]
        if status:
            self.failed.setdefault((self.night, who, unit.name), set()).add(status)

    def switch_on(self, who: str) -> None:
        """The computer is on again: its timers make up for what they missed, once for each."""
        self.off.discard(who)
        waiting, self.missed = dict.fromkeys(self.missed), []
        for _who, unit in waiting:
            self.run(who, unit)

    def unwell(self, who: str) -> set[str]:
        """What the metrics of health say is not well."""
        text = (self.place / who / "state" / "metrics" / "health.prom").read_text("utf-8")
        return set(re.findall(r'^preserva_health_check\{check="(.*)",storage=.*\} 0$', text, re.M))


def configure(world: World, who: str, other: str) -> None:
    """An institution whose packages are read every day, and who is told."""
    ours, theirs = f"{other}-copy", f"{who}-copy"
    path = institution(
        world.place,
        who,
        (other,),
        (f"{who}-main", who, "primary", f"{who}-main"),
        (ours, other, "replica", ours),
        (theirs, who, "held", theirs),
    )
    verbs = {"": "audit", "replicate_": "replicate", "health_": "health"}
    ends = {"start": "start", "success": "well", "failure": "fail"}
    pings = "".join(
        f'{prefix}{key} = "{world.pings.url(f"/{who}/{verb}/{end}")}"\n'
        for prefix, verb in verbs.items()
        for key, end in ends.items()
        if (prefix, key) != ("health_", "start")
    )
    text = path.read_text("utf-8").replace(
        "[archive]\n", f'[archive]\nlanguage = "{LANGUAGES[who]}"\n'
    )
    path.write_text(
        f"{text}[policy]\naudit_interval_days = 1\n[ping]\n{pings}"
        f'[mail]\nto = ["{who}@example.org"]\nsender = "p@example.org"\nhost = "127.0.0.1"\n'
        f'port = {world.mails.port}\nsecurity = "none"\n',
        "utf-8",
    )
    record = make_book(world.place / f"book-{who}", seed=len(who))
    with open_archive(path) as archive:
        package(world.place / f"book-{who}", record, archive, local=BOOKS[who].local)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Both are set up; nothing ran yet."""
    mails = MailServer()
    with web_server(lambda _target, send: send(answer())) as pings:
        made = World(tmp_path, mails, pings)

        class Clock:
            """What `utc_now` asks."""

            @staticmethod
            def now(_zone: tzinfo) -> datetime:
                made.now += timedelta(seconds=1)
                return made.now

        monkeypatch.setattr(archive_module, "datetime", Clock)
        for who, other in ((AONB, NLB), (NLB, AONB)):
            configure(made, who, other)
        yield made
    mails.listening.close()


def flip(world: World) -> None:
    """A bit of a page changes on the disk in Minsk."""
    folder = object_folder(world.place / AONB, "nlb-copy", BOOKS[AONB])
    page = next(folder.rglob("0001.tif"))
    page.write_bytes(page.read_bytes()[:-1] + b"!")


def cut(world: World) -> None:
    """Minsk has no power: no computer, no server."""
    world.off.add(NLB)
    (world.place / "nlb-copy").rename(world.place / "dark")


def power(world: World) -> None:
    """Minsk has power again."""
    (world.place / "dark").rename(world.place / "nlb-copy")
    world.switch_on(NLB)


def repair(world: World) -> None:
    """Somebody in Blagoveshchensk reads the mail, and repairs the copy."""
    assert status_of(["--config", str(world.place / AONB / config.NAME), "repair", "--apply"]) == 0


def take_backups(world: World) -> None:
    """The disk for the backups of Blagoveshchensk is not mounted."""
    backups = world.place / f"backup-{AONB}"
    backups.rename(world.place / "unplugged")
    backups.touch()


def give_backups(world: World) -> None:
    """It is mounted again."""
    backups = world.place / f"backup-{AONB}"
    backups.unlink()
    (world.place / "unplugged").rename(backups)


TROUBLES: dict[tuple[int, int], Callable[[World], None]] = {
    (2, 21): flip,
    (3, 19): cut,
    (3, 12): power,
    (3, 15): repair,
    (4, 4): take_backups,
    (4, 12): give_backups,
}
"""What happens in a night (it ends at 18:00), before the units of an hour run."""

ALARMS: Failed = {
    (2, AONB, "audit"): {1},
    (2, AONB, "health"): {1},
    (2, NLB, "audit"): {1},
    (2, NLB, "health"): {1},
    (3, AONB, "replicate"): {3},
    (3, AONB, "audit"): {1},
    (3, AONB, "health"): {1},  # until it is repaired; a copy was read there, so Minsk is back
    (3, NLB, "audit"): {1},
    (3, NLB, "health"): {1},
    (4, AONB, "ledger-backup"): {3},
    (4, NLB, "health"): {1},  # until its audit has read what was repaired
}
"""All of them: every other start of every unit ends with 0."""


MAILS = [
    (0, "Audit of aonb: All 2 copies are sound, as far as they were read."),
    (0, "Аўдыт: nlb"),
    (2, "Audit of aonb: 1 new incident"),
    (2, "Аўдыт: nlb"),
    (3, "Audit of aonb: 1 new incident"),
    (4, "Audit of aonb: All 3 copies are sound, as far as they were read."),
    (4, "Аўдыт: nlb"),
]
"""All of them. In night 3 Minsk tells its own people nothing: nothing is new there."""

BAD_HOURS = {
    (0, AONB): 11,  # nothing had run before
    (0, NLB): 11,
    (2, AONB): 20,  # from the audit on
    (2, NLB): 20,
    (3, AONB): 21,  # until it is repaired
    (3, NLB): 7,  # whenever it has power
    (4, NLB): 1,  # until it has read what was repaired
}
"""In how many hours of a night health was not well, and said so."""

DARK = range(1, 18)
"""The hours of night 3 in which nobody hears of Minsk: who waits for its calls raises the alarm."""


def mails(world: World) -> list[tuple[int, str]]:
    """The subjects, of which only the beginning is compared where the language is another one."""
    return [(night, " ".join(subject.split()[:2]).rstrip(":") if subject.startswith("Аўдыт")
             else subject) for night, subject in world.mailed]  # fmt: skip


def calls_of_jobs(world: World) -> dict[tuple[int, str, str], list[str]]:
    """What each job called in each night, in order."""
    calls: dict[tuple[int, str, str], list[str]] = {}
    for when, target in world.heard:
        _root, who, job, end = target.split("/")
        if job != "health":
            calls.setdefault(((when - START).days, who, job), []).append(end)
    return calls


def bad_hours(world: World) -> dict[tuple[int, str], int]:
    """How often health called that all is not well."""
    bad = [
        ((when - START).days, target.split("/")[1])
        for when, target in world.heard
        if target.endswith("/health/fail")
    ]
    return dict(Counter(bad))


def silent_hours(world: World, who: str) -> list[datetime]:
    """The hours in which nobody heard of an institution."""
    heard = {
        when.replace(minute=0, second=0) for when, target in world.heard if f"/{who}/" in target
    }
    hours = (START + timedelta(hours=hour) for hour in range(24 * NIGHTS))
    return [hour for hour in hours if hour not in heard]


def test_right_alarms_and_no_others(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    timetable, said = units(), dict[int, str]()
    for hour in range(24 * NIGHTS):
        world.now = START + timedelta(hours=hour)
        if trouble := TROUBLES.get((world.night, world.now.hour)):
            trouble(world)
        for unit in timetable:
            if unit.is_due(START + timedelta(hours=hour)):
                for who in (AONB, NLB):
                    world.run(who, unit)
        said[world.night] = said.get(world.night, "") + "".join(capsys.readouterr())
    first = {key: value for key, value in world.failed.items() if key[0] == 0}
    later = {key: value for key, value in world.failed.items() if key[0] != 0}
    assert first == {(0, AONB, "health"): {3}, (0, NLB, "health"): {3}}, "nothing had run before"
    assert later == ALARMS
    assert mails(world) == MAILS
    assert calls_of_jobs(world) == {
        (night, who, job): ["start", "fail" if (night, who, job) in ALARMS else "well"]
        for night in range(NIGHTS)
        for who in (AONB, NLB)
        for job in ("audit", "replicate")
    }
    assert bad_hours(world) == BAD_HOURS
    assert silent_hours(world, AONB) == []
    assert silent_hours(world, NLB) == [START + timedelta(days=3, hours=hour) for hour in DARK]
    assert [night for night in range(NIGHTS) if not said[night]] == [5], "others have news"
    assert "Traceback" not in "".join(said.values())
    assert (world.unwell(AONB), world.unwell(NLB)) == (set(), set())
    assert (world.place / AONB / "state" / "report.html").is_file()

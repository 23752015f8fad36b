"""The units that the manual gives: systemd takes them, and they leave a run little to break."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from preserva import config
from preserva.archive.archive import open_archive
from preserva.cli.main import main
from preserva.fixity.audit import audit
from preserva.outputs.health import health_metrics
from preserva.outputs.metrics import audit_metrics, replicate_metrics
from preserva.replication.replicate import replicate
from preserva.reporting.health import health
from tests.conftest import require

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
SERVICES = sorted(path.stem for path in DEPLOY.glob("*.service"))
TIMERS = [service for service in SERVICES if service != "preserva-web"]
RULES = (DEPLOY / "preserva.rules.yml").read_text("utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A computer on which the units are installed as the manual says."""
    units = tmp_path / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    for path in DEPLOY.glob("preserva-*"):
        if path.is_dir():
            shutil.copytree(path, units / path.name)
        else:
            shutil.copy(path, units)
    return tmp_path


def analyze(root: Path, *arguments: str) -> str:
    """What systemd-analyze says; it must end well."""
    require(shutil.which("systemd-analyze") is not None, "systemd-analyze is not installed")
    command = ["systemd-analyze", arguments[0], f"--root={root}", *arguments[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_there_is_a_service_and_a_timer_for_each_work_of_the_night() -> None:
    verbs = ["audit", "health", "ledger-backup", "receive", "replicate", "report"]
    assert [*(f"preserva-{verb}" for verb in verbs), "preserva-web"] == SERVICES
    assert sorted(path.stem for path in DEPLOY.glob("*.timer")) == TIMERS


@pytest.mark.parametrize("service", SERVICES)
def test_systemd_rates_the_service_as_hardened(service: str, root: Path) -> None:
    """By its own scale, on which an ordinary service has nine."""
    said = analyze(root, "security", "--offline=true", f"{service}.service")
    level = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert level is not None, said
    assert float(level[1]) < 2


@pytest.mark.parametrize("service", SERVICES)
def test_the_service_runs_commands_that_there_are(service: str) -> None:
    """With options that they have, quietly, and in nobody's name."""
    text = (DEPLOY / f"{service}.service").read_text("utf-8")
    lines = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert lines
    for line in lines:
        _is_a_command(line)
    shared = (DEPLOY / "preserva-.service.d" / "hardening.conf").read_text("utf-8")
    assert "Environment=PRESERVA_PERSON= " in shared


def _is_a_command(line: str) -> None:
    program, quiet, *words = shlex.split(line)
    assert (program, quiet) == ("/usr/bin/preserva", "--quiet")
    command: click.Command = main
    while isinstance(command, click.Group) and not words[0].startswith("-"):
        context = click.Context(command)
        below = command.get_command(context, words[0])
        assert below is not None, words
        command, words = below, words[1:]
    command.make_parser(click.Context(command)).parse_args(words)


@pytest.mark.parametrize("timer", TIMERS)
def test_the_timer_knows_when(timer: str) -> None:
    require(shutil.which("systemd-analyze") is not None, "systemd-analyze is not installed")
    text = (DEPLOY / f"{timer}.timer").read_text("utf-8")
    (when,) = re.findall(r"^OnCalendar=(.*)$", text, re.MULTILINE)
    command = ["systemd-analyze", "calendar", when]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Next elapse" in said.stdout
    assert "Persistent=yes" in text


def test_the_container_has_what_its_page_says() -> None:
    """The commands of the file name folders and files that are there."""
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    assert "--file docs/deploy/Containerfile" in text
    assert '"/source[staff]"' in text
    assert 'staff = ["' in (DEPLOY.parents[1] / "pyproject.toml").read_text("utf-8")


def test_the_alarms_fire_when_they_should_also_if_nothing_is_measured() -> None:
    """By the tests that lie beside them, which the program of Prometheus runs."""
    require(shutil.which("promtool") is not None, "promtool is not installed")
    command = ["promtool", "test", "rules", "preserva.rules.test.yml"]
    done = subprocess.run(command, cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alarms_are_about_metrics_that_are_written(three_books: Path) -> None:
    """Each name in a rule is in a file that a unit of the night writes, and each is tested."""
    with open_archive(three_books / config.NAME) as archive:
        audited = audit(archive)
        written = [
            health_metrics(health(archive), archive.clock()),
            audit_metrics(audited, archive.clock()),
            replicate_metrics(replicate(archive), archive.clock()),
        ]
    names = set(re.findall(r"^(preserva_\w+)", "".join(written), re.MULTILINE))
    named = set(re.findall(r"preserva_\w+", RULES.replace("preserva_rules", "")))
    assert named
    assert named <= names
    tests = (DEPLOY / "preserva.rules.test.yml").read_text("utf-8")
    for alarm in re.findall(r"alert: (\w+)", RULES):
        assert re.search(rf"{alarm}, exp_alerts: \[\{{", tests), alarm
        assert f"{alarm}, exp_alerts: []" in tests, alarm


def test_systemd_takes_the_units_of_the_pages(root: Path) -> None:
    """What the drop-in for them says comes after what is said for all; no word is unknown."""
    require(shutil.which("systemd-analyze") is not None, "systemd-analyze is not installed")
    program = root / "usr" / "bin" / "preserva"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    command = ["systemd-analyze", "verify", "--man=no", f"--root={root}"]
    done = subprocess.run(
        [*command, "preserva-web.socket", "preserva-web.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not re.search(r"Unknown|Failed to parse|Invalid", done.stderr), done.stderr
    shared, own = (
        sorted(path.name for path in (DEPLOY / f"{name}.service.d").iterdir())
        for name in ("preserva-", "preserva-web")
    )
    assert max(shared) < min(own)

"""A long run that a signal ends: what it had finished is printed and stays; the next goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preserva import config
from preserva.archive import fixity_events
from preserva.cli import stopping
from preserva.cli.main import VERBS, status_of
from preserva.cli.stopping import TerminatedError
from preserva.fixity import audit_run, validate
from preserva.replication import accession, rebuild_ledger, repair, replicate

Prepare = Callable[[Path], None]


def _nothing(_place: Path) -> None:
    """Everything is there."""


def _damage_two(place: Path) -> None:
    """A page of two books in the replica, which an audit found."""
    for name in ("kp-0", "kp-1"):
        page = next((place / "storages/nlb-copy/ocfl").rglob(f"urn*{name}/v1/**/data/*1.tif"))
        page.chmod(0o644)
        page.write_bytes(page.read_bytes()[:-1] + b"!")
    assert status_of(["audit", "--event", "nlb-copy"]) == 1


def _lose_replica(place: Path) -> None:
    shutil.rmtree(place / "storages" / "nlb-copy")


def _lose_ledger(place: Path) -> None:
    for path in place.glob("ledger.sqlite*"):
        path.unlink()


def _new_replica(place: Path) -> None:
    with (place / config.NAME).open("a", encoding="utf-8") as file:
        file.write(
            '\n[storages.third]\ninstitution = "nlb"\nurl = "storages/third"\nrole = "replica"\n'
        )
    assert status_of(["init"]) == 0


def _hold_for_others(place: Path) -> None:
    """What is in the replica of another archive, as its keeper sees it."""
    text = (place / config.NAME).read_text("utf-8")
    text = text.replace('institution = "aonb"        #', 'institution = "nlb"        #', 1)
    main, held = text.index("[storages.aonb-main]"), text.index("[storages.nlb-copy]")
    text = (
        f'{text[:main]}[storages.main]\ninstitution = "nlb"\nurl = "own"\nrole = "primary"\n'
        + text[held:].replace('role = "replica"', 'role = "held"', 1)
    )
    (place / config.NAME).write_text(text, "utf-8")
    _lose_ledger(place)
    assert status_of(["init"]) == 0


CASES = [
    (["audit", "--event", "aonb-main"], audit_run, "record_check", _nothing, 0),
    (["replicate"], replicate._Replicating, "run", _new_replica, 0),
    (["repair", "--apply"], repair.CopyRepair, "apply", _damage_two, 0),
    (["rebuild", "storage", "nlb-copy"], repair.CopyRepair, "apply", _lose_replica, 0),
    (["rebuild", "ledger"], rebuild_ledger._Objects, "read", _lose_ledger, 0),
    (["receive"], accession, "_receive", _hold_for_others, 0),
    (["validate", "kp-0", "kp-1"], validate, "prove_ledger", _nothing, 0),
]
"""Of each verb: where it is stopped, what is done before, and how the next run ends."""


@pytest.mark.parametrize("signal", [KeyboardInterrupt, TerminatedError])
@pytest.mark.parametrize(
    ("command", "owner", "name", "prepare", "ended"), CASES, ids=[" ".join(c[0]) for c in CASES]
)
def test_what_is_finished_is_printed_and_the_next_run_goes_on(
    signal: type[BaseException],
    command: list[str],
    owner: Any,
    name: str,
    prepare: Prepare,
    ended: int,
    three_books: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(three_books)
    monkeypatch.delenv("PRESERVA_CONFIG", raising=False)
    prepare(three_books)
    capsys.readouterr()
    calls = 0
    original = getattr(owner, name)

    def stopped(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise signal
        return original(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, stopped)
        assert status_of(command) == (130 if signal is KeyboardInterrupt else 143)
    seen = capsys.readouterr()
    assert "kp-" in seen.out, "the result that was there is printed"
    verb = " ".join(command[:2]) if command[0] == "rebuild" else command[0]
    assert seen.err.strip().splitlines()[-1] == stopping.when_stopped(
        verb, _finished(command), terminated=signal is TerminatedError
    )
    assert status_of(command) == ended, capsys.readouterr()
    assert status_of(["ledger", "verify"]) == 0
    if prepare is not _hold_for_others:
        assert status_of(["validate", "kp-0", "kp-1", "kp-2"]) == 0


def _finished(command: list[str]) -> int:
    """How many results the first call gives: a validation, one for each copy."""
    return 2 if command[0] == "validate" else 1


def test_every_verb_that_is_named_exists() -> None:
    names = {verb.split()[0] for verb in stopping._NEXT}
    assert names <= set(VERBS)


def test_a_programme_is_told_nothing_before_the_end(
    three_books: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A document is whole or not there at all."""
    monkeypatch.chdir(three_books)
    original, calls = fixity_events.record_check, 0

    def stopped(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return original(*arguments, **options)

    monkeypatch.setattr(audit_run, "record_check", stopped)
    assert status_of(["audit", "--json"]) == 130
    assert capsys.readouterr().out == ""

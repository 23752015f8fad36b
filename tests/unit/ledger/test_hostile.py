"""Ledgers of others: a whole chain whose entries are not what entries must be."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preserva.cli.main import status_of
from preserva.config import NAME
from preserva.core.formats.canonical_json import canonical
from preserva.core.values.model import PackageId
from preserva.errors import LedgerError
from preserva.fixity.validate import validate_stored
from preserva.ledger import Ledger
from tests.support.books import an_archive, replicated

ID = PackageId("aonb", "kp-7")
Body = dict[str, Any]


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> list[Body]:
    """The entries of an archive: ingested, replicated, verified, checked twice."""
    place = replicated(tmp_path_factory.mktemp("place"), ID)
    with an_archive(place) as archive:
        validate_stored(archive, ID)
        return [json.loads(body) for body in archive.ledger.bodies()]


def chained(bodies: list[Body]) -> list[bytes]:
    """The entries as a chain, whatever is in them."""
    previous, lines = "", []
    for body in bodies:
        whole = {**body, "previous": previous}
        try:
            line = canonical(whole)
        except ValueError:  # it has no canonical form
            line = json.dumps(whole).encode()
        previous = hashlib.sha256(line).hexdigest()
        lines.append(line)
    return lines


CHANGES: dict[str, Callable[[Body], object]] = {
    "no facts": lambda body: body.pop("facts"),
    "facts as a list": lambda body: body.update(facts=[]),
    "a fact of another type": lambda body: body["facts"].update(inventory=1, findings={}),
    "a fact that is missing": lambda body: body.update(facts={}),
    "a number as text": lambda body: body.update(number=str(body["number"])),
    "a time as a number": lambda body: body.update(time=1),
    "a time that is none": lambda body: body.update(time="tomorrow"),
    "a time without its zone": lambda body: body.update(time="2026-11-23T10:00:00"),
    "a package that is none": lambda body: body.update(package="../../etc"),
    "a package as a list": lambda body: body.update(package=["x"]),
    "a version that is none": lambda body: body.update(version="v1/../.."),
    "a type as null": lambda body: body.update(type=None),
    "a lone surrogate": lambda body: body.update(storage="\ud800"),
    "bytes below nothing": lambda body: body["facts"].update(bytes=-1),
    "bytes beyond all": lambda body: body["facts"].update(bytes=10**30),
}


@pytest.mark.parametrize(
    ("change", "type_"),
    [
        (change, type_)
        for change in sorted(CHANGES)
        for type_ in ("ingestion end", "fixity check")
        # checks see strangers, too
        if (change, type_) != ("a package that is none", "fixity check")
    ],
)
def test_what_is_no_entry_is_not_taken_over(
    change: str, type_: str, bodies: list[Body], tmp_path: Path
) -> None:
    """All of the copy or none; the error is one of ours, and the ledger stays empty."""
    changed = json.loads(json.dumps(bodies))
    CHANGES[change](next(body for body in changed if body["type"] == type_))
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(LedgerError):
        ledger.adopt(chained(changed))
    assert ledger.size == 0
    ledger.adopt(chained(bodies))
    assert (ledger.size, ledger.verify_copies()) == (len(bodies), [])
    ledger.close()


def test_an_entry_of_a_type_of_a_later_version_is_taken_over(
    bodies: list[Body], tmp_path: Path
) -> None:
    """Its facts may be anything; nobody here asks for them."""
    later = {**bodies[-1], "number": len(bodies) + 1, "type": "disposal", "facts": {"x": [1]}}
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.adopt(chained([*bodies, later]))
    assert (ledger.verify(), ledger.verify_copies()) == ([], [])
    ledger.close()


def test_json_without_end_is_no_entry(tmp_path: Path) -> None:
    """Nesting that would end the interpreter."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(LedgerError):
        ledger.adopt([b'{"facts":' + b"[" * 30_000 + b"]" * 30_000 + b"}"])
    ledger.close()


@pytest.mark.parametrize(
    "verb",
    [
        "validate aonb-kp-7",
        "audit --event nlb-copy",
        "repair aonb-kp-7",
        "replicate",
        "report aonb-kp-7",
        "export aonb-kp-7 out",
    ],
)
def test_a_ledger_that_fits_no_type_ends_with_5_and_never_with_a_traceback(
    verb: str,
    bodies: list[Body],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was written with a whole chain, by whoever could write the file."""
    place = replicated(tmp_path, ID)
    monkeypatch.chdir(place)
    connection = sqlite3.connect(place / "ledger.sqlite", isolation_level=None)
    connection.execute("DROP TRIGGER never_changed")
    changed = json.loads(json.dumps(bodies))
    for body in changed:
        body["facts"] = {name: [value] for name, value in body["facts"].items()}
    connection.execute("DROP TRIGGER never_deleted")
    connection.execute("DELETE FROM entry")
    for line in chained(changed):
        body = json.loads(line)
        digest = hashlib.sha256(line).hexdigest()
        about = (body["number"], body["type"], body["package"], body["storage"])
        connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", (*about, line, digest))
    connection.close()
    status = status_of(["--config", NAME, *verb.split(), "--lang", "en"])
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert (status, "cannot be read" in error) == (5, True)

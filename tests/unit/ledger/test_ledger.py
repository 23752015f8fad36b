"""The ledger: what is acknowledged stays, what is changed shows."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.core.formats.canonical_json import Value, canonical
from preserva.core.policy.judgement import State
from preserva.core.values.facts import Arrival, Check, DecisionTaken, RecordedFinding
from preserva.errors import LedgerError
from preserva.ledger import LARGEST_ENTRY, Ledger, LedgerEntry

TIME = "2026-11-23T10:00:00+00:00"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger with three entries."""
    opened = Ledger(tmp_path / "ledger.sqlite")
    for number in range(3):
        opened.append(
            "ingestion end",
            time=TIME,
            outcome="success",
            package=f"urn:{number}",
            storage="main",
            version="v1",
            facts=Arrival(inventory="ab", files=number),
        )
    yield opened
    opened.close()


def test_entries_come_back_as_they_were_written(ledger: Ledger) -> None:
    """In order, and filtered."""
    assert [(one.number, one.package, one.facts["files"]) for one in ledger.entries()] == [
        (1, "urn:0", 0),
        (2, "urn:1", 1),
        (3, "urn:2", 2),
    ]
    assert [one.number for one in ledger.entries(package="urn:1", types=("ingestion end",))] == [2]
    last = ledger.last(storage="main")
    assert last is not None and last.number == 3
    assert ledger.last(package="urn:1", storage="elsewhere") is None


def test_the_chain_verifies_and_is_chained(ledger: Ledger) -> None:
    """Each entry holds the digest of the one before."""
    assert ledger.verify() == []


def test_entries_cannot_be_changed_or_deleted_by_sql(ledger: Ledger, tmp_path: Path) -> None:
    """Not even by a careless hand."""
    raw = sqlite3.connect(tmp_path / "ledger.sqlite")
    for statement in ("UPDATE entry SET package = 'x'", "DELETE FROM entry"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    raw.close()


@pytest.mark.parametrize(
    ("statement", "problems"),
    [
        (
            "UPDATE entry SET body = CAST(replace(body, '1', '9') AS BLOB) WHERE number = 2",
            ["2 was changed"],
        ),
        ("UPDATE entry SET package = 'urn:9' WHERE number = 2", ["2 was changed"]),
        ("DELETE FROM entry WHERE number = 2", ["2 is missing"]),
        ("DELETE FROM entry WHERE number = 1", ["1 is missing"]),
        ("DELETE FROM entry WHERE number = 3", []),
    ],
)
def test_tampering_shows(
    ledger: Ledger, tmp_path: Path, statement: str, problems: list[str]
) -> None:
    """Except at the very end, which only a copy kept elsewhere can show."""
    raw = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    raw.execute("DROP TRIGGER never_changed")
    raw.execute("DROP TRIGGER never_deleted")
    raw.execute(statement)
    raw.close()
    assert ledger.verify() == [f"entry {one}" for one in problems]


def test_a_forged_entry_breaks_the_chain(ledger: Ledger, tmp_path: Path) -> None:
    """One that is whole in itself, but was never followed by the next."""
    raw = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    (body,) = raw.execute("SELECT body FROM entry WHERE number = 2").fetchone()
    forged = body.replace(b"success", b"fail")
    raw.execute("DROP TRIGGER never_changed")
    raw.execute(
        "UPDATE entry SET body = ?, digest = ? WHERE number = 2",
        (forged, hashlib.sha256(forged).hexdigest()),
    )
    raw.close()
    assert ledger.verify() == ["entry 3 does not follow the one before"]


def test_an_entry_is_never_too_large(ledger: Ledger) -> None:
    """So that it can be published one day; nothing is written."""
    with pytest.raises(LedgerError, match="too large"):
        ledger.append(
            "x", time=TIME, outcome="success", facts=DecisionTaken(1, "x", "x" * LARGEST_ENTRY)
        )
    assert len(list(ledger.entries())) == 3


def test_a_newer_ledger_is_not_touched(tmp_path: Path) -> None:
    """Its meaning is not known here."""
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.commit()
    raw.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="newer") as refused:
        Ledger(path)
    assert "Install the version of preserva that wrote it" in (refused.value.advice() or "")
    assert path.read_bytes() == before


def test_a_ledger_of_the_first_format_becomes_one_of_todays(ledger: Ledger, tmp_path: Path) -> None:
    """Its entries stay, byte for byte, and what is kept of the copies is made of them."""
    ledger.append("fixity check", time=TIME, outcome="fail", package="urn:1", storage="main",
                  facts=Check(size=7))  # fmt: skip
    bodies = list(ledger.bodies())
    raw = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    for statement in ("DROP TABLE copy", "DROP TABLE newest", "PRAGMA user_version = 1"):
        raw.execute(statement)
    raw.close()
    newer = Ledger(tmp_path / "ledger.sqlite")
    assert list(newer.bodies()) == bodies
    assert (newer.verify(), newer.verify_copies()) == ([], [])
    assert newer.copies.packages("main") == ["urn:0", "urn:1", "urn:2"]
    assert newer.copies.damaged("main") == ["urn:1"]
    newer.close()
    kept = sqlite3.connect(tmp_path / "ledger.sqlite.format-1")
    assert kept.execute("PRAGMA user_version").fetchone() == (1,)
    assert [row[0] for row in kept.execute("SELECT body FROM entry ORDER BY number")] == bodies
    kept.close()


OF_FORMAT_2 = """
    DROP TABLE copy;
    CREATE TABLE copy (id INTEGER PRIMARY KEY, storage TEXT NOT NULL, package TEXT NOT NULL,
        arrival INTEGER, attempt INTEGER, checked INTEGER, outcome TEXT, size INTEGER,
        unread INTEGER NOT NULL DEFAULT 0, UNIQUE (storage, package)) STRICT;
    CREATE INDEX due ON copy (storage, unread, checked, package, size) WHERE arrival IS NOT NULL;
    CREATE INDEX damaged ON copy (storage, package) WHERE outcome = 'fail';
    PRAGMA user_version = 2;
"""


def test_a_ledger_of_the_second_format_is_summed_up_anew(ledger: Ledger, tmp_path: Path) -> None:
    """Since when a copy is in trouble is known from its entries, however old they are."""
    ledger.append("replication", time=TIME, outcome="success", package="urn:1", storage="main",
                  version="v3")  # fmt: skip
    first = ledger.append("fixity check", time=TIME, outcome="fail", package="urn:1",
                          storage="main", facts=Check(size=7))  # fmt: skip
    bodies = list(ledger.bodies())
    raw = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    raw.executescript(OF_FORMAT_2)
    raw.close()
    newer = Ledger(tmp_path / "ledger.sqlite")
    assert list(newer.bodies()) == bodies
    assert (newer.verify(), newer.verify_copies()) == ([], [])
    (trouble,) = newer.copies.troubled()
    assert (trouble.package, trouble.version, trouble.trouble, trouble.problem, trouble.seen) == (
        "urn:1",
        3,
        State.DAMAGED,
        first.number,
        1,
    )
    newer.close()


def check(
    ledger: Ledger, outcome: str, package: str | None = "urn:1", facts: Check | None = None
) -> LedgerEntry:
    """A check of a copy in the storage main, or of the storage itself."""
    return ledger.append(
        "fixity check", time=TIME, outcome=outcome, package=package, storage="main",
        facts=facts or Check(size=7),
    )  # fmt: skip


def test_only_what_proves_it_ends_a_trouble(ledger: Ledger) -> None:
    """Damage outlasts a check that came to no end, a storage that is away one that read nothing."""
    away = check(ledger, "unknown", None)
    check(ledger, "unknown")
    assert [(one.package, one.trouble) for one in ledger.copies.troubled()] == [
        ("", State.UNREACHABLE),
        ("urn:1", State.UNREAD),
    ]
    damaged = check(ledger, "fail")
    check(ledger, "unknown")
    (trouble,) = ledger.copies.troubled()
    assert (trouble.trouble, trouble.seen) == (State.DAMAGED, 3)
    assert away.number < (trouble.problem or 0) < damaged.number
    ledger.append(
        "incident decision", time=TIME, outcome="success", package="urn:1", storage="main",
        facts=DecisionTaken(trouble.problem or 0, "me", "rescan"),
    )  # fmt: skip
    assert [one.decided for one in ledger.copies.troubled()] == [True]
    check(ledger, "success")
    assert ledger.copies.troubled() == []
    check(ledger, "fail")
    assert [(one.seen, one.decided) for one in ledger.copies.troubled()] == [(1, False)]
    assert ledger.verify_copies() == []


@pytest.mark.parametrize(
    ("path", "state"), [("main", State.MISSING), (None, State.MISSING), ("v2", State.DAMAGED)]
)
def test_a_copy_that_is_gone_is_missing_and_due(
    ledger: Ledger, path: str | None, state: State
) -> None:
    """One that only lacks a version is damaged; what was seen in passing is to be read."""
    check(ledger, "success")
    facts = Check((RecordedFinding("E302", path),), size=7, extent="inventory")
    check(ledger, "fail", facts=facts)
    (trouble,) = ledger.copies.troubled()
    assert (trouble.trouble, trouble.checked, trouble.size) == (state, None, 7)


def test_what_becomes_known_is_in_trouble_no_more(ledger: Ledger) -> None:
    """An object that nobody had recorded, and then somebody does."""
    check(ledger, "unknown", "urn:9", Check(size=7, extent="listing"))
    assert [one.trouble for one in ledger.copies.of("urn:9")] == [State.UNRECORDED]
    ledger.append("replication", time=TIME, outcome="success", package="urn:9", storage="main",
                  version="v1")  # fmt: skip
    assert [(one.trouble, one.version) for one in ledger.copies.of("urn:9")] == [(None, 1)]
    assert ledger.verify_copies() == []


@pytest.mark.parametrize(
    ("statement", "about"),
    [
        ("UPDATE copy SET checked = 1 WHERE package = 'urn:1'", ["main: urn:1"]),
        ("DELETE FROM copy WHERE package = 'urn:2'", ["main: urn:2"]),
        ("UPDATE copy SET version = 2 WHERE package = 'urn:0'", ["main: urn:0"]),
        ("INSERT INTO copy (storage, package) VALUES ('other', 'urn:2')", ["other: urn:2"]),
        ("UPDATE newest SET number = 1", ["ingestion end"]),
    ],
)
def test_what_is_kept_of_the_copies_is_held_against_the_entries(
    ledger: Ledger, tmp_path: Path, statement: str, about: list[str]
) -> None:
    """Else a copy could be hidden from every audit; it is made anew from the entries alone."""
    raw = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    raw.execute(statement)
    raw.close()
    assert ledger.verify() == []
    assert [problem.split(" does not ")[0] for problem in ledger.verify_copies()] == [
        f"the ledger's summary of {name}" for name in about
    ]
    ledger.reindex()
    assert (ledger.verify(), ledger.verify_copies()) == ([], [])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ingestion end", "replication", "fixity check", "deletion"]),
            st.sampled_from(["success", "fail", "unknown"]),
            st.sampled_from(["urn:1", "urn:2", None]),
            st.sampled_from(["main", "other", None]),
        ),
        max_size=25,
    )
)
def test_what_is_kept_of_the_copies_is_what_the_entries_say(
    tmp_path_factory: pytest.TempPathFactory,
    done: list[tuple[str, str, str | None, str | None]],
) -> None:
    """Whatever was done: the newest of each kind, found by reading all entries."""
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "ledger.sqlite")
    for type_, outcome, package, storage in done:
        ledger.append(type_, time=TIME, outcome=outcome, package=package, storage=storage,
                      facts=Check(size=1))  # fmt: skip
    assert ledger.verify_copies() == []
    for type_ in {one[0] for one in done}:
        assert ledger.newest(type_) == list(ledger.entries(types=(type_,)))[-1]
    for storage in ("main", "other"):
        entries = list(ledger.entries(storage=storage))
        ended = {
            one.package: one.outcome
            for one in entries
            if one.type == "fixity check" and one.outcome != "unknown" and one.package
        }
        assert ledger.copies.damaged(storage) == sorted(
            package for package, outcome in ended.items() if outcome == "fail"
        )
        assert set(ledger.copies.packages(storage)) == {
            one.package
            for one in entries
            if one.type in {"ingestion end", "replication"} and one.outcome == "success"
        } - {None}
    ledger.close()


def test_what_is_no_ledger_is_said_to_be_none(tmp_path: Path) -> None:
    """And stays as it is."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(LedgerError, match="cannot be used"):
        Ledger(path)
    assert path.read_bytes() == b"not a database" * 100


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [True, None, "é\n"]}, '{"a":[true,null,"é\\n"],"b":1}'),
        ({"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'),
        ('\x0f\u20ac/"\\', '"\\u000f\u20ac/\\"\\\\"'),
    ],
)
def test_canonical_json_follows_rfc_8785(value: Value, expected: str) -> None:
    """Member names by UTF-16 code units, the shortest escapes."""
    assert canonical(value).decode() == expected


@pytest.mark.parametrize("value", [2**53, {"a": 1.5}, "\ud800"])
def test_what_readers_would_not_agree_on_is_refused(value: Value) -> None:
    """Large numbers, fractions, lone surrogates."""
    with pytest.raises(ValueError):
        canonical(value)


values: st.SearchStrategy[Value] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
)


@given(values)
def test_canonical_json_is_json(value: Value) -> None:
    """Nothing is lost."""
    import json

    assert json.loads(canonical(value)) == value

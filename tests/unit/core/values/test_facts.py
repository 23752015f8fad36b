"""The facts of entries have types; what others wrote fits them or is refused by name."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import preserva
from preserva.core.formats.canonical_json import Value, canonical
from preserva.core.values.codes import Code
from preserva.core.values.fact import Facts, RawFacts
from preserva.core.values.facts import (
    BY_TYPE,
    Arrival,
    BagMade,
    Check,
    DecisionRequest,
    DecisionStep,
    DecisionTaken,
    EventFound,
    EventLog,
    Export,
    IdentityLearned,
    LedgerIdentity,
    Logged,
    Notification,
    Rebuilt,
    RecordedFinding,
    Recovery,
    RecoveryStart,
    RelationStated,
    Removal,
    Verification,
    Withdrawal,
    named_paths,
    recorded,
)
from preserva.core.values.report import BookPage, Finding
from preserva.i18n import use_language

UNREAD = Code.UNREADABLE.message
UNREAD_RU = "не удалось прочитать, поэтому о нём ничего не известно"

WRITTEN: list[tuple[RawFacts, Facts]] = [
    (
        {
            "inventory": "ab",
            "tag_manifests": {"tagmanifest-sha512.txt": "cd"},
            "event": "e",
            "premis_sha256": "ef",
            "files": 26,
            "bytes": 78282,
        },
        Arrival(
            inventory="ab",
            tag_manifests={"tagmanifest-sha512.txt": "cd"},
            event="e",
            sha256="ef",
            files=26,
            size=78282,
        ),
    ),
    (
        {"inventory": "ab", "tag_manifests": {}, "rebuilt": 2},
        Arrival(inventory="ab", tag_manifests={}, rebuilt=2),
    ),
    (
        {"inventory": "ab", "from": "main", "logs": ["x"], "event": "e", "premis_sha256": "ef"},
        Arrival(inventory="ab", source="main", carried=("x",), event="e", sha256="ef"),
    ),
    ({"ledger": "l", "replaces": []}, LedgerIdentity("l", ())),
    ({"id": "s"}, IdentityLearned("s")),
    ({"incidents": [3], "person": "ivanova"}, Notification((3,), person="ivanova")),
    (
        {
            "kind": "repair",
            "reason": "r",
            "terms": {"from": "main"},
            "expires": "2026-12-23T10:00:00+00:00",
            "person": "ivanova",
        },
        DecisionRequest(
            "repair",
            "r",
            {"from": "main"},
            datetime(2026, 12, 23, 10, tzinfo=UTC),
            person="ivanova",
        ),
    ),
    ({"decision": 7, "reason": "r"}, DecisionStep(7, "r")),
    (
        {
            "reason": "r",
            "decision": 7,
            "requested_by": "ivanova",
            "confirmed_by": "petrov",
            "before": 3,
        },
        Withdrawal("r", 7, "ivanova", "petrov").following(3),
    ),
    ({"reason": "r", "undone": True}, Withdrawal("r", undone=True)),
    (
        {"decision": 7, "tombstone": "t", "inventories": {"v1": "ab"}, "files": 2, "bytes": 9},
        Removal(decision=7, tombstone="t", inventories={"v1": "ab"}, files=2, size=9),
    ),
    (
        {"kind": "replaces", "other": "urn:preserva:aonb:x", "reason": "r", "before": 3},
        RelationStated("replaces", "urn:preserva:aonb:x", "r", before=3),
    ),
    (
        {"inventory": "ab", "pages": 3, "reason": "r"},
        Arrival(inventory="ab", pages=3, reason="r"),
    ),
    ({"what": "DIP", "to": "NLB", "reason": "r"}, Export("DIP", "NLB", "r")),
    (
        {"inventory": "ab", "after_interruption": True},
        Arrival(inventory="ab", after_interruption=True),
    ),
    (
        {"findings": [{"code": "U103", "path": None}]},
        Check(findings=(RecordedFinding("U103", None),)),
    ),
    (
        {
            "bytes": 7,
            "files": 2,
            "findings": [{"code": "E203", "path": "v1/a"}],
            "more_findings": 3,
            "first_reading": [{"code": "E203", "path": "v1/a", "page": 6, "page_label": "стр. 4"}],
            "newest": "v1",
            "inventory": "ab",
            "begun": "2026-11-23T10:00:00+00:00",
            "milliseconds": 5,
            "event": "e",
            "institution": "aonb",
            "software": "0.1.0",
            "premis_sha256": "ef",
            "extent": "inventory",
        },
        Check(
            size=7,
            files=2,
            findings=(RecordedFinding("E203", "v1/a"),),
            more=3,
            first_reading=(RecordedFinding("E203", "v1/a", None, None, 6, "стр. 4"),),
            newest="v1",
            inventory="ab",
            begun=datetime(2026, 11, 23, 10, tzinfo=UTC),
            milliseconds=5,
            event="e",
            institution="aonb",
            software="0.1.0",
            sha256="ef",
            extent="inventory",
        ),
    ),
    (
        {"event": "e", "premis_sha256": "ef", "storages": ["main", "copy"]},
        EventFound(event="e", sha256="ef", storages=("main", "copy")),
    ),
    (
        {
            "event": "e",
            "from": None,
            "quarantine": None,
            "aside": [],
            "more_aside": 0,
            "put": ["v1/a"],
            "more_put": 1,
        },
        RecoveryStart("e", None, None, (), 0, ("v1/a",), 1),
    ),
    ({"event": "e"}, Recovery(event="e")),
    (
        {"event": "e", "premis_sha256": "ef", "from": "main"},
        Recovery(event="e", sha256="ef", source="main"),
    ),
    ({"entries": 12}, Verification(12)),
    ({"incident": 3, "by": "Анна", "decision": "rescan"}, DecisionTaken(3, "Анна", "rescan")),
    ({"incidents": [3, 5]}, Notification((3, 5))),
    (
        {"storages": ["main"], "restored": 0, "lost": [], "from": None, "newest": None},
        Rebuilt(("main",), 0, None, None, ()),
    ),
    (
        {"tag_manifests": {"tagmanifest-sha512.txt": "cd"}},
        BagMade({"tagmanifest-sha512.txt": "cd"}),
    ),
]
"""What ledgers hold, with the value that it is."""


@pytest.mark.parametrize(("facts", "value"), WRITTEN)
def test_what_a_ledger_holds_is_read_and_written_alike(facts: RawFacts, value: Facts) -> None:
    """Byte for byte; a fact of a later version is passed over."""
    assert type(value).from_facts(facts) == value
    assert canonical(value.to_facts()) == canonical(facts)
    assert type(value).from_facts({**facts, "of a later version": [1]}) == value


@pytest.mark.parametrize(
    ("kind", "facts", "name"),
    [
        (Arrival, {}, "inventory"),
        (Arrival, {"inventory": None}, "inventory"),
        (Arrival, {"inventory": 1}, "inventory"),
        (Arrival, {"inventory": "ab", "tag_manifests": ["x"]}, "tag_manifests"),
        (Arrival, {"inventory": "ab", "tag_manifests": {"x": 1}}, "tag_manifests"),
        (Arrival, {"inventory": "ab", "logs": "abc"}, "logs"),
        (Arrival, {"inventory": "ab", "logs": [{}]}, "logs"),
        (Arrival, {"inventory": "ab", "after_interruption": 1}, "after_interruption"),
        (Check, {"bytes": -1}, "bytes"),
        (Check, {"bytes": True}, "bytes"),
        (Check, {"bytes": 2**53}, "bytes"),
        (Check, {"begun": "yesterday"}, "begun"),
        (Check, {"begun": "2026-11-23T10:00:00"}, "begun"),
        (Check, {"findings": [1]}, "findings"),
        (Check, {"findings": [{"code": None, "path": None}]}, "findings"),
        (EventFound, {"event": "e", "premis_sha256": "ef"}, "storages"),
        (RecoveryStart, {"event": "e", "from": None, "quarantine": None}, "aside"),
        (Recovery, {"event": []}, "event"),
        (Verification, {"entries": "12"}, "entries"),
        (Notification, {"incidents": [1, None]}, "incidents"),
    ],
)
def test_what_does_not_fit_is_named(kind: type[Facts], facts: RawFacts, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}$"):
        kind.from_facts(facts)


_anything: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "path", "page"]), inner, max_size=3)
    ),
)
_NAMES = sorted({name for facts, _value in WRITTEN for name in facts})


@given(st.dictionaries(st.sampled_from(_NAMES), _anything), st.sampled_from(sorted(BY_TYPE)))
def test_hostile_facts_fit_or_are_refused(facts: dict[str, Value], type_: str) -> None:
    """And what fits is written again and read as the same."""
    try:
        value = BY_TYPE[type_].from_facts(facts)
    except ValueError as error:
        assert str(error) in _NAMES
    else:
        assert BY_TYPE[type_].from_facts(value.to_facts()) == value


def test_the_storages_that_keep_the_record_of_an_event() -> None:
    """Besides the one that the entry is about; without a digest there is no record."""
    arrival = Arrival(inventory="ab", source="main", event="e", sha256="ef")
    assert (arrival.log, arrival.storages_beside) == (EventLog("e", "ef"), ("main",))
    assert (Recovery(event="e").log, Recovery(event="e").storages_beside) == (None, ())
    found = EventFound(event="e", sha256="ef", storages=("main", "copy"))
    assert (found.log, found.storages_beside) == (EventLog("e", "ef"), ("main", "copy"))
    assert Logged().log is None


def test_a_finding_is_kept_with_its_page_and_what_was_seen() -> None:
    """Its texts are printable, cut, and in English; it is shown in the reader's language."""
    use_language("ru")
    try:
        finding = Finding(Code.UNREADABLE, "v1/a\n", seen="x" * 400, page=BookPage(6, "стр. 4"))
        kept = RecordedFinding.of(finding)
        assert kept.message() == f"U101 страница 6 (стр. 4), v1/a\\n: {UNREAD_RU}"
        assert RecordedFinding("E999", "v1/a", page_number=6).message() == ("E999 страница 6, v1/a")
    finally:
        use_language("en")
    assert kept == RecordedFinding("U101", "v1/a\\n", None, "x" * 300, 6, "стр. 4")
    assert kept.message() == f"U101 page 6 (стр. 4), v1/a\\n: {UNREAD}"
    assert RecordedFinding("E203", None).place() == "E203"


def test_an_entry_has_room_for_what_is_named() -> None:
    """However long paths and digests are: what is not named is counted by whoever records it."""
    long = Finding(
        Code.DIGEST_MISMATCH, "ж" * 400, "0" * 128, "1" * 128, page=BookPage(1, "я" * 400)
    )
    short = Finding(Code.DIGEST_MISMATCH, "a")
    assert 5 < len(recorded([long] * 60)) < 20
    assert len(canonical([finding.to_facts() for finding in recorded([long] * 60)])) < 25_000
    assert len(recorded([short] * 60)) == 50
    assert named_paths(["a"] * 60) == (("a",) * 50, 10)
    named, more = named_paths(["ж" * 400] * 60)
    assert 20 < len(named) < 40 and len(named) + more == 60


def test_no_fact_is_taken_by_its_name_anywhere_else() -> None:
    """The names are those of one module; others ask for the type."""
    by_name = re.compile(r"\bfacts(\[\"|\.get\()")
    own = Path(preserva.__file__).parent
    assert [
        path.name
        for path in sorted(own.rglob("*.py"))
        if path.parent.name != "on_disk"  # programs for readers who have no preserva
        and by_name.search(path.read_text("utf-8"))
        and path.relative_to(own).parts[0] in _ROOMS_OF_THE_LEDGER
    ] == []


_ROOMS_OF_THE_LEDGER = {
    "access",
    "archive",
    "fixity",
    "ledger",
    "outputs",
    "replication",
    "reporting",
}

"""Who acts: where the person comes from, and where they are recorded."""

from __future__ import annotations

import getpass
import json
from io import BytesIO
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.acting import VARIABLE, acting_person
from preserva.archive.archive import ArchivalStorage, open_archive
from preserva.archive.ledger_proof import verify_ledger
from preserva.core.eark.person import person_of
from preserva.core.eark.premis_read import AgentFacts, read_events, read_premis
from preserva.core.eark.vocabulary import AgentType
from preserva.core.values.model import PackageId
from preserva.core.values.people import Person
from preserva.errors import ConfigError, LedgerError, UsageError
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.ledger import Ledger
from preserva.replication.replicate import replicate
from tests.support.books import an_archive, make_book

PEOPLE = {
    "ivanova": Person("ivanova", "И. И. Иванова", "i.ivanova"),
    "petrov": Person("petrov", None, "petrov"),
}
BOOK = PackageId("aonb", "kp-7")
SECTION = """
[people.ivanova]
name = "И. И. Иванова"
[people.petrov]
"""


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nobody is named but by the login."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(getpass, "getuser", lambda: "i.ivanova")
    return monkeypatch


def test_a_name_comes_before_the_environment_before_the_login(login: pytest.MonkeyPatch) -> None:
    assert acting_person(PEOPLE) == "ivanova"
    login.setenv(VARIABLE, "petrov")
    assert acting_person(PEOPLE) == "petrov"
    assert acting_person(PEOPLE, "ivanova") == "ivanova"
    login.setenv(VARIABLE, "")
    assert acting_person(PEOPLE) is None
    assert acting_person(PEOPLE, "") is None


def test_without_a_list_the_login_is_the_person(login: pytest.MonkeyPatch) -> None:
    assert acting_person({}) == "i.ivanova"
    assert acting_person({}, "anna@example.org") == "anna@example.org"
    login.setattr(getpass, "getuser", lambda: "some body")
    assert acting_person({}) is None


def test_with_a_list_another_login_is_nobody_and_another_name_is_refused(
    login: pytest.MonkeyPatch,
) -> None:
    login.setattr(getpass, "getuser", lambda: "backup")
    assert acting_person(PEOPLE) is None
    with pytest.raises(
        UsageError, match=r"sidorov is not in \[people\]; known ones: ivanova, petrov"
    ):
        acting_person(PEOPLE, "sidorov")
    with pytest.raises(UsageError, match="cannot be the code of a person"):
        acting_person({}, "И. Иванова")


def test_an_account_without_a_name_is_nobody(login: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise KeyError

    login.setattr(getpass, "getuser", none)
    assert acting_person({}) is None


def test_people_are_read_from_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / config.NAME
    path.write_text(config.TEMPLATE + SECTION, encoding="utf-8")
    assert config.load(path).people == {
        "ivanova": Person("ivanova", "И. И. Иванова", "ivanova"),
        "petrov": Person("petrov", None, "petrov"),
    }
    path.write_text(config.TEMPLATE + '[people."an na"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="an na"):
        config.load(path)


def _open(place: Path, person: str) -> ArchivalStorage:
    return open_archive(place / config.NAME, person=person)


def _made(tmp_path: Path) -> Path:
    """An archive in which ivanova packaged a book and petrov replicated it."""
    record = make_book(tmp_path / "book")
    place = tmp_path / "archive"
    with an_archive(place):
        pass
    with _open(place, "ivanova") as archive:
        package(tmp_path / "book", record, archive)
    with _open(place, "petrov") as archive:
        replicate(archive)
    return place


def test_every_entry_that_a_person_caused_names_them(tmp_path: Path) -> None:
    place = _made(tmp_path)
    with _open(place, "") as archive:
        validate_stored(archive, BOOK, storage="nlb-copy")
        by = [(entry.type, entry.person) for entry in archive.ledger.entries(package=BOOK.uri)]
    assert by == [
        ("ingestion start", "ivanova"),
        ("ingestion end", "ivanova"),
        ("replication", "petrov"),
        ("fixity check", None),
    ]


def test_the_events_have_the_person_as_an_agent(tmp_path: Path) -> None:
    """In the package and beside it; the name of the person is nowhere but in the configuration."""
    place = _made(tmp_path)
    (premis,) = (place / "storages/aonb-main").rglob(
        "data/aonb-kp-7/metadata/preservation/premis.xml"
    )
    with premis.open("rb") as stream:
        facts = list(read_premis(stream, images=False))
    people = [
        fact for fact in facts if isinstance(fact, AgentFacts) and fact.type is AgentType.PERSON
    ]
    assert [(person.identifiers[0].value, person.name) for person in people] == [
        ("person-ivanova", "ivanova")
    ]
    with premis.open("rb") as stream:
        assert {person_of(event) for event in read_events(stream)} == {"ivanova"}
    logs = {}
    for path in (place / "storages/nlb-copy").rglob("logs/*.xml"):
        with path.open("rb") as stream:
            logs.update({event.type: person_of(event) for event in read_events(stream)})
    assert {getattr(type_, "label", type_): person for type_, person in logs.items()} == {
        "ingestion": "ivanova",
        "replication": "petrov",
    }


def test_a_check_gives_its_document_with_the_person(tmp_path: Path) -> None:
    from preserva.access.fixity_events import write_checks

    place = _made(tmp_path)
    with _open(place, "petrov") as archive:
        validate_stored(archive, BOOK, storage="aonb-main")
        assert write_checks(archive.ledger, BOOK, tmp_path / "checks") == 1
    (path,) = (tmp_path / "checks").iterdir()
    with path.open("rb") as stream:
        assert [person_of(event) for event in read_events(stream)] == ["petrov"]


def test_a_replication_that_another_person_resumes_keeps_the_record_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record that lies beside a copy is what its writer wrote, whoever comes after."""
    record = make_book(tmp_path / "book")
    place = tmp_path / "archive"
    with an_archive(place):
        pass
    with _open(place, "ivanova") as archive:
        package(tmp_path / "book", record, archive)

    class KilledError(BaseException):
        pass

    def killed(*_args: object, **_options: object) -> None:
        raise KilledError

    with (
        monkeypatch.context() as patch,
        pytest.raises(KilledError),
        _open(place, "ivanova") as archive,
    ):
        append = archive.ledger.append
        patch.setattr(
            archive.ledger,
            "append",
            lambda type_, **facts: killed() if type_ == "replication" else append(type_, **facts),
        )
        replicate(archive)
    with _open(place, "petrov") as archive:
        replicate(archive)
        reports = validate_stored(archive, BOOK)
    assert [report.findings for report in reports] == [[], []]
    logs = [
        person_of(event)
        for path in (place / "storages/nlb-copy").rglob("logs/*-replication-*.xml")
        for event in read_events(BytesIO(path.read_bytes()))
    ]
    assert logs == ["ivanova"]


def test_without_the_people_the_chain_verifies(tmp_path: Path) -> None:
    """A name may be taken away at any time: the ledger never had it."""
    place = tmp_path / "archive"
    with an_archive(place):
        pass
    path = place / config.NAME
    path.write_text(path.read_text("utf-8") + SECTION, encoding="utf-8")
    record = make_book(tmp_path / "book")
    with _open(place, "ivanova") as archive:
        package(tmp_path / "book", record, archive)
    path.write_text(path.read_text("utf-8").replace(SECTION, ""), encoding="utf-8")
    assert verify_ledger(config.load(path), None).problems == ()
    written = b"".join(
        path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and path.name != config.NAME
    )
    assert "Иванова".encode() not in written and b"ivanova" in written


def test_an_entry_whose_person_is_no_code_is_no_entry_of_ours(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite", person="ivanova")
    ledger.append("notification", time="2026-11-30T12:00:00+00:00", outcome="success")
    body = json.loads(next(ledger.bodies()))
    ledger.close()
    assert body["facts"] == {"person": "ivanova"}
    from preserva.core.formats.canonical_json import canonical

    body["facts"] = {"incidents": [], "person": "two words"}
    other = Ledger(tmp_path / "other.sqlite")
    with pytest.raises(LedgerError, match="person"):
        other.adopt([canonical(body)])
    other.close()

"""What happened before packaging: files and record fields become PREMIS events with agents."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preserva.core.eark.premis import Agent, Event, Identifier, LinkedAgent
from preserva.core.eark.vocabulary import (
    AgentType,
    EventOutcome,
    EventRelatedAgentRole,
    EventType,
)
from preserva.describe.marc.actions import Action
from preserva.describe.supplied.history import History

TOML = """
[agents.scanner]
name = "Bookeye 5 V2"
type = "hardware"
version = "A1"

[agents.program]
name = "ScanTailor"
type = "software"
version = "1.0.19"

[agents.operator]
name = "Иванова А. А."
type = "person"
note = "отдел редких книг"

[[events]]
type = "imaging"
when = 2026-05-12
detail = "400 dpi, 24 bit"
representation = "master"
agents = ["scanner", "operator"]

[[events]]
type = "обрезка полей"
when = 2026-05-13T10:30:00Z
outcome = "warning"
note = "лист 7 обрезан по тексту"
agents = ["program"]
"""

CSV = """\
type;when;detail;outcome;note;person;device;device_version;software;software_version;representation
imaging;2026-05-12;400 dpi, 24 bit;;;Иванова А. А.;Bookeye 5 V2;A1;;;master
обрезка полей;2026-05-13T10:30:00+00:00;;warning;лист 7 обрезан по тексту;;;;ScanTailor;1.0.19
"""

SCANNER = Agent(Identifier("local", "agent-1"), "Bookeye 5 V2", AgentType.HARDWARE, "A1")
PROGRAM = Agent(Identifier("local", "agent-2"), "ScanTailor", AgentType.SOFTWARE, "1.0.19")
OPERATOR = Agent(
    Identifier("local", "agent-3"), "Иванова А. А.", AgentType.PERSON, None, "отдел редких книг"
)


def read(text: str, name: str = "events.toml") -> History:
    history = History(("master", "text"))
    history.read(text.encode(), name)
    return history


def test_toml_gives_events_and_agents() -> None:
    found = read(TOML)
    assert found.findings == []
    assert list(found.agents.values()) == [SCANNER, PROGRAM, OPERATOR]
    assert found.events == [
        Event(
            Identifier("local", "event-1"),
            EventType.IMAGING,
            "2026-05-12",
            EventOutcome.SUCCESS,
            "400 dpi, 24 bit",
            agents=(
                LinkedAgent(SCANNER.identifier),
                LinkedAgent(OPERATOR.identifier, EventRelatedAgentRole.IMPLEMENTER),
            ),
            objects=(Identifier("local", "representation-master"),),
        ),
        Event(
            Identifier("local", "event-2"),
            "обрезка полей",
            "2026-05-13T10:30:00+00:00",
            EventOutcome.WARNING,
            note="лист 7 обрезан по тексту",
            agents=(LinkedAgent(PROGRAM.identifier, EventRelatedAgentRole.EXECUTING_PROGRAM),),
        ),
    ]


def test_csv_says_the_same() -> None:
    told = [
        [
            (one.type, one.when, one.outcome, one.detail, one.note, one.objects, names(found, one))
            for one in found.events
        ]
        for found in (read(TOML), read(CSV, "events.csv"))
    ]
    assert told[0] == told[1]


def names(history: History, event: Event) -> set[tuple[str, AgentType | None, str | None]]:
    linked = {one.identifier for one in event.agents}
    return {key for key, agent in history.agents.items() if agent.identifier in linked}


def test_the_record_tells_of_restoration() -> None:
    history = History()
    history.record(
        [
            Action(
                "реставрация", "20190412", "ручной", "", "Иванова А. А.", "укреплён", "А : Р-17"
            ),
            Action("дезинфекция", "до 1917"),
        ]
    )
    assert history.events == [
        Event(
            Identifier("local", "event-1"),
            "реставрация",
            "2019-04-12",
            "укреплён",
            "method: ручной; copy: А : Р-17",
            agents=(LinkedAgent(Identifier("local", "agent-1")),),
        ),
        Event(
            Identifier("local", "event-2"),
            "дезинфекция",
            "до 1917",
            "unknown",
            agents=(LinkedAgent(Identifier("local", "agent-2")),),
        ),
    ]
    assert [(one.name, one.type) for one in history.agents.values()] == [
        ("Иванова А. А.", None),
        ("unknown", None),
    ]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("[[events]]\ntype='imagin'\nwhen=2026", "e.toml",
         "E483 e.toml: events[1].type: not a permitted value; expected imaging; seen imagin"),
        ("[[events]]\ntype='imaging'", "e.toml",
         "E484 e.toml: events[1].when: required, but not given"),
        ("[[events]]\ntype='imaging'\nwhen='вчера'", "e.toml",
         "E483 e.toml: events[1].when: not a permitted value; expected 2026-05-12; seen вчера"),
        ("[[events]]\ntype='imaging'\nwhen=2026\nagents=['x']", "e.toml",
         "E483 e.toml: events[1].agents: not a permitted value; seen x"),
        ("[[events]]\ntype='imaging'\nwhen=2026\nrepresentation='access'", "e.toml",
         "E483 e.toml: events[1].representation: not a permitted value; "
         "expected master, text; seen access"),
        ("[agents.x]\nname='x'", "e.toml",
         "E484 e.toml: agents.x.type: required, but not given"),
        ("[agents.x]\nname='x'\ntype='robot'", "e.toml",
         "E483 e.toml: agents.x.type: not a permitted value; "
         "expected hardware, organization, person, software; seen robot"),
        ("[event]\ntype='imaging'", "e.toml",
         "E482 e.toml: event: there is no such key or column; expected events"),
        ("type,when,who\nimaging,2026,x", "e.csv",
         "E482 e.csv: line 2, who: there is no such key or column; expected detail, device, "
         "device_version, note, organization, outcome, person, representation, software, "
         "software_version, type, when"),
        ("Тип;Когда;Итог\nсканирование;вчера;неясно", "e.csv",
         "E483 e.csv: line 2, Когда: not a permitted value; expected 2026-05-12; seen вчера"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(text: str, name: str, expected: str) -> None:
    assert [one.message() for one in read(text, name).findings][:1] == [expected]


@pytest.mark.parametrize("charset", ["utf-8-sig", "cp1251"])
def test_a_table_of_a_russian_spreadsheet_says_the_same(charset: str) -> None:
    """Headings, dates and results as people write them; a type may be any words."""
    text = (
        "Тип;Дата;Кто;Устройство;Версия устройства;Результат;Примечание\r\n"
        "сканирование;12.05.2026;Иванова А. А.;Bookeye 5 V2;A1;успешно;отдел редких книг\r\n"
    )
    found = History(("master",))
    found.read(text.encode(charset), "События.csv")
    assert found.findings == []
    (event,) = found.events
    assert (event.type, event.when, event.outcome, event.note) == (
        "сканирование",
        "2026-05-12",
        EventOutcome.SUCCESS,
        "отдел редких книг",
    )
    assert {name for name, *_rest in names(found, event)} == {"Иванова А. А.", "Bookeye 5 V2"}
    assert list(found.unsaid()) == []


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("5.5.2026", "2026-05-05"),
        ("29.02.2024", "2024-02-29"),
        ("2026-05", "2026-05"),
        ("1890/1895", "1890/1895"),
        ("2026-05-12T10:00", "2026-05-12T10:00"),
        *((day, None) for day in ("31.02.2026", "0.1.2026", "1.13.2026", "2026-13", "2026-02-30")),
        ("2026-01-01/2026-02-31", None),
    ],
)
def test_a_date_is_one_of_the_calendar(written: str, read_as: str | None) -> None:
    """A day that never was would stay in the package for ever."""
    found = History()
    found.read(f"type;when\nscan;{written}\n".encode(), "e.csv")
    assert [event.when for event in found.events] == ([read_as] if read_as else [])
    assert [one.seen for one in found.findings] == ([] if read_as else [written])


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from(["e.toml", "e.csv"]))
def test_no_bytes_stop_the_reader(data: bytes, name: str) -> None:
    history = History()
    history.read(data, name)
    assert all(one.path for one in history.findings)

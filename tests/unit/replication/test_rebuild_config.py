"""A lost configuration comes back from the storages; what they say is checked first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preserva import config as configuration
from preserva.archive.archive import open_archive
from preserva.cli.main import status_of
from preserva.config import Role, load
from preserva.core.formats.layout import IDENTITY
from preserva.core.values.entries import END
from preserva.core.values.model import PackageId
from preserva.errors import ConfigError, PreservaError, Refused, StorageError, WrongStorage
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.rebuild_config import rebuild_config
from preserva.replication.replicate import replicate
from tests.cli.test_commands import SCHEMA
from tests.support.books import an_archive, make_book
from tests.support.partners import chain_of, write_chain


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive of one book in two storages."""
    record = make_book(tmp_path / "book")
    with an_archive(tmp_path) as archive:
        package(tmp_path / "book", record, archive, local="kp-1")
        replicate(archive)
    return tmp_path


def urls(place: Path) -> list[str]:
    """Where the storages are."""
    return [str(place / "storages" / name) for name in ("aonb-main", "nlb-copy")]


def test_configuration_and_ledger_come_back(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both lost at once: what is kept explains itself."""
    path = place / configuration.NAME
    before = load(path)
    for one in place.glob("ledger*"):
        if one.is_file():
            one.unlink()
    path.unlink()
    command = ["--config", str(path), "rebuild"]
    assert status_of([*command, "config", *urls(place), "--json"]) == 0
    SCHEMA.validate(json.loads(capsys.readouterr().out))
    after = load(path)
    assert after.storages == before.storages
    assert after.institutions == before.institutions
    assert after.institution == before.institution
    assert after.ledger == before.ledger
    assert status_of([*command, "ledger"]) == 0
    with open_archive(path) as archive:
        (done,) = archive.ledger.copies.packages("aonb-main")
        reports = validate_stored(archive, PackageId.parse(done))
        assert [one.findings for one in reports] == [[], []]


def test_the_other_institution_holds_what_is_a_replica_to_us(place: Path) -> None:
    """It sees its own storage as one that it keeps for us."""
    with pytest.raises(ConfigError):  # it has no storage of its own in which packages are made
        rebuild_config(place / "minsk.toml", urls(place)[1:], "nlb")
    main = place / "minsk"
    main.mkdir()
    identity = json.loads((place / "storages/aonb-main" / IDENTITY).read_text("utf-8"))
    own = {"storage": "nlb-main", "institution": "nlb", "configured_by": "nlb"}
    (main / IDENTITY).write_text(json.dumps({**identity, **own}), "utf-8")
    made = rebuild_config(place / "minsk.toml", [str(main), urls(place)[1]])
    assert made.institution.id == "nlb"
    assert {name: one.role for name, one in made.storages.items()} == {
        "nlb-main": Role.PRIMARY,
        "nlb-copy": Role.HELD,
    }
    assert replace(made.storages["nlb-copy"], role=Role.REPLICA).url == urls(place)[1]


def test_what_is_there_is_not_touched(place: Path) -> None:
    """Neither a configuration, nor a folder that is no storage."""
    path = place / configuration.NAME
    before = path.read_bytes()
    with pytest.raises(Refused, match="not touched"):
        rebuild_config(path, urls(place))
    assert path.read_bytes() == before
    with pytest.raises(StorageError):
        rebuild_config(place / "new.toml", [str(place)])
    assert not (place / "new.toml").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"institutions": None},
        {"institutions": {"aonb]\n[policy": {"name": {"en": "x"}, "country": "RU"}}},
        {"institutions": {"aonb": {"name": {"en": ["x"]}, "country": "RU"}}},
        {"institutions": "aonb"},
        {"storage": 'main"]\nurl = "x'},
        {"storage": 7},
        {"role": "emperor"},
        {"role": None},
        {"institution": "../.."},
    ],
)
def test_a_hostile_storage_writes_nothing(place: Path, change: dict[str, Any]) -> None:
    """What it says of itself must make a configuration by all rules, or none is written."""
    path = place / "storages/aonb-main" / IDENTITY
    identity = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**identity, **change}), "utf-8")
    with pytest.raises(PreservaError):
        rebuild_config(place / "new.toml", urls(place)[:1])
    assert not (place / "new.toml").exists()


def test_a_storage_of_a_newer_preserva_makes_no_configuration(place: Path) -> None:
    for url in urls(place):
        path = Path(url) / IDENTITY
        path.write_text(path.read_text("utf-8").replace('"format": 2', '"format": 3'), "utf-8")
    target = place / "made" / configuration.NAME
    with pytest.raises(WrongStorage, match="format 3"):
        rebuild_config(target, urls(place))
    assert not target.exists()


def say(place: Path, storage: str, **change: Any) -> None:
    """Let a storage say something else of itself."""
    path = place / "storages" / storage / IDENTITY
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), "utf-8")


def other_names(place: Path) -> dict[str, Any]:
    """What a hostile storage says of everybody."""
    identity = json.loads((place / "storages/nlb-copy" / IDENTITY).read_text("utf-8"))
    names = dict.fromkeys(("ru", "be", "en"), "EVIL")
    return {id_: {"name": names, "country": "KP"} for id_ in identity["institutions"]}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("role", ["replica", "held"])
def test_who_we_are_is_what_our_primary_storage_says(place: Path, order: int, role: str) -> None:
    """Whatever the others say, and in whatever order they are named."""
    before = load(place / configuration.NAME)
    say(place, "nlb-copy", institutions=other_names(place), role=role)
    made = rebuild_config(place / "new.toml", urls(place)[::order], "aonb")
    assert made.institution == before.institution
    assert made.institutions == before.institutions


def test_who_we_are_is_never_what_a_held_storage_says(place: Path) -> None:
    """One that another institution made, and names us as it likes."""
    identity = json.loads((place / "storages/nlb-copy" / IDENTITY).read_text("utf-8"))
    held = place / "held"
    held.mkdir()
    said = {
        "storage": "from-nlb",
        "institution": "aonb",
        "configured_by": "nlb",
        "institutions": other_names(place),
    }
    (held / IDENTITY).write_text(json.dumps({**identity, **said}), "utf-8")
    before = load(place / configuration.NAME)
    made = rebuild_config(place / "new.toml", [str(held), *urls(place)], "aonb")
    assert made.institutions == before.institutions
    assert (made.storages["from-nlb"].role, made.storages["from-nlb"].held_for) == (
        Role.HELD,
        "nlb",
    )
    with pytest.raises(ConfigError, match="none of these storages belongs to aonb"):
        rebuild_config(place / "other.toml", [str(held)], "aonb")
    assert not (place / "other.toml").exists()


def test_a_lost_primary_gets_the_name_that_the_ledger_knows(place: Path) -> None:
    """From the copy of it in a replica; without one, a name is made."""
    made = rebuild_config(place / "new.toml", urls(place)[1:], "aonb")
    primary = made.primary()
    assert (primary.id, primary.institution) == ("aonb-main", "aonb")
    assert Path(primary.url) == place / "storages/aonb-main"


def rename_primary(place: Path, name: str) -> None:
    """Let the copy of the ledger in the replica say that packages were stored elsewhere."""
    entries = [
        {**entry, "storage": name} if entry["type"] == END else entry
        for entry in chain_of(place / "storages/nlb-copy")
    ]
    write_chain(place / "storages/nlb-copy", entries)


def test_a_primary_of_another_name_comes_back_under_it(place: Path) -> None:
    rename_primary(place, "strong-room")
    assert rebuild_config(place / "new.toml", urls(place)[1:], "aonb").primary().id == "strong-room"


@pytest.mark.parametrize("name", ['x"]\nurl = "y', "../../x", ""])
def test_a_hostile_name_of_a_primary_writes_nothing(place: Path, name: str) -> None:
    rename_primary(place, name)
    with pytest.raises(ConfigError) as refused:
        rebuild_config(place / "new.toml", urls(place)[1:], "aonb")
    assert "what the storages say" in str(refused.value) and "/tmp" not in str(refused.value)
    assert not (place / "new.toml").exists()

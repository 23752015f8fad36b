"""Every section of the page on changes: its commands are typed, and the archive stays whole."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from preserva import config
from preserva.archive.archive import create_archive, open_archive
from preserva.archive.judgements import tally_of
from preserva.archive.two_persons import decisions
from preserva.cli.main import status_of
from preserva.core.formats.guarded_json import read_json
from preserva.core.policy.judgement import State
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import PreservaError
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate_stored
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from preserva.reporting.incidents import open_incidents
from preserva.reporting.overview import copy_states
from tests.support import books
from tests.support.pages import Command, edit, page, section

PAGE = page("changes-over-the-years.md")
BOOK = PackageId("aonb", "kp-1")
THIRD = '[storages.third]\ninstitution = "nlb"\nurl = "storages/third"\nrole = "replica"\n'
HELD = '[storages.aonb-held]\ninstitution = "aonb"\nurl = "storages/aonb-held"\nrole = "held"\n'
PEOPLE = '[people.ivanova]\nname = "И. Иванова"\n[people.petrov]\nname = "П. Петров"\n'


def test_the_table_has_every_section() -> None:
    linked = re.findall(r"^\| .* \| \[\d+\]\(#(\w+)\) \|$", PAGE, re.MULTILINE)
    assert linked == re.findall(r'<a id="(\w+)"></a>', PAGE)
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", PAGE, re.MULTILINE)]
    assert all(later == former + 1 for former, later in pairwise(numbers))
    assert len(numbers) == len(linked)


@pytest.fixture(scope="module")
def _sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one book in three storages; every copy was read."""
    place = tmp_path_factory.mktemp("years")
    (place / "archive").mkdir()
    path = place / "archive" / config.NAME
    path.write_text(f"{config.TEMPLATE}\n{THIRD}\n{HELD}\n{PEOPLE}", "utf-8")
    create_archive(config.load(path))
    with open_archive(path, person="ivanova") as archive:
        record = books.make_book(place / "book", pages=2)
        package(place / "book", record, archive, local="kp-1")
        replicate(archive)
        assert audit(archive).outcome is Outcome.PASS
    return place


@pytest.fixture
def place(_sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the archive, in which the commands are typed."""
    shutil.copytree(_sound, tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there" / "archive")
    monkeypatch.delenv("PRESERVA_CONFIG", raising=False)
    monkeypatch.setenv("PRESERVA_PERSON", "petrov")
    return tmp_path / "there" / "archive"


class Reader:
    """Somebody who does what a section says. `words` are written in place of those of the page."""

    def __init__(self, place: Path, **words: str) -> None:
        self.place = place
        self.words = {"ID": "kp-1", "TEXT": "no", **words}

    def follow(self, anchor: str, expected: Mapping[str, int] | None = None) -> None:
        """Each command ends with 0, but for those that wait for a second person; or as expected."""
        for step in section(PAGE, anchor):
            if not isinstance(step, Command):
                text = step.text
                for word, there in self.words.items():
                    text = text.replace(word, there) if word.startswith("/") else text
                edit(self.place / config.NAME, text)
                continue
            words = [self._typed(word) for word in step.words]
            if words[0] == "cp":
                shutil.copytree(words[2], words[3])
                continue
            assert words[0] == "preserva"
            line = " ".join(words)
            status = (expected or {}).get(line, 3 if self._waits(words) else 0)
            assert status_of(words[1:]) == status, line

    def _typed(self, word: str) -> str:
        if word == "NUMBER":
            with open_archive(self.place / config.NAME) as archive:
                return str(decisions(archive)[-1].number)
        return self.words.get(word, word)

    def _waits(self, words: list[str]) -> bool:
        """Whether it is the request of what two persons decide."""
        return "--reason" in words and "retire" in words


def sound(place: Path, *, storages: int = 3, versions: int = 1) -> None:
    """Nothing waits for a person; every copy of every package is there, read anew and sound."""
    with open_archive(place / config.NAME) as archive:
        replicated = replicate(archive)
        assert {done.outcome for done in replicated} <= {Outcome.PASS}
        ours = [name for name in archive.config.storages if not name.endswith("held")]
        assert audit(archive, moved=tuple(ours)).outcome is Outcome.PASS
        assert open_incidents(archive) == []
        states = [copy for copy in copy_states(archive) if copy.state is not State.RETIRED]
        assert {copy.state for copy in states} == {State.SOUND}
        assert len([copy for copy in states if copy.package == BOOK.uri]) == storages
        reports = validate_stored(archive, BOOK)
        assert [report.outcome for report in reports] == [Outcome.PASS] * storages
        assert all(len(report.versions) == versions for report in reports)
        assert tally_of(archive).few == []


def digests_of(place: Path, name: str) -> set[str]:
    """The algorithms of the manifests of the newest version in the primary storage."""
    (stored,) = (place / "storages" / "aonb-main" / "ocfl").rglob(f"urn*{name}")
    newest = max(stored.glob("v*"), key=lambda folder: int(folder.name[1:]))
    manifests = (newest / "content").glob("manifest-*.txt")
    return {path.stem.removeprefix("manifest-") for path in manifests}


SETS = (
    ("sha512",),
    ("sha512", "sha384"),
    ("sha512", "sha256", "sha384"),
    ("sha512", "sha3256", "sha3512"),
)


@pytest.mark.parametrize("digests", SETS, ids="-".join)
def test_the_policy_changes_and_old_packages_stay_what_they_are(
    digests: tuple[str, ...], place: Path
) -> None:
    """They are valid, corrected, replicated, rebuilt; and so are new ones when it changes back."""
    there = 'digests = ["sha512", "sha384"]'
    wanted = f"digests = {list(digests)}".replace("'", '"')
    text = "".join(step.text for step in section(PAGE, "policy") if not isinstance(step, Command))
    assert there in text
    Reader(place).follow("policy")
    edit(place / config.NAME, f"[policy]\n{wanted}\n")
    record = books.make_book(place.parent / "new", pages=2, seed=1)
    with open_archive(place / config.NAME) as archive:
        package(place.parent / "new", record, archive, local="kp-2")
        replicate(archive)
    assert digests_of(place, "kp-1") == {"sha512", "sha256"}
    assert digests_of(place, "kp-2") == set(digests)
    letter = place.parent / "letter.txt"
    letter.write_text("Письмо", "utf-8")
    change = ["--document", str(letter), "--reason", "found"]
    assert status_of(["update", "kp-1", *change]) == 0
    edit(place / config.NAME, '[policy]\ndigests = ["sha512", "sha256"]\n')
    assert status_of(["update", "kp-2", *change]) == 0
    assert digests_of(place, "kp-1") == {"sha512", "sha256"}
    assert digests_of(place, "kp-2") == set(digests)
    sound(place, versions=2)
    shutil.rmtree(place / "storages" / "aonb-main")
    assert status_of(["rebuild", "storage", "aonb-main"]) == 0
    assert status_of(["validate", "kp-1", "kp-2"]) == 0
    (page_,) = (place / "storages/aonb-main/ocfl").rglob("urn*kp-2/v1/**/master/data/0001.tif")
    page_.chmod(0o644)
    page_.write_bytes(b"damaged")
    assert status_of(["validate", "kp-2"]) == 1
    assert status_of(["repair", "--apply"]) == 0
    sound(place, versions=2)


def test_a_storage_moves(place: Path) -> None:
    """To another disk. The old place, if it comes back with what it had, is refused or harmless."""
    new = place.parent / "new-disk"
    Reader(place, **{"/srv/new-disk": str(new)}).follow("moved")
    (place / "storages" / "nlb-copy").rename(place.parent / "safe")
    sound(place)
    assert tomllib.loads((place / config.NAME).read_text("utf-8"))["storages"]["nlb-copy"][
        "url"
    ] == str(new)


def test_the_primary_storage_moves(place: Path) -> None:
    (place / "storages" / "aonb-main").rename(place.parent / "elsewhere")
    edit(place / config.NAME, f'[storages.aonb-main]\nurl = "{place.parent / "elsewhere"}"\n')
    sound(place)


def test_the_old_place_of_a_storage_is_no_second_copy(place: Path) -> None:
    """Whoever goes on with it after the new place was written to is told."""
    shutil.copytree(place / "storages" / "nlb-copy", place.parent / "new")
    before = (place / config.NAME).read_text("utf-8")
    edit(place / config.NAME, f'[storages.nlb-copy]\nurl = "{place.parent / "new"}"\n')
    record = books.make_book(place.parent / "second", pages=2, seed=2)
    with open_archive(place / config.NAME) as archive:
        package(place.parent / "second", record, archive, local="kp-2")
        replicate(archive)
    (place / config.NAME).write_text(before, "utf-8")
    assert status_of(["audit", "--event", "nlb-copy"]) == 1  # kp-2 is missing there
    assert status_of(["replicate"]) == 1  # it is brought, and that it was missing is said
    sound(place)


def test_a_storage_gets_another_name(place: Path) -> None:
    Reader(place).follow("named")
    report = (place / "report.html").read_text("utf-8")
    assert "Minsk, new building (nlb-copy)" in report
    described = read_json((place / "storages/nlb-copy/preserva-storage.json").read_bytes())
    assert described["name"] == "Minsk, new building"
    assert "Minsk, new building" in (place / "storages/nlb-copy/README.txt").read_text("utf-8")
    sound(place)


def test_another_id_is_refused_and_nothing_changes(place: Path) -> None:
    path = place / config.NAME
    before = path.read_text("utf-8")
    path.write_text(before.replace("[storages.nlb-copy]", "[storages.minsk]"), "utf-8")
    files = _files(place / "storages" / "nlb-copy")
    for command in (["init"], ["replicate"], ["audit"]):
        assert status_of(command) != 0, command
        assert _files(place / "storages" / "nlb-copy") == files
    path.write_text(before, "utf-8")
    assert status_of(["audit"]) == 0
    sound(place)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "staging" not in path.parts
    }


def test_a_storage_gives_way_to_another(place: Path) -> None:
    assert status_of(["ledger", "backup", str(place.parent / "backup")]) == 0
    assert status_of(["receive"]) == 0
    Reader(place).follow("replaced")
    shutil.rmtree(place / "storages" / "nlb-copy")
    sound(place)
    shutil.rmtree(place / "storages" / "aonb-main")
    assert status_of(["rebuild", "storage", "aonb-main"]) == 0
    sound(place)


def test_a_storage_that_is_dropped_is_noticed_until_two_persons_retire_it(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(place / config.NAME, "# without [storages.third]\n")
    assert status_of(["config", "check"]) == 0
    assert "third is gone" in capsys.readouterr().err
    assert status_of(["health", "--quiet"]) == 3
    assert "without being retired: 1" in capsys.readouterr().out
    for command in (["retire", "third", "--reason", "sold"], ["retire", "third"]):
        status_of(["--person", "ivanova", *command])
        with open_archive(place / config.NAME) as archive:
            number = str(decisions(archive)[-1].number)
        status_of(["decisions", "confirm", number])
    capsys.readouterr()
    assert status_of(["config", "check"]) == 0
    assert "third" not in capsys.readouterr().err
    sound(place, storages=2)


def test_one_copy_is_retired(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Reader(place).follow("copy")
    assert "third: retired" in capsys.readouterr().out
    (folder,) = (place / "storages/third/ocfl").rglob("urn*kp-1")
    shutil.rmtree(folder)
    sound(place, storages=2)
    assert status_of(["retire", "third", "kp-1", "--undo", "--reason", "there is room"]) == 0
    assert status_of(["audit", "--event", "third"]) == 1
    assert status_of(["replicate"]) == 1  # it is brought, and that it was missing is said
    sound(place)


def test_a_third_institution_joins(place: Path) -> None:
    Reader(place).follow("joins")
    sound(place, storages=4)
    edit(place / config.NAME, "[policy]\ncopies = 4\n")
    sound(place, storages=4)


def test_without_held_for_nothing_is_received_from_anybody(place: Path) -> None:
    """As long as it is not plain whose copies they are; the page says which key is missing."""
    block = next(step for step in section(PAGE, "joins") if not isinstance(step, Command))
    edit(place / config.NAME, block.text)
    assert status_of(["receive"]) == 3
    edit(place / config.NAME, '[storages.aonb-held]\nheld_for = "nlb"\n')
    assert status_of(["receive"]) == 0


def test_an_institution_leaves(place: Path) -> None:
    """Its copies are held here no more, and its package is no longer missed."""
    other = place.parent / "theirs"
    other.mkdir()
    text = config.TEMPLATE.replace('institution = "aonb"  ', 'institution = "nlb"  ', 1)
    text = text.replace("[storages.aonb-main]", "[storages.nlb-main]", 1)
    text = text.replace("[storages.nlb-copy]", "[storages.aonb-held]", 1)
    main, held = text.index("[storages.nlb-main]"), text.index("[storages.aonb-held]")
    primary = text[main:held].replace('"aonb"', '"nlb"')
    replica = text[held:].replace('"nlb"', '"aonb"', 1)
    replica = replica.replace('"storages/nlb-copy"', f'"{place / "storages" / "aonb-held"}"', 1)
    (other / config.NAME).write_text(text[:main] + primary + replica, "utf-8")
    create_archive(config.load(other / config.NAME))
    record = books.make_book(other / "book", pages=2, seed=3)
    with open_archive(other / config.NAME) as archive:
        package(other / "book", record, archive, local="br-1")
        replicate(archive)
    edit(place / config.NAME, '[storages.aonb-held]\nheld_for = "nlb"\n')
    assert status_of(["receive"]) == 0
    Reader(place).follow("leaves")
    shutil.rmtree(place / "storages" / "aonb-held")
    assert status_of(["receive"]) == 0
    assert status_of(["audit"]) == 0
    edit(place / config.NAME, "# without [storages.aonb-held]\n")
    assert status_of(["audit"]) == 0
    sound(place)


def test_an_institution_gets_another_name(place: Path) -> None:
    """Every storage has it, so that a lost configuration is rebuilt with it."""
    Reader(place).follow("institution")
    for name in ("aonb-main", "nlb-copy", "third"):
        described = read_json((place / f"storages/{name}/preserva-storage.json").read_bytes())
        assert described["institutions"]["nlb"]["name"]["en"] == "National Library, Minsk"
    readme = (place / "storages/nlb-copy/README.txt").read_text("utf-8")
    assert "Национальная библиотека, Минск" in readme
    sound(place)
    (place / config.NAME).unlink()
    stores = [str(place / "storages" / name) for name in ("aonb-main", "nlb-copy", "third")]
    assert status_of(["rebuild", "config", *stores]) == 0
    names = config.load(place / config.NAME).institutions["nlb"].names
    assert names["be"] == "Нацыянальная бібліятэка, Мінск"


def test_a_person_leaves(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What she asked for and did stays on record; nobody acts in her name."""
    request = ["decisions", "request", "policy", "--reason", "three copies"]
    assert status_of(["--person", "ivanova", *request]) == 0
    Reader(place).follow("people")
    edit(place / config.NAME, "# without [people.ivanova]\n")
    assert status_of(["--person", "ivanova", *request]) == 2
    capsys.readouterr()
    assert status_of(["report", "--from", "2000-01", "--to", "2100-01"]) == 0
    assert "ivanova" in capsys.readouterr().out
    assert status_of(["ledger", "verify"]) == 0
    sound(place)


def test_a_newer_preserva(place: Path) -> None:
    """The golden sets have what earlier formats wrote; here the commands of the page."""
    Reader(place, BACKUPS=str(place.parent / "backups")).follow("newer")
    assert list((place.parent / "backups").glob("ledger-*.sqlite"))
    sound(place)


def test_a_lost_ledger_is_not_replaced_by_init_where_any_storage_is_left(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also if the primary storage burned with it: no message sends the reader round in circles."""
    for path in place.glob("ledger.sqlite*"):
        path.unlink()
    shutil.rmtree(place / "storages" / "aonb-main")
    assert status_of(["status"]) == 10
    assert "`preserva rebuild ledger` begins a new one" in capsys.readouterr().err


def test_an_older_preserva_refuses_what_a_newer_one_wrote(place: Path) -> None:
    described = place / "storages" / "aonb-main" / "preserva-storage.json"
    described.write_bytes(described.read_bytes().replace(b'"format": 2', b'"format": 3'))
    with pytest.raises(PreservaError, match="newer"):
        open_archive(place / config.NAME).primary.check_identity()
    for command in (["status"], ["audit"], ["replicate"], ["init"]):
        assert status_of(command) not in {0, 70}, command

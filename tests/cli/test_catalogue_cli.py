"""`preserva catalogue` as people and scripts use it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_commands import JsonRun, Run, ready, run, run_json
from tests.marcbuild import RARE_BOOK, iso2709
from tests.unit.test_catalogue import KNIHI, MINSK, OURS, THEIRS

__all__ = ["ready", "run", "run_json"]


def filled(place: Path, run: Run) -> None:
    """Two libraries' records and the archive's own package."""
    assert run("package", "book", "--record", "book.xml")[0] == 0
    (place / "a.iso").write_bytes(iso2709(RARE_BOOK))
    (place / "b.iso").write_bytes(iso2709(MINSK) + iso2709(KNIHI))
    assert run("catalogue", "import")[0] == 0
    assert run("catalogue", "import", "a.iso", "--library", "aonb")[0] == 0
    assert run("catalogue", "import", "b.iso", "--library", "nlb")[0] == 0


def test_the_way_for_people(ready: Path, run: Run) -> None:
    """Found, proposed, joined, shown, exported; and nothing is overwritten."""
    filled(ready, run)
    status, out, err = run("catalogue", "search", "рассужденія", "--century", "18")
    assert status == 0
    assert {line.split("\t")[0] for line in out.splitlines() if "\t" in line} == {OURS, THEIRS}
    assert "title: Разсужденія" in out
    assert "holder: АОНБ (1), НББ (1)" in err
    assert "повѣсть" in run("catalogue", "search", "повесть")[1].lower()
    assert run("catalogue", "match")[1].startswith(f"{OURS}\t{THEIRS}\tfingerprint")
    assert run("catalogue", "match", "--same", OURS, THEIRS)[0] == 2
    assert run("catalogue", "match", "--same", OURS, THEIRS, "--by", "A", "--dry-run")[:2] == (
        0,
        "",
    )
    assert run("catalogue", "match", "--same", OURS, THEIRS, "--by", "A")[0] == 0
    assert run("catalogue", "match")[1] == ""
    shown = run("catalogue", "show", THEIRS)[1]
    assert "АОНБ, Р-17" in shown
    assert "НББ, Стар-5" in shown
    assert run("catalogue", "export", "all.xml", "--as", "mods")[:2] == (0, "all.xml\n")
    assert run("catalogue", "export", "all.xml", "--as", "mods")[0] == 4


def test_the_documents_for_programs(ready: Path, run: Run, run_json: JsonRun) -> None:
    """Each follows the schema."""
    status, document = run_json("catalogue", "import", "nothing.iso", "--library", "aonb")
    assert (status, document["command"]) == (3, "error")
    filled(ready, run)
    status, document = run_json("catalogue", "import", "a.iso", "--library", "aonb")
    assert (status, document["read"], document["changed"]) == (0, 1, 0)
    _status, document = run_json("catalogue", "search", "вера", "--holder", "НББ")
    assert [one["record"] for one in document["records"]] == [THEIRS]
    assert document["facets"]["century"] == [{"value": "18", "count": 1}]
    _status, document = run_json("catalogue", "match")
    assert document["proposals"][0]["one"] == OURS
    _status, document = run_json("catalogue", "match", "--different", OURS, THEIRS, "--by", "A")
    assert document["decisions"][0]["verdict"] == "different"
    _status, document = run_json("catalogue", "match", "--undo", "1")
    assert document["decisions"][0]["number"] == 1
    _status, document = run_json("catalogue", "show", OURS)
    assert document["records"][0]["entry"]["year"] == 1799
    _status, document = run_json("catalogue", "export", "all.csv", "--as", "csv")
    assert document["records"] == 4


def test_without_a_catalogue(ready: Path, run: Run) -> None:
    """The command says how to make one."""
    status, _out, err = run("catalogue", "search", "книга")
    assert status == 3
    assert "catalogue import" in err


def test_a_dump_is_taken_in_by_another_archive(ready: Path, run: Run, run_json: JsonRun) -> None:
    """What it says of its own library stays away."""
    filled(ready, run)
    places = ("--url", "http://library.example/dump", "--email", "a@library.example")
    status, document = run_json("catalogue", "dump", "out", *places)
    assert (status, document["pages"]) == (0, 1)
    assert run("catalogue", "dump", "out", *places)[0] == 4
    status, document = run_json("harvest", "out")
    assert (status, document["read"], document["own"], document["changed"]) == (0, 4, 2, 2)
    assert run("harvest", "out")[2].startswith("4 records came, 0 new or changed, 0 deleted")
    assert run("harvest", "nowhere")[0] == 3

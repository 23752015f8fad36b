"""`preserva catalogue` as people and scripts use it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_commands import JsonRun, Run, ready, run, run_json
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.unit.catalogue.test_catalogue import KNIHI, MINSK, OURS, THEIRS

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
    assert "library (--holder): АОНБ: 1, НББ: 1" in err
    status, out, err = run("catalogue", "search", "geirby")
    assert (status, out, "Did you mean" in err) == (0, "", False)
    status, out, err = run("catalogue", "search", "рассужленія")
    assert (status, out) == (0, "")
    assert "Did you mean: разсужденія\n" in err or "Did you mean: рассуждения\n" in err
    assert "повѣсть" in run("catalogue", "search", "повесть")[1].lower()
    assert run("catalogue", "match")[1].startswith(f"{OURS}\t{THEIRS}\tfingerprint")
    assert (
        "  Иванов, Ф., Рассуждения о вере, Москва, Унив. тип., 1799, НББ Стар-5"
        in run("catalogue", "match")[1]
    )
    assert run("catalogue", "match", "--same", OURS, THEIRS)[0] == 2
    assert run("catalogue", "match", "--same", OURS, THEIRS, "--by", "A", "--dry-run")[:2] == (
        0,
        "",
    )
    assert run("catalogue", "match", "--same", OURS, THEIRS, "--by", "A")[0] == 0
    assert run("catalogue", "match")[1] == ""
    shown = run("catalogue", "show", THEIRS)[1]
    assert run("catalogue", "show", "nlb:BY-NLB-br5")[1] == shown
    assert run("catalogue", "show", "aonb:RU\\AONB\\rare\\17")[1] == shown
    assert run("catalogue", "show", "aonb:RU%5CAONB%5Crare%5C17")[1] == shown
    assert run("catalogue", "show", "nlb:none")[0] == 3
    assert "АОНБ, Р-17" in shown
    assert "НББ, Стар-5" in shown
    assert run("catalogue", "export", "all.xml", "--as", "mods")[:2] == (0, "all.xml\n")
    assert run("catalogue", "export", "all.xml", "--as", "mods")[0] == 4


def test_an_import_says_what_it_doubts_and_what_has_another_title(
    ready: Path, run: Run, run_json: JsonRun
) -> None:
    """And a file that may have been cut off deletes nothing, until its records are counted."""
    book = (("001", "17"), ("200", "1 $aКнига о городе"))
    other = (("001", "18"), ("200", "1 $aДругая книга"))
    (ready / "a.iso").write_bytes(iso2709(book) + iso2709(other))
    assert run("catalogue", "import", "a.iso", "--library", "nlb")[0] == 0
    changed = [(tag, text.replace("городе", "селе")) for tag, text in book]
    (ready / "b.iso").write_bytes(iso2709(changed))
    complete = ("catalogue", "import", "b.iso", "--library", "nlb", "--complete")
    status, _out, err = run(*complete)
    assert status == 4
    assert "--records" in err
    assert run(*complete, "--records", "2")[0] == 4
    status, document = run_json(*complete, "--records", "1")
    assert (status, document["deleted"], document["left_out"]) == (0, 1, 0)
    (ready / "a.iso").write_bytes(iso2709(book) + iso2709(other)[:-1])
    status, _out, err = run("catalogue", "import", "a.iso", "--library", "nlb")
    assert status == 1
    assert "E804 a.iso#2" in err
    title = "urn:preserva:record:nlb:17: title: Книга о селе -> Книга о городе"
    assert title in err


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
    _status, document = run_json("catalogue", "match", "--undo", "1", "--by", "B")
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
    """What it says of our own library stays away, and of theirs, whose own file we have."""
    filled(ready, run)
    places = ("--url", "http://library.example/dump", "--email", "a@library.example")
    status, document = run_json("catalogue", "dump", "out", *places)
    assert (status, document["pages"]) == (0, 1)
    assert run("catalogue", "dump", "out", *places)[0] == 4
    status, document = run_json("harvest", "out")
    assert (status, document["read"], document["own"], document["changed"]) == (0, 4, 2, 0)
    assert document["findings"] == []
    status, document = run_json("harvest", "out", "--library", "nlb", "--anew")
    assert (status, document["read"], document["own"], document["changed"]) == (0, 4, 2, 0)
    assert document["findings"] == []  # the same records in a poorer form
    assert run("harvest", "out")[2].startswith("4 records received, 0 new or changed, 0 deleted")
    assert run("harvest", "nowhere")[0] == 3


def test_decisions_as_files_and_in_a_dump(ready: Path, run: Run, run_json: JsonRun) -> None:
    """Of ours a harvest takes none; a file brings them back."""
    filled(ready, run)
    assert run("catalogue", "match", "--same", OURS, THEIRS, "--by", "A")[0] == 0
    assert run("catalogue", "match", "--undo", "1")[0] == 2
    status, document = run_json("catalogue", "search", "вера")
    assert (status, document["total"]) == (0, 1)
    (one,) = document["records"]
    assert {one["record"], *one["joined"]} == {OURS, THEIRS}
    copies = {(copy["holder"], copy["shelfmark"]) for copy in one["copies"]}
    assert copies == {("АОНБ", "Р-17"), ("АОНБ", "Р-18"), ("НББ", "Стар-5")}
    out = run("catalogue", "search", "вера")[1]
    assert "item: АОНБ, Р-17" in out
    assert "item: НББ, Стар-5" in out
    status, document = run_json("catalogue", "decisions", "export", "d.jsonl")
    assert (status, document["decisions"]) == (0, 1)
    places = ("--url", "http://library.example/dump", "--email", "a@library.example")
    assert run("catalogue", "dump", "out", *places)[0] == 0
    assert (ready / "out/decisions.jsonl").read_bytes() == (ready / "d.jsonl").read_bytes()
    (ready / "catalogue.sqlite").unlink()
    status, document = run_json("harvest", "out")
    assert (status, document["decisions"]) == (0, 0)
    status, document = run_json("catalogue", "decisions", "import", "d.jsonl")
    assert (status, document["read"], document["changed"]) == (0, 1, 1)
    _status, document = run_json("catalogue", "match", "--decisions")
    assert [(one["person"], one["library"]) for one in document["decisions"]] == [("A", "aonb")]
    theirs = (ready / "d.jsonl").read_text("utf-8").replace('"aonb", "time"', '"nlb", "time"')
    (ready / "out/decisions.jsonl").write_text(theirs.replace('"same"', '"different"'), "utf-8")
    status, _out, err = run("harvest", "out")
    assert status == 0
    assert err.count("W707") == 2
    (ready / "out/decisions.jsonl").write_text("{", "utf-8")
    assert run("harvest", "out")[0] == 1
    assert run("harvest", "out", "--library", "kdl")[0] == 0

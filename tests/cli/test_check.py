"""preserva check: what it prints of good and bad folders, and how it ends."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_commands import JsonRun, Run, ready, run, run_json

__all__ = ["ready", "run", "run_json"]


def test_folders_are_checked_one_after_another(ready: Path, run: Run) -> None:
    """The faults of one do not stop the others; nothing is written."""
    bad = ready / "bad"
    bad.mkdir()
    (bad / "1.tif").write_bytes(b"II*\0 torn")
    (bad / "2.tif.part").write_bytes(b"half")
    before = sorted(path for path in ready.rglob("*"))
    status, out, err = run("check", "bad", "book", "nowhere")
    assert (status, err) == (4, "")
    assert out.splitlines() == [
        "bad: 1 page",
        "  would be refused:",
        "    E471 2.tif.part: a file that is still being transferred or edited",
        next(line for line in out.splitlines() if line.startswith("    E45")),
        "    Wait until the transfer ends, and close the programs that have files of this folder"
        " open; delete what they have left behind.",
        "    Scan these pages again, or copy them again from the scanner.",
        "    What is refused or only reported is set in [scan] of preserva.toml.",
        "book: 2 pages",
        "  nothing to report",
        "nowhere: 0 pages",
        "  would be refused:",
        "    nowhere is not a folder",
    ]
    assert sorted(path for path in ready.rglob("*")) == before


def test_with_a_record_title_and_identifier_are_shown(ready: Path, run: Run) -> None:
    """Warnings do not change the exit status."""
    (ready / "book" / "master" / "л. 4.tif").write_bytes(
        (ready / "book" / "master" / "л. 2.tif").read_bytes()
    )
    status, out, _err = run("check", "book", "--record", "book.xml")
    assert status == 0
    assert out.splitlines() == [
        "book: 3 pages",
        "  aonb-kp-7: Повѣсть о рѣкѣ Амурѣ",
        "  deserves attention:",
        "    W471 master/: the numbering of the pages has gaps; expected л. 3",
        "    W412 text/: this representation lacks a page; expected л. 4",
        "    W484 nothing says who scanned the book, when, and with which device;"
        " expected when, who, device",
        "    W472 master/л. 4.tif: the same bytes as another page; seen master/л. 2.tif",
    ]


def test_a_record_is_for_one_folder(ready: Path, run: Run) -> None:
    """And what belongs to a record needs one."""
    assert run("check", "book", "book", "--record", "book.xml")[0] == 2
    assert run("check", "book", "--position", "1")[0] == 2


def test_the_same_as_a_document(ready: Path, run_json: JsonRun) -> None:
    """Problems and warnings as findings, pages with their names in the package."""
    status, document = run_json("check", "book", "--record", "book.xml", "--id", "kp-8")
    (folder,) = document["folders"]
    assert status == 0
    assert (folder["outcome"], folder["package"], folder["pages"]) == (
        "pass",
        "urn:preserva:aonb:kp-8",
        2,
    )
    assert [(page["source"], page["name"]) for page in folder["contents"]] == [
        ("master/л. 1.tif", "0001.tif"),
        ("master/л. 2.tif", "0002.tif"),
        ("text/л. 1.txt", "0001.txt"),
        ("text/л. 2.txt", "0002.txt"),
    ]
    assert (folder["problems"], folder["refusals"]) == ([], [])
    assert [finding["code"] for finding in folder["findings"]] == ["W484"]


def test_a_document_has_refusals_in_both_languages(ready: Path, run_json: JsonRun) -> None:
    """For programs as ever, and for the pages in that of the run."""
    _status, document = run_json("--lang", "ru", "check", "nowhere")
    (folder,) = document["folders"]
    assert folder["refusals"] == ["nowhere is not a folder"]
    assert folder["refusals_in_words"] == ["nowhere не является папкой"]

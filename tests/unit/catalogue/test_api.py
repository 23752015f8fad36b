"""The union catalogue by the public names alone."""

from __future__ import annotations

from pathlib import Path

import preserva
from tests.support.books import an_archive, make_book
from tests.support.marc_records import RARE_BOOK, iso2709
from tests.unit.catalogue.test_catalogue import MINSK, OURS, THEIRS


def test_the_way_of_a_program(tmp_path: Path) -> None:
    """Take in, find, decide, show, export."""
    with an_archive(tmp_path) as archive:
        preserva.package(tmp_path / "book", make_book(tmp_path / "book"), archive)
        with preserva.open_catalogue(tmp_path / "preserva.toml") as catalogue:
            assert preserva.import_packages(archive, catalogue, 100).changed == 1
    (tmp_path / "a.iso").write_bytes(iso2709(RARE_BOOK))
    (tmp_path / "b.iso").write_bytes(iso2709(MINSK))
    with preserva.open_catalogue(tmp_path / "preserva.toml", must_exist=True) as catalogue:
        preserva.import_file(catalogue, tmp_path / "a.iso", "aonb", 200)
        preserva.import_file(catalogue, tmp_path / "b.iso", "nlb", 200)
        matching = preserva.Matching(catalogue)
        same, time = preserva.MatchVerdict.SAME, "2026-11-23T00:00:00+00:00"
        matching.decide(OURS, THEIRS, same, library="aonb", person="Анна", time=time)
        page = preserva.Search(catalogue).page("вера", {preserva.Facet.CENTURY: "18"})
        assert page.total == 1
        assert [one.uri for one in preserva.shown(catalogue, OURS).records] == [OURS, THEIRS]
        done = preserva.export_catalogue(
            catalogue, tmp_path / "all.xml", preserva.ExportFormat.MODS
        )
        assert done.written == 3

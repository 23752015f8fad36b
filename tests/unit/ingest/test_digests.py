"""Any digests that a policy may ask for, from the scan to what is handed out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.access.export import export
from preserva.archive.archive import ArchivalStorage
from preserva.core.eark.mets import PackageType
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome
from preserva.errors import ConfigError
from preserva.fixity.audit import audit
from preserva.fixity.validate import validate, validate_stored
from preserva.ingest.bag import store
from preserva.ingest.package import package, package_bag
from preserva.ingest.revision import Change, update
from preserva.replication.replicate import replicate
from tests.support.books import RECORD, an_archive, make_book

ID = PackageId("aonb", "kp-7")
USUAL = 'digests = ["sha512", "sha256"]'


@contextmanager
def under(place: Path, digests: tuple[str, ...]) -> Iterator[ArchivalStorage]:
    """An archive whose policy asks for these digests from now on."""
    with an_archive(place) as archive:
        archive.config = replace(
            archive.config, policy=replace(archive.config.policy, digests=digests)
        )
        yield archive


def names(place: Path, version: str) -> set[str]:
    """The manifests of a version, by their names."""
    (folder,) = place.glob(f"storages/aonb-main/ocfl/*/*/*/*/{version}/content")
    return {path.name for path in folder.glob("*manifest-*.txt")}


def expected(digests: tuple[str, ...]) -> set[str]:
    """A manifest and a tag manifest for each."""
    return {f"{kind}manifest-{name}.txt" for kind in ("", "tag") for name in digests}


@pytest.mark.parametrize(
    "digests",
    [
        ("sha512",),
        ("sha256", "sha512"),
        ("sha512", "sha384"),
        ("sha512", "sha256", "sha384"),
        ("sha512", "sha3256"),
        ("sha512", "sha256", "sha384", "sha3256", "sha3512"),
    ],
    ids="+".join,
)
def test_every_set_of_digests_works_from_the_scan_to_the_export(
    tmp_path: Path, digests: tuple[str, ...]
) -> None:
    record = make_book(tmp_path / "book")
    corrected = tmp_path / "corrected.xml"
    corrected.write_text(RECORD.replace("Амурѣ", "Зеѣ"), "utf-8")
    with under(tmp_path / "archive", digests) as archive:
        assert package(tmp_path / "book", record, archive).package == ID
        assert names(tmp_path / "archive", "v1") == expected(digests)
        update(archive, ID, Change(corrected, reason="a test"))
        assert names(tmp_path / "archive", "v2") == expected(digests)
        assert [one.report.findings for one in replicate(archive)] == [[]]
        reports = [*validate_stored(archive, ID), *audit(archive, moved=("nlb-copy",)).reports]
        assert [(one.outcome, one.findings) for one in reports] == [(Outcome.PASS, [])] * 3
        for kind in (PackageType.AIP, PackageType.SIP):
            made = export(archive, ID, tmp_path / kind.name, kind=kind)
            (report,) = validate(next(made.rglob("bagit.txt")).parent)
            assert (report.outcome, report.findings) == (Outcome.PASS, [])


def test_a_bag_of_another_policy_is_stored_and_a_package_keeps_its_digests(tmp_path: Path) -> None:
    """What was agreed later does not change what is there."""
    record = make_book(tmp_path / "book")
    corrected = tmp_path / "corrected.xml"
    corrected.write_text(RECORD.replace("Амурѣ", "Зеѣ"), "utf-8")
    place = tmp_path / "archive"
    with under(place, ("sha512", "sha384")) as archive:
        bags, own = tmp_path / "bags", archive.config.institution
        package_bag(tmp_path / "book", record, own, bags, digests=("sha512",))
        store(archive, bags / ID.portable, as_ours=True)
        assert names(place, "v1") == expected(("sha512",))
        planned = update(archive, ID, Change(corrected, reason="a test"), dry_run=True)
        done = update(archive, ID, Change(corrected, reason="a test"))
        assert planned.changed == done.changed
        assert names(place, "v2") == expected(("sha512",))
        (report,) = validate_stored(archive, ID, storage="aonb-main")
        assert (report.outcome, report.findings) == (Outcome.PASS, [])


def test_the_text_for_readers_names_the_manifests_that_there_are(tmp_path: Path) -> None:
    record = make_book(tmp_path / "book")
    with under(tmp_path / "archive", ("sha512", "sha384")) as archive:
        package(tmp_path / "book", record, archive)
    (text,) = tmp_path.glob("archive/storages/aonb-main/ocfl/**/README.txt")
    assert text.read_text("utf-8").count("manifest-sha384.txt  ") == 3
    assert "sha256" not in text.read_text("utf-8")


def test_a_policy_without_sha512_is_refused(tmp_path: Path) -> None:
    path = tmp_path / configuration.NAME
    path.write_text(configuration.TEMPLATE.replace(USUAL, 'digests = ["sha256"]'), "utf-8")
    with pytest.raises(ConfigError, match=r"policy\.digests"):
        configuration.load(path)

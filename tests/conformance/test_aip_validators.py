"""Both public validators of E-ARK packages accept ours, and would have said otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import oracles
from tests.aips import write_package


@pytest.mark.parametrize("pages", [1, 12, 4000])
def test_commons_ip_has_nothing_to_object(tmp_path: Path, pages: int) -> None:
    assert oracles.commons_ip(write_package(tmp_path, pages)) == []


@pytest.mark.parametrize("pages", [1, 12, 4000])
def test_eark_validator_has_nothing_to_object(tmp_path: Path, pages: int) -> None:
    assert oracles.eark_validator(write_package(tmp_path, pages)) == []


def test_commons_ip_sees_a_changed_page(tmp_path: Path) -> None:
    folder = write_package(tmp_path, 1)
    (folder / "representations/master/data/0001.tif").write_bytes(b"MASTER 1\n")
    assert oracles.commons_ip(folder) != []


def test_eark_validator_sees_a_wrong_word(tmp_path: Path) -> None:
    folder = write_package(tmp_path, 1)
    mets = folder / "METS.xml"
    mets.write_bytes(mets.read_bytes().replace(b'"CURRENT"', b'"PRESENT"'))
    assert oracles.eark_validator(folder) != []

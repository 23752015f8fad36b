"""metsrw, the reader of Archivematica, sees the pages that we wrote; it knows its dialect only."""

from __future__ import annotations

import io

import pytest

from tests.conftest import require
from tests.support.aips import metadata, representations, spec
from tests.support.dialects import for_metsrw

try:
    import metsrw
except ImportError:
    metsrw = None


@pytest.fixture(autouse=True)
def _installed() -> None:
    require(metsrw is not None, "metsrw is not installed")


@pytest.mark.parametrize("pages", [1, 12, 300])
def test_metsrw_reads_every_file_in_the_order_of_pages(pages: int) -> None:
    documents = metadata(spec(pages))
    for item in representations(pages):
        folder = f"representations/{item.name}/"
        document = for_metsrw(documents[f"{folder}METS.xml"])
        mets = metsrw.METSDocument.fromfile(io.BytesIO(document))
        files = [one for one in mets.all_files() if one.type == "Item"]
        ordered = sorted(files, key=lambda one: str(one.label))
        assert [(one.path, one.checksum, one.checksumtype) for one in ordered] == [
            (one.file.path.removeprefix(folder), one.file.digests["sha512"], "SHA-512")
            for one in item
        ]


def test_metsrw_refuses_the_spelling_that_csip_demands() -> None:
    document = metadata(spec(1))["representations/master/METS.xml"]
    with pytest.raises(metsrw.exceptions.ParseError, match="No physical structMap found"):
        metsrw.METSDocument.fromfile(io.BytesIO(document))

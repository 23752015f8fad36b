"""References as others write them: each leads to the file that is meant, or says why not."""

from __future__ import annotations

import posixpath
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preserva.core.eark.locations import Astray, expected_at, locate

FOLDER = "representations/rep 1/"
FILES = frozenset(
    {
        "METS.xml",
        "data/a.tif",
        "metadata/mods.xml",
        f"{FOLDER}METS.xml",
        f"{FOLDER}data/л. 1.tif",
        f"{FOLDER}data/1+1.tif",
        f"{FOLDER}data/100%.tif",
        f"{FOLDER}data/12:30.tif",
    }
)


@pytest.mark.parametrize(
    ("folder", "href", "path"),
    [
        ("", "data/a.tif", "data/a.tif"),
        ("", "./data/a.tif", "data/a.tif"),
        ("", "metadata/../data/./a.tif", "data/a.tif"),
        (FOLDER, "../../data/a.tif", "data/a.tif"),
        (FOLDER, "data/л. 1.tif", f"{FOLDER}data/л. 1.tif"),
        (FOLDER, "data/%D0%BB.%201.tif", f"{FOLDER}data/л. 1.tif"),
        (FOLDER, "data/л.+1.tif", f"{FOLDER}data/л. 1.tif"),
        (FOLDER, "data/%D0%BB.+1.tif", f"{FOLDER}data/л. 1.tif"),
        (FOLDER, "data/1+1.tif", f"{FOLDER}data/1+1.tif"),
        (FOLDER, "data/100%.tif", f"{FOLDER}data/100%.tif"),
        (FOLDER, "data/12:30.tif", f"{FOLDER}data/12:30.tif"),
        ("", "representations/rep+1/METS.xml", f"{FOLDER}METS.xml"),
        ("", "data\\a.tif", "data/a.tif"),
        ("", "file:data/a.tif", "data/a.tif"),
        ("", "file://data/a.tif", "data/a.tif"),
        ("", "file:///data/a.tif", "data/a.tif"),
        ("", "FILE:/data/a.tif", "data/a.tif"),
        (FOLDER, "file:///data/л. 1.tif", f"{FOLDER}data/л. 1.tif"),
    ],
)
def test_the_file_that_is_meant(folder: str, href: str, path: str) -> None:
    assert locate(folder, href, FILES) == path


@pytest.mark.parametrize(
    ("href", "loctype", "why"),
    [
        (None, None, Astray.ELSEWHERE),
        ("https://example.org/a.tif", "URL", Astray.ELSEWHERE),
        ("urn:nbn:de:bsz:14-db-id1", "URL", Astray.ELSEWHERE),
        ("ark:/12148/btv1b8449691v", "ARK", Astray.ELSEWHERE),
        ("20.500.123/45", "HANDLE", Astray.ELSEWHERE),
        ("10.1000/182", "DOI", Astray.ELSEWHERE),
        ("file:///mnt/scans/a.tif", "URL", Astray.ELSEWHERE),
        ("file:/mnt/scans/a.tif", "URL", Astray.ELSEWHERE),
        ("C:\\scans\\a.tif", "URL", Astray.ELSEWHERE),
        ("data/b.tif", "URL", Astray.MISSING),
        ("file:data/b.tif", "URL", Astray.MISSING),
        ("data/10:45.tif", "URL", Astray.MISSING),
        ("../a.tif", "URL", Astray.OUTSIDE),
        ("data/../../a.tif", "URL", Astray.OUTSIDE),
        ("%2e%2e/a.tif", "URL", Astray.OUTSIDE),
        ("/etc/passwd", "URL", Astray.OUTSIDE),
        ("..", "URL", Astray.OUTSIDE),
    ],
)
def test_why_there_is_no_file(href: str | None, loctype: str | None, why: Astray) -> None:
    assert locate("", href, FILES, loctype) is why


def test_what_is_missed_is_named_as_a_path() -> None:
    assert expected_at(FOLDER, "data/%D0%BB.%202.tif") == f"{FOLDER}data/л. 2.tif"
    assert expected_at("", "./x/../b.tif") == "b.tif"


NAME = st.text(st.characters(exclude_characters="/\0\\", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(NAME.filter(lambda name: name not in {".", ".."}), min_size=1, max_size=4))
def test_a_percent_encoded_path_always_leads_to_its_file(parts: list[str]) -> None:
    path = "/".join(parts)
    assert locate("", quote(path, safe="/"), {path}) == path


@given(st.text(), st.sampled_from(["", FOLDER]))
def test_no_text_leads_out_of_the_package(href: str, folder: str) -> None:
    class Everything:
        def __contains__(self, path: object) -> bool:
            return True

    path = locate(folder, href, Everything())
    if isinstance(path, str):
        assert path == posixpath.normpath(path)
        assert not path.startswith(("/", "../"))
        assert path not in {"", ".", ".."}

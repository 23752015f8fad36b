"""An E-ARK package without a bag is validated as what it is."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome, Report
from preserva.fixity.validate import validate
from tests.support.books import object_folder
from tests.support.containers import undeclared_zip

DATA = b"II*\0page"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def mets(*references: tuple[str, bytes], root: str = "mets") -> bytes:
    files = "".join(
        f'<file ID="f{n}" SIZE="{len(data)}" CHECKSUM="{digest(data)}" CHECKSUMTYPE="SHA-256">'
        f'<FLocat LOCTYPE="URL" xlink:href="{path}"/></file>'
        for n, (path, data) in enumerate(references)
    )
    return (
        f'<{root} xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' OBJID="x"><fileSec><fileGrp>{files}</fileGrp></fileSec></{root}>'
    ).encode()


def premis(name: str, data: bytes) -> bytes:
    return f"""<premis xmlns="http://www.loc.gov/premis/v3" version="3.0"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><object xsi:type="file"><objectIdentifier>
<objectIdentifierType>local</objectIdentifierType><objectIdentifierValue>1</objectIdentifierValue>
</objectIdentifier><objectCharacteristics><fixity><messageDigestAlgorithm>SHA256
</messageDigestAlgorithm><messageDigest>{digest(data)}</messageDigest></fixity>
<size>{len(data)}</size></objectCharacteristics><originalName>{name}</originalName></object>
</premis>""".encode()


PAGE = "representations/rep1/data/a.tif"
FILES = {"METS.xml": mets((PAGE, DATA)), PAGE: DATA}


def folder(files: dict[str, bytes], place: Path) -> Path:
    for path, data in files.items():
        (place / "x" / path).parent.mkdir(parents=True, exist_ok=True)
        (place / "x" / path).write_bytes(data)
    return place / "x"


def tarred(files: dict[str, bytes], place: Path) -> Path:
    with tarfile.open(place / "sent.tar.gz", "w:gz") as tar:
        tar.add(folder(files, place), "x")
    return place / "sent.tar.gz"


def zipped(files: dict[str, bytes], place: Path) -> Path:
    with zipfile.ZipFile(place / "sent.zip", "w") as archive:
        for path, data in files.items():
            archive.writestr(f"x/{path}", data)
    return place / "sent.zip"


def said(report: Report) -> list[tuple[str, str | None]]:
    return sorted((one.code.value, one.path) for one in report.findings)


@pytest.mark.parametrize("form", [folder, tarred, zipped])
@pytest.mark.parametrize(
    ("files", "outcome", "expected"),
    [
        (FILES, Outcome.PASS, []),
        ({**FILES, PAGE: b"II*\0Page"}, Outcome.FAIL, [("E513", PAGE)]),
        ({**FILES, PAGE: DATA + b"x"}, Outcome.FAIL, [("E512", PAGE), ("E513", PAGE)]),
        ({"METS.xml": FILES["METS.xml"]}, Outcome.FAIL, [("E509", PAGE)]),
        ({**FILES, "extra": b"x"}, Outcome.PASS, [("W553", "extra")]),
        ({"METS.xml": b"<mets"}, Outcome.FAIL, [("E502", "METS.xml")]),
        ({"METS.xml": mets(root="other")}, Outcome.FAIL, [("E503", "METS.xml")]),
        (
            {
                **FILES,
                "METS.xml": mets(
                    (PAGE, DATA), ("metadata/preservation/p.xml", premis(PAGE, b"other"))
                ),
                "metadata/preservation/p.xml": premis(PAGE, b"other"),
            },
            Outcome.FAIL,
            [("E520", PAGE), ("E521", PAGE)],
        ),
    ],
)
def test_packages_of_others(
    form: Callable[[dict[str, bytes], Path], Path],
    files: dict[str, bytes],
    outcome: Outcome,
    expected: list[tuple[str, str | None]],
    tmp_path: Path,
) -> None:
    (report,) = validate(form(files, tmp_path))
    assert (report.outcome, said(report)) == (outcome, expected)
    assert report.checked == report.listed == len(files)


@pytest.mark.parametrize("encoding", ["utf-8", "cp866", "koi8-r"])
def test_names_that_declare_nothing_are_those_of_the_mets(encoding: str, tmp_path: Path) -> None:
    href = "representations/rep1/data/%D0%90%D0%BA%D1%82.tif"
    files = {"METS.xml": mets((href, DATA)), "representations/rep1/data/Акт.tif": DATA}
    (tmp_path / "sent.zip").write_bytes(undeclared_zip(files, encoding))
    (report,) = validate(tmp_path / "sent.zip")
    assert (report.outcome, said(report)) == (Outcome.PASS, [("W147", None)])


@pytest.mark.parametrize("form", [folder, tarred, zipped])
@pytest.mark.parametrize(
    ("label", "name"),
    [("SHA", "sha1"), ("SHA-384", "sha384"), ("SHA-224", "sha224"), ("SHA3-256", "sha3_256")],
)
def test_digests_by_uncommon_algorithms_are_compared(
    form: Callable[[dict[str, bytes], Path], Path], label: str, name: str, tmp_path: Path
) -> None:
    digest_of_all = hashlib.new(name, DATA).hexdigest()
    document = mets((PAGE, DATA)).decode().replace(digest(DATA), digest_of_all)
    document = document.replace('CHECKSUMTYPE="SHA-256"', f'CHECKSUMTYPE="{label}"')
    files = {"METS.xml": document.encode(), PAGE: DATA}
    (report,) = validate(form(files, tmp_path))
    assert (report.outcome, said(report), report.checked) == (Outcome.PASS, [], 2)
    (tmp_path / "changed").mkdir()
    (report,) = validate(form({**files, PAGE: b"II*\0Page"}, tmp_path / "changed"))
    assert (report.outcome, said(report)) == (Outcome.FAIL, [("E513", PAGE)])


def test_names_that_nobody_can_tell_are_unknown(tmp_path: Path) -> None:
    href = "representations/rep1/data/%D0%90%D0%BA%D1%82.tif"
    files = {"METS.xml": mets((href, DATA)), "representations/rep1/data/▒кт.tif": DATA}
    (tmp_path / "sent.zip").write_bytes(undeclared_zip(files, "cp866"))
    (report,) = validate(tmp_path / "sent.zip")
    assert report.outcome is Outcome.UNKNOWN
    assert [one.code for one in report.findings] == [Code.NAME_UNKNOWN]


@pytest.fixture
def ours(one_book: Path, tmp_path: Path) -> Path:
    """The folder of a package of ours, without its bag."""
    stored = object_folder(one_book, "aonb-main", PackageId("aonb", "kp-7"))
    return Path(shutil.copytree(stored / "v1/content/data/aonb-kp-7", tmp_path / "o/aonb-kp-7"))


def test_a_package_of_ours_is_held_to_our_profile(ours: Path) -> None:
    (report,) = validate(ours)
    assert (report.outcome, report.findings) == (Outcome.PASS, [])
    (ours / "beside.txt").write_text("not in METS")
    (report,) = validate(ours)
    assert said(report) == [("E511", "beside.txt")]
    page = next((ours / "representations").glob("master/data/*"))
    page.write_bytes(page.read_bytes()[::-1])
    (report,) = validate(ours)
    assert {code for code, path in said(report) if path and path.endswith(page.name)} == {
        "E513",
        "E521",
    }


def test_a_folder_of_another_name_is_not_it(ours: Path) -> None:
    (report,) = validate(ours.rename(ours.with_name("renamed")))
    assert ("E504", "METS.xml") in said(report)

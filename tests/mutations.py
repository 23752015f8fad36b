"""Kinds of damage to the metadata and files of a package, each with the findings it must give.

    python -m tests.mutations

prints for each kind whether our validator, commons-ip and eark-validator find it. After a change
the digests that other documents hold of the changed metadata are made right again, so that it is
the damage itself that must be found, and not a digest; `SEALED` are kinds without that.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from preserva.core.eark.check import check_package
from preserva.core.values.report import Finding
from tests.support.aips import MODS, PACKAGE, metadata, observed, representations, spec

Files = dict[str, bytes]
Damage = Callable[[Files], None]

PAGES = 3
ROOT = "METS.xml"
PREMIS = "metadata/preservation/premis.xml"
MODS_PATH = "metadata/descriptive/mods.xml"
MASTER = "representations/master/"
MASTER_METS = f"{MASTER}METS.xml"
MASTER_PREMIS = f"{MASTER}metadata/preservation/premis.xml"
PAGE = f"{MASTER}data/0001.tif"
ADMID = 'ADMID="digiprov-1"'
PAGE2 = f"{MASTER}data/0002.tif"
METS_NS = "{http://www.loc.gov/METS/}"
HREF = "{http://www.w3.org/1999/xlink}href"


def package() -> Files:
    """All files of a sound package, by path."""
    files = {**metadata(spec(PAGES)), MODS_PATH: MODS}
    for item in representations(PAGES):
        for number, content in enumerate(item, 1):
            files[content.file.path] = item.content(number)
    return files


def findings(files: Files) -> list[Finding]:
    """What our validator finds, the digests being those of the files as they are."""
    seen = {path: observed(path, content) for path, content in files.items()}
    return list(check_package(lambda path: io.BytesIO(files[path]), seen, folder=PACKAGE.portable))


def seal(files: Files, before: Files) -> None:
    """Make sizes and digests right of changed metadata, in the METS documents that name it."""
    for mets in [path for path in files if path.endswith("/METS.xml")] + [ROOT]:
        folder = mets.removesuffix(ROOT)
        try:
            root = etree.fromstring(files[mets])
        except (KeyError, etree.XMLSyntaxError):
            continue
        changed = False
        for element in root.iter(f"{METS_NS}mdRef", f"{METS_NS}FLocat"):
            path = folder + str(element.get(HREF))
            is_data = "/data/" in path
            if is_data or path not in files or files[path] == before.get(path):
                continue
            owner = element if element.tag == f"{METS_NS}mdRef" else element.getparent()
            assert owner is not None
            file = observed(path, files[path])
            owner.set("SIZE", str(file.size))
            owner.set("CHECKSUM", file.digests["sha512"])
            changed = True
        if changed:
            files[mets] = etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def damaged(kind: Kind) -> Files:
    """The package with this damage."""
    before = package()
    files = dict(before)
    kind.damage(files)
    assert files != before, kind.name
    if kind.sealed:
        seal(files, before)
    return files


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of damage, and the findings that it gives: code and path."""

    name: str
    damage: Damage
    expected: frozenset[tuple[str, str]]
    sealed: bool = True


def edit(path: str, old: str, new: str, count: int = 1) -> Damage:
    """Replace a piece of text that is there."""

    def damage(files: Files) -> None:
        text = files[path].decode()
        assert old in text, f"{old} is not in {path}"
        files[path] = text.replace(old, new, count).encode()

    return damage


def put(path: str, content: bytes) -> Damage:
    """Store these bytes there."""

    def damage(files: Files) -> None:
        files[path] = content

    return damage


def drop(path: str) -> Damage:
    """Remove a file."""

    def damage(files: Files) -> None:
        del files[path]

    return damage


def cut(path: str, start: str, end: str) -> Damage:
    """Remove text from the first `start` to the `end` after it."""

    def damage(files: Files) -> None:
        text = files[path].decode()
        first = text.index(start)
        files[path] = (
            text[:first] + text[text.index(end, first + len(start)) + len(end) :]
        ).encode()

    return damage


def swap(path: str, first: str, second: str) -> Damage:
    """Exchange two pieces of text wherever they are."""

    def damage(files: Files) -> None:
        text = files[path].decode()
        assert first in text
        assert second in text
        text = text.replace(first, "\0").replace(second, first).replace("\0", second)
        files[path] = text.encode()

    return damage


def swap_files(files: Files) -> None:
    """Exchange the contents of two pages of one length."""
    files[PAGE], files[PAGE2] = files[PAGE2], files[PAGE]


def drop_representation(files: Files) -> None:
    """Remove a representation's folder."""
    for path in [path for path in files if path.startswith("representations/text/")]:
        del files[path]


def both(*damages: Damage) -> Damage:
    """Several together."""

    def damage(files: Files) -> None:
        for one in damages:
            one(files)

    return damage


def kind(name: str, damage: Damage, *expected: tuple[str, str], sealed: bool = True) -> Kind:
    """A row of the table."""
    return Kind(name, damage, frozenset(expected), sealed)


BOMB = (
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;">]><a>&d;</a>'
)
EXTERNAL = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'
DEEP = b"<a>" * 100_000 + b"</a>" * 100_000


def kinds() -> Iterator[Kind]:
    """The table."""
    yield from files_kinds()
    yield from mets_kinds()
    yield from page_kinds()
    yield from premis_kinds()
    yield from hostile_kinds()


def files_kinds() -> Iterator[Kind]:
    """Damage to files."""
    yield kind("a page is missing", drop(PAGE), ("E509", PAGE))
    yield kind(
        "a page has changed",
        put(PAGE, b"MASTER 1\n"),
        ("E513", PAGE),
        ("E521", PAGE),
    )
    yield kind(
        "a page was cut short",
        put(PAGE, b"mast"),
        ("E512", PAGE),
        ("E513", PAGE),
        ("E520", PAGE),
        ("E521", PAGE),
    )
    yield kind(
        "two pages changed places",
        swap_files,
        ("E513", PAGE),
        ("E521", PAGE),
        ("E513", PAGE2),
        ("E521", PAGE2),
    )
    extra = f"{MASTER}data/0009.tif"
    yield kind("an extra page", put(extra, b"x"), ("E511", extra))
    yield kind("an extra file", put("notes.txt", b"x"), ("E511", "notes.txt"))
    yield kind("no METS of the package", drop(ROOT), ("E501", ROOT))
    yield kind("no METS of a representation", drop(MASTER_METS), ("E509", MASTER_METS))
    yield kind("no PREMIS of the package", drop(PREMIS), ("E509", PREMIS))
    yield kind("no PREMIS of a representation", drop(MASTER_PREMIS), ("E509", MASTER_PREMIS))
    yield kind("no description", drop(MODS_PATH), ("E509", MODS_PATH))
    yield kind(
        "the description is of another kind",
        put(MODS_PATH, b'<dc xmlns="http://purl.org/dc/elements/1.1/"/>'),
        ("E503", MODS_PATH),
    )
    yield kind(
        "the description was replaced after packaging",
        put(MODS_PATH, MODS.replace("Апостол".encode(), "Часовник".encode())),
        ("E512", MODS_PATH),
        ("E513", MODS_PATH),
        sealed=False,
    )
    yield kind(
        "no representation where METS names one",
        drop_representation,
        ("E509", "representations/text/METS.xml"),
    )


def mets_kinds() -> Iterator[Kind]:
    """Damage to METS."""
    yield kind("wrong OBJID", edit(ROOT, 'OBJID="aonb', 'OBJID="nlb'), ("E504", ROOT))
    yield kind(
        "wrong OBJID of a representation",
        edit(MASTER_METS, 'OBJID="master"', 'OBJID="access"'),
        ("E504", MASTER_METS),
    )
    yield kind("another profile", edit(ROOT, "E-ARK-AIP-v2-2-0", "X"), ("E505", ROOT))
    yield kind("no TYPE", edit(ROOT, ' TYPE="Textual works – Print"', ""), ("E505", ROOT))
    yield kind(
        "not an AIP", edit(ROOT, 'OAISPACKAGETYPE="AIP"', 'OAISPACKAGETYPE="SIP"'), ("E505", ROOT)
    )
    yield kind("no software version", edit(ROOT, "SOFTWARE VERSION", "X"), ("E505", ROOT))
    yield kind("no header", cut(ROOT, "<metsHdr", "</metsHdr>"), ("E505", ROOT))
    yield kind(
        "another namespace",
        edit(ROOT, "loc.gov/METS/", "loc.gov/METS/v2", 1),
        ("E503", ROOT),
    )
    yield kind(
        "an ID twice",
        edit(MASTER_METS, 'ID="div-data"', 'ID="div-root"'),
        ("E506", MASTER_METS),
    )
    yield kind(
        "a file's ADMID leads nowhere",
        edit(MASTER_METS, f'SHA-512" {ADMID}', 'SHA-512" ADMID="digiprov-7"'),
        ("E507", MASTER_METS),
        ("E523", PAGE),
    )
    yield kind(
        "a DMDID leads nowhere",
        edit(ROOT, 'DMDID="dmd-1"', 'DMDID="dmd-9"'),
        ("E507", ROOT),
        ("E515", MODS_PATH),
    )
    yield kind(
        "a chapter leads to no page",
        edit(MASTER_METS, 'xlink:to="page-00001"', 'xlink:to="page-00009"'),
        ("E507", MASTER_METS),
    )
    yield kind(
        "a reference leaves the package",
        edit(ROOT, "metadata/descriptive/mods.xml", "../../mods.xml"),
        ("E508", ROOT),
        ("E511", MODS_PATH),
    )
    yield kind(
        "a reference to a machine",
        edit(ROOT, "metadata/descriptive/mods.xml", "file:///etc/passwd"),
        ("E508", ROOT),
        ("E511", MODS_PATH),
    )
    yield kind(
        "a reference that is not encoded",
        edit(ROOT, "descriptive/mods.xml", "descriptive/мods .xml"),
        ("E508", ROOT),
        ("E511", MODS_PATH),
    )
    yield kind(
        "a file is named twice",
        edit(MASTER_METS, "data/0002.tif", "data/0001.tif"),
        ("E510", PAGE),
        ("E513", PAGE),
        ("E511", PAGE2),
        ("E523", MASTER_PREMIS),
        ("E521", PAGE),
    )
    yield kind(
        "a wrong size in METS only",
        edit(MASTER_METS, 'SIZE="9"', 'SIZE="8"'),
        ("E512", PAGE),
    )
    yield kind(
        "a wrong digest in METS only",
        lambda files: edit(MASTER_METS, observed(PAGE, files[PAGE]).digests["sha512"], "0" * 128)(
            files
        ),
        ("E513", PAGE),
    )
    yield kind(
        "no digest of a description",
        cut(ROOT, ' CHECKSUM="', '"'),
        ("E514", MODS_PATH),
    )
    yield kind(
        "a digest by an algorithm that nobody computed",
        edit(MASTER_METS, 'CHECKSUMTYPE="SHA-512" ADMID', 'CHECKSUMTYPE="HAVAL" ADMID'),
        ("U528", PAGE),
    )
    yield kind(
        "the metadata hangs on no division",
        edit(MASTER_METS, 'LABEL="Metadata" ADMID="digiprov-1"', 'LABEL="Metadata"'),
        ("E515", MASTER_PREMIS),
    )
    yield kind(
        "no PREMIS in METS",
        both(
            cut(MASTER_METS, "<digiprovMD", "</digiprovMD>"),
            edit(MASTER_METS, ' ADMID="digiprov-1"', "", 9),
        ),
        ("E505", MASTER_METS),
        ("E511", MASTER_PREMIS),
        *(("E522", f"{MASTER}data/000{number}.tif") for number in (1, 2, 3)),
    )
    yield kind(
        "no CSIP map",
        edit(ROOT, 'LABEL="CSIP"', 'LABEL="X"'),
        ("E505", ROOT),
        *(("E515", path) for path in (MODS_PATH, PREMIS)),
    )
    yield kind("no Schemas division", edit(ROOT, 'LABEL="Schemas"', 'LABEL="X"'), ("E505", ROOT))
    yield kind(
        "the pointer leads to another representation",
        edit(
            ROOT,
            '<mptr LOCTYPE="URL" xlink:type="simple" xlink:href="representations/master/',
            '<mptr LOCTYPE="URL" xlink:type="simple" xlink:href="representations/text/',
        ),
        ("E505", MASTER_METS),
    )


def page_kinds() -> Iterator[Kind]:
    """Damage to the order of pages."""
    first, second = "ID-master.0001.tif", "ID-master.0002.tif"
    pointer = '<fptr FILEID="{}">'
    yield kind(
        "two pages changed places in the map",
        swap(MASTER_METS, pointer.format(first), pointer.format(second)),
        ("E516", PAGE),
    )
    yield kind(
        "two pages changed places in METS",
        swap(MASTER_METS, "data/0001.tif", "data/0002.tif"),
        ("E513", PAGE),
        ("E513", PAGE2),
        ("E521", PAGE),
        ("E521", PAGE2),
        ("E523", MASTER_PREMIS),
    )
    yield kind(
        "a page has another's number",
        edit(MASTER_METS, 'ORDER="2"', 'ORDER="1"'),
        ("E516", MASTER_METS),
    )
    yield kind(
        "a page has no number", edit(MASTER_METS, 'ORDER="2"', 'ORDER="two"'), ("E516", MASTER_METS)
    )
    yield kind(
        "a page without its file",
        cut(MASTER_METS, pointer.format(first), "</fptr>"),
        ("E517", MASTER_METS),
        ("E518", PAGE),
    )
    yield kind(
        "a file on two pages",
        edit(MASTER_METS, pointer.format(second), pointer.format(first)),
        ("E518", MASTER_METS),
        ("E518", PAGE2),
    )
    yield kind(
        "no page map",
        cut(MASTER_METS, '<structMap ID="structMap-pages"', "</structMap>"),
        ("E505", MASTER_METS),
        ("E507", MASTER_METS),
        *(("E518", f"{MASTER}data/000{number}.tif") for number in (1, 2, 3)),
    )
    yield kind(
        "a page is called otherwise in one representation",
        edit(MASTER_METS, 'ORDERLABEL="1v"', 'ORDERLABEL="2v"'),
        ("E519", "representations/access/METS.xml"),
        ("E519", "representations/text/METS.xml"),
    )
    yield kind(
        "a page is of another type in one representation",
        edit(MASTER_METS, 'TYPE="page" ORDER="2"', 'TYPE="plate" ORDER="2"'),
        ("E519", "representations/access/METS.xml"),
        ("E519", "representations/text/METS.xml"),
    )
    yield kind(
        "a part is linked to a part",
        edit(MASTER_METS, 'xlink:to="page-00001"', 'xlink:to="part-1"'),
        ("E488", MASTER_METS),
    )
    yield kind(
        "a part is linked to a page that is not there",
        edit(MASTER_METS, 'xlink:to="page-00001"', 'xlink:to="page-00009"'),
        ("E507", MASTER_METS),
    )


def premis_kinds() -> Iterator[Kind]:
    """Damage to PREMIS."""
    yield kind(
        "a wrong size in PREMIS only",
        edit(MASTER_PREMIS, "<size>9<", "<size>8<"),
        ("E520", PAGE),
    )
    yield kind(
        "a wrong digest in PREMIS only",
        lambda files: edit(MASTER_PREMIS, observed(PAGE, files[PAGE]).digests["sha256"], "0" * 64)(
            files
        ),
        ("E521", PAGE),
    )
    yield kind(
        "no digest in PREMIS",
        both(*[cut(MASTER_PREMIS, "<fixity>", "</fixity>")] * 2),
        ("E526", PAGE),
    )
    yield kind(
        "PREMIS does not describe a page",
        cut(MASTER_PREMIS, "<object ", "</object>"),
        ("E522", PAGE),
    )
    yield kind(
        "PREMIS describes a page that is not there",
        edit(MASTER_PREMIS, "ID-master.0001.tif", "ID-master.0007.tif"),
        ("E523", MASTER_PREMIS),
        ("E522", PAGE),
    )
    yield kind(
        "two pages changed places in PREMIS",
        swap(MASTER_PREMIS, "data/0001.tif", "data/0002.tif"),
        ("E523", MASTER_PREMIS),
    )
    yield kind(
        "PREMIS gives an identifier twice",
        edit(MASTER_PREMIS, "ID-master.0002.tif", "ID-master.0001.tif"),
        ("E524", MASTER_PREMIS),
        ("E523", MASTER_PREMIS),
        ("E521", PAGE),
        ("E522", PAGE2),
    )
    yield kind(
        "a page is part of a representation that is not there",
        edit(MASTER_PREMIS, "Value>representation-master", "Value>representation-paper"),
        ("E525", MASTER_PREMIS),
    )
    yield kind(
        "an event by an agent that is not described",
        edit(PREMIS, "<linkingAgentIdentifierValue>agent-p", "<linkingAgentIdentifierValue>x"),
        ("E525", PREMIS),
    )
    yield kind(
        "an event about an object that is not described",
        edit(PREMIS, "<linkingObjectIdentifierValue>urn:", "<linkingObjectIdentifierValue>x"),
        ("E525", PREMIS),
    )
    yield kind("no agents", both(*[cut(PREMIS, "<agent>", "</agent>")] * 2), ("E525", PREMIS))
    yield kind("no events", both(*[cut(PREMIS, "<event>", "</event>")] * 4), ("E526", PREMIS))
    yield kind(
        "an event without outcome",
        cut(PREMIS, "<eventOutcomeInformation>", "</eventOutcomeInformation>"),
        ("E526", PREMIS),
    )
    yield kind(
        "an event without time",
        cut(PREMIS, "<eventDateTime>", "</eventDateTime>"),
        ("E526", PREMIS),
    )
    yield kind(
        "two events of one identifier",
        edit(PREMIS, "000000000002<", "000000000001<"),
        ("E524", PREMIS),
    )
    yield kind(
        "no book in PREMIS",
        cut(PREMIS, "<object ", "</object>"),
        ("E525", PREMIS),
        ("E526", PREMIS),
    )
    yield kind(
        "a representation is not in PREMIS",
        cut(PREMIS, '<object xsi:type="representation"', "</object>"),
        ("E526", PREMIS),
        ("E525", MASTER_PREMIS),
    )
    yield kind("no rights", cut(PREMIS, "<rights>", "</rights>"), ("W529", PREMIS))
    yield kind(
        "a term that is not its URI's",
        edit(PREMIS, ">public domain<", ">copyrighted<"),
        ("E527", PREMIS),
    )
    yield kind(
        "another version of PREMIS",
        edit(PREMIS, 'version="3.0"', 'version="2.2"'),
        ("E503", PREMIS),
    )


def hostile_kinds() -> Iterator[Kind]:
    """XML that is not what it should be."""
    for name, content in {
        "garbage": b"\x00\xff garbage",
        "an empty file": b"",
        "an entity bomb": BOMB,
        "an external entity": EXTERNAL,
        "100,000 elements inside one another": DEEP,
    }.items():
        for path in (ROOT, MASTER_METS, PREMIS, MASTER_PREMIS, MODS_PATH):
            yield kind(f"{name} as {path}", put(path, content), ("E502", path))
    yield kind(
        "METS cut off in the middle",
        lambda files: put(MASTER_METS, files[MASTER_METS][:3000])(files),
        ("E502", MASTER_METS),
    )


def main() -> None:
    """Print what each of three validators finds."""
    from tests.support.oracles import commons_ip, eark_validator

    found = [0, 0, 0]
    table = list(kinds())
    print("| damage | preserva | commons-ip | eark-validator |\n|---|---|---|---|")
    for row in table:
        files = damaged(row)
        with TemporaryDirectory() as parent:
            folder = Path(parent) / PACKAGE.portable
            for path, content in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            verdicts = [
                bool(findings(files)),
                bool(commons_ip(folder)),
                bool(eark_validator(folder)),
            ]
        found = [count + verdict for count, verdict in zip(found, verdicts, strict=True)]
        cells = " | ".join("found" if verdict else "–" for verdict in verdicts)
        print(f"| {row.name} | {cells} |")
    print(f"| **{len(table)} kinds** | {found[0]} | {found[1]} | {found[2]} |")


if __name__ == "__main__":
    main()

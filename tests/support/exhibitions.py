"""A demonstration exhibition of real books, and a small one of books made here, for tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from preserva.archive.archive import ArchivalStorage
from preserva.catalogue.database import Database
from preserva.catalogue.import_records import import_file, import_packages, open_catalogue
from preserva.fixity.audit import audit
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.support.books import an_archive

_MODS = """<?xml version="1.0" encoding="UTF-8"?>
<mods xmlns="http://www.loc.gov/mods/v3" version="3.8">
<titleInfo><title>{title}</title></titleInfo>
<name type="personal"><namePart>{author}</namePart><role><roleTerm type="text">author</roleTerm>
</role></name>
<originInfo><place><placeTerm type="text">{place}</placeTerm></place>
<publisher>{publisher}</publisher><dateIssued>{date}</dateIssued></originInfo>
<language><languageTerm authority="iso639-2b" type="code">{language}</languageTerm></language>
<location><physicalLocation>{holder}</physicalLocation>
<shelfLocator>{shelfmark}</shelfLocator></location>
<recordInfo><recordIdentifier>{number}</recordIdentifier></recordInfo>
</mods>
"""

_DEMONSTRATION = """\
[exhibition]
title = { ru = "Книги двух рек", be = "Кнігі дзвюх рэк", en = "Books of Two Rivers" }
text = "introduction"
credits = "credits"
rights = "http://creativecommons.org/publicdomain/mark/1.0/"
url = "https://books.example.org/rivers"
catalogue = "all"

[[sections]]
id = "first-books"
title = { ru = "Первые книги", be = "Першыя кнігі", en = "First books" }
text = "first"
[[sections.objects]]
package = "aonb-messe"
page = 2
[sections.objects.caption]
ru = "Немецкая книга 1555 года"
be = "Нямецкая кніга 1555 года"
en = "A German book of 1555"
[[sections.objects]]
package = "aonb-kant"
[sections.objects.caption]
ru = "Статья о Просвещении"
be = "Артыкул пра Асветніцтва"
en = "An essay on Enlightenment"

[[sections]]
id = "newspapers"
title = { ru = "Газеты", be = "Газеты", en = "Newspapers" }
[[sections.objects]]
package = "aonb-riga"
pages = "1-2"
[sections.objects.caption]
ru = "Рижское утро, 1915"
be = "Рыжская раніца, 1915"
en = "A morning in Riga, 1915"

[[writers]]
id = "kant"
name = { ru = "Иммануил Кант", be = "Імануіл Кант", en = "Immanuel Kant" }
born = "1724-04-22"
died = "1804-02-12"
text = "kant"
names = ["Kant, Immanuel"]
places = ["koenigsberg"]

[[places]]
id = "koenigsberg"
name = { ru = "Кёнигсберг", be = "Кёнігсберг", en = "Königsberg" }
latitude = 54.71
longitude = 20.51
[[places]]
id = "minsk"
name = { ru = "Минск", be = "Мінск", en = "Minsk" }
latitude = 53.9
longitude = 27.56
note = { ru = "Национальная библиотека", be = "Нацыянальная бібліятэка", en = "National Library" }
[[places]]
id = "blagoveshchensk"
name = { ru = "Благовещенск", be = "Благавешчанск", en = "Blagoveshchensk" }
latitude = 50.26
longitude = 127.53

[[events]]
date = "1784-12"
title = { ru = "Напечатана статья", be = "Надрукаваны артыкул", en = "The essay is printed" }
place = "koenigsberg"
writer = "kant"
package = "aonb-kant"
[[events]]
date = "1555"
title = { ru = "Издана книга", be = "Выдадзена кніга", en = "The book is published" }
package = "aonb-messe"

[[libraries]]
id = "aonb"
address = { ru = "Благовещенск, ул. Ленина, 139", be = "Благавешчанск", en = "Blagoveshchensk" }
url = "https://library.example.org/"

[map]
lines = "lines.json"
"""

_TEXTS = {
    "introduction": "Две библиотеки показывают **свои книги**.\n\n## Откуда они\n\nС двух рек.\n",
    "credits": "Снимки: [библиотеки](https://library.example.org/).\n",
    "first": "Книга началась *рано*.\n\n* одна\n* другая\n",
    "kant": "Жил в Кёнигсберге.\n",
}

_LINES = (
    '{"type": "LineString", "coordinates": [[20, 54], [40, 56], [90, 53], [127, 50.2], [135, 48]]}'
)


@contextmanager
def demonstration(place: Path, shared: Path) -> Iterator[tuple[ArchivalStorage, Path]]:
    """An archive with three real books and a catalogue, and the specification that shows them."""
    books = shared / "data" / "books"
    messe = [books / "leptonica_pages" / name for name in ("1555.003.jpg", "1555.007.jpg")]
    kant = books / "ocrd" / "data" / "kant_aufklaerung_1784" / "data"
    riga = books / "prereform_riga" / "RizhskoyeUtro" / "riut1915n001" / "DIVL11"
    specification = write_specification(place / "exhibition", _DEMONSTRATION, _TEXTS)
    (specification.parent / "lines.json").write_text(_LINES)
    with an_archive(place / "archive") as archive:
        _package(archive, place, "messe", "Von dem Ampt der heyligen Meß", "", "Ingolstadt", "1555",
                 "ger", {f"master/{one.name}": one for one in messe})  # fmt: skip
        _package(archive, place, "kant", "Was ist Aufklärung?", "Kant, Immanuel", "Berlin", "1784",
                 "ger", {f"master/{n}.tif": kant / "OCR-D-IMG" / f"INPUT_{n}.tif"
                         for n in ("0017", "0020")}
                 | {f"text/{n}.xml": kant / "OCR-D-GT-ALTO" / f"PAGE_{n}_ALTO.xml"
                    for n in ("0017", "0020")})  # fmt: skip
        _package(archive, place, "riga", "Рижское утро : кнiга газетъ", "", "Рига", "1915", "rus",
                 {f"master/{n}.jpeg": riga / f"DIVL11_00{n}.jpeg" for n in (1, 2, 3)}
                 | {"text/1.txt": riga / "DIVL11.plain.txt"})  # fmt: skip
        list(replicate(archive))
        audit(archive)
        with open_catalogue(archive.config.path) as database:
            _fill(archive, database, shared / "data" / "records")
        yield archive, specification


def write_specification(folder: Path, text: str, texts: dict[str, str]) -> Path:
    """The specification with its texts, the same in each language, in a new folder."""
    folder.mkdir(parents=True)
    path = folder / "exhibition.toml"
    path.write_text(text, encoding="utf-8")
    for name, markdown in texts.items():
        for language in ("ru", "be", "en"):
            (folder / f"{name}.{language}.md").write_text(markdown, encoding="utf-8")
    return path


def _package(archive: ArchivalStorage, place: Path, local: str, title: str, author: str, town: str,
             date: str, language: str, files: dict[str, Path]) -> None:  # fmt: skip
    folder = place / local
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / name)
    record = place / f"{local}.xml"
    record.write_text(
        _MODS.format(title=title, author=author, place=town, publisher="Изд.", date=date,
                     language=language, holder="АОНБ", shelfmark=f"Р-{local}", number=local),
        encoding="utf-8",
    )  # fmt: skip
    package(folder, record, archive, local=local)


def _fill(archive: ArchivalStorage, database: Database, records: Path) -> None:
    import_packages(archive, database, 1_800_000_000)
    for path, library in (("rusmarc_loge/TEST1.ISO", "nlb"), ("marc4j/u17_utf8.mrc", "aonb")):
        import_file(database, records / path, library, 1_800_000_000)

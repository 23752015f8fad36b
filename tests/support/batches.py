"""Books for a table: folders of scans, one file of their records, and the table itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.support.books import tiff

HEADER = ("Папка", "Шифр", "Идентификатор", "Примечания")


def records(numbers: Iterable[int]) -> str:
    """A collection of MARCXML records; each has its number, title, shelfmark, register number."""
    return (
        '<collection xmlns="http://www.loc.gov/MARC21/slim">'
        + "".join(map(_record, numbers))
        + "</collection>"
    )


def _record(number: int) -> str:
    fields = {
        "100": {"a": "20261130d1890    u  y0rusy50      ca"},
        "200": {"a": f"Книга {number}"},
        "899": {"a": "АОНБ", "j": f"К-{number}/1"},
    }
    data = "".join(
        f'<datafield tag="{tag}" ind1=" " ind2=" ">'
        + "".join(f'<subfield code="{code}">{text}</subfield>' for code, text in parts.items())
        + "</datafield>"
        for tag, parts in fields.items()
    )
    leader = "<leader>00000nam0 2200000 i 450 </leader>"
    control = f'<controlfield tag="001">RU/AONB/{number}</controlfield>'
    return f"<record>{leader}{control}{data}</record>"


def scans(folder: Path, pages: int = 2, seed: int = 0) -> Path:
    """A folder of page images, all different."""
    folder.mkdir(parents=True)
    for page in range(1, pages + 1):
        pixels = bytes((seed * 7 + page + i * i) % 251 for i in range(600))
        (folder / f"{page:04}.tif").write_bytes(tiff(pixels + seed.to_bytes(4, "big")))
    return folder


def table_text(
    rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER, delimiter: str = ";"
) -> str:
    """A table as CSV."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows([header, *rows])
    return stream.getvalue()


def book_row(number: int) -> tuple[str, str, str, str]:
    """The row of a book: its folder, its shelfmark, its identifier."""
    return f"scans/{number}", f"К-{number}/1", f"kp-{number:06}", ""


def read_results(path: Path) -> list[Mapping[str, str]]:
    """The rows of a table of results in CSV."""
    text = path.read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))

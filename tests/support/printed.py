"""Printed books, drawn by the test: small scans that look like pages, and records of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from preserva.specimen.page import print_page
from preserva.specimen.text import LEAVES, RUSSIAN, Leaf, TextBlock

_SIZE = (280, 400)
_GREYS = [value // 32 * 32 for value in range(256)]
"""Few shades: the paper's fibres would be most of a file."""

_WORDS = [
    word
    for leaf in LEAVES
    for block in leaf.blocks
    if block.language == RUSSIAN
    for word in block.text.split()
]
_WORDS_OF_A_PAGE = 120
_SERIES = (
    "Записки о рѣкѣ Амурѣ",
    "Памятная книжка Амурской области",
    "Сборникъ народныхъ пѣсенъ",
    "Справочная книжка Минской губерніи",
)


def title_of(number: int) -> str:
    """The title of a book, by its number."""
    return f"{_SERIES[number % len(_SERIES)]}. Выпускъ {number % 100}"


def draw_scans(folder: Path, pages: int, seed: int) -> None:
    """Make a folder of so many page images: LZW TIFF, grey, no two alike."""
    folder.mkdir(parents=True)
    for number in range(1, pages + 1):
        chance = random.Random(seed * 1000 + number)
        image, _lines = print_page(_leaf(chance, number), number)
        small = image.convert("L").resize(_SIZE).point(_GREYS)
        turned, moved = chance.uniform(-2, 2), (chance.randint(-14, 14), chance.randint(-14, 14))
        small = small.rotate(turned, translate=moved, fillcolor=160)  # nobody lays it straight
        small.save(folder / f"{number:04}.tif", compression="tiff_lzw", dpi=(400, 400))


def _leaf(chance: random.Random, number: int) -> Leaf:
    """A page of text: paragraphs below a heading, and its number."""
    blocks = [TextBlock(RUSSIAN, f"— {number} —", size=18)]
    if chance.random() < 0.3:
        blocks.append(TextBlock(RUSSIAN, f"Глава {chance.randint(2, 40)}", size=36))
    words = chance.choices(_WORDS, k=_WORDS_OF_A_PAGE - 15 * len(blocks))
    while words:
        length = chance.randint(8, 24)
        text, words = " ".join(words[:length]).capitalize(), words[length:]
        blocks.append(TextBlock(RUSSIAN, text, chance.randint(16, 19), chance.randint(0, 60)))
    return Leaf(f"{number:04}", tuple(blocks))


def records(titles: Mapping[str, str]) -> str:
    """A collection of MARCXML records (RUSMARC), by the numbers of books."""
    return (
        '<collection xmlns="http://www.loc.gov/MARC21/slim">'
        + "".join(_record(number, title) for number, title in titles.items())
        + "</collection>"
    )


def _record(number: str, title: str) -> str:
    fields = (
        ("100", "a", "20261130d1890    u  y0rusy50      ca"),
        ("200", "a", title),
        ("210", "a", "Благовѣщенскъ"),
        ("899", "j", number.upper()),
    )
    data = "".join(
        f'<datafield tag="{tag}" ind1=" " ind2=" "><subfield code="{code}">{text}</subfield>'
        "</datafield>"
        for tag, code, text in fields
    )
    leader = "<leader>00000nam0 2200000 i 450 </leader>"
    return f'<record>{leader}<controlfield tag="001">{number}</controlfield>{data}</record>'

"""The lists of books: safe in spreadsheets and browsers, readable without scripts."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict

from preserva.core.guide.books import COLUMNS, ListedBook, books_csv, books_html
from preserva.core.guide.text import readme_html

HOSTILE = ListedBook(
    id="urn:preserva:aonb:kp-1",
    title='=HYPERLINK("http://x")',
    author='<script>alert(1)</script>, "Ѳ"',
    year="1917",
    library="@sum",
    shelfmark="+7\n-8\u2028\x1b[31m",
    register="\t=1",
    pages="3",
    version="v2",
    path='ocfl/a"b<c/urn%3ax',
    rights="-",
    inventory="ab",
)


def test_no_cell_is_a_formula_or_more_than_one_line() -> None:
    data = books_csv([HOSTILE])
    heads, row = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert tuple(heads) == COLUMNS
    assert dict(zip(heads, row, strict=True)) == {
        **asdict(HOSTILE),
        "title": '\'=HYPERLINK("http://x")',
        "library": "'@sum",
        "shelfmark": "'+7 -8 [31m",
        "register": "'=1",
        "rights": "'-",
    }
    assert data.count(b"\r\n") == len(data.splitlines()) == 2


def test_a_page_shows_everything_as_text() -> None:
    text = books_html([HOSTILE], "<b>Minsk</b>").decode()
    assert set(re.findall(r"<([a-z1-6]+)", text)) == {
        "html", "head", "meta", "title", "style", "body", "h1", "p", "table", "tr", "th", "td",
        "span", "br", "a", "small",
    }  # fmt: skip
    assert 'href="ocfl/a%22b%3Cc/urn%253ax/"' in text
    assert "&lt;script&gt;alert(1)" in text
    assert {'lang="ru"', 'lang="be"', 'lang="en"'} <= set(re.findall(r'lang="\w\w"', text))


def test_a_readme_becomes_a_page() -> None:
    page = readme_html(
        "A & B", {"en": "Head\n  One\n  line.\n\n    code <x>\n      more\n"}
    ).decode()
    assert (
        '<section id="en" lang="en"><h2>Head</h2>\n<p>One\nline.</p>\n'
        "<pre>code &lt;x&gt;\n  more</pre>\n</section>" in page
    )
    assert "<h1>A &amp; B</h1>" in page

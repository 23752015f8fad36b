"""Books: found by title, name or number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from starlette.responses import Response

from preserva.archive.archive import ArchivalStorage
from preserva.archive.judgements import rules_of
from preserva.core.policy.judgement import Judgement, Rules, State, judge
from preserva.core.values.report import Outcome
from preserva.i18n import NP_, pgettext
from preserva.outputs import report
from preserva.web import shelf
from preserva.web.visit import Visit

PER_PAGE = 50
_LAST_PAGE = 1_000_000

FILTERS: dict[str, tuple[str, Callable[[Judgement], bool]]] = {
    "damage": (
        NP_("which books", "damaged or missing"),
        lambda judged: judged.outcome is Outcome.FAIL,
    ),
    "few": (NP_("which books", "too few copies"), lambda judged: judged.few),
    "behind": (
        NP_("which books", "a copy lacks the newest version"),
        lambda judged: any(copy.state is State.INCOMPLETE for copy in judged.copies),
    ),
    "withdrawn": (NP_("which books", "withdrawn"), lambda judged: judged.withdrawn),
}
"""What the list can be narrowed to, by the judgement of each package."""


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of the list."""

    package: str
    title: str
    judgement: Judgement


def show_list(visit: Visit) -> Response:
    """A page of the list, by title; `q` are words to find, `state` one of FILTERS."""
    text, state = visit.query.get("q", "")[:200], visit.query.get("state", "")
    number = page_number(visit.query.get("page", "1"))
    start = (number - 1) * PER_PAGE
    with visit.archive() as archive:
        rules = rules_of(archive)
        if state in FILTERS:
            fitting = list(
                islice(_fitting(visit, archive, rules, state, text), start + PER_PAGE + 1)
            )
            books = fitting[start:]
        else:
            titled = shelf.find(visit.database, text, start, PER_PAGE + 1)
            books = [
                BookLine(package, title, judged(archive, rules, package))
                for package, title in titled
            ]
    return visit.show(
        "books",
        books=books[:PER_PAGE],
        text=text,
        state=state,
        page=number,
        more=len(books) > PER_PAGE,
        filters={name: pgettext("which books", title) for name, (title, _test) in FILTERS.items()},
        total=None if state in FILTERS else shelf.count(visit.database, text),
        short=report.short,
    )


def page_number(text: str) -> int:
    """The number of a page of a list, from an address; 1 for what is none."""
    digits = text if text.isascii() and text.isdigit() and len(text) < 8 else "1"
    return min(max(1, int(digits)), _LAST_PAGE)


def _fitting(
    visit: Visit, archive: ArchivalStorage, rules: Rules, state: str, text: str
) -> Iterator[BookLine]:
    _title, fits = FILTERS[state]
    found = {package for package, _title in shelf.find(visit.database, text, 0, -1)} if text else ()
    for package in visit.site.standing.packages(archive, fits):
        if not text or package in found:
            title = shelf.title_of(visit.database, package)
            yield BookLine(package, title, judged(archive, rules, package))


def judged(archive: ArchivalStorage, rules: Rules, package: str) -> Judgement:
    """What the ledger says of the copies of a package."""
    return judge(package, archive.ledger.copies.of(package), rules)

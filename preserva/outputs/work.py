"""The work of a period in words: for a terminal, as a page, as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from preserva.core.policy.work import Deed, Sum, Work, WorkKind
from preserva.core.values.people import Person
from preserva.core.values.report import printable
from preserva.i18n import _, ngettext
from preserva.local_time import local_date, local_time
from preserva.outputs.decisions import named
from preserva.outputs.findings import human_size
from preserva.outputs.page import Page, Section
from preserva.outputs.report import short
from preserva.outputs.words import word

CSV_COLUMNS = (
    "entry",
    "time",
    "person",
    "name",
    "what",
    "outcome",
    "package",
    "version",
    "storage",
    "pages",
    "bytes",
    "details",
)


def work_lines(work: Work, people: Mapping[str, Person]) -> Iterator[str]:
    """Yield the totals, then the work of each person, then each action."""
    yield heading(work, people)
    if not work.sums:
        yield _("Nothing was done.")
    for kind, total in _sums(work):
        yield f"  {word(kind.value)}: {_sentence(total)}"
    for person, counts in _people(work):
        done = ", ".join(f"{word(kind.value)} {counts[kind]}" for kind in WorkKind if counts[kind])
        yield f"{named(person, people)}: {done}"
    for deed in work.deeds:
        yield "\t".join(_row(deed, people))


def work_page(work: Work, people: Mapping[str, Person], institution: str, at: datetime) -> Page:
    """The same as a page."""
    made = _("{institution}, {time}").format(institution=institution, time=local_time(at))
    kinds = [kind for kind, _total in _sums(work)]
    return Page(
        heading(work, people),
        made,
        _lead(work),
        False,
        (
            Section(
                _("Work"),
                (),
                (_("What"), _("Times"), _("Packages"), _("Pages"), _("Size"), _("Failed")),
                [(word(kind.value), *_numbers(total)) for kind, total in _sums(work)],
            ),
            Section(
                _("People"),
                (),
                (_("Person"), *(word(kind.value) for kind in kinds)),
                [
                    (named(person, people), *(str(counts[kind]) for kind in kinds))
                    for person, counts in _people(work)
                ],
            ),
            Section(
                _("One by one"),
                (),
                (_("Entry"), _("Time"), _("Person"), _("What"), _("Package"), _("Details")),
                [_row(deed, people) for deed in work.deeds],
            ),
        ),
    )


def work_csv_row(deed: Deed, people: Mapping[str, Person]) -> tuple[str, ...]:
    """An action as a row below CSV_COLUMNS, the same in every language; times are UTC."""
    known = people.get(deed.person or "")
    numbers = ("" if number is None else str(number) for number in (deed.pages, deed.size))
    return (
        str(deed.number),
        deed.time.isoformat(),
        deed.person or "",
        (known.name or "") if known else "",
        deed.kind.value,
        deed.outcome,
        deed.package or "",
        deed.version or "",
        deed.storage or "",
        *numbers,
        "; ".join(deed.details),
    )


def heading(work: Work, people: Mapping[str, Person]) -> str:
    """Of which period, and of whom."""
    first = _("the beginning") if work.since is None else local_date(work.since)
    last = _("today")
    if work.until is not None:
        last = local_date(work.until - timedelta(seconds=1))
    text = _("What was done from {first} to {last}").format(first=first, last=last)
    return text if work.person is None else f"{text}: {named(work.person, people)}"


def _lead(work: Work) -> str:
    total = work.sums.get(WorkKind.PACKAGED, Sum())
    books = ngettext("{count} package made", "{count} packages made", len(total.packages))
    pages = ngettext("{count} page", "{count} pages", total.pages)
    made = books.format(count=len(total.packages))
    return f"{made}, {pages.format(count=total.pages)}, {human_size(total.size)}."


def _sums(work: Work) -> Iterator[tuple[WorkKind, Sum]]:
    return ((kind, work.sums[kind]) for kind in WorkKind if kind in work.sums)


def _people(work: Work) -> Iterator[tuple[str | None, Mapping[WorkKind, int]]]:
    """Who did something, by code; actions without a person come last."""
    for person in sorted(work.people, key=lambda code: (code is None, code or "")):
        yield person, work.people[person]


def _sentence(total: Sum) -> str:
    times = ngettext("{count} time", "{count} times", total.count).format(count=total.count)
    number = len(total.packages)
    parts = [times, ngettext("{count} package", "{count} packages", number).format(count=number)]
    if total.pages:
        text = ngettext("{count} page", "{count} pages", total.pages)
        parts.append(text.format(count=total.pages))
    if total.size:
        parts.append(human_size(total.size))
    if total.failed:
        parts.append(_("without success: {count}").format(count=total.failed))
    return ", ".join(parts)


def _numbers(total: Sum) -> tuple[str, ...]:
    return (
        str(total.count),
        str(len(total.packages)),
        str(total.pages or "-"),
        human_size(total.size) if total.size else "-",
        str(total.failed or "-"),
    )


def _row(deed: Deed, people: Mapping[str, Person]) -> tuple[str, ...]:
    what = word(deed.kind.value)
    if deed.outcome != "success":
        what = f"{what}: {word(deed.outcome)}"
    places = (short(deed.package) if deed.package else "", deed.version, deed.storage)
    return (
        str(deed.number),
        local_time(deed.time),
        named(deed.person, people),
        what,
        " ".join(part for part in places if part),
        printable("; ".join(map(_detail, deed.details))),
    )


def _detail(text: str) -> str:
    """A detail of a deed; the number of a decision in the reader's language."""
    number = text.removeprefix("no. ")
    return word(text) if number == text else _("no. {number}").format(number=number)

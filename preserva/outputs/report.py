"""The report on an archive in words: for a terminal, as a page, as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from preserva.core.policy.judgement import State
from preserva.core.policy.overview import (
    AGES,
    Decision,
    HistoryEntry,
    Incident,
    Overview,
)
from preserva.core.values.model import PackageId
from preserva.core.values.report import Outcome, printable
from preserva.i18n import _, language, ngettext, pgettext
from preserva.local_time import local_date, local_time
from preserva.outputs.findings import human_size
from preserva.outputs.page import Page, Section, chart
from preserva.outputs.words import word

_MONTHS = 12
_FINDINGS = 5
"""How many findings of an incident are shown; the others are counted."""
_COLUMNS = (State.SOUND, State.NEVER, State.INCOMPLETE, State.UNREAD, State.UNREACHABLE,
            State.MISSING, State.DAMAGED)  # fmt: skip
"""The states of copies that the table of storages counts."""


def institution_name(overview: Overview, id_: str | None = None) -> str:
    """The name of an institution in the reader's language; by default that of the report's."""
    id_ = id_ or overview.institution
    return printable(overview.names.get(id_, {}).get(language(), id_))


def lead(overview: Overview) -> str:
    """The one sentence that every reader must see."""
    if not overview.copies:
        return _("There are no copies yet.")
    waiting = len(overview.incidents)
    if waiting:
        text = ngettext(
            "{count} incident needs your attention; the oldest was opened on {since}.",
            "{count} incidents need your attention; the oldest was opened on {since}.",
            waiting,
        )
        since = local_date(min(incident.since for incident in overview.incidents))
        return text.format(count=waiting, since=since)
    if overview.few:
        text = ngettext(
            "No copy is damaged, but {count} package has too few copies.",
            "No copy is damaged, but {count} packages have too few copies.",
            len(overview.few),
        )
        return text.format(count=len(overview.few))
    if behind := overview.count(State.INCOMPLETE):
        text = ngettext(
            "No copy is damaged, but {count} copy lacks the newest version.",
            "No copy is damaged, but {count} copies lack the newest version.",
            behind,
        )
        return text.format(count=behind)
    text = ngettext(
        "The {count} copy is sound, as far as it was read.",
        "All {count} copies are sound, as far as they were read.",
        overview.copies,
    )
    return text.format(count=overview.copies)


def report_lines(overview: Overview) -> Iterator[str]:
    """Yield the lines of the report for a terminal."""
    yield lead(overview)
    for incident in overview.incidents:
        columns = (
            str(incident.number),
            what(incident),
            local_date(incident.since),
            advice(incident),
        )
        yield "  " + "\t".join(columns)
        if incident.findings:
            yield f"    {findings_of(incident)}"
    for line in few_lines(overview.few, overview.wanted):
        yield f"  {line}"
    for storage in overview.storages:
        states = [(state, storage.states[state]) for state in State if state in storage.states]
        counts = ", ".join(f"{word(state.value)} {count}" for state, count in states)
        oldest = _("no check yet")
        if storage.oldest is not None:
            oldest = _("oldest check {date}").format(date=local_date(storage.oldest))
        yield f"{storage.storage}: {counts or '0'}; {oldest}"
    yield from forecast_sentences(overview)
    yield _proof(overview)


def few_lines(few: Iterable[tuple[str, int]], wanted: int) -> Iterator[str]:
    """Yield a line for each package that has too few copies."""
    for package, counted in few:
        text = _("{package}: {sound} of {wanted} copies")
        yield text.format(package=short(package), sound=counted, wanted=wanted)


def forecast_sentences(overview: Overview) -> Iterator[str]:
    """Yield sentences on whether the intervals can be kept."""
    forecast = overview.forecast
    if forecast.overdue:
        late = ngettext(
            "The check of {count} copy is overdue.",
            "The checks of {count} copies are overdue.",
            forecast.overdue,
        )
        yield late.format(count=forecast.overdue)
    if forecast.capacity is None:
        text = _(
            "Checks in time need {needed} a day; the possible speed has not been measured yet."
        )
        yield text.format(needed=human_size(forecast.needed))
    else:
        text = _("Checks in time need {needed} a day; {possible} a day is possible.")
        needed, possible = human_size(forecast.needed), human_size(forecast.capacity)
        yield text.format(needed=needed, possible=possible)
    if forecast.missed_from is not None:
        text = _("From {date} on, checks will be late.")
        yield text.format(date=local_date(forecast.missed_from))


def incident_lines(incident: Incident) -> Iterator[str]:
    """Yield an incident with its findings, what to do, and what was decided."""
    text = ngettext(
        "{number}\t{what} since {since}, seen {count} time",
        "{number}\t{what} since {since}, seen {count} times",
        incident.seen,
    )
    yield text.format(
        number=incident.number,
        what=what(incident),
        since=local_time(incident.since),
        count=incident.seen,
    )
    yield f"\t{findings_of(incident)}"
    yield f"\t{advice(incident)}"
    for decision in incident.decisions:
        by, text = printable(decision.by), printable(decision.decision)
        yield f"\t{local_time(decision.time)} {by}: {text}"


def report_page(overview: Overview, appendix: tuple[Section, ...] = ()) -> Page:
    """The report as a page."""
    return Page(
        _("State of the digitised book monuments: {name}").format(name=institution_name(overview)),
        _subtitle(overview),
        lead(overview),
        overview.outcome is not Outcome.PASS,
        (
            _incident_section(overview.incidents),
            Section(
                _("Packages with too few sound copies"),
                () if overview.few else (_("None."),),
                (_("Package"), _("Sound copies"), pgettext("column", "Wanted")),
                [
                    (short(package), str(sound), str(overview.wanted))
                    for package, sound in overview.few
                ],
            ),
            _storage_section(overview),
            _age_section(overview),
            _month_section(overview),
            Section(_("Forecast"), tuple(forecast_sentences(overview))),
            _proof_section(overview),
            *appendix,
        ),
    )


def package_page(
    package: PackageId, entries: Sequence[HistoryEntry], incidents: Sequence[Incident], at: datetime
) -> Page:
    """The whole history of one package as a page."""
    text = _("Everything that the ledger records about it, {date}").format(date=local_date(at))
    total = ngettext("{count} entry in the ledger.", "{count} entries in the ledger.", len(entries))
    return Page(
        package.portable,
        text,
        _("This package needs your attention.") if incidents else total.format(count=len(entries)),
        bool(incidents),
        (
            _incident_section(tuple(incidents)),
            Section(
                _("History"),
                (),
                (
                    _("Entry"),
                    _("Time"),
                    pgettext("column", "What"),
                    _("Outcome"),
                    pgettext("column", "Where"),
                    _("Details"),
                ),
                [
                    (
                        str(entry.number),
                        local_time(entry.time),
                        word(entry.type),
                        word(entry.outcome),
                        " ".join(part for part in (entry.storage, entry.version) if part),
                        printable("; ".join(entry.details)),
                    )
                    for entry in entries
                ],
            ),
        ),
    )


def advice(incident: Incident) -> str:
    """What to do about an incident."""
    name = incident.storage if incident.package is None else short(incident.package)
    if incident.package is None:
        text = _("Find out why it cannot be reached, then run: preserva audit --only {name}")
    elif incident.state is State.UNRECORDED:
        text = _("Find out who put it there, or whether the ledger is older than the storage")
    elif incident.state is State.UNREAD:
        text = _("Check the disk and the network, then run: preserva audit --only {name}")
    else:
        text = _("preserva repair {name} --storage {storage} shows how it can be repaired")
    return text.format(name=name, storage=incident.storage)


def findings_of(incident: Incident) -> str:
    """What the newest check found, as sentences: each with its page of the book and its file."""
    sentences = [finding.message() for finding in incident.findings[:_FINDINGS]]
    more = len(incident.findings) - len(sentences) + incident.more
    if more:
        text = ngettext("{count} more finding", "{count} more findings", more)
        sentences.append(text.format(count=more))
    return "; ".join(sentences)


def _incident_section(incidents: tuple[Incident, ...]) -> Section:
    return Section(
        _("Incidents that need a person"),
        () if incidents else (_("Nothing."),),
        (
            _("No."),
            pgettext("column", "What"),
            pgettext("column", "Since"),
            pgettext("column", "Seen"),
            pgettext("column", "Found"),
            _("What to do"),
            pgettext("column", "Decided"),
        ),
        [
            (
                str(incident.number),
                what(incident),
                local_date(incident.since),
                str(incident.seen),
                findings_of(incident),
                advice(incident),
                "; ".join(map(_decided, incident.decisions)),
            )
            for incident in incidents
        ],
    )


def _storage_section(overview: Overview) -> Section:
    rows = [
        (
            f"{storage.name} ({storage.storage})",
            institution_name(overview, storage.institution),
            *(str(storage.states.get(state, 0)) for state in _COLUMNS),
            _day(storage.oldest),
            human_size(storage.size),
        )
        for storage in overview.storages
    ]
    words = (_capital(word(state.value)) for state in _COLUMNS)
    columns = (_("Storage"), _("Institution"), *words)
    return Section(_("Copies by storage"), (), (*columns, _("Oldest check"), _("Size")), rows)


def _age_section(overview: Overview) -> Section:
    labels = [
        *(_("up to {days} d").format(days=days) for days in AGES),
        _("older"),
        _("never"),
    ]
    kinds = ["plain"] * len(AGES) + ["unknown", "fail"]
    values = [
        (label, [(kind, count)])
        for label, kind, count in zip(labels, kinds, overview.ages, strict=True)
    ]
    counts = "; ".join(f"{label}: {n}" for label, n in zip(labels, overview.ages, strict=True))
    text = _("Copies by the age of their last check in days. {values}.").format(values=counts)
    return Section(
        _("Age of the last check"), chart=chart(_("Age of the last check"), text, values)
    )


def _month_section(overview: Overview) -> Section:
    months = overview.months[-_MONTHS:]
    values = [
        (
            month.month,
            [("success", month.success), ("fail", month.fail), ("unknown", month.unknown)],
        )
        for month in months
    ]
    text = _(
        "Checks of copies by month: {success} sound (green), {fail} damaged (red), {unknown} not"
        " read to the end (yellow); {size} read."
    ).format(
        success=sum(month.success for month in months),
        fail=sum(month.fail for month in months),
        unknown=sum(month.unknown for month in months),
        size=human_size(sum(month.size for month in months)),
    )
    heading = _("Outcomes of the checks by month")
    return Section(heading, chart=chart(heading, text, values))


def _proof_section(overview: Overview) -> Section:
    return Section(
        _("Proof of past audits"),
        (
            _(
                "Every check is an entry of the ledger, linked to all earlier entries by digests."
                " `preserva ledger verify` proves that none was changed; comparing the ledger with"
                " the copy at the other institution (`--against STORAGE`) also proves that none is"
                " missing. The digest of the last entry of a year vouches for the whole year."
            ),
        ),
        (_("Year"), _("Entries"), _("Checks"), _("Copies"), _("Damage"), _("Unread"), "SHA-256"),
        [
            (
                year.year,
                f"{year.first}\N{EN DASH}{year.last}",
                str(year.checks),
                str(year.copies),
                str(year.fail),
                str(year.unknown),
                year.digest,
            )
            for year in overview.years
        ],
    )


def _proof(overview: Overview) -> str:
    if not overview.entries:
        return _("The ledger is empty.")
    text = ngettext(
        "The ledger has {count} entry; its digest is {digest}.",
        "The ledger has {count} entries; the digest of the newest is {digest}.",
        overview.entries,
    )
    return text.format(count=overview.entries, digest=overview.newest)


def _subtitle(overview: Overview) -> str:
    return f"{local_time(overview.at)}. {_proof(overview)}"


def what(incident: Incident) -> str:
    """Name what an incident is about, and its state."""
    state = word(incident.state.value)
    if incident.package is None:
        return f"{incident.storage}: {state}"
    return f"{short(incident.package)} ({incident.storage}): {state}"


def _decided(decision: Decision) -> str:
    return f"{local_date(decision.time)} {printable(decision.by)}: {printable(decision.decision)}"


def short(package: str) -> str:
    """Write the identifier of a package as people read it; any other name as it is."""
    try:
        return PackageId.parse(package).portable
    except ValueError:
        return printable(package)


def _capital(text: str) -> str:
    """A word as it begins the heading of a column."""
    return text[:1].upper() + text[1:]


def _day(time: datetime | None) -> str:
    return "-" if time is None else local_date(time)

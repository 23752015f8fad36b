"""A report in words: for a terminal, as a page, as a table for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from preserva.core.policy.overview import AGES, CopyState, Decision, Done, Incident, Overview, State
from preserva.core.values.codes import Code
from preserva.core.values.model import PackageId
from preserva.core.values.report import printable
from preserva.i18n import N_, _, ngettext
from preserva.outputs.findings import human_size
from preserva.outputs.page import Page, Section, chart
from preserva.outputs.words import word

CSV_COLUMNS = (
    "package",
    "institution",
    "storage",
    "state",
    "checked",
    "deadline",
    "bytes",
    "entry",
    "entry_sha256",
)

_MONTHS = 12
_STATES = {
    State.SOUND: N_("sound"),
    State.DAMAGED: N_("damaged"),
    State.UNREAD: N_("not readable"),
    State.NEVER: N_("never checked"),
}


def lead(found: Overview) -> str:
    """The one sentence that matters."""
    if not found.copies:
        return _("There are no copies yet.")
    waiting = len(found.incidents)
    if waiting:
        text = ngettext(
            "{count} incident waits for you; the oldest since {since}.",
            "{count} incidents wait for you; the oldest since {since}.",
            waiting,
        )
        since = min(one.since for one in found.incidents)[:10]
        return text.format(count=waiting, since=since)
    if found.few:
        text = ngettext(
            "No copy is damaged, but {count} package has too few copies.",
            "No copy is damaged, but {count} packages have too few copies.",
            len(found.few),
        )
        return text.format(count=len(found.few))
    text = ngettext(
        "The {count} copy is sound, as far as it was read.",
        "All {count} copies are sound, as far as they were read.",
        found.copies,
    )
    return text.format(count=found.copies)


def alarming(found: Overview) -> bool:
    """Whether a person must do something."""
    return bool(found.incidents or found.few or found.forecast.overdue)


def report_lines(found: Overview) -> Iterator[str]:
    """The report for a terminal."""
    yield lead(found)
    for one in found.incidents:
        yield f"  {one.number}\t{_what(one)}\t{one.since[:10]}\t{advice(one)}"
    for package, sound in found.few:
        text = _("{package}: {sound} of {wanted} copies")
        yield "  " + text.format(package=_short(package), sound=sound, wanted=found.wanted)
    for store in found.storages:
        counts = ", ".join(f"{_(_STATES[one])} {n}" for one, n in sorted(store.states.items()))
        oldest = _day(store.oldest)
        yield f"{store.storage}: {counts or '0'}; " + _("oldest check {date}").format(date=oldest)
    yield from forecast_sentences(found)
    yield _proof(found)


def forecast_sentences(found: Overview) -> Iterator[str]:
    """Whether the intervals can be kept."""
    said = found.forecast
    if said.overdue:
        late = ngettext("{count} copy is overdue.", "{count} copies are overdue.", said.overdue)
        yield late.format(count=said.overdue)
    possible = _("not measured yet") if said.capacity is None else human_size(said.capacity)
    text = _("The intervals take {needed} a day; possible: {possible} a day.")
    yield text.format(needed=human_size(said.needed), possible=possible)
    if said.missed_from is not None:
        text = _("The intervals will be missed from {date}.")
        yield text.format(date=said.missed_from.date())


def mail_text(found: Overview, opened: Sequence[Incident], closed: int) -> tuple[str, str]:
    """Subject and text of a mail: what is new, what ended, and how everything stands."""
    text = []
    if opened:
        new = ngettext("{count} new incident", "{count} new incidents", len(opened))
        subject = new.format(count=len(opened))
        for one in opened:
            text += [
                f"{one.number}. {_what(one)}",
                f"   {findings_of(one)}",
                f"   {advice(one)}",
                "",
            ]
    else:
        subject = lead(found)
    if closed:
        ended = ngettext("{count} incident ended.", "{count} incidents ended.", closed)
        text += [ended.format(count=closed), ""]
    name = _("Audit of {institution}").format(institution=found.institution)
    return f"{name}: {subject}", "\n".join([*text, *report_lines(found), ""])


def report_page(found: Overview, appendix: tuple[Section, ...] = ()) -> Page:
    """The report as a page."""
    return Page(
        _("State of the digital book monuments: {name}").format(name=found.institution),
        _subtitle(found),
        lead(found),
        alarming(found),
        (
            _incident_section(found.incidents),
            Section(
                _("Packages with too few sound copies"),
                () if found.few else (_("None."),),
                (_("Package"), _("Sound copies"), _("Wanted")),
                [(_short(name), str(sound), str(found.wanted)) for name, sound in found.few],
            ),
            _storage_section(found),
            _age_section(found),
            _month_section(found),
            Section(_("Forecast"), tuple(forecast_sentences(found))),
            _proof_section(found),
            *appendix,
        ),
    )


def package_page(
    package: PackageId, entries: Sequence[Done], incidents: Sequence[Incident], at: datetime
) -> Page:
    """The whole history of one package as a page."""
    text = _("Everything that the ledger knows of it, {date}").format(date=at.date())
    count = len(entries)
    done = ngettext("{count} entry in the ledger.", "{count} entries in the ledger.", count)
    return Page(
        package.portable,
        text,
        _("This package needs you.") if incidents else done.format(count=count),
        bool(incidents),
        (
            _incident_section(tuple(incidents)),
            Section(
                _("History"),
                (),
                (_("Entry"), _("Time"), _("What"), _("Outcome"), _("Where"), _("Details")),
                [
                    (
                        str(one.number),
                        one.time,
                        word(one.type),
                        word(one.outcome),
                        " ".join(part for part in (one.storage, one.version) if part),
                        printable("; ".join(one.details)),
                    )
                    for one in entries
                ],
            ),
        ),
    )


def csv_row(one: CopyState) -> tuple[str, ...]:
    """A copy as a row below CSV_COLUMNS: the same in every language."""
    cells = (one.checked, one.deadline)
    checked, deadline = ("" if cell is None else cell.isoformat() for cell in cells)
    numbers = ("" if cell is None else str(cell) for cell in (one.size, one.entry))
    return (
        one.package,
        one.institution,
        one.storage,
        one.state.value,
        checked,
        deadline,
        *numbers,
        one.digest or "",
    )


def advice(one: Incident) -> str:
    """What a person does about an incident."""
    name = one.storage if one.package is None else _short(one.package)
    if one.package is None:
        text = _("Find out why it cannot be reached, then run: preserva audit --only {name}")
    elif one.state is State.UNREAD:
        text = _("Look at the disk and the line, then run: preserva audit --only {name}")
    else:
        text = _("preserva repair {name} --storage {storage} shows how it can be mended")
    return text.format(name=name, storage=one.storage)


def findings_of(one: Incident) -> str:
    """What the newest check found, as sentences."""
    known = {code.value: code.message for code in Code}
    said = [f"{code} {_(known[code])}" if code in known else code for code in one.codes]
    return "; ".join([*said, *(printable(path) for path in one.paths)])


def _incident_section(incidents: tuple[Incident, ...]) -> Section:
    return Section(
        _("What waits for a person"),
        () if incidents else (_("Nothing."),),
        (_("No."), _("What"), _("Since"), _("Seen"), _("Found"), _("What to do"), _("Decided")),
        [
            (
                str(one.number),
                _what(one),
                one.since[:10],
                str(one.seen),
                findings_of(one),
                advice(one),
                "; ".join(map(_decided, one.decisions)),
            )
            for one in incidents
        ],
    )


def _storage_section(found: Overview) -> Section:
    rows = [
        (
            f"{one.name} ({one.storage})",
            one.institution,
            *(str(one.states.get(state, 0)) for state in _STATES),
            _day(one.oldest),
            human_size(one.size),
        )
        for one in found.storages
    ]
    columns = (_("Storage"), _("Institution"), *map(_, _STATES.values()))
    return Section(
        _("Copies, storage by storage"), (), (*columns, _("Oldest check"), _("Size")), rows
    )


def _age_section(found: Overview) -> Section:
    labels = [
        *(_("to {days} d").format(days=days) for days in AGES),
        _("older"),
        _("never"),
    ]
    kinds = ["plain"] * len(AGES) + ["unknown", "fail"]
    values = [
        (label, [(kind, count)])
        for label, kind, count in zip(labels, kinds, found.ages, strict=True)
    ]
    said = "; ".join(f"{label}: {n}" for label, n in zip(labels, found.ages, strict=True))
    text = _("Copies by the age of their last check in days. {values}.").format(values=said)
    return Section(
        _("Age of the last check"), chart=chart(_("Age of the last check"), text, values)
    )


def _month_section(found: Overview) -> Section:
    months = found.months[-_MONTHS:]
    values = [
        (one.month, [("success", one.success), ("fail", one.fail), ("unknown", one.unknown)])
        for one in months
    ]
    sums = [sum(getattr(one, kind) for one in months) for kind in ("success", "fail", "unknown")]
    text = _(
        "Checks of copies by month: {success} sound (green), {fail} damaged (red), {unknown} not"
        " read to the end (yellow); {size} read."
    ).format(
        success=sums[0],
        fail=sums[1],
        unknown=sums[2],
        size=human_size(sum(one.size for one in months)),
    )
    heading = _("Outcomes of the checks, month by month")
    return Section(heading, chart=chart(heading, text, values))


def _proof_section(found: Overview) -> Section:
    return Section(
        _("Proof of past audits"),
        (
            _(
                "Every check is an entry of the ledger, bound to all entries before it by digests."
                " `preserva ledger verify` proves that none was changed; compared with the copy"
                " that the other institution keeps (`--against STORAGE`), also that none is"
                " missing. The digest of the last entry of a year stands for all of it."
            ),
        ),
        (_("Year"), _("Entries"), _("Checks"), _("Copies"), _("Damage"), _("Unread"), "SHA-256"),
        [
            (
                one.year,
                f"{one.first}-{one.last}",
                str(one.checks),
                str(one.copies),
                str(one.fail),
                str(one.unknown),
                one.digest,
            )
            for one in found.years
        ],
    )


def _proof(found: Overview) -> str:
    text = _("The ledger has {count} entries; the newest is {digest}.")
    return text.format(count=found.entries, digest=found.newest or "-")


def _subtitle(found: Overview) -> str:
    return f"{found.at:%Y-%m-%d %H:%M} UTC. {_proof(found)}"


def _what(one: Incident) -> str:
    state = _(_STATES[one.state])
    if one.package is None:
        return f"{one.storage}: {state}"
    return f"{_short(one.package)} ({one.storage}): {state}"


def _decided(one: Decision) -> str:
    return f"{one.time[:10]} {printable(one.by)}: {printable(one.decision)}"


def _short(package: str) -> str:
    try:
        return PackageId.parse(package).portable
    except ValueError:
        return printable(package)


def _day(time: datetime | None) -> str:
    return "-" if time is None else str(time.date())

"""The copies of a lost ledger in our own storages: read, compared, and one of them chosen.

A storage that is held for another institution is never asked: anyone who writes there could forge a
ledger. `core/policy/ledger_choice.py` says when a person must decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from preserva.archive.ledger_mark import read_mark
from preserva.archive.ledger_replica import copied_entries
from preserva.archive.store import Store
from preserva.core.formats.storage_identity import LedgerMark
from preserva.core.policy.ledger_choice import (
    Anchor,
    Chain,
    continued,
    contradictions,
    of_other_ledgers,
    vouched,
)
from preserva.core.values.codes import Code
from preserva.core.values.entries import END, LEDGER_IDENTITY, SUCCESS
from preserva.core.values.facts import LedgerIdentity
from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding, Report
from preserva.core.values.subjects import LedgerInStorage
from preserva.errors import LedgerError, Refused, UsageError
from preserva.i18n import _, joined, ngettext
from preserva.ledger import Ledger
from preserva.ledger.entry import chained
from preserva.replication.lone_claims import named

_SHOWN = 16


@dataclass(frozen=True, slots=True)
class LedgerChoice:
    """A person's decision on the copies: whose word counts, and an entry known from elsewhere."""

    source: str | None = None
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The copy to take over; None if there is none. Entries up to `proved` are beyond doubt.

    Those up to `seen` were seen by another storage too; None if no other one is left to say so.
    `shorter` is the storage with the longest copy that this one continues. `strange` are the
    storages that belong to another ledger; a person said whose word counts.
    """

    chain: Chain | None
    proved: int
    seen: int | None
    strange: frozenset[str]
    reports: tuple[Report, ...] = ()
    shorter: str | None = None


def parse_anchor(text: str) -> Anchor:
    """An entry that is known from elsewhere: DIGEST or NUMBER:DIGEST. Raises UsageError."""
    try:
        return Anchor.parse(text)
    except ValueError as error:
        message = _("{text} is neither the digest of an entry of the ledger nor NUMBER:DIGEST")
        raise UsageError(message.format(text=text)) from error


def choose_copy(stores: Sequence[Store], institution: str, decision: LedgerChoice) -> Choice:
    """The copy of an institution's ledger to take over, of those in its own storages.

    A copy that is not a whole chain is reported and ignored. Raises Refused if copies contradict
    each other and nobody decided, if storages belong to different ledgers, if no copy has the
    anchor, and if no copy is whole and no storage was named to start from; StorageError.
    """
    if decision.source is not None and decision.source not in {store.id for store in stores}:
        message = _("{storage}, named with --from, is not there")
        raise Refused(message.format(storage=decision.source))
    marks = {store.id: mark for store in stores if (mark := read_mark(store)) is not None}
    chains, broken = _read_copies(stores, institution)
    if decision.source is not None:
        chosen = [chain for chain in chains if chain.storage == decision.source]
        _refuse_broken_source(decision.source, broken)
    else:
        chosen = chains
        if broken and not chains:
            _refuse_all(broken)
    if decision.anchor is not None:
        chosen = _anchored(chosen, decision.anchor)
    if any(contradictions(chosen)):
        _refuse_contradictions(chosen)
    chain = max(chosen, key=lambda chain: len(chain.digests), default=None)
    strange = of_other_ledgers(marks, chain, decision.source)
    if strange and decision.source is None:
        _refuse_other_ledgers(marks)
    proved, seen, shorter = 0, None, None
    if chain is not None:
        if decision.source is not None:
            proved = len(chain.digests)
        elif decision.anchor is not None:
            proved = chain.place(decision.anchor) or 0
        seen = vouched(chain, chains, marks)
        shorter = continued(chain, chains)
    return Choice(chain, proved, seen, frozenset(strange), tuple(broken.values()), shorter)


def refuse_unseen(choice: Choice, ledger: Ledger) -> None:
    """Refuse a copy with entries that no other storage of ours has seen, and nobody vouched for.

    The `ledger` has taken them over; what we would have made by them is named. Also where no other
    storage is left that could have seen any: then the copy is the word of one alone. Raises
    Refused.
    """
    chain = choice.chain
    if chain is None:
        return
    seen, size = max(choice.seen or 0, choice.proved), len(chain.digests)
    if seen >= size:
        return
    message = ngettext(
        "the copy of the ledger in {storage} has {count} entry that no other storage of ours has"
        " seen, number {first}; it was not taken over",
        "the copy of the ledger in {storage} has {count} entries that no other storage of ours has"
        " seen, from number {first} on; it was not taken over",
        size - seen,
    )
    first_line = message.format(storage=chain.storage, count=size - seen, first=seen + 1)
    claimed = [
        f"{PackageId.parse(entry.package).portable} {entry.version}"
        for entry in ledger.entries(types=(END,))
        if entry.number > seen and entry.outcome == SUCCESS and entry.package is not None
    ]
    hint = _(
        "Whoever can write there may have added them. The digest of the newest entry, kept on"
        " paper or in an export, proves them: --anchor. Or say with --from whose word counts:"
        " --from {storage} takes them over."
    ).format(storage=chain.storage)
    if choice.shorter is not None:
        without = _("--from {storage}, whose copy ends earlier, leaves out what is behind its end.")
        hint = joined(" ", [hint, without.format(storage=choice.shorter)])
    raise Refused(
        joined("\n  ", [first_line, *named(_("packages that we made by these entries:"), claimed)]),
        hint=hint,
    )


def _read_copies(
    stores: Sequence[Store], institution: str
) -> tuple[list[Chain], dict[str, Report]]:
    """The copies that are whole, and a report on each that is not, by storage."""
    chains, broken = [], {}
    for store in stores:
        digests: list[str] = []
        ledgers: set[str] = set()
        numbers = count(1)
        try:
            for body in copied_entries(store, institution):
                previous = digests[-1] if digests else ""
                entry = chained(body, next(numbers), previous)
                digests.append(entry.digest)
                if entry.type == LEDGER_IDENTITY:
                    facts = entry.facts_as(LedgerIdentity)
                    ledgers |= {facts.ledger, *facts.replaces}
        except LedgerError as error:
            finding = Finding(Code.LEDGER_COPY_UNUSABLE, store.id, seen=str(error))
            broken[store.id] = Report(LedgerInStorage(store.id), [finding])
        else:
            if digests:
                chains.append(Chain(store.id, digests, ledgers))
    return chains, broken


def _anchored(chains: list[Chain], anchor: Anchor) -> list[Chain]:
    anchored = [chain for chain in chains if chain.place(anchor) is not None]
    if not anchored:
        message = _("no copy of the ledger that can be used has the entry {anchor}")
        shown = f"{anchor.number}:{anchor.digest}" if anchor.number else anchor.digest
        raise Refused(
            "\n  ".join([message.format(anchor=shown), *map(_described, chains)]),
            hint=_("Nothing was made. Compare the number and the digest with the paper again."),
        )
    return anchored


def _refuse_other_ledgers(marks: Mapping[str, LedgerMark]) -> None:
    text = _("{storage} belongs to the ledger {ledger}, entry {number} of {time}")
    lines = [
        text.format(storage=name, ledger=mark.ledger, number=mark.entry, time=mark.time)
        for name, mark in marks.items()
    ]
    message = _("our storages belong to different ledgers, so none was made:")
    raise Refused(
        joined("\n  ", [message, *lines]),
        hint=_(
            "Is one of them the disk of another archive? Put the right one in its place. Or say"
            " with --from which storage is right; those of another ledger are then left as they"
            " are."
        ),
    )


def _refuse_broken_source(source: str, broken: dict[str, Report]) -> None:
    if source in broken:
        _refuse_all({source: broken[source]})


def _refuse_all(broken: dict[str, Report]) -> None:
    problems = [
        f"{storage}: {finding.message()}"
        for storage, report in broken.items()
        for finding in report.findings
    ]
    raise Refused(
        "\n  ".join([_("no copy of the ledger can be used, so none was taken over:"), *problems]),
        hint=_(
            "Look for a backup of the ledger first. Without one, --from with the name of our"
            " primary storage begins a new ledger with what our own storages hold."
        ),
    )


def _refuse_contradictions(chains: Sequence[Chain]) -> None:
    differ = _("{one} and {other} differ from entry {number} on")
    lines = [
        differ.format(one=one.storage, other=other.storage, number=number)
        for one, other, number in contradictions(chains)
    ]
    message = _("the copies of the ledger contradict each other, so none was taken over:")
    raise Refused(
        "\n  ".join([message, *map(_described, chains), *lines]),
        hint=_(
            "One of them was forged or rewritten; being longer does not make a copy right. Compare"
            " them with a digest that was kept on paper or in an export, and give it with"
            " --anchor; or say with --from whose copy is right."
        ),
    )


def _described(chain: Chain) -> str:
    size = len(chain.digests)
    message = ngettext(
        "{storage}: {count} entry, the newest {digest}…",
        "{storage}: {count} entries, the newest {digest}…",
        size,
    )
    return message.format(storage=chain.storage, count=size, digest=chain.digests[-1][:_SHOWN])

"""The copies of a lost ledger in our own storages: read, held to each other, one of them chosen.

A storage that is held for another institution is never asked: whoever writes there could write a
ledger there. `core/policy/ledger_choice.py` says when a person must decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from preserva.archive.ledger_replica import copied_entries
from preserva.archive.store import Store
from preserva.core.policy.ledger_choice import Anchor, Chain, contradictions
from preserva.core.values.codes import Code
from preserva.core.values.report import Finding, Report
from preserva.core.values.subjects import LedgerInStorage
from preserva.errors import LedgerError, Refused, UsageError
from preserva.i18n import _, ngettext
from preserva.ledger.entry import chained

_SHOWN = 16


@dataclass(frozen=True, slots=True)
class LedgerChoice:
    """What a person said of the copies: whose word counts, and an entry known from elsewhere."""

    source: str | None = None
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The copy to take over; None if there is none. The entries up to `proved` are beyond doubt."""

    chain: Chain | None
    proved: int
    reports: tuple[Report, ...] = ()


def parse_anchor(text: str) -> Anchor:
    """An entry that is known from elsewhere: DIGEST or NUMBER:DIGEST. Raises UsageError."""
    try:
        return Anchor.parse(text)
    except ValueError as error:
        message = _("{text} is neither the digest of an entry of the ledger nor NUMBER:DIGEST")
        raise UsageError(message.format(text=text)) from error


def choose_copy(stores: Sequence[Store], institution: str, decision: LedgerChoice) -> Choice:
    """The copy of an institution's ledger to take over, of those in its own storages.

    A copy that is no whole chain is reported and passed over. Raises Refused where copies
    contradict each other and nobody decided, where no copy has the anchor, and where no copy is
    whole and no storage was named to begin anew from; StorageError.
    """
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
    proved = 0
    if chain is not None and decision.source is not None:
        proved = len(chain.digests)
    elif chain is not None and decision.anchor is not None:
        proved = chain.place(decision.anchor) or 0
    return Choice(chain, proved, tuple(broken.values()))


def _read_copies(
    stores: Sequence[Store], institution: str
) -> tuple[list[Chain], dict[str, Report]]:
    """The copies that are whole, and a report on each that is not, by storage."""
    chains, broken = [], {}
    for store in stores:
        digests: list[str] = []
        numbers = count(1)
        try:
            for body in copied_entries(store, institution):
                previous = digests[-1] if digests else ""
                digests.append(chained(body, next(numbers), previous).digest)
        except LedgerError as error:
            finding = Finding(Code.LEDGER_COPY_UNUSABLE, store.id, seen=str(error))
            broken[store.id] = Report(LedgerInStorage(store.id), [finding])
        else:
            if digests:
                chains.append(Chain(store.id, digests))
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

"""What others say of the package that they hand over: who they are, what is missing, the licence.

It is written where a reader looks: into the events and agents of PREMIS, and into the README.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from preserva.core.book.rights import Rights
from preserva.core.eark.makers import Maker, makers_in_mets, makers_in_tags, rights_in_mets
from preserva.core.eark.premis import Agent
from preserva.core.eark.received import Received
from preserva.core.eark.vocabulary import EventOutcome, EventType
from preserva.core.xml.safe import UnsafeXMLError
from preserva.describe.record import Record
from preserva.describe.supplied.rights import licences_in, licences_of
from preserva.ingest.happened import Happened

INCOMPLETE = "incomplete: "
"""The beginning of the note on a transfer of which files are elsewhere."""

_NAMED = (
    "В полученном пакете назван · У атрыманым пакеце названы · Named in the package that came:"
    " {name} ({note})"
)
"""Who sent it is not known; its METS may name no more than the program that wrote it."""
_MISSING = (
    "НЕПОЛНО, вместо файлов ссылки · НЯПОЎНА, замест файлаў спасылкі · INCOMPLETE, links in place"
    " of files: {missing} / {all}"
)
_LONGEST = 5


@dataclass(frozen=True, slots=True)
class Sender:
    """What a package of others says of itself: `missing` of the `named` files are elsewhere."""

    makers: Sequence[Maker] = ()
    licences: tuple[Rights, ...] = ()
    missing: int = 0
    named: int = 0

    @classmethod
    def of(
        cls, received: Received, tags: Sequence[tuple[str, str]], read: Callable[[str], bytes]
    ) -> Sender:
        """What METS and tags say; `read` gives the content of a file."""
        makers = makers_in_tags(tags)
        said = " ".join(value for _label, value in tags)
        if received.mets is not None:
            with suppress(UnsafeXMLError):  # reported where a description is looked for
                mets = read(received.mets)
                makers += makers_in_mets(mets)
                said += f" {rights_in_mets(mets)}"
        licences = licences_in(said, "the package")
        return cls(makers, licences, len(received.elsewhere), received.named)

    def licences_beside(self, record: Record) -> tuple[Rights, ...]:
        """Those that it states, where its description states none."""
        return () if licences_of(record) else self.licences

    @property
    def agents(self) -> tuple[Agent, ...]:
        """The makers as PREMIS has them."""
        return tuple(maker.agent(number) for number, maker in enumerate(self.makers, 1))

    def transfer(self, detail: str) -> Happened:
        """The event of the handing over: a warning where files are elsewhere."""
        if not self.missing:
            return Happened(EventType.TRANSFER, detail, agents=self.agents)
        note = (
            f"{INCOMPLETE}{self.missing} of {self.named} files that its METS names are only"
            " links and were not received"
        )
        return Happened(
            EventType.TRANSFER, detail, EventOutcome.WARNING, note=note, agents=self.agents
        )

    @property
    def remarks(self) -> list[str]:
        """What a reader of the README should know first, in a line each."""
        people: Iterable[Maker] = self.makers[:_LONGEST]
        lines = [
            _NAMED.format(name=maker.name, note="; ".join(filter(None, (maker.role, maker.note))))
            for maker in people
        ]
        if self.missing:
            lines.insert(0, _MISSING.format(missing=self.missing, all=self.named))
        return lines


UNKNOWN_SENDER = Sender()

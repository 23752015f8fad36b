"""The rights in a book: those that people state, those in its record, or none that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from preserva.config import Institution
from preserva.core.book.rights import Rights
from preserva.core.eark.vocabulary import CopyrightStatus, RightsBasis
from preserva.describe.record import Record
from preserva.describe.supplied.rights import licences_of


@dataclass(frozen=True, slots=True)
class BookRights:
    """The rights in one book. `own` are stated for it alone, `usual` for all books.

    A licence in the record takes the place of the usual ones: it is about this book.
    """

    own: Sequence[Rights]
    licences: Sequence[Rights]
    usual: Rights | None

    @classmethod
    def of(cls, own: Sequence[Rights], record: Record, usual: Rights | None) -> BookRights:
        """Those of a book with this record."""
        return cls(own, licences_of(record), usual)

    @property
    def beside_the_record(self) -> tuple[Rights, ...]:
        """What the description does not have from the record itself."""
        if self.own or self.usual is None or self.licences:
            return tuple(self.own)
        return (self.usual,)

    def stated(self, institution: Institution) -> tuple[Rights, ...]:
        """All of them; where nobody assessed them, only whose law it is."""
        unknown = Rights(
            RightsBasis.COPYRIGHT,
            CopyrightStatus.UNKNOWN,
            institution.country.lower(),
            note="not assessed when the package was made",
        )
        return self.beside_the_record or tuple(self.licences) or (unknown,)

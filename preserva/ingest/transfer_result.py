"""What came of a transfer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from preserva.core.values.model import PackageId
from preserva.core.values.report import Finding


class Form(StrEnum):
    """The kinds of packages received, in the words of the history."""

    BAG = "a bag"
    EARK = "an E-ARK package"
    ARCHIVEMATICA = "an AIP of Archivematica in a bag"
    OURS = "a SIP of preserva"
    OUR_AIP = "an AIP of preserva"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result of an import. `created` is False on a dry run, or if it was stored before.

    `from_outside` says that it has an identifier of ours and was not made here.
    """

    package: PackageId
    title: str
    form: Form
    created: bool
    files: int
    size: int
    notes: tuple[Finding, ...] = ()
    from_outside: bool = False

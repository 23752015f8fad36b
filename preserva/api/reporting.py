"""The verbs that say what state an archive is in: of its copies, of its past, of its proofs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preserva.api.session import Session

if TYPE_CHECKING:
    from datetime import datetime

    from preserva import (
        CopyState,
        Health,
        HistoryEntry,
        Incident,
        LevelsArea,
        LevelsDemand,
        LevelsEvidence,
        LevelsRequirement,
        Listing,
        Overview,
        PackageId,
        Status,
        Wanted,
        Work,
    )


@dataclass(frozen=True, slots=True)
class Levels:
    """Which NDSA Levels of Digital Preservation (2.0) and CoreTrustSeal requirements are proved.

    `reached` is the level, 0 to 4, of each area. `demands` and `requirements` are the requirements;
    their `verdict(levels.evidence)` says whether each is proved.
    """

    evidence: LevelsEvidence
    reached: Mapping[LevelsArea, int]
    demands: tuple[LevelsDemand, ...]
    requirements: tuple[LevelsRequirement, ...]


@dataclass(frozen=True, slots=True)
class PackageHistory:
    """All that was done to a package, the oldest first, and the incidents that are open."""

    entries: tuple[HistoryEntry, ...]
    incidents: tuple[Incident, ...]


class ReportingVerbs(Session):
    """The known state, without reading any content."""

    def packages(self, storage: str | None = None, *, wanted: Wanted | None = None) -> Listing:
        """The packages of a storage, the primary one by default, or of them those `wanted`.

        Objects that cannot be read are in `findings`. Raises UsageError, StorageError.
        """
        from preserva.reporting.find import ANY
        from preserva.reporting.status import list_packages

        return list_packages(self._archive, storage, wanted or ANY)

    def status(
        self, package: PackageId | str | None = None, *, wanted: Wanted | None = None
    ) -> list[Status]:
        """Where the copies of each package are, and when each was last proved sound.

        Of packages that are `wanted`, only what the primary storage lists. Raises NotFound if
        neither a storage nor the ledger knows the package named.
        """
        from preserva.reporting.find import ANY
        from preserva.reporting.status import status

        name = None if package is None else self._id(package)
        return status(self._archive, name, wanted or ANY)

    def report(self) -> Overview:
        """The state of all copies, open incidents, and the proof of past audits.

        By the ledger alone. Raises LedgerError.
        """
        from preserva.reporting.overview import overview

        return overview(self._archive)

    def work(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        person: str | None = None,
    ) -> Work:
        """What was done from `since` until before `until`, by one person (a code) or by anybody.

        Times are aware. Checks are counted, everything else is in `deeds` as well. Raises
        LedgerError.
        """
        from preserva.reporting.work import work

        return work(self._archive, since=since, until=until, person=person)

    def work_html(self, work: Work, *, names: bool = True) -> str:
        """The same as an HTML page that needs no other file; with codes instead of `names`."""
        from preserva.outputs.page import html
        from preserva.outputs.work import work_page

        config = self.config
        people = config.people if names else {}
        return html(work_page(work, people, config.institution.id, self._archive.clock()))

    def report_html(self, package: PackageId | str | None = None, *, levels: bool = False) -> str:
        """The report, or the history of one package, as an HTML page that needs no other file.

        `levels` adds the NDSA Levels and CoreTrustSeal requirements to the report. Raises
        LedgerError; NotFound for a package that the ledger does not know.
        """
        from preserva.outputs.levels import level_sections
        from preserva.outputs.page import html
        from preserva.outputs.report import package_page, report_page
        from preserva.reporting.levels import evidence
        from preserva.reporting.overview import history

        if package is None:
            sections = level_sections(evidence(self._archive)) if levels else ()
            return html(report_page(self.report(), sections))
        name = self._id(package)
        return html(package_page(name, *history(self._archive, name), self._archive.clock()))

    def copies(self) -> Iterator[CopyState]:
        """Every copy in every storage by the ledger alone, in the order of the packages."""
        from preserva.reporting.overview import copy_states

        return copy_states(self._archive)

    def history(self, package: PackageId | str) -> PackageHistory:
        """Everything that was done to a package, by the ledger. Raises NotFound."""
        from preserva.reporting.overview import history

        entries, incidents = history(self._archive, self._id(package))
        return PackageHistory(tuple(entries), tuple(incidents))

    def health(self) -> Health:
        """Whether the archive is well; its `outcome` is FAIL if a copy is damaged.

        By the ledger, what the last runs noted, and the disks of this computer: no storage is
        asked. Raises LedgerError.
        """
        from preserva.reporting.health import health

        return health(self._archive)

    def incidents(self) -> list[Incident]:
        """What waits for a person: copies that are damaged or cannot be read, the oldest first."""
        from preserva.reporting.incidents import open_incidents

        return open_incidents(self._archive)

    def decide(self, incident: int, decision: str, *, by: str | None = None) -> Incident:
        """Record in the ledger what a person decided about an incident, by its number.

        `by` is who decided, if not who opened the archive. Raises UsageError if no open incident
        has this number, or if no person is named.
        """
        from preserva.reporting.incidents import decide

        return decide(self._archive, incident, by=by, decision=decision)

    def levels(self) -> Levels:
        """Which NDSA Levels of Digital Preservation are proved, and what the next ones lack.

        And what the archive shows for CoreTrustSeal. By the ledger, the configuration and a look
        at the storages.
        """
        from preserva import LevelsArea
        from preserva.core.policy.levels import DEMANDS, REQUIREMENTS, reached
        from preserva.reporting.levels import evidence

        shown = evidence(self._archive)
        levels = {area: reached(area, shown) for area in LevelsArea}
        return Levels(shown, levels, DEMANDS, REQUIREMENTS)

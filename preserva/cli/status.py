"""preserva status"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, package_id, pass_settings
from preserva.cli.finding import finding, wanted
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preserva.core.values.people import Person
    from preserva.core.values.report import Outcome
    from preserva.reporting.status import Status


@click.command("status")
@click.argument("package", metavar="[ID]", required=False)
@finding
@as_json
@pass_settings
def command(settings: Settings, /, package: str | None, json_: bool, **asked: str | None) -> None:
    """Show where copies are and when each was last proved sound.

    Only the folders of the storages and the ledger are read; `preserva validate` reads the files.

    Exit status: 1 if a copy is damaged or missing; 3 if a storage could not be reached or a package
    has fewer copies than the policy requires.
    """
    from preserva.outputs.json.reporting import status_document
    from preserva.reporting.status import each_status, status

    with settings.archive(reading=True) as archive:
        name = package_id(package, archive) if package else None
        if json_:
            packages = status(archive, name, wanted(**asked))
            emit("status", status_document(packages))
            finish(packages)
            return
        seen, people = _Seen(), archive.config.people
        for status_of_package in each_status(archive, name, wanted(**asked)):
            seen.add(status_of_package)
            for line in _lines(status_of_package, people):
                echo(line)
    if not seen.outcomes:
        settings.talk(_("no such package") if any(asked.values()) else _("no packages yet"))
    for storage, reason in seen.reasons.items():
        echo(_("{name} cannot be reached: {reason}").format(name=storage, reason=reason))
    finish([seen])


class _Seen:
    """What is left to say after the packages were shown one by one."""

    def __init__(self) -> None:
        self.outcomes: set[Outcome] = set()
        self.reasons: dict[str, str] = {}  # why storages could not be looked into

    def add(self, package: Status) -> None:
        """Note a package that was shown."""
        self.outcomes.add(package.outcome)
        for copy in package.copies:
            if copy.reason is not None:
                self.reasons[copy.storage] = copy.reason

    @property
    def outcome(self) -> Outcome:
        """The worst of all packages."""
        from preserva.core.values.report import Outcome

        return Outcome.worst(self.outcomes)


def _lines(package: Status, people: Mapping[str, Person]) -> Iterator[str]:
    from preserva.core.policy.judgement import State
    from preserva.local_time import local_time
    from preserva.outputs.decisions import relation_line, tombstone_line
    from preserva.outputs.words import word

    yield package.portable
    if package.tombstone is not None:
        yield f"  {tombstone_line(package.tombstone, people)}"
    for relation in package.relations:
        yield f"  {relation_line(relation, package.package, people)}"
    for copy in package.copies:
        line = ", ".join([word(copy.state.value), *copy.versions])
        if copy.checked:
            outcome = word(copy.outcome or "unknown")
            line += "; " + _("checked {time}: {outcome}").format(
                time=local_time(copy.checked), outcome=outcome
            )
        elif copy.state not in (State.NEVER, State.ABSENT):
            line += "; " + _("never checked")
        yield f"  {copy.storage}: {line}"
    if not package.enough:
        yield "  " + _("too few copies")

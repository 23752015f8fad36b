"""The mail that tells people what changed since the last one."""

from __future__ import annotations

from collections.abc import Sequence

from preserva.core.policy.overview import EndedIncident, Incident, Overview
from preserva.i18n import _, ngettext
from preserva.local_time import local_date
from preserva.outputs.report import advice, findings_of, lead, report_lines, short, what


def mail_text(
    overview: Overview, opened: Sequence[Incident], closed: int, ended: Sequence[EndedIncident] = ()
) -> tuple[str, str]:
    """Subject and text of a mail: what is new, what was resolved, the state of everything."""
    text = []
    if opened:
        new = ngettext("{count} new incident", "{count} new incidents", len(opened))
        subject = new.format(count=len(opened))
        for incident in opened:
            text += [
                f"{incident.number}. {what(incident)}",
                f"   {findings_of(incident)}",
                f"   {advice(incident)}",
                "",
            ]
    else:
        subject = lead(overview)
    if closed:
        resolved = ngettext(
            "{count} incident was resolved.", "{count} incidents were resolved.", closed
        )
        text += [resolved.format(count=closed), ""]
    for copy in ended:
        line = _("{package} ({storage}): damaged or missing on {date}, sound again since then")
        text += [
            line.format(
                package=short(copy.package), storage=copy.storage, date=local_date(copy.time)
            ),
            "",
        ]
    name = _("Audit of {institution}").format(institution=overview.institution)
    return f"{name}: {subject}", "\n".join([*text, *report_lines(overview), ""])

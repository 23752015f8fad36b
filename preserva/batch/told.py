"""What is said about a row, in as few sentences as people read and a cell of a table can hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from preserva.core.values.report import Finding
from preserva.i18n import _

_NAMED = 3
"""Files of which the same is said that are named; the others are counted."""

_MOST = 20
"""Sentences of one kind, such as about the many truncated pages of a book."""


def told(findings: Iterable[Finding]) -> list[str]:
    """A sentence for each finding; one for many files of which the same is said."""
    alike: dict[object, list[Finding]] = {}
    for number, finding in enumerate(findings):
        same = (finding.code, finding.expected, finding.seen)
        alike.setdefault(number if finding.path is None else same, []).append(finding)
    said: list[str] = []
    for group in alike.values():
        some = group if len(group) <= _NAMED else [_together(group)]
        said += [finding.message() for finding in some]
    if (more := len(said) - _MOST) > 0:
        said[_MOST:] = [_("… and {count} more").format(count=more)]
    return said


def _together(group: list[Finding]) -> Finding:
    """The finding about the first files, with the number of the others."""
    names = ", ".join(finding.path or "" for finding in group[:_NAMED])
    more = len(group) - _NAMED
    path = _("{names} and {count} more").format(names=names, count=more)
    return replace(group[0], path=path, page=None)

"""The arguments that calls have in common: paths, identifiers of packages, observers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from preserva.i18n import _

if TYPE_CHECKING:
    from preserva import Config, Observer, PackageId, Progress
    from preserva.ledger import Ledger

StrPath = str | os.PathLike[str]
"""A path: a string or anything that represents a path."""


def optional_path(path: StrPath | None) -> Path | None:
    """The path, if there is one."""
    return None if path is None else Path(path)


def package_id(package: PackageId | str, config: Config, ledger: Ledger) -> PackageId:
    """The identifier, written as a URI, in its portable form, or without our institution.

    `kp-000123` is read as `aonb-kp-000123` in the archive of aonb, unless the ledger knows a
    package 000123 of an institution kp. Raises UsageError.
    """
    from preserva.core.values.model import PackageId
    from preserva.errors import UsageError

    if isinstance(package, PackageId):
        return package
    whole = _parsed(PackageId.parse, package)
    ours = _parsed(partial(PackageId, config.institution.id), package)
    for candidate in (whole, ours):
        if candidate is not None and next(ledger.entries(package=candidate.uri), None):
            return candidate
    if whole is not None:
        return whole if ours is None or whole.institution in config.institutions else ours
    raise UsageError(
        _("{text} is not the identifier of a package").format(text=package),
        hint=_("Write it as `preserva list` shows it, such as aonb-kp-000123."),
    )


def _parsed(read: Callable[[str], PackageId], text: str) -> PackageId | None:
    try:
        return read(text)
    except ValueError:
        return None


def package_ids(
    packages: Iterable[PackageId | str], config: Config, ledger: Ledger
) -> list[PackageId]:
    """The same for several. One string is one identifier, not a sequence of letters."""
    names = (packages,) if isinstance(packages, str) else packages
    return [package_id(name, config, ledger) for name in names]


def logged(observer: Observer | None) -> Observer:
    """An observer that logs steps, and files if asked for, and hands everything on.

    If nobody listens to the log, it is the observer itself: there are millions of files.
    """
    from preserva.core.values.report import Advanced, Ended, Started, ignore
    from preserva.logs import INFO, get_logger, redacted
    from preserva.outputs.subjects import subject_for_programs

    log, hand_on = get_logger(__name__), observer or ignore
    if not log.isEnabledFor(INFO):
        return hand_on

    def observe(progress: Progress) -> None:
        if isinstance(progress, Started):
            subject = redacted(subject_for_programs(progress.subject))
            log.info("%s begins: %s", progress.step, subject)
        elif isinstance(progress, Ended):
            subject = redacted(subject_for_programs(progress.subject))
            log.info("%s ended: %s", progress.step, subject)
        elif isinstance(progress, Advanced) and progress.path is not None:
            log.debug("file %s", progress.path)
        hand_on(progress)

    return observe

"""Checks a package in a bag against its METS and PREMIS, wherever the bag is.

Nothing is read twice: sizes and digests are those that the validation of the bag has just proved
equal to its manifests; only METS, PREMIS and descriptions are opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from preserva.bag.profiles import facts_of, own_profile
from preserva.bag.report import BagReport
from preserva.bag.source import Source, as_stream
from preserva.core.eark.check import check_package
from preserva.core.eark.contents import Contents
from preserva.core.eark.mets import PackageType
from preserva.core.eark.verdicts import STRONG, Verdicts, digest_of_part, key_of, parts_of
from preserva.core.formats.profile import check_profile
from preserva.core.policy.completeness import Table
from preserva.core.values.codes import Code
from preserva.core.values.model import Observed
from preserva.core.values.report import Finding, Outcome
from preserva.information_package.official_schemas import OfficialSchemas
from preserva.information_package.profile_schemas import check_schemas

_PAYLOAD = "data/"
TYPE = "E-ARK-Package-Type"
_METADATA = re.compile(r"(representations/[^/]+/)?(METS|metadata/preservation/[^/]+)\.xml")
_ANY_METADATA = re.compile(r"(representations/[^/]+/)?(METS|metadata/[^/]+/[^/]+)\.xml")
_Check = Callable[[str, BinaryIO], Iterator[Finding]]
_NOT_READ = frozenset({Code.METADATA_XML, Code.UNREADABLE})


def is_ours(report: BagReport) -> bool:
    """Whether the bag says that it follows our profile."""
    return ("BagIt-Profile-Identifier", own_profile().identifier) in report.bag_info


def own_findings(
    report: BagReport,
    source: Source,
    official: OfficialSchemas | None = None,
    verdicts: Verdicts | None = None,
) -> list[Finding]:
    """Violations of our own profile in a bag or its package; other bags need not follow it.

    The package is checked only if every file of the bag matches its manifests; if `official`
    schemas are given, it is checked against them as well. What is sound according to `verdicts` is
    not judged again.
    """
    if not is_ours(report):
        return []
    findings = check_profile(own_profile(), facts_of(report))
    if report.outcome is Outcome.PASS:
        findings += package_findings(report, source, official, verdicts)
    return findings


def package_findings(
    report: BagReport,
    source: Source,
    official: OfficialSchemas | None = None,
    verdicts: Verdicts | None = None,
) -> Iterator[Finding]:
    """Contradictions between METS, PREMIS and the files of the package, with paths in the bag."""
    folders, beside = _layout(report.payload)
    for path in beside:
        yield Finding(Code.BESIDE_PACKAGE, path)
    if len(folders) != 1:
        yield Finding(Code.PACKAGE_FOLDERS, _PAYLOAD, "1", str(len(folders)))
        return
    (folder,) = folders
    prefix = f"{_PAYLOAD}{folder}/"

    def open_file(path: str) -> BinaryIO:
        return as_stream(source.stream(prefix + path))

    files = _Files(report.payload, prefix)
    kinds = {kind.value for kind in PackageType}
    kind = next((v for label, v in report.bag_info if label == TYPE and v in kinds), "AIP")
    package_type = PackageType(kind)
    parts = None if verdicts is None else files.parts()
    judged = check_package(
        open_file, files, folder=folder, kind=package_type, verdicts=verdicts, parts=parts
    )
    findings = list(judged)
    contents = Contents(open_file, files)
    findings += profile_findings(contents, findings, official, verdicts=verdicts)
    for finding in findings:
        yield replace(finding, path=f"{prefix}{finding.path or ''}")


def profile_findings(
    contents: Contents,
    found: list[Finding],
    official: OfficialSchemas | None,
    *,
    ours: bool = True,
    verdicts: Verdicts | None = None,
) -> list[Finding]:
    """What breaks the grammars of our profile, if it is `ours`, and the official schemas, if any.

    Documents that could not be read, according to `found`, are not reported again.
    """
    unread = {finding.path for finding in found if finding.code in _NOT_READ}
    grammars = _Grammars(contents, unread, verdicts or Verdicts())
    more = list(grammars.findings("profile", _METADATA, check_schemas)) if ours else []
    if official is not None:
        more += grammars.findings(official, _ANY_METADATA, official.check)
    return more


@dataclass(frozen=True, slots=True)
class _Grammars:
    """The XML documents of a package against grammars and rules, except those that are `unread`."""

    contents: Contents
    unread: Set[str | None]
    verdicts: Verdicts

    def findings(self, rules: Hashable, which: re.Pattern[str], check: _Check) -> Iterator[Finding]:
        """What breaks these rules in the documents of these names; `rules` tells them from others.

        A document of which it is known that it follows them is not read.
        """
        for path in self.contents.files:
            if which.fullmatch(path) is None or path in self.unread:
                continue
            key = key_of(rules, self.contents.files[path])
            if self.verdicts.is_sound(key):
                continue
            reading = self.contents.reading(path, partial(check, path))
            broken = list(reading)
            yield from broken
            if reading.complete and not broken:
                self.verdicts.keep(key)


def _layout(payload: Table) -> tuple[set[str], list[str]]:
    """The folders directly in the payload, and the files beside them."""
    folders, beside = set[str](), list[str]()
    for path in payload.there():
        folder, slash, _below = path.removeprefix(_PAYLOAD).partition("/")
        if slash:
            folders.add(folder)
        else:
            beside.append(path)
    return folders, sorted(beside)


class _Files(Mapping[str, Observed]):
    """The files below a folder of the payload: a view, because a copy would double the memory."""

    def __init__(self, payload: Table, prefix: str) -> None:
        self._payload = payload
        self._prefix = prefix

    def __getitem__(self, path: str) -> Observed:
        expected = self._payload.expected(self._prefix + path)
        if expected is None:
            raise KeyError(path)
        return expected._replace(path=path)

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._payload.size(self._prefix + path) is not None

    def __iter__(self) -> Iterator[str]:
        start = len(self._prefix)
        return (path[start:] for path in self._payload.there() if path.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _path in self)

    def parts(self) -> dict[str, str]:
        """One digest of all files of each representation, by its folder."""
        digests = {
            folder: digest_of_part(paths, self._facts) for folder, paths in parts_of(self).items()
        }
        return {folder: digest for folder, digest in digests.items() if digest is not None}

    def _facts(self, path: str) -> bytes | None:
        return self._payload.facts(self._prefix + path, STRONG)

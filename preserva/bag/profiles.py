"""The available BagIt profiles: preserva's own, and those kept in a folder by their digest.

Nothing is ever fetched. A profile is added once from a file; from then on exactly those bytes are
used, whatever its URL serves later.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from preserva.bag.report import BagReport
from preserva.core.formats.bagit import manifest_algorithm
from preserva.core.formats.profile import PROFILE_TAG, BagFacts, Profile, check_profile
from preserva.core.formats.profile_document import parse_profile
from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind
from preserva.core.values.report import Finding
from preserva.errors import ConfigError, Damaged, NotFound
from preserva.files.disk import move, read_file, write_file
from preserva.i18n import _
from preserva.resources import schema_file

LARGEST = 1 << 20
"""Bytes of a profile document; the largest in use have a few kilobytes."""


def own_profile() -> Profile:
    """The profile of every package that preserva stores."""
    return load_profile(schema_file("preserva-bagit-profile.json"))


def load_profile(path: Path) -> Profile:
    """The profile in a file. Raises ConfigError with everything that is wrong, StorageError."""
    return _parsed(read_file(path, LARGEST), path)


def _parsed(document: bytes, path: Path) -> Profile:
    profile, findings = parse_profile(document)
    if profile is None:
        raise ConfigError(
            _("{path} is not a usable BagIt profile").format(path=path),
            [finding.message() for finding in findings],
        )
    return profile


class ProfileCache:
    """Profiles kept in a folder, each named by its SHA-256; the folder need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, path: Path) -> str:
        """Keep a profile; return its digest. Raises ConfigError if unusable, StorageError."""
        document = read_file(path, LARGEST)
        _parsed(document, path)
        digest = hashlib.sha256(document).hexdigest()
        kept = self._path(digest)
        if not kept.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            staged = self.folder / f".{digest}.{os.getpid()}"
            write_file(staged, document)
            move(staged, kept)
        return digest

    def get(self, digest: str) -> Profile:
        """The profile of this digest. Raises NotFound; Damaged if its bytes have changed."""
        path = self._path(digest)
        if not path.exists():
            raise NotFound(_("no profile {digest} is kept here").format(digest=digest))
        document = read_file(path, LARGEST)
        if hashlib.sha256(document).hexdigest() != digest:
            raise Damaged(_("the kept profile {path} has changed").format(path=path))
        return _parsed(document, path)

    def all(self) -> list[Profile]:
        """preserva's own profile and every one kept here, in the order of their digests."""
        kept = sorted(path.stem for path in self.folder.glob("*.json"))
        return [own_profile(), *(self.get(digest) for digest in kept)]

    def find(self, identifier: str) -> list[Profile]:
        """The profiles with this identifier: usually one; more if the profile was changed."""
        return [profile for profile in self.all() if profile.identifier == identifier]

    def _path(self, digest: str) -> Path:
        return self.folder / f"{digest}.json"


def check_profiles(
    bag: BagReport, profiles: Iterable[Profile] = (), *, cache: ProfileCache | None = None
) -> list[Finding]:
    """The bag's violations of these profiles and of those in the cache that it names.

    Uses the result of validation; without a declaration there is nothing to check. A profile that
    the bag names but that is not available is U180.
    """
    if bag.version is None:
        return []
    findings: list[Finding] = []
    chosen = list(profiles)
    named = [value for label, value in bag.bag_info if label.casefold() == PROFILE_TAG.casefold()]
    for identifier in dict.fromkeys(named):
        if any(profile.identifier == identifier for profile in chosen):
            continue
        matching = cache.find(identifier) if cache else []
        chosen += matching
        if not matching:
            findings.append(Finding(Code.PROFILE_UNAVAILABLE, "bag-info.txt", seen=identifier))
    for profile in chosen:
        findings += check_profile(profile, facts_of(bag))
    return findings


def facts_of(bag: BagReport) -> BagFacts:
    """The facts about a bag that profiles refer to, from the result of validation."""
    names = [parts for path in bag.tags.there() if (parts := manifest_algorithm(path))]
    return BagFacts(
        bagit_version=bag.version or "",
        media_type=bag.media_type,
        bag_info=tuple(bag.bag_info),
        manifests=frozenset(name for kind, name in names if kind == "manifest"),
        tag_manifests=frozenset(name for kind, name in names if kind == "tagmanifest"),
        has_fetch=bag.tags.size("fetch.txt") is not None,
        files=(
            Entry(path, Kind.FILE, table.size(path) or 0)
            for table in (bag.tags, bag.payload)
            for path in table.there()
        ),
    )

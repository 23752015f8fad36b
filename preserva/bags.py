"""Bags without an archive (BagIt, RFC 8493): create, validate, update, fetch. Public.

from preserva import bags
bags.create("scans", "bags/kp-000123", info=[("Source-Organization", "АОНБ")])
assert bags.validate("bags/kp-000123")[0].outcome == "pass"
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from preserva.api.arguments import StrPath, logged, optional_path

if TYPE_CHECKING:
    from preserva import BagCreated, BagFetched, BagUpdated, Observer, Report

__all__ = ["KeptProfile", "create", "fetch", "keep_profile", "update", "validate", "write_tar"]


class KeptProfile(NamedTuple):
    """A BagIt profile that is kept: the address that bags name it by, and its SHA-256 in hex."""

    identifier: str
    digest: str


def create(
    source: StrPath,
    destination: StrPath | None = None,
    *,
    in_place: bool = False,
    algorithms: Iterable[str] = ("sha512", "sha256"),
    info: Iterable[tuple[str, str]] = (),
    encode_names: bool = False,
    read_back: bool = False,
    durable: bool = True,
    dry_run: bool = False,
    jobs: int | None = None,
    observer: Observer | None = None,
) -> BagCreated:
    """Make a bag of a folder as a new folder, or of the folder itself with `in_place`.

    `info` are labels and values of bag-info.txt, in order; Payload-Oxum is added. `encode_names`
    allows %, CR and LF in names. `read_back` reads the copy again from the medium; without
    `durable` nobody waits until it is there. `jobs` is the number of threads for large files.

    Raises UsageError; PackageError, naming every file, if something cannot be in a bag or changed
    while it was read; Refused if the destination exists or the source is a bag; Locked,
    StorageError. Then nothing was made and nothing was changed.
    """
    from preserva.bag.create.create import create_bag

    return create_bag(
        Path(source),
        optional_path(destination),
        algorithms=algorithms,
        bag_info=info,
        in_place=in_place,
        encode_names=encode_names,
        read_back=read_back,
        durable=durable,
        dry_run=dry_run,
        jobs=jobs,
        observer=logged(observer),
    )


def validate(
    path: StrPath,
    *,
    completeness: bool = False,
    fast: bool = False,
    bypass_cache: bool = False,
    jobs: int | None = None,
    checkpoint: StrPath | None = None,
    profiles: Iterable[StrPath] = (),
    profile_cache: StrPath | None = None,
    xsd: StrPath | None = None,
    observer: Observer | None = None,
) -> list[Report]:
    """Check a bag (a folder, a tar, packed or not, or a zip), an OCFL object or a storage root.

    `path` may be the URL of a bag in any place that can be a storage: a folder or a tar. One report
    for each bag, a `BagReport`, or object. `completeness` compares names only, `fast` number and
    size of the files only: neither ends in PASS. `bypass_cache` reads past the system's cache.
    `checkpoint` is a file from which an interrupted validation of a folder resumes. `profiles` are
    files of BagIt profiles to check against; of those kept in the folder `profile_cache`, the ones
    that a bag names. `xsd` is a folder of official XML Schemas for packages.

    Raises NotFound, NotAFile, UsageError, StorageError; ConfigError for a profile or schema that
    cannot be used.
    """
    from preserva.fixity.validate import BagOptions, validate, validate_remote

    options = BagOptions(
        completeness=completeness,
        fast=fast,
        bypass_cache=bypass_cache,
        jobs=jobs,
        checkpoint=optional_path(checkpoint),
        profiles=tuple(Path(profile) for profile in _several(profiles)),
        profile_cache=optional_path(profile_cache),
        xsd=optional_path(xsd),
    )
    if isinstance(path, str) and "://" in path and not Path(path).exists():
        return [validate_remote(path, options=options, observer=logged(observer))]
    return validate(Path(path), options=options, observer=logged(observer))


def update(
    bag: StrPath,
    *,
    algorithms: Iterable[str] = (),
    replace: Iterable[tuple[str, str]] = (),
    add: Iterable[tuple[str, str]] = (),
    remove: Iterable[str] = (),
    dry_run: bool = False,
    jobs: int | None = None,
    observer: Observer | None = None,
) -> BagUpdated:
    """Add digests to a bag, or change its bag-info.txt: labels removed, replaced, added.

    All of the bag is read and compared first; one that is not valid is left as it is, and the
    report says why.

    Raises UsageError; Refused for a bag that cannot be extended in its version of BagIt; Locked,
    NotAFile, StorageError. Then nothing was changed.
    """
    from preserva.bag.update import changed_fields, update_bag

    return update_bag(
        Path(bag),
        algorithms=algorithms,
        edit=changed_fields(replace, add, remove),
        dry_run=dry_run,
        jobs=jobs,
        observer=logged(observer),
    )


def fetch(
    bag: StrPath,
    *,
    allow_hosts: Iterable[str],
    allow_schemes: Iterable[str] = ("https",),
    max_bytes: int = 10**11,
    timeout: float = 60.0,
    dry_run: bool = False,
    observer: Observer | None = None,
) -> BagFetched:
    """Fetch the files that fetch.txt names and the bag lacks; the report passes if none is missing.

    `allow_hosts` are names, *.domain, IP addresses or networks; nothing else is asked. `max_bytes`
    is the most for one file, `timeout` is in seconds for one answer.

    Raises UsageError, NotAFile, Locked, StorageError.
    """
    from preserva.bag.fetch import fetch_missing

    return fetch_missing(
        Path(bag),
        allow_hosts=allow_hosts,
        allow_schemes=allow_schemes,
        max_bytes=max_bytes,
        timeout=timeout,
        dry_run=dry_run,
        observer=logged(observer),
    )


def keep_profile(profile: StrPath, *, cache: StrPath) -> KeptProfile:
    """Keep the BagIt profile in a file in the folder `cache`, for `validate`.

    Raises ConfigError with everything that is wrong in it, StorageError.
    """
    from preserva.bag.profiles import ProfileCache

    kept = ProfileCache(Path(cache))
    digest = kept.add(Path(profile))
    return KeptProfile(kept.get(digest).identifier, digest)


def write_tar(bag: StrPath, destination: StrPath, *, time: datetime) -> Path:
    """Write a folder as a new .tar (PAX) that is the same to the byte whenever the folder is.

    `time` is that of all members, an aware time; it counts to the second.

    Raises NotAFile for a link or a device in the folder; Refused if something is at the
    destination; StorageError. Then nothing is there.
    """
    import os

    from preserva.archive.staging import beside
    from preserva.bag.container.tar_write import folder_members, write_tar
    from preserva.files.disk import publish, writing

    folder, target, seconds = Path(bag), Path(destination), int(time.timestamp())
    with beside(target) as scratch:
        made = scratch / target.name
        with writing(made), made.open("xb") as stream:
            write_tar(folder_members(folder), stream, top=folder.resolve().name, mtime=seconds)
            stream.flush()
            os.fsync(stream.fileno())
        publish(made, target)
    return target


def _several(paths: Iterable[StrPath]) -> Iterable[StrPath]:
    """One string is one path, not a sequence of letters."""
    return [paths] if isinstance(paths, str) else paths

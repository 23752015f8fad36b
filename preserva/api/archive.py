"""Opening an archive, and what is done to one that is not open: made, rebuilt, looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from preserva.api.access import AccessVerbs
from preserva.api.arguments import StrPath, logged, optional_path
from preserva.api.care import CareVerbs
from preserva.api.decisions import DecisionVerbs
from preserva.api.ingest import IngestVerbs
from preserva.api.reporting import ReportingVerbs
from preserva.archive.archive import Clock, Identifiers, new_identifier, utc_now

if TYPE_CHECKING:
    from preserva import Config, Observer, Packaged, Reached, Report


class Archive(IngestVerbs, CareVerbs, DecisionVerbs, ReportingVerbs, AccessVerbs):
    """An open archive, made by `open_archive`; a context manager. Its methods are its verbs."""


def open_archive(
    config: StrPath | None = None,
    *,
    person: str | None = None,
    clock: Clock = utc_now,
    identifiers: Identifiers = new_identifier,
) -> Archive:
    """Open the archive of a configuration.

    `person` is the code of who acts, which the ledger and PREMIS keep: by default PRESERVA_PERSON
    or the login; "" means that nobody acts, as in a nightly run. `clock` gives the time of
    everything that is written, `identifiers` the UUIDs of events: with fixed ones, the same input
    writes the same bytes.

    Raises ArchiveNotFound, ConfigError; LedgerError if the newest entries do not verify;
    UsageError for a person who is not in the configuration.
    """
    from preserva.archive import archive

    return Archive(
        archive.open_archive(
            optional_path(config), person=person, clock=clock, identifiers=identifiers
        )
    )


def load_config(config: StrPath | None = None) -> Config:
    """Read a configuration. Raises ArchiveNotFound; ConfigError with every problem in it."""
    from preserva.archive.archive import find_config
    from preserva.config import load

    return load(find_config(optional_path(config)))


def write_config(config: StrPath | None = None) -> Path:
    """Write a configuration with comments, to be edited; its path.

    As it is written it can be used at once: the institution is `aonb`, its storages are folders
    below `storages` beside the file. docs/reference/configuration.md has every key.

    Raises Refused, StorageError.
    """
    from preserva.archive.archive import find_config
    from preserva.archive.staging import refuse_place
    from preserva.files.disk import writing
    from preserva.outputs.configuration import template

    path = find_config(optional_path(config))
    refuse_place(path)
    with writing(path), path.open("x", encoding="utf-8") as stream:
        stream.write(template())
    return path


def create_archive(config: StrPath | None = None, *, person: str | None = None) -> None:
    """Create the ledger and the storages of a configuration, unless they exist.

    What exists is left as it is. Raises ArchiveNotFound, ConfigError, StorageError; Refused, with
    nothing created, for a place that holds something else, and for a ledger or storage that is gone
    although the others prove that it existed.
    """
    from preserva.archive.archive import create_archive

    create_archive(load_config(config), person=person)


def check_storages(config: StrPath | None = None) -> list[Reached]:
    """Whether each storage answers and is the right one, and what its place cannot promise.

    Raises ArchiveNotFound, ConfigError.
    """
    from preserva.reporting.storages import reach_storages

    return reach_storages(load_config(config))


def package_bag(
    folder: StrPath,
    record: StrPath,
    destination: StrPath,
    *,
    config: StrPath | None = None,
    local_id: str | None = None,
    position: int | None = None,
    charset: str | None = None,
    structure: StrPath | None = None,
    events: StrPath | None = None,
    rights: StrPath | None = None,
    person: str | None = None,
    clock: Clock = utc_now,
    identifiers: Identifiers = new_identifier,
    dry_run: bool = False,
    observer: Observer | None = None,
) -> Packaged:
    """Make a package as a bag, a new folder in `destination`, for `Archive.store` some day.

    Needs a configuration, for the institution and its requirements, but neither ledger nor
    storages; if there is a ledger, it records that the bag was made here. The options are those of
    `Archive.package` and `open_archive`.

    Raises ArchiveNotFound, ConfigError, PackageError, Refused, StorageError. Then nothing was made.
    """
    from preserva.archive.acting import acting_person
    from preserva.ingest.package import package_bag
    from preserva.ingest.supplied import Details

    loaded = load_config(config)
    return package_bag(
        Path(folder),
        Path(record),
        loaded.institution,
        Path(destination),
        local=local_id,
        position=position,
        charset=charset,
        details=Details(optional_path(structure), optional_path(events), optional_path(rights)),
        rights=loaded.rights,
        images=loaded.images,
        digests=loaded.policy.digests,
        clock=clock,
        identifiers=identifiers,
        person=acting_person(loaded.people, person),
        ledger=loaded.ledger,
        dry_run=dry_run,
        observer=logged(observer),
    )


def rebuild_ledger(
    config: StrPath | None = None,
    *,
    source: str | None = None,
    anchor: str | None = None,
    person: str | None = None,
    clock: Clock = utc_now,
    identifiers: Identifiers = new_identifier,
    observer: Observer | None = None,
) -> list[Report]:
    """Make a ledger that was lost again, from our own storages; a report for each copy.

    Every copy is read whole. The ledger continues the copy of it in a replica. Where copies
    contradict each other, `source` is the id of the storage of ours whose word counts, and `anchor`
    an entry that is known from paper or an export: its digest, or NUMBER:DIGEST.

    Raises Refused if there is a ledger, or if copies contradict each other and neither is given;
    UsageError, StorageError if a storage cannot be reached; ArchiveNotFound, ConfigError.
    """
    from preserva.replication.ledger_copies import parse_anchor
    from preserva.replication.rebuild_ledger import rebuild_ledger

    return rebuild_ledger(
        load_config(config),
        source=source,
        anchor=None if anchor is None else parse_anchor(anchor),
        clock=clock,
        identifiers=identifiers,
        person=person,
        observer=logged(observer),
    )


def rebuild_config(
    urls: Sequence[str], config: StrPath | None = None, *, institution: str | None = None
) -> Config:
    """Write a configuration that was lost again, from what the storages at these URLs say.

    `institution` is the id of the one that works with it; by default the one that made the first
    storage. The policy and the rights are not written in any storage.

    Raises Refused if there is a configuration, StorageError for a place that is not a storage,
    ConfigError if the storages do not say enough.
    """
    from preserva.archive.archive import find_config
    from preserva.replication.rebuild_config import rebuild_config

    return rebuild_config(find_config(optional_path(config)), urls, institution)

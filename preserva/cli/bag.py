"""preserva bag create, update, fetch, profile: bags without an archive."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.terminal import echo
from preserva.i18n import _, ngettext
from preserva.version import __version__

a_folder = click.Path(path_type=Path)
a_field = "LABEL=VALUE"
jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Threads for large files; by default one for each processor.",
)


@click.group("bag")
def command() -> None:
    """Create, update and complete BagIt bags.

    `preserva validate` checks them.
    """


@command.command("create")
@click.argument("source", type=a_folder)
@click.argument("destination", type=a_folder, required=False)
@click.option("--in-place", is_flag=True, help="Turn SOURCE itself into a bag.")
@click.option(
    "--algorithm",
    "algorithms",
    multiple=True,
    help="Digest algorithms to use instead of sha512 and sha256.",
)
@click.option(
    "--info", "fields", multiple=True, metavar=a_field, help="A line to write to bag-info.txt."
)
@click.option(
    "--encode-names", is_flag=True, help="Allow %, CR and LF in file names and percent-encode them."
)
@click.option("--read-back", is_flag=True, help="Read the copy back from the medium.")
@click.option(
    "--no-fsync", is_flag=True, help="Do not wait until the copy is written to the medium."
)
@jobs
@dry_run
@as_json
@pass_settings
def create(
    settings: Settings,
    source: Path,
    destination: Path | None,
    in_place: bool,
    algorithms: tuple[str, ...],
    fields: tuple[str, ...],
    encode_names: bool,
    read_back: bool,
    no_fsync: bool,
    jobs: int | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Create a bag from the folder SOURCE in the new folder DESTINATION. SOURCE is only read.

    Bagging-Date and Bag-Software-Agent are added unless --info gives them.

    \b
    preserva bag create scans/ bags/kp-000123 --info "Source-Organization=АОНБ"
    preserva bag create scans/ --in-place
    """
    from preserva.bag.create.create import ALGORITHMS_WRITTEN, create_bag
    from preserva.outputs.findings import human_size
    from preserva.outputs.json.bags import bag_create_document

    created = create_bag(
        source,
        destination,
        algorithms=algorithms or ALGORITHMS_WRITTEN,
        bag_info=_with_defaults([_field(text) for text in fields]),
        in_place=in_place,
        encode_names=encode_names,
        read_back=read_back,
        durable=not no_fsync,
        dry_run=dry_run,
        jobs=jobs,
        observer=settings.observer(json_),
    )
    if json_:
        emit("bag create", bag_create_document(created, dry_run=dry_run))
        return
    for finding in created.findings:
        settings.talk(finding.message())
    total = ngettext("{count} file, {size}", "{count} files, {size}", created.files)
    settings.talk(total.format(count=created.files, size=human_size(created.size)))
    echo(created.path)


@command.command("update")
@click.argument("bag", type=a_folder)
@click.option("--algorithm", "algorithms", multiple=True, help="Add digests of this algorithm.")
@click.option(
    "--set",
    "set_fields",
    multiple=True,
    metavar=a_field,
    help="Replace all lines of this label with one.",
)
@click.option(
    "--add", "added_fields", multiple=True, metavar=a_field, help="Add a line to bag-info.txt."
)
@click.option(
    "--remove",
    "removed_labels",
    multiple=True,
    metavar="LABEL",
    help="Remove all lines of this label.",
)
@jobs
@dry_run
@as_json
@pass_settings
def update(
    settings: Settings,
    bag: Path,
    algorithms: tuple[str, ...],
    set_fields: tuple[str, ...],
    added_fields: tuple[str, ...],
    removed_labels: tuple[str, ...],
    jobs: int | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Add digests to the folder BAG or change its bag-info.txt; print the files written.

    The whole bag is validated first, in the same read. A bag that is not valid is left unchanged.

    \b
    preserva bag update bags/kp-000123 --algorithm sha512
    preserva bag update bags/kp-000123 --set "Contact-Name=А. Иванова"
    """
    from preserva.bag.update import changed_fields, update_bag
    from preserva.errors import UsageError
    from preserva.outputs.findings import report_lines
    from preserva.outputs.json.bags import bag_update_document

    edit = changed_fields(
        [_field(text) for text in set_fields],
        [_field(text) for text in added_fields],
        removed_labels,
    )
    if not algorithms and edit is None:
        raise UsageError(_("nothing to change: give --algorithm, --set, --add or --remove"))
    updated = update_bag(
        bag,
        algorithms=algorithms,
        edit=edit,
        dry_run=dry_run,
        jobs=jobs,
        observer=settings.observer(json_),
    )
    if json_:
        emit("bag update", bag_update_document(updated, dry_run=dry_run))
    else:
        for line in report_lines(updated.report):
            settings.talk(line)
        for name in updated.written:
            echo(name)
    finish([updated])


@command.command("fetch")
@click.argument("bag", type=a_folder)
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="HOST", help="A name, *.domain, IP or network."
)
@click.option(
    "--allow-scheme",
    "schemes",
    multiple=True,
    default=("https",),
    show_default=True,
    type=click.Choice(["https", "http"]),
)
@click.option(
    "--max-bytes",
    type=click.IntRange(min=0),
    default=10**11,
    show_default=True,
    help="The largest size of one file.",
)
@dry_run
@as_json
@pass_settings
def fetch(
    settings: Settings,
    bag: Path,
    hosts: tuple[str, ...],
    schemes: tuple[str, ...],
    max_bytes: int,
    dry_run: bool,
    json_: bool,
) -> None:
    """Fetch the files listed in fetch.txt that the folder BAG lacks; print those fetched.

    No request goes to a host that is not allowed. An address that is not public must be allowed
    as an IP or network. The next run resumes where an interrupted one stopped.

    \b
    preserva bag fetch bags/kp-000123 --allow-host files.nlb.by --dry-run
    preserva bag fetch bags/kp-000123 --allow-host files.nlb.by
    """
    from preserva.bag.fetch import fetch_missing
    from preserva.outputs.findings import report_lines
    from preserva.outputs.json.bags import bag_fetch_document

    fetched = fetch_missing(
        bag,
        allow_hosts=hosts,
        allow_schemes=schemes,
        max_bytes=max_bytes,
        dry_run=dry_run,
        observer=settings.observer(json_),
    )
    if json_:
        emit("bag fetch", bag_fetch_document(fetched))
    else:
        for line in () if dry_run and not fetched.report.findings else report_lines(fetched.report):
            settings.talk(line)
        for path in fetched.paths:
            echo(path)
    finish([fetched])


@command.command("profile")
@click.argument("profile", type=a_folder)
@click.option(
    "--cache", type=a_folder, required=True, help="The folder in which profiles are kept."
)
@as_json
@pass_settings
def profile(settings: Settings, profile: Path, cache: Path, json_: bool) -> None:
    """Keep the BagIt profile in the file PROFILE under its digest, if it is valid.

    From then on `preserva validate --profile-cache` checks every bag that names the profile against
    exactly these bytes. The profile is never fetched from its address.

    \b
    preserva bag profile their-profile.json --cache ~/profiles
    preserva validate --profile-cache ~/profiles incoming.tar
    """
    from preserva.bag.profiles import ProfileCache
    from preserva.outputs.json.bags import bag_profile_document

    profiles = ProfileCache(cache)
    digest = profiles.add(profile)
    identifier = profiles.get(digest).identifier
    if json_:
        emit("bag profile", bag_profile_document(identifier, digest))
    else:
        echo(
            _("{identifier} is kept as sha256 {digest}").format(
                identifier=identifier, digest=digest
            )
        )


def _field(text: str) -> tuple[str, str]:
    """Parse LABEL=VALUE, an element of bag-info.txt. Raises UsageError."""
    from preserva.errors import UsageError

    label, equals, value = text.partition("=")
    if not equals:
        raise UsageError(_("{text} is not LABEL=VALUE").format(text=text))
    return label.strip(), value.strip()


def _with_defaults(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Add today's date and our name to the elements, unless they have them."""
    labels = {label.casefold() for label, _value in fields}
    defaults = [
        ("Bagging-Date", datetime.now(tz=UTC).date().isoformat()),
        ("Bag-Software-Agent", f"preserva {__version__}"),
    ]
    return [*fields, *(field for field in defaults if field[0].casefold() not in labels)]

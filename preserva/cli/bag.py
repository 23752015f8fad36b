"""preserva bag create, update, fetch, profile: for people who want bags. No archive needed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, finish, settings
from preserva.i18n import _, ngettext
from preserva.version import __version__

a_folder = click.Path(path_type=Path)
a_field = "LABEL=VALUE"
jobs = click.option(
    "--jobs", type=click.IntRange(min=1), help="Threads for large files; all processors by default."
)


@click.group("bag")
def command() -> None:
    """Make, extend and complete BagIt bags; check them with `preserva validate`."""


@command.command("create")
@click.argument("source", type=a_folder)
@click.argument("destination", type=a_folder, required=False)
@click.option("--in-place", is_flag=True, help="Turn the folder itself into a bag.")
@click.option("--algorithm", "algorithms", multiple=True, help="Instead of sha512 and sha256.")
@click.option("--info", "fields", multiple=True, metavar=a_field, help="A line of bag-info.txt.")
@click.option("--encode-names", is_flag=True, help="Allow %, CR and LF in names, percent-encoded.")
@click.option("--read-back", is_flag=True, help="Read the copy again from the medium.")
@click.option("--no-fsync", is_flag=True, help="Do not wait until the copy is on the medium.")
@jobs
@dry_run
@as_json
@settings
def create(
    given: Settings,
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
    """Make a bag of the folder SOURCE as the new folder DESTINATION. SOURCE is only read.

    Bagging-Date and Bag-Software-Agent are added where no --info gives them.

    \b
    preserva bag create scans/ bags/kp-000123 --info "Source-Organization=АОНБ"
    preserva bag create scans/ --in-place
    """
    from preserva.bag.create.create import ALGORITHMS_WRITTEN, create_bag
    from preserva.outputs.findings import findings_document, human_size

    made = create_bag(
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
        observer=given.observer(json_),
    )
    if json_:
        emit(
            "bag create",
            path=str(made.path),
            files=made.files,
            bytes=made.size,
            tagmanifests=dict(made.tagmanifests),
            findings=findings_document(made.findings),
            dry_run=dry_run,
        )
        return
    for finding in made.findings:
        given.talk(finding.message())
    count = ngettext("{count} file, {size}", "{count} files, {size}", made.files)
    given.talk(count.format(count=made.files, size=human_size(made.size)))
    click.echo(made.path)


@command.command("update")
@click.argument("bag", type=a_folder)
@click.option("--algorithm", "algorithms", multiple=True, help="Add digests of this algorithm.")
@click.option("--set", "put", multiple=True, metavar=a_field, help="Give this label one value.")
@click.option("--add", multiple=True, metavar=a_field, help="Add a line to bag-info.txt.")
@click.option("--remove", multiple=True, metavar="LABEL", help="Remove all lines of this label.")
@jobs
@dry_run
@as_json
@settings
def update(
    given: Settings,
    bag: Path,
    algorithms: tuple[str, ...],
    put: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
    jobs: int | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Add digests to the folder BAG, or change its bag-info.txt; print the files written.

    All of the bag is read and compared first, in the same read. A bag that is not valid is left
    as it is.

    \b
    preserva bag update bags/kp-000123 --algorithm sha512
    preserva bag update bags/kp-000123 --set "Contact-Name=А. Иванова"
    """
    from preserva.bag.update import changed_fields, update_bag
    from preserva.errors import UsageError
    from preserva.outputs.findings import report_document, report_lines

    edit = changed_fields([_field(text) for text in put], [_field(text) for text in add], remove)
    if not algorithms and edit is None:
        raise UsageError(_("say what to change: --algorithm, --set, --add or --remove"))
    updated = update_bag(
        bag,
        algorithms=algorithms,
        edit=edit,
        dry_run=dry_run,
        jobs=jobs,
        observer=given.observer(json_),
    )
    if json_:
        emit(
            "bag update",
            report=report_document(updated.report),
            written=list(updated.written),
            dry_run=dry_run,
        )
    else:
        for line in report_lines(updated.report):
            given.talk(line)
        for name in updated.written:
            click.echo(name)
    finish([updated.report])


@command.command("fetch")
@click.argument("bag", type=a_folder)
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="HOST", help="Name, *.domain, IP or network."
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
    help="The most for one file.",
)
@dry_run
@as_json
@settings
def fetch(
    given: Settings,
    bag: Path,
    hosts: tuple[str, ...],
    schemes: tuple[str, ...],
    max_bytes: int,
    dry_run: bool,
    json_: bool,
) -> None:
    """Fetch the files that fetch.txt names and the folder BAG lacks; print those that came.

    Nothing is asked of a host that is not allowed. An address that is not public must be allowed
    as an IP or network. Run it again to go on after a break.

    \b
    preserva bag fetch bags/kp-000123 --allow-host files.nlb.by --dry-run
    preserva bag fetch bags/kp-000123 --allow-host files.nlb.by
    """
    from preserva.bag.fetch import fetch_missing
    from preserva.outputs.findings import report_document, report_lines

    fetched = fetch_missing(
        bag,
        allow_hosts=hosts,
        allow_schemes=schemes,
        max_bytes=max_bytes,
        dry_run=dry_run,
        observer=given.observer(json_),
    )
    if json_:
        emit(
            "bag fetch",
            report=report_document(fetched.report),
            fetched=list(fetched.paths),
            dry_run=dry_run,
        )
    else:
        for line in () if dry_run and not fetched.report.findings else report_lines(fetched.report):
            given.talk(line)
        for path in fetched.paths:
            click.echo(path)
    if not dry_run or fetched.report.findings:
        finish([fetched.report])


@command.command("profile")
@click.argument("profile", type=a_folder)
@click.option("--cache", type=a_folder, required=True, help="The folder that keeps profiles.")
@as_json
@settings
def profile(given: Settings, profile: Path, cache: Path, json_: bool) -> None:
    """Keep the BagIt profile in the file PROFILE, by its digest, if it is a usable one.

    From then on `preserva validate --profile-cache` checks with exactly these bytes each bag that
    names the profile. Nothing is ever fetched, whatever its address serves later.

    \b
    preserva bag profile their-profile.json --cache ~/profiles
    preserva validate --profile-cache ~/profiles incoming.tar
    """
    from preserva.bag.profiles import ProfileCache

    kept = ProfileCache(cache)
    digest = kept.add(profile)
    identifier = kept.get(digest).identifier
    if json_:
        emit("bag profile", identifier=identifier, digest=digest)
    else:
        click.echo(
            _("{identifier} is kept as sha256 {digest}").format(
                identifier=identifier, digest=digest
            )
        )


def _field(text: str) -> tuple[str, str]:
    """Label and value of an element of bag-info.txt. Raises UsageError."""
    from preserva.errors import UsageError

    label, equals, value = text.partition("=")
    if not equals:
        raise UsageError(_("{text} is not LABEL=VALUE").format(text=text))
    return label.strip(), value.strip()


def _with_defaults(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The elements, and today's date and our name where they are not given."""
    given = {label.casefold() for label, _value in fields}
    defaults = [
        ("Bagging-Date", datetime.now(tz=UTC).date().isoformat()),
        ("Bag-Software-Agent", f"preserva {__version__}"),
    ]
    return [*fields, *(field for field in defaults if field[0].casefold() not in given)]

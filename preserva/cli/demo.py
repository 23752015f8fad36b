"""preserva demo"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, emit, settings
from preserva.i18n import _


@click.command("demo")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--record", type=click.Path(path_type=Path), help="The catalogue record of FOLDER.")
@click.option(
    "--place",
    type=click.Path(path_type=Path),
    help="A new folder for everything; a temporary one if not given.",
)
@click.option(
    "--scans",
    type=click.Path(path_type=Path),
    help="Write only the scans of the little book, to this new folder, for practice.",
)
@as_json
@settings
def command(
    given: Settings,
    folder: Path | None,
    record: Path | None,
    place: Path | None,
    scans: Path | None,
    json_: bool,
) -> None:
    """Show the whole way on a small archive: package, replicate, validate, find damage.

    Without a FOLDER it draws a little book. Everything is left to look at.

    \b
    preserva demo
    preserva demo scans/ --record book.mrc
    preserva demo --scans scans/                   the little book, and record.mrc beside it
    """
    import shutil
    import sys
    import tempfile

    from preserva.demo import demo
    from preserva.errors import UsageError
    from preserva.files.disk import writing

    if scans is not None:
        if folder or record or place:
            raise UsageError(_("--scans cannot be combined with FOLDER, --record or --place"))
        _write_scans(scans, json_)
        return
    if (folder is None) != (record is None):
        raise UsageError(_("FOLDER and --record belong together"))
    if place is None:
        place = Path(tempfile.mkdtemp(prefix="preserva-demo-"))
    else:
        if place.exists():
            raise UsageError(_("{path} exists already").format(path=place))
        with writing(place):
            place.mkdir(parents=True)
    package = demo(place, folder, record, say=given.talk, observer=given.observer(json_))
    if json_:
        emit("demo", package=package.uri, place=str(place))
        return
    click.echo(place)
    given.talk(_("The damage was found and named. Look at it, and try it yourself:"))
    ours = "preserva" if shutil.which("preserva") else str(Path(sys.argv[0]).resolve())
    given.talk(f"  cd {place} && {ours} status")


def _write_scans(folder: Path, json_: bool) -> None:
    from preserva.specimen.book import draw_book

    record = draw_book(folder)
    if json_:
        emit("demo", scans=str(folder), record=str(record))
    else:
        click.echo(folder)
        click.echo(record)

"""preserva demo"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _


@click.command("demo")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    help="The catalogue record of the book in FOLDER.",
)
@click.option(
    "--place",
    type=click.Path(path_type=Path),
    help="A new folder for everything; by default a temporary one.",
)
@click.option(
    "--scans",
    type=click.Path(path_type=Path),
    help="Write only the scans of the small book to this new folder, for practice.",
)
@as_json
@pass_settings
def command(
    settings: Settings,
    folder: Path | None,
    record: Path | None,
    place: Path | None,
    scans: Path | None,
    json_: bool,
) -> None:
    """Demonstrate everything on a small archive of its own.

    A book is packaged, replicated and validated, and damage is found. Without a FOLDER it draws a
    small book. All files are kept so that you can look at them.

    \b
    preserva demo
    preserva demo scans/ --record book.mrc
    preserva demo --scans scans/    the small book, and record.mrc beside it
    """
    import shutil
    import sys
    import tempfile

    from preserva.demo import demo
    from preserva.errors import UsageError
    from preserva.files.disk import writing
    from preserva.outputs.json.archive import demo_document

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
    package = demo(place, folder, record, say=settings.talk, observer=settings.observer(json_))
    if json_:
        emit("demo", demo_document(package, place))
        return
    echo(place)
    settings.talk(_("The damage was found and named. Take a look, and try it yourself:"))
    program = "preserva" if shutil.which("preserva") else str(Path(sys.argv[0]).resolve())
    settings.talk(f"  cd {place} && {program} status")


def _write_scans(folder: Path, json_: bool) -> None:
    from preserva.outputs.json.archive import demo_scans_document
    from preserva.specimen.book import draw_book

    record = draw_book(folder)
    if json_:
        emit("demo", demo_scans_document(folder, record))
    else:
        echo(folder)
        echo(record)

"""preserva demo"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.i18n import _


@click.command("demo")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--record", type=click.Path(path_type=Path), help="The catalogue record of the book in FOLDER."
)
@click.option(
    "--place",
    type=click.Path(path_type=Path),
    help="A new folder for everything; by default a temporary one.",
)
@as_json
@pass_settings
def command(
    settings: Settings, folder: Path | None, record: Path | None, place: Path | None, json_: bool
) -> None:
    """Demonstrate everything on a small archive of its own.

    A book is packaged, replicated and validated, and damage is found. Without a FOLDER it draws a
    small book. All files are kept so that you can look at them.

    \b
    preserva demo
    preserva demo scans/ --record book.mrc
    """
    import shutil
    import sys
    import tempfile

    from preserva.demo import demo
    from preserva.errors import UsageError
    from preserva.files.disk import writing
    from preserva.outputs.json.archive import demo_document

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
    click.echo(place)
    settings.talk(_("The damage was found and named. Take a look, and try it yourself:"))
    program = "preserva" if shutil.which("preserva") else str(Path(sys.argv[0]).resolve())
    settings.talk(f"  cd {place} && {program} status")

"""preserva drill"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from preserva.cli.common import Settings, as_json, emit, pass_settings
from preserva.cli.finish import finish
from preserva.cli.notices import written
from preserva.cli.terminal import echo
from preserva.i18n import _, speaking_for_others

if TYPE_CHECKING:
    from preserva.core.policy.drill import ExerciseResult


@click.command("drill")
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page to print, with room for signatures.",
)
@click.option(
    "--place",
    type=click.Path(path_type=Path),
    help="A new folder for the scratch archives; by default a temporary one.",
)
@click.option("--keep", is_flag=True, help="Keep the scratch archives, to look at them.")
@as_json
@pass_settings
def command(
    settings: Settings, html: Path | None, place: Path | None, keep: bool, json_: bool
) -> None:
    """Rehearse disasters in a scratch archive, beside the real one.

    The configuration is read for names, languages and policy; the archive itself is neither read
    nor written. In copies of a small archive a bit is flipped, a page cut off, a partner silent, a
    disk wrong, a disk full, the ledger an old one, the whole site lost. `audit`, `replicate`,
    `incidents` and `health` must see each; `repair`, `ledger restore` or `rebuild` must mend it.

    \b
    preserva drill
    preserva drill --html drill.html
    preserva drill --keep --place /srv/drill

    Exit status: 1 if a trouble was not seen or not mended; 3 if one could not be planted. Then the
    scratch archives are kept.
    """
    import tempfile

    from preserva.archive.archive import find_config
    from preserva.config import load
    from preserva.drill.drill import drill
    from preserva.outputs.drill import drill_document, drill_page, lead
    from preserva.outputs.page import html as as_html

    config = load(find_config(settings.config))
    folder = place or Path(tempfile.mkdtemp(prefix="preserva-drill-"))
    done = drill(config, folder, keep=keep, each=lambda result: _print(result, settings, json_))
    if html is not None:
        with speaking_for_others(config.language):
            written(html, as_html(drill_page(done, config)))
    if json_:
        emit("drill", drill_document(done))
    else:
        echo(lead(done))
        if done.place is not None:
            echo(_("The scratch archives are in {place}").format(place=done.place))
    finish([done])


def _print(result: ExerciseResult, settings: Settings, json_: bool) -> None:
    from preserva.core.values.report import Outcome
    from preserva.outputs.drill import drill_lines

    if json_ or (settings.quiet and result.outcome is Outcome.PASS):
        return
    for line in drill_lines(result):
        echo(line)

"""preserva exhibit"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, settings
from preserva.i18n import _


@click.group("exhibit")
def command() -> None:
    """Make an exhibition of what is kept: a site of plain files."""


@command.command("build")
@click.argument("specification", metavar="SPEC", type=click.Path(path_type=Path))
@click.option("--out", "destination", metavar="FOLDER", required=True,
              type=click.Path(path_type=Path), help="The new folder of the site.")  # fmt: skip
@click.option("--url", metavar="URL", help="Where it will be on the web, if SPEC says otherwise.")
@click.option("--replace", is_flag=True, help="Take the place of an exhibition built there before.")
@click.option("--package", "local", metavar="LOCAL", help="Store the site as a package as well.")
@dry_run
@as_json
@settings
def build(
    given: Settings,
    specification: Path,
    destination: Path,
    url: str | None,
    replace: bool,
    local: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Build the site of an exhibition from SPEC, a TOML file with its texts (Markdown) beside it.

    \b
    preserva exhibit build exhibition/exhibition.toml --out site --dry-run
    preserva exhibit build exhibition/exhibition.toml --out site
    preserva exhibit build exhibition/exhibition.toml --out site --replace --package ex-2027
    \b
    Open site/index.html. The manual has a worked example (docs/how-to/exhibition.md).
    """
    from dataclasses import asdict

    from preserva.exhibition.build import build_exhibition

    with given.archive() as archive:
        done = build_exhibition(
            archive,
            specification,
            destination,
            url=url,
            replace=replace,
            local=local,
            dry_run=dry_run,
            observer=given.observer(json_),
        )
    if json_:
        package = done.package.uri if done.package else None
        emit(
            "exhibit build",
            **{**asdict(done), "path": str(done.path), "package": package, "dry_run": dry_run},
        )
        return
    message = _("books: {books}, pages: {pages}, editions of the catalogue: {editions}")
    given.talk(message.format(books=done.books, pages=done.pages, editions=done.editions))
    if not done.url:
        given.talk(_("no address of the site is known, so it has no IIIF manifests and QR codes"))
    if dry_run:
        given.talk(_("nothing was written: this was a dry run"))
    if done.package:
        given.talk(_("stored as {id}").format(id=done.package.portable))
    click.echo(done.path)

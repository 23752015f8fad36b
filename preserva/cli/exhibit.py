"""preserva exhibit"""

from __future__ import annotations

from pathlib import Path

import click

from preserva.cli.common import Settings, as_json, dry_run, emit, pass_settings
from preserva.cli.terminal import echo
from preserva.i18n import _


@click.group("exhibit")
def command() -> None:
    """Build an exhibition of books: a site of plain files."""


@command.command("build")
@click.argument("specification", metavar="SPEC", type=click.Path(path_type=Path))
@click.option("--out", "destination", metavar="FOLDER", required=True,
              type=click.Path(path_type=Path), help="The new folder for the site.")  # fmt: skip
@click.option(
    "--url", metavar="URL", help="The address of the site on the web, instead of the one in SPEC."
)
@click.option("--replace", is_flag=True, help="Replace an exhibition that was built there before.")
@click.option(
    "--package",
    "local",
    metavar="LOCAL",
    help="Store the site as a package with this local identifier as well.",
)
@dry_run
@as_json
@pass_settings
def build(
    settings: Settings,
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
    preserva exhibit build books/exhibition.toml --out site --dry-run
    preserva exhibit build books/exhibition.toml --out site
    preserva exhibit build books/exhibition.toml --out site --package ex-2027

    Open site/index.html. The manual has a worked example (docs/how-to/exhibition.md).
    """
    from preserva.exhibition.build import build_exhibition
    from preserva.outputs.json.archive import exhibit_build_document

    with settings.archive() as archive:
        built = build_exhibition(
            archive,
            specification,
            destination,
            url=url,
            replace=replace,
            local=local,
            dry_run=dry_run,
            observer=settings.observer(json_),
        )
    if json_:
        emit("exhibit build", exhibit_build_document(built, dry_run=dry_run))
        return
    for finding in built.findings:
        echo(finding.message(), err=True)
    message = _("books: {books}, pages: {pages}, editions of the catalogue: {editions}")
    settings.talk(message.format(books=built.books, pages=built.pages, editions=built.editions))
    if not built.url:
        settings.talk(
            _("without an address on the web the site has no IIIF manifests and no QR codes")
        )
    if dry_run:
        settings.talk(_("nothing was written: this was a dry run"))
    if built.package:
        settings.talk(_("stored as {id}").format(id=built.package.portable))
    echo(built.path)

"""What tables ask for: packages made, corrected, or copied for others; each a verb with --batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from preserva.batch.table import results_path
from preserva.config import Config
from preserva.errors import UsageError
from preserva.i18n import N_, _
from preserva.web.form_texts import optional_reason, recipient
from preserva.web.inbox_actions import MADE, place_of
from preserva.web.uploads import folder_of, path_of, safe_name

BATCH_COPY_KINDS: Mapping[str, str] = {
    "dip": N_("DIP: packages for use"),
    "sip": N_("SIP: packages for submission"),
    "aip": N_("AIP: packages as they are stored"),
}
"""The forms in which a table gives copies, by the names that `preserva export --as` has."""


@dataclass(frozen=True, slots=True)
class TableWork:
    """A work that a table asks for: `check` and `do` are the names of its actions.

    `fields` are what its jobs are told, beside the table. `arguments` makes the command line that
    does it.
    """

    name: str
    check: str
    do: str
    title: str
    fields: tuple[str, ...]
    arguments: Callable[[Config, Mapping[str, str]], list[str]]

    def checking(self, config: Config, fields: Mapping[str, str]) -> list[str]:
        """The command line that only finds out which rows could not be done."""
        return [*self.arguments(config, fields), "--check"]


def package_table(config: Config, fields: Mapping[str, str]) -> list[str]:
    """Make a package of each row; rows that are done already are passed over."""
    line = [*_line("package", config, fields), *_root(config, fields), *_records(config, fields)]
    if fields.get("structures"):
        line.append(f"--structures={folder_of(config, fields['structures'])}")
    return line


def update_table(config: Config, fields: Mapping[str, str]) -> list[str]:
    """Correct the package of each row; files that a row names are in the inbox."""
    root = _root(config, fields) if config.web.inbox else []
    line = [*_line("update", config, fields), *root, *_records(config, fields)]
    return [*line, *optional_reason(fields)]


def export_table(config: Config, fields: Mapping[str, str]) -> list[str]:
    """Put a copy of each row's package into a folder of the outbox."""
    kind = fields.get("kind", "")
    if kind not in BATCH_COPY_KINDS:
        raise UsageError(_("Choose one."))
    line = [*_line("export", config, fields), str(outbox_folder(config, fields))]
    named = [] if kind == "aip" else [f"--as={kind}"]
    return [*line, *named, *recipient(fields), *optional_reason(fields)]


WORKS: Mapping[str, TableWork] = {
    work.name: work
    for work in (
        TableWork(
            "package",
            "batch-check",
            "batch",
            N_("Make the packages"),
            ("place", "records"),
            package_table,
        ),
        TableWork(
            "update",
            "update-batch-check",
            "update-batch",
            N_("Correct the packages"),
            ("place", "records", "reason"),
            update_table,
        ),
        TableWork(
            "export",
            "export-batch-check",
            "export-batch",
            N_("Put the copies into the folder"),
            ("kind", "out", "to", "reason"),
            export_table,
        ),
    )
}
"""Every work, by its name."""


def work_of(action: str) -> TableWork:
    """The work that an action does, or checks. Raises KeyError for one that is about no table."""
    return {name: work for work in WORKS.values() for name in (work.check, work.do)}[action]


def outbox_folder(config: Config, fields: Mapping[str, str]) -> Path:
    """The folder for the copies of a table, by the name that a person gave it. Raises UsageError.

    It may be there: a table that is sent again goes on with it. A link could lead elsewhere.
    """
    if config.web.outbox is None:
        raise UsageError(_("No folder for copies is named in the configuration: [web], outbox."))
    name = fields.get("out", "").strip()
    folder = config.web.outbox / name
    if not name or name != safe_name(name) or folder.is_symlink():
        raise UsageError(_("{name} cannot be the name of a folder").format(name=name))
    return folder


def results_name(config: Config, fields: Mapping[str, str]) -> str:
    """What the table of results is called: like the table, and in its format."""
    return results_path(path_of(config, fields.get("table", ""))).name


def _line(verb: str, config: Config, fields: Mapping[str, str]) -> list[str]:
    table = path_of(config, fields.get("table", ""))
    return [verb, f"--batch={table}", f"--results={MADE}", "--json"]


def _root(config: Config, fields: Mapping[str, str]) -> list[str]:
    return [f"--root={config.web.inbox[place_of(config, fields)]}"]


def _records(config: Config, fields: Mapping[str, str]) -> list[str]:
    return [f"--records={path_of(config, fields['records'])}"] if fields.get("records") else []

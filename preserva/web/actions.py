"""What people can start from a page: each is a verb of the command line, with its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from preserva.config import Config
from preserva.core.values.model import PackageId
from preserva.errors import UsageError
from preserva.i18n import N_, _
from preserva.web.form_texts import optional_reason, reason_of, recipient
from preserva.web.inbox_actions import (
    MADE,
    change_pages,
    check_folder,
    moved_pages,
    package_folder,
)
from preserva.web.people import PageRole
from preserva.web.table_actions import WORKS, TableWork, results_name
from preserva.web.uploads import path_of

FormFields = Mapping[str, str]
"""What a form sent, by the names of its fields."""


@dataclass(frozen=True, slots=True)
class PageAction:
    """A verb that a page offers. `arguments` makes its command line, without the common options.

    `made` is the name of the file that it makes; MADE stands for the path of that.
    """

    name: str
    title: str
    role: PageRole
    arguments: Callable[[Config, FormFields], list[str]]
    made: Callable[[Config, FormFields], str] | None = None

    def line(self, config: Config, fields: FormFields) -> list[str]:
        """The command line. Raises UsageError for fields that no form of ours has sent."""
        return self.arguments(config, fields)


def _package(fields: FormFields) -> str:
    """The identifier, in a form that can be no option. Raises UsageError."""
    try:
        return PackageId.parse(fields.get("package", "")).portable
    except ValueError as error:
        raise UsageError(_("there is no package {id}").format(id=fields.get("package"))) from error


def _storage(config: Config, fields: FormFields) -> list[str]:
    name = fields.get("storage", "")
    if not name:
        return []
    if name not in config.storages:
        known = ", ".join(sorted(config.storages))
        message = _("there is no storage {name}; known ones: {known}")
        raise UsageError(message.format(name=name, known=known))
    return [f"--storage={name}"]


AUDIT_TIMES: Mapping[str, int] = {"15m": 15, "1h": 60, "6h": 360, "12h": 720}
"""For how long an audit may be asked to read, in minutes; without a choice, an hour."""


def _audit(config: Config, fields: FormFields) -> list[str]:
    time = fields.get("time", "1h")
    if time not in AUDIT_TIMES:
        raise UsageError(_("Choose for how long."))
    only = [text.replace("--storage=", "--only=") for text in _storage(config, fields)]
    return ["audit", f"--max-time={time}", *only]


COPY_KINDS: Mapping[str, str] = {
    "pdf": N_("PDF"),
    "zip": N_("ZIP of access copies and text"),
    "dip": N_("DIP: a package for use (.tar)"),
    "sip": N_("SIP: a package for submission (.tar)"),
    "aip": N_("AIP: the package as it is stored (.tar)"),
}
"""The forms in which a copy of a book is given, by the names that `preserva export --as` has."""


def _export(_config: Config, fields: FormFields) -> list[str]:
    kind = fields.get("kind", "")
    if kind not in COPY_KINDS:
        raise UsageError(_("Choose one."))
    line = ["export", _package(fields), *([] if kind == "aip" else [f"--as={kind}"])]
    return [*line, *recipient(fields), *optional_reason(fields), MADE]


def _copy_name(_config: Config, fields: FormFields) -> str:
    suffix = {"pdf": "pdf", "zip": "zip"}.get(fields.get("kind", ""), "tar")
    return f"{_package(fields)}.{suffix}"


def _new_record(config: Config, fields: FormFields) -> list[str]:
    line = ["update", _package(fields), f"--record={path_of(config, fields.get('file', ''))}"]
    if position := fields.get("position", "").strip():
        if not position.isascii() or not position.isdigit() or len(position) > 9:
            raise UsageError(_("The position of the record is a number from 1."))
        line.append(f"--position={position}")
    if fields.get("other_record"):
        line.append("--other-record")
    return [*line, f"--reason={reason_of(fields)}"]


def _structure(config: Config, fields: FormFields) -> list[str]:
    """Pages are moved before the structure counts them: both make one version."""
    update, package, *rest = _new_file("structure")(config, fields)
    return [update, package, *moved_pages(fields), *rest]


def _change_pages(config: Config, fields: FormFields) -> list[str]:
    changes = change_pages(config, fields)
    return ["update", _package(fields), *changes, f"--reason={reason_of(fields)}"]


def _new_file(option: str) -> Callable[[Config, FormFields], list[str]]:
    return lambda config, fields: [
        "update", _package(fields), f"--{option}={path_of(config, fields.get('file', ''))}",
        f"--reason={reason_of(fields)}",
    ]  # fmt: skip


def _of_tables(work: TableWork) -> tuple[PageAction, PageAction]:
    """The check of a work that a table asks for, and the work."""
    title, role = N_("Check all rows"), PageRole.PREPARE
    return (
        PageAction(work.check, title, role, work.checking, results_name),
        PageAction(work.do, work.title, role, work.arguments, results_name),
    )


ACTIONS: Mapping[str, PageAction] = {
    action.name: action
    for action in (
        PageAction(
            "storages",
            N_("Check the storages"),
            PageRole.PREPARE,
            lambda config, fields: ["config", "check", "--storages", "--json"],
        ),
        PageAction(
            "audit",
            N_("Read the copies that are due"),
            PageRole.PREPARE,
            _audit,
        ),
        PageAction(
            "replicate",
            N_("Copy what is missing to the other storages"),
            PageRole.PREPARE,
            lambda config, fields: ["replicate"],
        ),
        PageAction(
            "replicate-plan",
            N_("Show what would be copied, and how much it is"),
            PageRole.PREPARE,
            lambda config, fields: ["replicate", "--dry-run"],
        ),
        PageAction(
            "receive",
            N_("Read and record what others have brought"),
            PageRole.PREPARE,
            lambda config, fields: ["receive"],
        ),
        PageAction(
            "replicate-package",
            N_("Copy this package to the other storages"),
            PageRole.PREPARE,
            lambda config, fields: ["replicate", _package(fields)],
        ),
        PageAction(
            "validate",
            N_("Read every copy of this package"),
            PageRole.PREPARE,
            lambda config, fields: ["validate", _package(fields), *_storage(config, fields)],
        ),
        PageAction(
            "repair-plan",
            N_("Plan the repair"),
            PageRole.PREPARE,
            lambda config, fields: ["repair", _package(fields), *_storage(config, fields)],
        ),
        PageAction(
            "repair",
            N_("Repair as planned"),
            PageRole.DECIDE,
            lambda config, fields: [
                "repair", _package(fields), *_storage(config, fields), "--apply"
            ],
        ),
        PageAction(
            "withdraw",
            N_("Withdraw this package"),
            PageRole.DECIDE,
            lambda config, fields: [
                "withdraw", _package(fields), f"--reason={reason_of(fields)}"
            ],
        ),
        PageAction(
            "export", N_("Give a copy"), PageRole.PREPARE, _export, _copy_name
        ),
        PageAction(
            "derive",
            N_("Make access copies and a PDF"),
            PageRole.PREPARE,
            lambda config, fields: ["derive", _package(fields), "--access", "--pdf"],
        ),
        PageAction("record", N_("Replace the record"), PageRole.PREPARE, _new_record),
        PageAction("rights", N_("State the rights"), PageRole.PREPARE, _new_file("rights")),
        PageAction(
            "pages",
            N_("Change the pages"),
            PageRole.PREPARE,
            _change_pages,
        ),
        PageAction(
            "pages-check",
            N_("See what a change of the pages would do"),
            PageRole.PREPARE,
            lambda config, fields: [*_change_pages(config, fields), "--dry-run"],
        ),
        PageAction(
            "package", N_("Make a package of these scans"), PageRole.PREPARE, package_folder
        ),
        PageAction("check", N_("Check these scans"), PageRole.PREPARE, check_folder),
        *(action for work in WORKS.values() for action in _of_tables(work)),
        PageAction(
            "structure", N_("Replace the structure"), PageRole.PREPARE, _structure
        ),
    )
}  # fmt: skip
"""Every action, by its name."""

"""The command lines of what is done with the inbox: folders of scans, and pages out of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from preserva.config import Config
from preserva.errors import UsageError
from preserva.i18n import _
from preserva.web import inbox
from preserva.web.uploads import path_of

MADE = "\0"
"""In a command line: the path of the file that the job makes. No field can have it."""


def place_of(config: Config, fields: Mapping[str, str]) -> int:
    """The number of a place in the inbox. Raises UsageError if there is none of this number."""
    text = fields.get("place", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1
    if not 0 <= number < len(config.web.inbox):
        raise UsageError(_("there is no folder {name} in the inbox").format(name=text))
    return number


def check_folder(config: Config, fields: Mapping[str, str]) -> list[str]:
    """Check the scans of one folder, as packaging would."""
    return ["check", str(_folder(config, fields)), "--json"]


def package_folder(config: Config, fields: Mapping[str, str]) -> list[str]:
    """Make a package of one folder, whose record was handed over as a file."""
    line = ["package", str(_folder(config, fields))]
    line.append(f"--record={path_of(config, fields.get('file', ''))}")
    if fields.get("structure"):
        line.append(f"--structure={path_of(config, fields['structure'])}")
    if fields.get("id"):
        line.append(f"--id={fields['id'][:100]}")
    return line


def _folder(config: Config, fields: Mapping[str, str]) -> Path:
    return inbox.folder(config, place_of(config, fields), fields.get("folder", "")).path


def change_pages(config: Config, fields: Mapping[str, str]) -> list[str]:
    """Move or leave out pages; replace, add or insert files of pages from a folder."""
    page, to, what = fields.get("page", ""), fields.get("to", ""), fields.get("what", "")
    if what == "move":
        return ["--move-page", _number(page), _number(to)]
    if what == "remove":
        first, last = int(_number(page)), int(_number(to or page))
        if last < first or last - first >= _MOST_REMOVED:
            raise UsageError(_("Give the number of a page."))
        return [f"--remove-page={number}" for number in range(first, last + 1)]
    if what in _FROM_FOLDER:
        return [f"--{_FROM_FOLDER[what]}={_folder(config, fields)}"]
    if what == "insert":
        return [f"--insert-pages={_folder(config, fields)}", f"--after={_number(page, least=0)}"]
    raise UsageError(_("Choose one."))


_MOST_REMOVED = 5000
_FROM_FOLDER = {"replace": "pages", "access": "access", "text": "text"}


def moved_pages(fields: Mapping[str, str]) -> list[str]:
    """The moves that come before a structure, as `3-1 7-2`. Raises UsageError."""
    line = []
    for move in fields.get("moves", "").split():
        page, _hyphen, to = move.partition("-")
        line += ["--move-page", _number(page), _number(to)]
    return line


def _number(text: str, least: int = 1) -> str:
    """The number of a page, as no option can be. Raises UsageError."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6 or int(digits) < least:
        raise UsageError(_("Give the number of a page."))
    return digits

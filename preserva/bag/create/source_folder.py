"""Lists a folder that is to become a bag, and finds what a bag cannot contain.

The rule for names: whatever we write is read back identically by preserva, bagit-python and
`sha512sum -c` on any system, or it is refused with the reason.

- Not UTF-8, a control character, a Unicode line end, white space at the end of the path: refused,
  because no manifest line can express it for all three.
- A backslash, a name of dots and spaces only: refused, because it leads elsewhere on Windows.
- `%`, CR, LF: refused, unless the caller asks for RFC 8493's percent-encoding, which bagit-python
  (`%`) and sha512sum (all three) do not read back; then a warning for each.
- Names that differ only in Unicode form: refused. macOS treats them as one, and bagit-python has
  been seen to miss damage in one of them.
- Names that differ only in case, or that Windows does not allow: a warning. The bag is sound and
  every tool can read it in place; its manifest reveals a copy that lost a file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from preserva.core.values.codes import Code, Severity
from preserva.core.values.names import folded, is_foreign_to_windows, is_unsafe, nfc
from preserva.core.values.report import Finding
from preserva.errors import NotAFile, PackageError, Refused
from preserva.files.opening import storage_error
from preserva.i18n import _, system_reason

_LINE_ENDS = "\x85\u2028\u2029"  # where str.splitlines and codecs readers end a line
_ENCODED = "%\r\n"


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A listed file: path with `/`, size in bytes, and what must not change until it is read."""

    path: str
    size: int
    modified_ns: int
    inode: int

    def is_still(self, now: os.stat_result) -> bool:
        """Whether this is the same file in the same state."""
        return (self.size, self.modified_ns, self.inode) == (
            now.st_size,
            now.st_mtime_ns,
            now.st_ino,
        )


@dataclass(frozen=True, slots=True)
class SourceListing:
    """The content of a folder: files sorted by path, folders, and every finding."""

    files: tuple[FolderFile, ...]
    folders: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(file.size for file in self.files)

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that prevent a bag."""
        return tuple(f for f in self.findings if f.code.severity is not Severity.WARNING)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The warnings."""
        return tuple(f for f in self.findings if f.code.severity is Severity.WARNING)


def examine(source: Path, *, encode_names: bool = False) -> SourceListing:
    """List the folder and everything that prevents a bag. No content is read.

    With `encode_names`, names with `%`, CR or LF are allowed, as warnings. Raises NotFound or
    NotAFile if there is no such folder, Refused if it is a bag already.
    """
    try:
        status = os.lstat(source)
    except OSError as error:
        raise storage_error(os.fspath(source), error) from error
    if not stat.S_ISDIR(status.st_mode):
        raise NotAFile(_("{path} is not a folder").format(path=source), path=os.fspath(source))
    if os.path.lexists(source / "bagit.txt"):
        raise Refused(
            _("{path} is a bag already; a bag inside a bag is never made by accident").format(
                path=source
            ),
            hint=_("To add digests to it, use `preserva bag update`."),
        )
    files: list[FolderFile] = []
    folders: list[str] = []
    findings: list[Finding] = []
    for listed in _walk(source, "", folders):
        if isinstance(listed, Finding):
            findings.append(listed)
        else:
            files.append(listed)
            findings += name_findings(listed.path, encode_names=encode_names)
    findings += twin_findings([*folders, *(file.path for file in files)])
    return SourceListing(
        tuple(sorted(files, key=lambda file: file.path)),
        tuple(sorted(folders)),
        tuple(sorted(findings, key=lambda f: (f.path or "", f.code.value))),
    )


def refuse_problems(source: Path, inventory: SourceListing) -> None:
    """Raise PackageError with every problem, if there are any."""
    if inventory.problems:
        raise PackageError(
            _("{path} cannot become a bag").format(path=source),
            [finding.message() for finding in inventory.problems],
        )


def _walk(source: Path, top: str, folders: list[str]) -> Iterator[FolderFile | Finding]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(os.path.join(source, folder)) as listing:  # noqa: PTH118
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Finding(Code.UNREADABLE, folder or None, seen=system_reason(error))
            continue
        if not entries and folder:
            yield Finding(Code.FOLDER_LEFT_OUT, folder)
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
                waiting.append(path)
            else:
                yield _file(path, entry)


def _file(path: str, entry: os.DirEntry[str]) -> FolderFile | Finding:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Finding(Code.UNREADABLE, path, seen=system_reason(error))
    if not stat.S_ISREG(status.st_mode):
        return Finding(Code.NOT_REGULAR, path)
    return FolderFile(path, status.st_size, status.st_mtime_ns, status.st_ino)


def name_findings(path: str, *, encode_names: bool) -> Iterator[Finding]:
    """The findings about a path as a manifest line and as a name on other systems."""
    if not path.isascii() and any("\ud800" <= character <= "\udfff" for character in path):
        yield Finding(Code.NAME_NOT_UNICODE, path)
    ends_in_space = path[-1].isspace() and path[-1] not in _ENCODED
    if ends_in_space or any(_unwritable(character) for character in path):
        yield Finding(Code.NAME_UNWRITABLE, path)
    if any(character in path for character in _ENCODED):
        yield Finding(Code.NAME_ENCODED if encode_names else Code.NAME_NEEDS_ENCODING, path)
    if is_unsafe(f"data/{path}"):
        yield Finding(Code.UNSAFE_PATH, path)
    elif is_foreign_to_windows(path):
        yield Finding(Code.WINDOWS_NAME, path)


def _unwritable(character: str) -> bool:
    if character in _ENCODED:
        return False
    return character < " " or character == "\x7f" or character in _LINE_ENDS


def twin_findings(paths: list[str]) -> Iterator[Finding]:
    """Names that other systems treat as one: each with the name it collides with."""
    forms: dict[str, str] = {}
    cases: dict[str, str] = {}
    for path in sorted(paths):
        form, case = nfc(path), folded(path)
        if form in forms:
            yield Finding(Code.NAMES_COLLIDE, path, seen=forms[form])
        elif case in cases:
            yield Finding(Code.CASE_TWINS, path, seen=cases[case])
        forms.setdefault(form, path)
        cases.setdefault(case, path)

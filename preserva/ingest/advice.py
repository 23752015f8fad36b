"""What to do about each kind of refusal of a source: a refusal without advice helps nobody."""

from __future__ import annotations

from collections.abc import Iterable

from preserva.core.values.codes import Code
from preserva.core.values.report import Finding
from preserva.i18n import N_, _, joined

_ADVICE = {
    Code.SOURCE_LINK: N_("Replace the link with the file itself."),
    Code.SOURCE_DEPTH: N_(
        "Page images may lie in the folder itself, in one folder for each chapter, or in master/,"
        " access/ and text/ (MASTER, Мастер, Доступ …). Move or remove other folders, or put what"
        " belongs to the book into documentation/."
    ),
    Code.SOURCE_COLLISION: N_(
        "Each page needs a name of its own. Put masters into master/ and access copies into"
        " access/; remove what is there twice, or rename it."
    ),
    Code.SOURCE_WITHOUT_PAGES: N_(
        "Page images are TIFF, JPEG 2000, PNG, JPEG, BMP, GIF or WebP, with an ending that says so."
        " One PDF, DjVu or EPUB alone can be a book, too; several cannot be put in order."
    ),
    Code.SOURCE_EMPTY: N_("Scan or copy the empty files again."),
    Code.SCAN_UNFINISHED: N_(
        "Wait until the transfer ends, and close the programs that have files of this folder open;"
        " delete what they have left behind."
    ),
    Code.SOURCE_UNSETTLED: N_(
        "Wait until everything has been copied into the folder, then run the command again."
    ),
    Code.SCAN_UNSUPPORTED: N_(
        "Export these images as TIFF from the program that made them; files that are not pages go "
        "into documentation/."
    ),
    Code.SCAN_NAMELESS: N_(
        "Give these files the ending of their format (.tif, .jpg); remove what is no page, or put"
        " it into documentation/."
    ),
    Code.SCAN_FRAMES: N_(
        "Split the file into one TIFF for each page, with the scanning program or tiffsplit; or set"
        ' frames = "warn" in [scan] to keep it as one page.'
    ),
    Code.SOURCE_AMBIGUOUS: N_(
        "Give the files of a page the same name in each representation, or put masters into master/"
        " and access copies into access/ with the same number of pages in each."
    ),
    Code.SOURCE_ROLE_TWICE: N_("Put the files of both folders into one."),
    Code.IMAGE_TRUNCATED: N_("Scan these pages again, or copy them again from the scanner."),
    Code.IMAGE_UNDECODABLE: N_("Scan these pages again, or copy them again from the scanner."),
}
_BY_POLICY = N_("What is refused or only reported is set in [scan] of preserva.toml.")


def advice(problems: Iterable[Finding]) -> str | None:
    """What to do about these problems, each thing once; None if there is nothing special to say."""
    codes = dict.fromkeys(problem.code for problem in problems)
    lines = dict.fromkeys(_(_ADVICE[code]) for code in codes if code in _ADVICE)
    if any(code.source == "scan" for code in codes):
        lines[_(_BY_POLICY)] = None
    return joined("\n", list(lines)) if lines else None

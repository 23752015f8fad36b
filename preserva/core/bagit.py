"""The tag files of a bag, as bytes: RFC 8493 section 2.

Everything is written as BagIt 1.0 in UTF-8 with LF. What could not be read back as the same value,
by us or by other tools, is refused with ValueError instead of being altered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""The bag declaration, `bagit.txt`, of every bag that we write (section 2.1.1)."""

_TO_ENCODE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_ENCODED = re.compile(r"%(25|0[AaDd])")
_ENCODED_LINE_END = re.compile(r"%(0[AaDd])")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")


def encode_path(path: str) -> str:
    """The path as manifests and fetch.txt write it: only `%`, CR and LF are percent-encoded."""
    return path.translate(_TO_ENCODE)


def decode_path(text: str, *, percent: bool = True) -> str:
    """The path that was written: `%25`, `%0A` and `%0D` decoded, in either case of the digits.

    Before BagIt 1.0 only line ends were encoded: there, `percent` is False and `%25` stays.
    """
    pattern = _ENCODED if percent else _ENCODED_LINE_END
    return pattern.sub(lambda found: chr(int(found[1], 16)), text)


def manifest_line(path: str, digest: str) -> bytes:
    """One line of a manifest (section 2.1.3), with two spaces as the sha*sum commands write it.

    Raises ValueError for a path that is not Unicode, or a digest that is not lower-case hex.
    """
    if not path or not _HEX.fullmatch(digest):
        raise ValueError(f"not a digest and a path: {digest!r} {path!r}")
    return f"{digest}  {encode_path(path)}\n".encode()


def serialise_bag_info(fields: Iterable[tuple[str, str]]) -> bytes:
    """The content of bag-info.txt (section 2.2.2): order and repeated labels kept.

    A value of several lines, parted by LF, is folded at its own line ends. A long line stays one:
    readers count the line end of a fold as part of the value. Raises ValueError for what would
    not come back the same: a label or line with white space at its ends, an empty line inside a
    value, control characters other than TAB, a colon in a label.
    """
    return "".join(_bag_info_field(label, value) for label, value in fields).encode()


def _bag_info_field(label: str, value: str) -> str:
    if not label or label != label.strip() or ":" in label or "\n" in label:
        raise ValueError(f"not a label for bag-info.txt: {label!r}")
    if _UNWRITABLE.search(label + value):
        raise ValueError(f"characters that bag-info.txt cannot hold: {label!r}: {value!r}")
    lines = value.split("\n")
    if any(line != line.strip() for line in lines) or (len(lines) > 1 and not all(lines)):
        raise ValueError(f"white space that bag-info.txt cannot hold: {label!r}: {value!r}")
    return f"{label}: " + "\n  ".join(lines) + "\n"

"""The tag files of a bag, as bytes: RFC 8493 section 2.

Everything is written as BagIt 1.0 in UTF-8 with LF. A value that we or other tools would not read
back identically is refused with ValueError instead of being altered.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from preserva.core.formats.charsets import CHARSETS
from preserva.core.values.codes import Code
from preserva.core.values.digest import ALGORITHMS
from preserva.core.values.names import is_unsafe
from preserva.core.values.report import Finding
from preserva.i18n import _

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""The bag declaration, `bagit.txt`, of every bag that we write (section 2.1.1)."""

_TO_ENCODE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_ENCODED = re.compile(r"%(25|0[AaDd])")
_ENCODED_LINE_END = re.compile(r"%(0[AaDd])")
_RAW_PERCENT = re.compile(r"%(?!25|0[AaDd])")
_LINE_END = re.compile(r"\r\n|\r|\n")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")


def encode_path(path: str) -> str:
    """The path as written in manifests and fetch.txt: only `%`, CR and LF are percent-encoded."""
    return path.translate(_TO_ENCODE)


def decode_path(text: str, *, percent: bool = True) -> str:
    """The decoded path: `%25`, `%0A` and `%0D` in either case of the digits.

    Before BagIt 1.0 only line ends were encoded: there, `percent` is False and `%25` stays.
    """
    pattern = _ENCODED if percent else _ENCODED_LINE_END
    return pattern.sub(lambda match: chr(int(match[1], 16)), text)


def old_spelling(path: str) -> str:
    """The path as in manifests before 1.0, where `%0A` in a name looks like a line end."""
    text = path.replace("\r", "%0D").replace("\n", "%0A")
    return _ENCODED_LINE_END.sub(lambda match: match[0].upper(), text)


def manifest_line(path: str, digest: str) -> bytes:
    """One line of a manifest (section 2.1.3), with two spaces as the sha*sum commands write it.

    Raises ValueError for a path that is not Unicode, or a digest that is not lower-case hex.
    """
    if not path or not _HEX.fullmatch(digest):
        raise ValueError(f"not a digest and a path: {digest!r} {path!r}")
    return f"{digest}  {encode_path(path)}\n".encode()


def serialise_bag_info(fields: Iterable[tuple[str, str]]) -> bytes:
    """The content of bag-info.txt (section 2.2.2): order and repeated labels kept.

    A value of several lines, separated by LF, is folded at its own line ends. Long lines are not
    folded, because readers count the line end of a fold as part of the value. Raises ValueError for
    values that would not be read back identically: a label or line with white space at its ends, an
    empty line inside a value, control characters other than TAB, a colon in a label.
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


ReportFinding = Callable[[Finding], None]
"""Where a parser puts what it finds: usually the `append` of a list."""

STRICT = (1, 0)
"""The first version that is an RFC. Its rules on white space, `%` and manifests are stricter."""

VERSIONS = frozenset({(0, 93), (0, 94), (0, 95), (0, 96), (0, 97), STRICT})

_BOM = b"\xef\xbb\xbf"
_FIELD = r"[ \t]*:[ \t]*"
_DECLARATION = (
    re.compile(rf"BagIt-Version{_FIELD}(0|[1-9][0-9]{{0,8}})\.([0-9]{{1,9}})[ \t]*", re.IGNORECASE),
    re.compile(rf"Tag-File-Character-Encoding{_FIELD}([!-~]{{1,80}})[ \t]*", re.IGNORECASE),
)
_STRICT_DECLARATION = (
    re.compile(r"(BagIt-Version): (?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)", re.IGNORECASE),
    re.compile(r"(Tag-File-Character-Encoding): [!-~]+", re.IGNORECASE),
)
_USUAL_LABELS = ("BagIt-Version", "Tag-File-Character-Encoding")


@dataclass(frozen=True, slots=True)
class Declaration:
    """The bag declaration (section 2.1.1): version, and how the other tag files are encoded."""

    version: tuple[int, int]
    encoding: str

    @property
    def strict(self) -> bool:
        """Whether the rules of BagIt 1.0 apply."""
        return self.version >= STRICT

    @property
    def version_text(self) -> str:
        """The version as written in bagit.txt."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def info_file(self) -> str:
        """The name of the file with the bag's metadata; it changed after BagIt 0.95."""
        return "bag-info.txt" if self.version >= (0, 96) else "package-info.txt"


def parse_declaration(data: bytes, report: ReportFinding) -> Declaration | None:
    """The declaration, or None if it is unusable. Every error is reported.

    If the encoding is not allowed, the result has UTF-8, so that the rest can be checked.
    """
    path = "bagit.txt"
    if data.startswith(_BOM):
        report(Finding(Code.BYTE_ORDER_MARK, path))
        data = data.removeprefix(_BOM)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        report(Finding(Code.UNDECODABLE, path, expected="UTF-8"))
        return None
    rows = _LINE_END.split(text)
    if rows[-1] == "":
        rows.pop()
    matches = [pattern.fullmatch(row) for pattern, row in zip(_DECLARATION, rows, strict=False)]
    if len(rows) != 2 or matches[0] is None or matches[1] is None:
        report(Finding(Code.DECLARATION_INVALID, path, seen=text[:200]))
        if len(rows) < 2 or matches[0] is None or matches[1] is None:
            return None
    version = int(matches[0][1]), int(matches[0][2])
    if version >= STRICT:
        _check_strictly(rows, path, report)
    if matches[1][1].lower() not in CHARSETS:
        report(Finding(Code.ENCODING_NOT_ALLOWED, path, seen=matches[1][1]))
        return Declaration(version, "UTF-8")
    return Declaration(version, matches[1][1])


def _check_strictly(rows: list[str], path: str, report: ReportFinding) -> None:
    for usual, pattern, row in zip(_USUAL_LABELS, _STRICT_DECLARATION, rows, strict=False):
        match = pattern.fullmatch(row)
        if match is None:
            report(Finding(Code.DECLARATION_INVALID, path, seen=row[:200]))
        elif match[1] != usual:
            report(Finding(Code.DECLARATION_CASE, path, usual, match[1]))


def read_lines(
    pieces: Iterable[bytes], encoding: str, path: str, report: ReportFinding, limit: int
) -> Iterator[str]:
    """The lines of a tag file, separated by CR, LF or CRLF only, without these.

    Undecodable bytes are reported once and replaced by U+FFFD from there on. A line without an end
    within `limit` characters and one chunk is reported and ends the reading.
    """
    decode = _Decoder(encoding, path, report)
    rest = ""
    for piece in pieces:
        rest += decode(piece)
        # A CR at the end of a piece may be the first half of CRLF.
        whole, held = (rest[:-1], "\r") if rest.endswith("\r") else (rest, "")
        rows = _LINE_END.split(whole) if "\r" in whole else whole.split("\n")
        rest = rows.pop() + held
        yield from rows
        if len(rest) > limit:
            report(Finding(Code.LIMIT_REACHED, path, seen=_("a line is too long")))
            return
    rest += decode(b"", final=True)
    rows = _LINE_END.split(rest)
    if rows[-1] == "":
        rows.pop()
    yield from rows


class _Decoder:
    """Bytes to text, piece by piece; the first error is reported, later ones are replaced."""

    def __init__(self, encoding: str, path: str, report: ReportFinding) -> None:
        self.codec = CHARSETS[encoding.lower()]
        self.path = path
        self.report = report
        self.decoder: codecs.IncrementalDecoder | None = None
        self.head = b""  # up to the length of a byte order mark

    def __call__(self, piece: bytes, *, final: bool = False) -> str:
        if self.decoder is None:
            self.head += piece
            if len(self.head) < 4 and not final:
                return ""
            piece, self.decoder = self._begin(), codecs.getincrementaldecoder(self.codec)("strict")
        state = self.decoder.getstate()
        try:
            return self.decoder.decode(piece, final)
        except UnicodeError:
            if self.decoder.errors == "strict":
                self.report(Finding(Code.UNDECODABLE, self.path, expected=self.codec))
            self.decoder = codecs.getincrementaldecoder(self.codec)("replace")
            self.decoder.setstate(state)
            return self.decoder.decode(piece, final)

    def _begin(self) -> bytes:
        head = self.head
        if self.codec == "utf-8" and head.startswith(_BOM):
            self.report(Finding(Code.BYTE_ORDER_MARK, self.path))
            return head.removeprefix(_BOM)
        if self.codec == "utf-16" and head[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
            self.codec = "utf-16-be"  # RFC 2781 section 4.3
        if self.codec == "utf-32" and head[:4] not in {b"\xff\xfe\0\0", b"\0\0\xfe\xff"}:
            self.codec = "utf-32-be"
        return head


def manifest_algorithm(name: str) -> tuple[str, str] | None:
    """`manifest` or `tagmanifest` and the algorithm in the file's name, or None."""
    match = _MANIFEST_NAME.fullmatch(name)
    return (match[1].lower(), match[2]) if match else None


_MANIFEST_NAME = re.compile(r"(manifest|tagmanifest)-(.+)\.txt", re.IGNORECASE | re.DOTALL)


def parse_manifest(
    lines: Iterable[str], path: str, algorithm: str, *, strict: bool, report: ReportFinding
) -> Iterator[tuple[str, str, bytes]]:
    """Path, path without decoding, and digest, for each line of a manifest (section 2.1.3).

    Unusable lines are reported with their number and left out.
    """
    width = 2 * ALGORITHMS[algorithm].size
    pattern = re.compile(rf"([0-9A-Fa-f]{{{width}}})[ \t]+(\*?(?:\./)*)(.+)", re.DOTALL)
    plain = re.compile(rf"([0-9A-Fa-f]{{{width}}})  (\w[\w./-]*\w)").fullmatch
    match = pattern.fullmatch
    for number, line in enumerate(lines, 1):
        # Nearly all lines are obviously correct: a fast path for them.
        if (row := plain(line)) and "/." not in (name := row[2]) and "//" not in name:
            yield name, name, bytes.fromhex(row[1])
            continue
        row = match(line)
        if row is None:
            code = Code.MANIFEST_LINE if line.strip(" \t") else Code.BLANK_LINE
            report(Finding(code, path, seen=_in_line(number, line)))
            continue
        digest, legacy, name = row.groups()
        if legacy:
            report(Finding(Code.LEGACY_PATH, path, seen=_in_line(number, line)))
        raw = name
        if "%" in name:
            if strict and _RAW_PERCENT.search(name):
                report(Finding(Code.PERCENT_NOT_ENCODED, path, seen=_in_line(number, name)))
            name = decode_path(name, percent=strict)
        if name.endswith("/") and not is_unsafe(name[:-1]):
            report(Finding(Code.MANIFEST_FOLDER, path, seen=_in_line(number, name)))
        elif is_unsafe(name):
            report(Finding(Code.UNSAFE_PATH, path, seen=_in_line(number, name)))
        else:
            yield name, raw, bytes.fromhex(digest)


def _in_line(number: int, text: str) -> str:
    return _("line {number}: {text}").format(number=number, text=text[:300])


def parse_bag_info(
    lines: Iterable[str], path: str, *, strict: bool, report: ReportFinding
) -> list[tuple[str, str]]:
    """Labels and values of bag-info.txt (section 2.2.2), in order, with repetitions.

    A folded value keeps its line ends, as LF, and loses the white space after them.
    """
    fields: list[tuple[str, str]] = []
    for number, line in enumerate(lines, 1):
        if line.startswith((" ", "\t")) and fields:
            label, value = fields[-1]
            more = line.lstrip(" \t")
            if not more or more != more.rstrip():
                report(Finding(Code.VALUE_SPACE, path, seen=_in_line(number, line)))
            fields[-1] = label, f"{value}\n{more}"
        elif not line.strip(" \t"):
            report(Finding(Code.BLANK_LINE, path, seen=_in_line(number, line)))
        elif field := _split_field(line, strict=strict):
            label, value = field
            if strict and value != value.strip():
                report(Finding(Code.VALUE_SPACE, path, seen=_in_line(number, line)))
            fields.append((label, value))
        else:
            report(Finding(Code.BAG_INFO_LINE, path, seen=_in_line(number, line)))
    return fields


def _split_field(line: str, *, strict: bool) -> tuple[str, str] | None:
    """Label and value, in one pass over the line; None for a line that is not a field."""
    label, colon, value = line.partition(":")
    if not colon or label.lstrip() != label or not label:
        return None
    if not strict:
        return label.rstrip(), value.strip()
    return (label, value[1:]) if label.rstrip() == label and value[:1] in {" ", "\t"} else None


_ONCE = {"bagging-date", "bag-size", "bag-count"}
_OXUM = re.compile(r"[ \t]*([0-9]{1,20})\.([0-9]{1,20})[ \t]*")


def check_bag_info(
    fields: Iterable[tuple[str, str]], path: str, *, strict: bool, report: ReportFinding
) -> tuple[int, int] | None:
    """Bytes and files of Payload-Oxum, if it is given; repeated elements are reported.

    Labels are compared without regard to case (section 2.2.2).
    """
    seen: dict[str, str] = {}
    for label, value in fields:
        key = label.casefold()
        if key == "payload-oxum" and key in seen:
            same = not strict and seen[key] == value
            code = Code.SHOULD_NOT_REPEAT if same else Code.OXUM_REPEATED
            report(Finding(code, path, seen=f"{label}: {value}"))
        elif key in _ONCE and key in seen:
            report(Finding(Code.SHOULD_NOT_REPEAT, path, seen=f"{label}: {value}"))
        seen.setdefault(key, value)
    oxum = seen.get("payload-oxum")
    match = _OXUM.fullmatch(oxum) if oxum is not None else None
    if oxum is not None and match is None:
        report(Finding(Code.OXUM_INVALID, path, seen=oxum))
    return (int(match[1]), int(match[2])) if match else None


@dataclass(frozen=True, slots=True)
class FetchEntry:
    """A line of fetch.txt: where the file is, its length in bytes if stated, its path."""

    url: str
    length: int | None
    path: str


_FETCH_LINE = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*):(\S+)[ \t]+([0-9]{1,19}|-)[ \t]+(.+)", re.DOTALL
)
_SCHEMES = {"http", "https", "ftp", "ftps", "sftp", "s3", "gs", "urn"}


def parse_fetch(lines: Iterable[str], *, strict: bool, report: ReportFinding) -> list[FetchEntry]:
    """The entries of fetch.txt (section 2.2.3). Unusable lines are reported and left out."""
    path, entries, known = "fetch.txt", list[FetchEntry](), set[str]()
    for number, line in enumerate(lines, 1):
        match = _FETCH_LINE.fullmatch(line)
        if match is None:
            code = Code.FETCH_LINE if line.strip(" \t") else Code.BLANK_LINE
            report(Finding(code, path, seen=_in_line(number, line)))
            continue
        scheme, rest, length, name = match.groups()
        if strict and _RAW_PERCENT.search(name):
            report(Finding(Code.PERCENT_NOT_ENCODED, path, seen=_in_line(number, name)))
        name = decode_path(name.removeprefix("./"), percent=strict)
        if is_unsafe(name):
            report(Finding(Code.UNSAFE_PATH, path, seen=_in_line(number, name)))
            continue
        if not name.startswith("data/"):
            report(Finding(Code.FETCH_NOT_PAYLOAD, path, seen=_in_line(number, name)))
            continue
        if scheme.lower() not in _SCHEMES:
            report(Finding(Code.FETCH_SCHEME, name, seen=f"{scheme}:{rest}"[:300]))
        if name in known:
            report(Finding(Code.FETCH_REPEATED, name, seen=_in_line(number, line)))
        known.add(name)
        entries.append(FetchEntry(f"{scheme}:{rest}", None if length == "-" else int(length), name))
    return entries

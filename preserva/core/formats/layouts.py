"""Where the storage layouts of the OCFL community put an object: extensions 0002 to 0012.

Each is computed from the id of an object and the settings of the root (`config.json`). Source:
OCFL/extensions, docs/0002 to 0012. Our own roots follow 0003, see `layout`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

LayoutSettings = Mapping[str, object]


class LayoutError(ValueError):
    """The settings, or this id with them, are not what the layout can work with."""


def known(extension: str) -> bool:
    """Whether it is a layout that can be computed."""
    return extension in _LAYOUTS


def object_path(extension: str, settings: LayoutSettings, identifier: str) -> str:
    """The folder of an object below its root. Raises LayoutError."""
    return _LAYOUTS[extension](settings, identifier)


def _text(settings: LayoutSettings, key: str, default: str | None = None) -> str:
    value = settings.get(key, default)
    if not isinstance(value, str):
        raise LayoutError(f"{key}: {value!r}")
    return value


def _number(settings: LayoutSettings, key: str, default: int, most: int = 128) -> int:
    value = settings.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise LayoutError(f"{key}: {value!r}")
    return value


def _flag(settings: LayoutSettings, key: str) -> bool:
    value = settings.get(key, False)
    if not isinstance(value, bool):
        raise LayoutError(f"{key}: {value!r}")
    return value


def _digest(settings: LayoutSettings, identifier: str, key: str, default: str) -> str:
    name = _text(settings, key, default)
    sizes = {"blake2b-160": 20, "blake2b-256": 32, "blake2b-384": 48, "blake2b-512": 64}
    data = identifier.encode("utf-8", "surrogatepass")
    if name in sizes:
        return hashlib.blake2b(data, digest_size=sizes[name]).hexdigest()
    if name not in {"md5", "sha1", "sha256", "sha512", "sha512/256"}:
        raise LayoutError(f"{key}: {name!r}")
    try:
        return hashlib.new(name.replace("/", "_"), data, usedforsecurity=False).hexdigest()
    except ValueError as error:  # the system's own library lacks it
        raise LayoutError(f"{key}: {name!r}") from error


def _tuples(settings: LayoutSettings, text: str) -> list[str]:
    """The beginning of a text, cut into pieces of the same length."""
    size, count = _number(settings, "tupleSize", 3, 32), _number(settings, "numberOfTuples", 3, 32)
    if size * count > len(text) or (size == 0) != (count == 0):
        raise LayoutError(f"tupleSize {size}, numberOfTuples {count}")
    return [text[n * size : (n + 1) * size] for n in range(count)]


def _flat(_settings: LayoutSettings, identifier: str) -> str:
    return identifier


def _hash_and_id(settings: LayoutSettings, identifier: str) -> str:
    digest = _digest(settings, identifier, "digestAlgorithm", "sha256")
    return "/".join([*_tuples(settings, digest), _encapsulated(identifier, digest)])


def _encapsulated(identifier: str, digest: str) -> str:
    name = "".join(
        chr(byte) if re.fullmatch(r"[A-Za-z0-9_-]", chr(byte)) else f"%{byte:02x}"
        for byte in identifier.encode("utf-8", "surrogatepass")
    )
    return name if len(name) <= 100 else f"{name[:100]}-{digest}"


def _hashed(settings: LayoutSettings, identifier: str) -> str:
    digest = _digest(settings, identifier, "digestAlgorithm", "sha256")
    tuples = _tuples(settings, digest)
    rest = digest[sum(map(len, tuples)) :] if _flag(settings, "shortObjectRoot") else digest
    return "/".join([*tuples, rest])


def _without_prefix(settings: LayoutSettings, identifier: str, default: str | None = ":") -> str:
    """What follows the last delimiter, in whatever case that is."""
    delimiter = _text(settings, "delimiter", default)
    place = identifier.lower().rfind(delimiter.lower()) if delimiter else -1
    rest = identifier if place < 0 else identifier[place + len(delimiter) :]
    if not delimiter or not rest:
        raise LayoutError(f"delimiter: {delimiter!r}")
    return rest


def _flat_without_prefix(settings: LayoutSettings, identifier: str) -> str:
    return _without_prefix(settings, identifier, None)


def _tuples_without_prefix(settings: LayoutSettings, identifier: str) -> str:
    rest = _without_prefix(settings, identifier)
    size, count = _number(settings, "tupleSize", 3, 32), _number(settings, "numberOfTuples", 3, 32)
    side = _text(settings, "zeroPadding", "left")
    if side not in {"left", "right"}:
        raise LayoutError(f"zeroPadding: {side!r}")
    padded = rest.rjust(size * count, "0") if side == "left" else rest.ljust(size * count, "0")
    if _flag(settings, "reverseObjectRoot"):
        padded = padded[::-1]
    return "/".join([*_tuples(settings, padded), rest])


def _tuples_of_sizes(settings: LayoutSettings, identifier: str) -> str:
    rest = _without_prefix(settings, identifier)
    sizes = settings.get("tupleSegmentSizes", [2, 3, 2, 4])
    if not isinstance(sizes, Sequence) or not all(
        isinstance(one, int) and one > 0 for one in sizes
    ):
        raise LayoutError(f"tupleSegmentSizes: {sizes!r}")
    if sum(sizes) != len(rest):
        raise LayoutError(f"tupleSegmentSizes: {sizes!r}: {rest!r}")
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    parts = [rest[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    return "/".join([*parts, rest] if _flag(settings, "fullIdentifierAsObjectRoot") else parts)


def _hash_and_id_without_prefix(settings: LayoutSettings, identifier: str) -> str:
    delimiters = settings.get("delimiters", [])
    if not isinstance(delimiters, list) or not all(isinstance(d, str) and d for d in delimiters):
        raise LayoutError(f"delimiters: {delimiters!r}")
    starts = [0]
    for delimiter in delimiters:
        place = identifier.rfind(delimiter, 0, len(identifier) - 1)
        if place >= 0 and place + len(delimiter) < len(identifier):
            starts.append(place + len(delimiter))
    return _hash_and_id(settings, identifier[max(starts) :])


_SPACES = "\t-\r \x85\xa0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u3000"
_UNSAFE = r"\x00-\x1f\x7f*?:\[\]\"<>|(){}&'!;#@"
_SPACE = re.compile(f"[{_SPACES}]")
_DANGEROUS = re.compile(f"[{_UNSAFE}]")
_EITHER = re.compile(f"[{_SPACES}{_UNSAFE}]")


def _clean(settings: LayoutSettings, identifier: str) -> str:
    longest = _number(settings, "maxPathSegmentLen", 127, 1 << 20)
    parts = [_clean_part(settings, part) for part in identifier.split("/")]
    path = "/".join(part for part in parts if part)
    if any(len(part) > longest for part in parts):
        return _fallback(settings, identifier, longest)
    if len(path) > _number(settings, "maxPathnameLen", 32000, 1 << 20):
        return _fallback(settings, identifier, longest)
    return path


def _clean_part(settings: LayoutSettings, part: str) -> str:
    encodes = _flag(settings, "encodeUTF")
    replacement = _text(settings, "replacementString", "_")
    if encodes:
        part = re.sub(r"=(?=u[0-9A-Za-z]{4})", "=u003D", part)
        part = re.sub(r"^~", "=u007E", part)
        part = _EITHER.sub(lambda match: f"=u{ord(match[0]):04X}", part)
        return f"=u002E{part[1:]}" if part and not part.strip(".") else part
    space = _text(settings, "whitespaceReplacementString", " ")
    part = _SPACE.sub(lambda _match: space, part)
    part = _DANGEROUS.sub(lambda _match: replacement, part)
    part = re.sub(rf"^[-~{_SPACES}]+|[{_SPACES}]+$", "", part)
    return replacement + part[1:] if part and not part.strip(".") else part


def _fallback(settings: LayoutSettings, identifier: str, longest: int) -> str:
    digest = _digest(settings, identifier, "fallbackDigestAlgorithm", "md5")
    size = _number(settings, "fallbackTupleSize", 1)
    count = _number(settings, "numberOfFallbackTuples", 0)
    tuples = [digest[n * size : (n + 1) * size] for n in range(count)]
    pieces = [digest[n : n + longest] for n in range(0, len(digest), longest)]
    return "/".join([_text(settings, "fallbackFolder", "fallback"), *tuples, *pieces])


_LAYOUTS: Mapping[str, Callable[[LayoutSettings, str], str]] = {
    "0002-flat-direct-storage-layout": _flat,
    "0003-hash-and-id-n-tuple-storage-layout": _hash_and_id,
    "0004-hashed-n-tuple-storage-layout": _hashed,
    "0006-flat-omit-prefix-storage-layout": _flat_without_prefix,
    "0007-n-tuple-omit-prefix-storage-layout": _tuples_without_prefix,
    "0010-differential-n-tuple-omit-prefix-storage-layout": _tuples_of_sizes,
    "0011-direct-clean-path-layout": _clean,
    "0012-hash-and-no-prefix-id-n-tuple-storage-layout": _hash_and_id_without_prefix,
}

"""Names in containers that do not say in which encoding they are: what lists them decides.

A zip whose names have neither flag bit 11 nor a Unicode Path field (APPNOTE 4.4.4, 4.6.9) may have
been written on any system, and so may a tar of the old kinds. The bytes of such a name are read in
the encodings of the region; a manifest (RFC 8493 2.1.3) or METS document knows the name itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from preserva.core.values.names import nfc

ENCODINGS = (
    "utf-8",
    *("cp866", "cp1251", "koi8-r", "koi8-u", "mac-cyrillic", "iso8859-5", "cp855", "cp1125"),
    *("cp1131", "cp1252", "cp437", "cp850", "mac-roman", "cp1250", "cp852", "iso8859-2"),
    *("mac-latin2", "cp1257", "cp775", "iso8859-15", "cp858"),
)
"""Tried in this order where several fit equally well; names of Python's codecs, and CP1131."""

_AS_CP866, _AS_CP1131 = "°∙√№¤■", "Іі¤Ґґ∙"
"""The same bytes: the code page of Belarusian DOS, which Python lacks, is CP866 but for these."""

_FROM_CP866 = str.maketrans(_AS_CP866, _AS_CP1131)
_TO_CP866 = str.maketrans(_AS_CP1131, _AS_CP866)


@dataclass(slots=True)
class Spelling:
    """What was decided: names by the paths that stand for their bytes, and by which encodings.

    `unsure` are paths of which nothing is known: the files that the list misses may be these.
    """

    names: dict[str, str] = field(default_factory=dict)
    encodings: list[str] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)


def spell(paths: Collection[str], listed: Collection[str]) -> Spelling:
    """Which of the `listed` names each path is.

    In a path each byte that is not UTF-8 is a surrogate escape (PEP 383). `listed` are all names
    not in ASCII for which no file was found, and those that are paths as they stand. The encoding
    in which the most names are found goes first; names that it does not give are tried in the
    others, because a zip may have been added to on another system.
    """
    wanted = _Wanted(listed)
    readings = wanted.whole(paths) or {e: wanted.found(paths, e) for e in ENCODINGS}
    order = sorted(readings, key=lambda encoding: -len(readings[encoding]))
    best = readings[order[0]]
    if any(len(other) == len(best) and _contradict(best, other) for other in readings.values()):
        return Spelling(unsure=set(paths))
    spelling, taken = Spelling(), set[str]()
    for encoding in order:
        fresh = {
            path: name
            for path, name in readings[encoding].items()
            if path not in spelling.names and nfc(name) not in taken
        }
        if fresh:
            spelling.encodings.append(encoding)
            spelling.names |= fresh
            taken |= {nfc(name) for name in fresh.values()}
    left = [path for path in paths if path not in spelling.names]
    missing = [name for name in listed if nfc(name) not in taken]
    if any(not _can_hold(name, spelling.encodings) for name in missing):
        spelling.unsure = set(left)
    elif spelling.encodings:
        _spell_alike(spelling, left)
    return spelling


class _Wanted:
    """The listed names, found in whichever Unicode form they are written."""

    def __init__(self, listed: Collection[str]) -> None:
        self._names = {nfc(name) for name in listed}

    def whole(self, paths: Collection[str]) -> dict[str, dict[str, str]]:
        """The encodings in which all paths are listed names; most fail at the first path."""
        readings = dict[str, dict[str, str]]()
        for encoding in ENCODINGS:
            names = self.found(paths, encoding, all_or_none=True)
            if len(names) == len(paths):
                readings[encoding] = names
                if encoding == "utf-8":  # what fits here is no coincidence
                    break
        return readings

    def found(
        self, paths: Collection[str], encoding: str, *, all_or_none: bool = False
    ) -> dict[str, str]:
        """The names that the paths are in this encoding, as far as they are listed, each once."""
        names, taken = dict[str, str](), set[str]()
        for path in paths:
            name = _decoded(path, encoding)
            form = None if name is None else nfc(name)
            if name is not None and form in self._names and form not in taken:
                names[path] = name
                taken.add(form)
            elif all_or_none:
                return {}
        return names


def _contradict(names: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Whether a path is one listed name by the one, and another by the other."""
    return any(others.get(path, name) != name for path, name in names.items())


def _spell_alike(spelling: Spelling, paths: Collection[str]) -> None:
    """Give names that nothing lists the encoding of those that are listed."""
    used = set(spelling.names.values())
    for path in paths:
        name = _decoded(path, spelling.encodings[0])
        if name is not None and name not in used:
            spelling.names[path] = name
            used.add(name)


def _decoded(path: str, encoding: str) -> str | None:
    data = path.encode("utf-8", "surrogateescape")
    try:
        if encoding == "cp1131":
            return data.decode("cp866").translate(_FROM_CP866)
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _can_hold(name: str, encodings: Collection[str]) -> bool:
    """Whether a file of this name could have come in one of the encodings, and so is missing."""
    return any(_encodable(nfc(name), encoding) for encoding in encodings)


def _encodable(name: str, encoding: str) -> bool:
    try:
        if encoding == "cp1131":
            name.translate(_TO_CP866).encode("cp866")
        else:
            name.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True

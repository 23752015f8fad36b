"""The columns of tables: what each is called in English, Russian and Belarusian."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from preserva.errors import UsageError
from preserva.i18n import N_, NP_, _, joined, pgettext

WORDS: Mapping[str, tuple[str, ...]] = {
    "folder": ("folder", "scans", "папка", "сканы", "папка со сканами", "тэчка", "каталог"),
    "record": ("record", "запись", "запіс", "библиографическая запись", "бібліяграфічны запіс"),
    "record_file": ("record file", "records", "файл записи", "файл записей", "файл запісу",
                    "файл запісаў"),
    "position": ("position", "позиция", "место в файле", "пазіцыя", "месца ў файле"),
    "number": ("number", "record number", "номер", "номер записи", "нумар", "нумар запісу"),
    "shelfmark": ("shelfmark", "шифр", "шифр хранения", "шыфр", "шыфр захоўвання"),
    "register": ("register", "register number", "реестр", "номер в реестре", "номер по реестру",
                 "рэестр", "нумар у рэестры"),
    "catalogue": ("catalogue", "union catalogue", "number in the union catalogue",
                  "сводный каталог", "номер в сводном каталоге", "зводны каталог",
                  "нумар у зводным каталогу"),
    "charset": ("charset", "character set", "кодировка", "кадзіроўка"),
    "id": ("id", "identifier", "package", "ид", "идентификатор", "пакет", "ідэнтыфікатар"),
    "structure": ("structure", "структура"),
    "history": ("history", "events", "история", "события", "гісторыя", "падзеі"),
    "rights": ("rights", "права", "правы"),
    "pages": ("pages", "страницы", "заново отсканированные страницы", "старонкі",
              "паўторна адсканаваныя старонкі"),
    "access": ("access", "access copies", "копии для доступа", "копіі для доступу"),
    "text": ("text", "recognised text", "текст", "распознанный текст", "тэкст",
             "распазнаны тэкст"),
    "reason": ("reason", "причина", "основание", "прычына", "падстава"),
    "as": ("as", "kind", "вид", "вид пакета", "від", "від пакета"),
    "version": ("version", "версия", "версія"),
    "notes": ("notes", "note", "примечания", "примечание", "заметки", "заўвагі", "заўвага",
              "нататкі"),
    "result": ("result", "результат", "вынік"),
    "made": ("stored package", "сохраненный пакет", "захаваны пакет"),
    "findings": ("findings", "замечания", "замечание", "выяўленае"),
}  # fmt: skip
"""Each column by its key. Case, spaces, hyphens and ё for е make no difference."""

_HEADINGS: Mapping[str, str] = {
    "folder": NP_("column of a table", "folder"),
    "record": NP_("column of a table", "record"),
    "record_file": NP_("column of a table", "record file"),
    "position": NP_("column of a table", "position"),
    "number": NP_("column of a table", "number"),
    "shelfmark": NP_("column of a table", "shelfmark"),
    "register": NP_("column of a table", "register"),
    "catalogue": NP_("column of a table", "catalogue"),
    "charset": NP_("column of a table", "charset"),
    "id": NP_("column of a table", "id"),
    "structure": NP_("column of a table", "structure"),
    "history": NP_("column of a table", "history"),
    "rights": NP_("column of a table", "rights"),
    "pages": NP_("column of a table", "pages"),
    "access": NP_("column of a table", "access"),
    "text": NP_("column of a table", "text"),
    "reason": NP_("column of a table", "reason"),
    "as": NP_("column of a table", "as"),
    "version": NP_("column of a table", "version"),
    "notes": NP_("column of a table", "notes"),
}


def heading_of(key: str) -> str:
    """What a column is called in the reader's language."""
    return pgettext("column of a table", _HEADINGS[key])


RESULTS = ("result", "made", "findings")
"""What a run writes. In a table that is used again they are ignored and rewritten."""

SELECTORS = ("record", "number", "shelfmark", "register", "catalogue", "position")
"""The columns that say which record; one of them at most is filled in."""

NAMES = ("folder", "id", *SELECTORS)
"""The columns by which a person knows a row, the clearest first."""

RESULT_HEADINGS = (N_("result"), N_("stored package"), N_("findings"))
"""Their headings, in the language of whoever runs the command: words of WORDS."""


def _folded(heading: str) -> str:
    text = re.sub(r"[\s_\-]+", " ", heading.casefold().replace("ё", "е"))
    return text.strip(" :.*'\"\ufeff")


_KEYS = {_folded(word): key for key, words in WORDS.items() for word in words}


def key_of(heading: str) -> str | None:
    """The column that a heading names."""
    return _KEYS.get(_folded(heading))


def keys_of(header: Sequence[str]) -> dict[str, int]:
    """Where each column is. Raises UsageError that names all that are unknown or listed twice."""
    places: dict[str, int] = {}
    problems = []
    for at, heading in enumerate(header):
        key = key_of(heading)
        if not heading.strip():
            continue
        if key is None:
            problems.append(_unknown(heading))
        elif key in places:
            problems.append(_("there are two columns {name}").format(name=heading))
        else:
            places[key] = at
    if problems:
        raise UsageError(joined("; ", problems))
    return places


def _unknown(heading: str) -> str:
    words = {_folded(word): word for key in sorted(WORDS) for word in WORDS[key]}
    near = difflib.get_close_matches(_folded(heading), words, 1)
    if near:
        message = _("there is no column {name}; did you mean {near}?")
        return message.format(name=heading, near=words[near[0]])
    known = joined(", ", map(heading_of, _HEADINGS))
    return _("there is no column {name}; known ones: {known}").format(name=heading, known=known)

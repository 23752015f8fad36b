"""What the folders of a source are for, by the words that people call them in three languages."""

from __future__ import annotations

from collections.abc import Iterable

from preserva.core.book.file_names import folded

MASTER, ACCESS, TEXT, DOCUMENTATION = "master", "access", "text", "documentation"
REPRESENTATIONS = (MASTER, ACCESS, TEXT)

_WORDS = {
    MASTER: """master masters мастер мастера мастер-копии мастер-копия мастер-файлы майстар мастэр
        preservation original originals оригинал оригиналы арыгінал арыгіналы""",
    ACCESS: """access доступ доступа даступ access-copies access_copies копии копіі просмотр прагляд
        пользовательские web""",
    TEXT: """text texts ocr alto hocr текст тексты тэкст тэксты распознавание""",
    DOCUMENTATION: """documentation documents docs doc документация документы дакументацыя
        дакументы""",
}
_FORMATS = {MASTER: "tif tiff тиф тифф", ACCESS: "jpg jpeg jpegs жпег"}
"""Names of formats mean a purpose only where there is a folder for each."""

_ROLES = {word: role for role, words in _WORDS.items() for word in words.split()}
_BY_FORMAT = {word: role for role, words in _FORMATS.items() for word in words.split()}


def roles(folders: Iterable[str]) -> dict[str, str]:
    """The purpose of each of these top folders whose name shows it.

    There is none unless at least one of them is for a representation: a folder of documents does
    not divide a source.
    """
    names = {folder: folded(folder).strip() for folder in folders}
    by_word = {folder: _ROLES[name] for folder, name in names.items() if name in _ROLES}
    by_format = {folder: _BY_FORMAT[name] for folder, name in names.items() if name in _BY_FORMAT}
    both = by_word | by_format
    if len({both[folder] for folder in both} & {MASTER, ACCESS}) == 2:
        return both
    return by_word


def is_put_aside(path: str) -> bool:
    """Whether a file is in a folder of documents, where a person has put it."""
    return any(_ROLES.get(folded(part).strip()) == DOCUMENTATION for part in path.split("/")[:-1])

"""The headings of tables about a book, in Russian and Belarusian, and the keys that they stand for.

In a table of structure and in one of history; a heading of the other kind is as unknown as any.
"""

from __future__ import annotations

from collections.abc import Mapping

from preserva.core.book.words import folded

_WORDS: Mapping[str, tuple[str, ...]] = {
    "first": ("первая", "первая страница", "с", "со страницы", "першая", "першая старонка", "з"),
    "last": ("последняя", "последняя страница", "по", "по страницу", "апошняя",
             "апошняя старонка", "па"),
    "label": ("метка", "обозначение", "пазнака", "абазначэнне"),
    "type": ("тип", "тип страницы", "вид", "тып", "тып старонкі", "від"),
    "part": ("часть", "тип части", "частка", "тып часткі"),
    "level": ("уровень", "узровень"),
    "title": ("название", "заглавие", "заголовок", "назва", "загаловак"),
    "order": ("порядок", "место", "парадак", "месца"),
    "when": ("когда", "дата", "калі"),
    "outcome": ("результат", "итог", "вынік"),
    "detail": ("подробности", "описание", "падрабязнасці", "апісанне"),
    "note": ("примечание", "примечания", "заўвага", "заўвагі"),
    "representation": ("представление", "прадстаўленне"),
    "person": ("кто", "человек", "лицо", "оператор", "хто", "чалавек", "асоба", "аператар"),
    "organization": ("организация", "арганізацыя"),
    "device": ("устройство", "сканер", "прылада"),
    "device_version": ("версия устройства", "версія прылады"),
    "software": ("программа", "праграма"),
    "software_version": ("версия программы", "версія праграмы"),
}  # fmt: skip

_KEYS = {folded(word): key for key, words in _WORDS.items() for word in (key, *words)}


def key_of(heading: str) -> str:
    """The key that a heading stands for; one that we do not know is its own, in lower case."""
    return _KEYS.get(folded(heading), heading.strip().casefold())


OUTCOMES: Mapping[str, str] = {
    **dict.fromkeys(("успех", "успешно", "поспех", "паспяхова"), "success"),
    **dict.fromkeys(("неудача", "ошибка", "няўдача", "памылка"), "fail"),
    **dict.fromkeys(("предупреждение", "папярэджанне"), "warning"),
}
"""How an event ended, likewise."""

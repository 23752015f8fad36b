"""Translation of everything that a person reads, by gettext, under the domain `preserva`.

Nothing is looked up on import: the first message that is shown finds the catalogue. Codes, JSON
fields and exit statuses never pass through here.
"""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Callable

DOMAIN = "preserva"
LOCALE_DIR = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120 - pathlib is slow to import

_catalogue: _gettext.NullTranslations | None = None


SOURCE_LANGUAGE = "en"
"""The language of the messages in the code."""


def languages() -> list[str]:
    """The languages in which messages can be shown, such as en, be, ru."""
    try:
        translated = sorted(os.listdir(LOCALE_DIR))  # noqa: PTH208 - as above
    except FileNotFoundError:
        translated = []
    return [SOURCE_LANGUAGE, *translated]


def use_language(name: str | None = None) -> bool:
    """Choose the language of messages; with none, the environment's (LANGUAGE, LC_ALL, LANG).

    `name` is a locale, such as ru or be_BY.UTF-8. False if there are no messages in it: then they
    are in English.
    """
    global _catalogue  # noqa: PLW0603 - one language for one process, as gettext itself has it
    names = [name] if name else None
    _catalogue = _gettext.translation(DOMAIN, LOCALE_DIR, names, fallback=True)
    is_source = name is not None and name.partition("_")[0] == SOURCE_LANGUAGE
    return is_source or isinstance(_catalogue, _gettext.GNUTranslations)


def _current() -> _gettext.NullTranslations:
    if _catalogue is None:
        use_language()
    return _catalogue or _gettext.NullTranslations()


def _(message: str) -> str:
    """The message in the chosen language."""
    return _current().gettext(message)


def messages_in(name: str) -> Callable[[str], str]:
    """What `_` would be in that language, for a page that is made in several."""
    return _gettext.translation(DOMAIN, LOCALE_DIR, [name], fallback=True).gettext


def language() -> str:
    """The language in which messages are shown, as HTML names it: en, ru, be."""
    return _current().info().get("language", SOURCE_LANGUAGE)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The message for n things in the chosen language (Russian and Belarusian have three forms)."""
    return _current().ngettext(singular, plural, n)


def N_(message: str) -> str:  # noqa: N802 - the usual gettext name
    """Mark a message for translation where it is defined; it is translated where it is shown."""
    return message

"""Translation of everything that a person reads, by gettext, under the domain `preserva`.

Nothing is looked up on import: the first message that is shown finds the catalogue. Codes, JSON
fields and exit statuses never pass through here.
"""

from __future__ import annotations

import gettext as _gettext
import os

DOMAIN = "preserva"
LOCALE_DIR = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120 - pathlib is slow to import

_catalogue: _gettext.NullTranslations | None = None


def use_language(*languages: str) -> None:
    """Choose the language of messages; with none, the environment's (LANGUAGE, LC_ALL, LANG)."""
    global _catalogue  # noqa: PLW0603 - one language for one process, as gettext itself has it
    _catalogue = _gettext.translation(DOMAIN, LOCALE_DIR, list(languages) or None, fallback=True)


def _(message: str) -> str:
    """The message in the chosen language."""
    if _catalogue is None:
        use_language()
    assert _catalogue is not None
    return _catalogue.gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The message for n things in the chosen language (Russian and Belarusian have three forms)."""
    if _catalogue is None:
        use_language()
    assert _catalogue is not None
    return _catalogue.ngettext(singular, plural, n)


def N_(message: str) -> str:  # noqa: N802 - the usual gettext name
    """Mark a message for translation where it is defined; it is translated where it is shown."""
    return message

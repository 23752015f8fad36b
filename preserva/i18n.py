"""Translation of everything that a person reads, by gettext, under the domain `preserva`.

Nothing is looked up on import: the first message that is shown finds the catalogue. Codes, JSON
fields and exit statuses never pass through here.

A translated message is a `Message`: a string that also knows itself in English. So an error or
a reason may be shown to a person in their language, and be written as data (JSON, ledger, PREMIS)
in English, whoever ran the command: `english` is called where data is written, nowhere else.
"""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

DOMAIN = "preserva"
CONTEXT_END = "\x04"
"""What gettext puts between the context of a message and the message."""
LOCALE_DIR = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120 - pathlib is slow to import

_catalogue: _gettext.NullTranslations | None = None
_named = False
_spoken: ContextVar[_gettext.NullTranslations | None] = ContextVar("spoken", default=None)


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
    global _catalogue, _named  # noqa: PLW0603 - one language for one process, as gettext has it
    _named = name is not None
    names = [name] if name else None
    _catalogue = _gettext.translation(DOMAIN, LOCALE_DIR, names, fallback=True)
    is_source = name is not None and name.partition("_")[0] == SOURCE_LANGUAGE
    return is_source or isinstance(_catalogue, _gettext.GNUTranslations)


@contextmanager
def speaking_for_others(name: str | None) -> Iterator[None]:
    """Choose the language of what other people will read, for a block: mails, pages.

    `name` is the one that they read, if that is known; one that was asked for comes before it.
    """
    if name is None or _named or _spoken.get() is not None:
        yield
        return
    with speaking(name):
        yield


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Choose the language of messages for a block: a server answers several readers at a time."""
    token = _spoken.set(_gettext.translation(DOMAIN, LOCALE_DIR, [name], fallback=True))
    try:
        yield
    finally:
        _spoken.reset(token)


def _current() -> _gettext.NullTranslations:
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    if _catalogue is None:
        use_language()
    return _catalogue or _gettext.NullTranslations()


_UNTRANSLATED = _gettext.NullTranslations()

Texts = tuple[str, str, int]
"""The English singular, the plural or "", and for how many things."""
MessageArguments = tuple[Sequence[object], Mapping[str, object]]
"""What fills the gaps of a message, by place and by name."""


class Message(str):
    """A sentence for people, in the reader's language; `english` and `translated` say it again.

    `format`, `+`, `joined` and `str` keep it a Message, also as the text of an exception; an
    f-string, `str.join` and a slice do not.
    """

    __slots__ = ("_arguments", "_catalogue", "_texts")
    _catalogue: _gettext.NullTranslations
    _texts: Texts
    _arguments: MessageArguments | None

    @classmethod
    def of(
        cls,
        catalogue: _gettext.NullTranslations,
        texts: Texts,
        arguments: MessageArguments | None = None,
    ) -> Message:
        """The message in the language of a catalogue, with its gaps filled in."""
        singular, plural, number = texts
        if plural:
            text = catalogue.ngettext(singular, plural, number)
        else:
            text = _without_context(catalogue.gettext(singular)) if singular else ""
        if arguments is not None:
            filling = _each(lambda value: _in(catalogue, value), arguments)
            text = text.format(*filling[0], **filling[1])
        message = cls(text)
        message._catalogue, message._texts, message._arguments = catalogue, texts, arguments
        return message

    @property
    def english(self) -> Message:
        """The same in English: what is written as data."""
        return Message.of(_UNTRANSLATED, self._texts, self._arguments)

    @property
    def translated(self) -> Message:
        """The same in the language that is chosen now."""
        return Message.of(_current(), self._texts, self._arguments)

    def format(self, *args: object, **kwargs: object) -> Message:
        """The message with its gaps filled in, whichever language it is asked for in later."""
        return Message.of(self._catalogue, self._texts, _each(_kept, (args, kwargs)))

    def with_arguments(self, change: Callable[[str], str]) -> Message:
        """The same with every text that fills a gap changed, such as to be printable."""
        if self._arguments is None:
            return self
        arguments = _each(
            lambda value: change(value) if isinstance(value, str) else value, self._arguments
        )
        return Message.of(self._catalogue, self._texts, arguments)

    def __str__(self) -> Message:
        return self

    def __add__(self, text: str) -> str:
        return joined("", [self, text])

    def __radd__(self, text: str) -> str:
        return joined("", [text, self])

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickled, (self._catalogue is _UNTRANSLATED, self._texts, self._arguments)


def _without_context(text: str) -> str:
    """What gettext gives back for a message that it does not know still has its context."""
    return text.rpartition(CONTEXT_END)[2]


def _unpickled(is_english: bool, texts: Texts, arguments: MessageArguments | None) -> Message:
    return Message.of(_UNTRANSLATED if is_english else _current(), texts, arguments)


def _each(change: Callable[[object], object], arguments: MessageArguments) -> MessageArguments:
    by_place, by_name = arguments
    return [change(value) for value in by_place], {
        name: change(value) for name, value in by_name.items()
    }


def _in(catalogue: _gettext.NullTranslations, value: object) -> object:
    if isinstance(value, Message):
        return Message.of(catalogue, value._texts, value._arguments)
    return value


def _kept(value: object) -> object:
    """What fills a gap as it can be kept: an error as its text, a path as one."""
    if isinstance(value, OSError) and value.strerror:
        reason = system_reason(value)
        return reason if value.filename is None else joined(": ", [str(value.filename), reason])
    return str(value) if isinstance(value, BaseException | os.PathLike) else value


def system_reason(error: OSError) -> str:
    """Why the system refused something, such as "No space left on device", as a `Message`."""
    return _(error.strerror) if error.strerror else str(error)


def joined(separator: str, parts: Iterable[str]) -> str:
    """Messages and other texts as one `Message`."""
    texts = list(parts)
    template = separator.replace("{", "{{").replace("}", "}}").join(["{}"] * len(texts))
    return Message.of(_current(), (template, "", 1), (texts, {}))


def english(text: str) -> str:
    """A text as it is written as data: a message in English, any other as it is."""
    return text.english if isinstance(text, Message) else text


def translated(text: str) -> str:
    """A text as a person reads it: a message in the reader's language, any other as it is."""
    return text.translated if isinstance(text, Message) else text


def _(message: str) -> str:
    """The message in the chosen language, as a `Message`."""
    return Message.of(_current(), (message, "", 1))


def pgettext(context: str, message: str) -> str:
    """The message as `_` gives it. `context` tells the translator where a short word is used.

    The same English word may need two words in another language: `copy` of a package, of a book.
    """
    return Message.of(_current(), (context + CONTEXT_END + message, "", 1))


def messages_in(name: str) -> Callable[[str], str]:
    """What `_` would be in that language, for a page that is made in several."""
    return _gettext.translation(DOMAIN, LOCALE_DIR, [name], fallback=True).gettext


def pgettext_in(name: str) -> Callable[[str, str], str]:
    """What `pgettext` would be in that language."""
    return _gettext.translation(DOMAIN, LOCALE_DIR, [name], fallback=True).pgettext


def language() -> str:
    """The language in which messages are shown, as HTML names it: en, ru, be."""
    return _current().info().get("language", SOURCE_LANGUAGE)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The message for n things in the chosen language (Russian and Belarusian have three forms)."""
    return Message.of(_current(), (singular, plural, n))


def NP_(context: str, message: str) -> str:  # noqa: N802 - as N_
    """Mark a message of `pgettext` for translation where it is defined."""
    return message


def N_(message: str) -> str:  # noqa: N802 - the usual gettext name
    """Mark a message for translation where it is defined; it is translated where it is shown."""
    return message

"""Typesetting for the specimen book: justified lines, initials, and the place of every word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from preserva.specimen.font import Glyph, glyph
from preserva.specimen.page import HEIGHT, WIDTH, Ink, Sheet
from preserva.specimen.text import Piece, Style

MARGIN = 66
MEASURE = WIDTH - 2 * MARGIN
_TOP = 106
_BODY = 16
_LEADING = 31
_INITIAL = 46
_INDENT = 26
_VOWELS = set("аеёиоуыэюяѣіѵАЕЁИОУЫЭЮЯѢІѴ")
_SIZES = {Style.TITLE: 34, Style.SUBTITLE: 19, Style.HEADING: 22, Style.ORNAMENT: 18}


@dataclass(frozen=True, slots=True)
class Word:
    """A printed word and its box in pixels. `whole` is the word that a hyphen divided."""

    text: str
    x: int
    y: int
    width: int
    height: int
    whole: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of words in one language."""

    language: str
    lines: tuple[tuple[Word, ...], ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A word, or a part of one, that waits for its line."""

    text: str
    whole: str | None = None


class Setter:
    """Prints pieces of text on a sheet from top to bottom and remembers where each word stands."""

    def __init__(self, sheet: Sheet, *, coloured: bool, top: int = _TOP) -> None:
        self._sheet = sheet
        self._accent = Ink.RED if coloured else Ink.BLACK
        self._baseline = top
        self.blocks: list[Block] = []

    def skip(self, pixels: int) -> None:
        """Leave room."""
        self._baseline += pixels

    def set(self, piece: Piece) -> None:
        """Print one piece of text."""
        match piece.style:
            case Style.OPENING:
                lines = self._opening(piece.text)
            case Style.PARAGRAPH:
                lines = self._paragraph(piece.text)
            case Style.ENTRY:
                lines = self._entry(piece.text)
            case Style.CONTENTS:
                lines = [self._contents(piece.text)]
            case _:
                lines = [self._centred(piece)]
        self.blocks.append(Block(piece.language, tuple(lines)))

    def folio(self, number: int) -> None:
        """Print the page number between dashes at the foot."""
        text = f"— {number} —"
        x = (WIDTH - text_width(text, _BODY)) // 2
        self._print(text, x, HEIGHT - 62, _BODY)

    def _centred(self, piece: Piece) -> tuple[Word, ...]:
        size = _SIZES.get(piece.style, _BODY)
        if piece.style in (Style.HEADING, Style.ORNAMENT):
            self._baseline += 6
        if piece.style is Style.TITLE:
            self._baseline += 22
        ink = self._accent if piece.style in (Style.TITLE, Style.ORNAMENT) else Ink.BLACK
        x = (WIDTH - text_width(piece.text, size)) // 2
        words = self._words(piece.text, x, size, ink)
        if piece.style is Style.HEADING:
            self._sheet.bar(WIDTH // 2 - 34, self._baseline + 16, 68, 1)
            self._sheet.bar(WIDTH // 2 - 22, self._baseline + 19, 44, 2)
            self._baseline += 20
        self._baseline += max(_LEADING, size + 14)
        return words

    def _opening(self, text: str) -> list[tuple[Word, ...]]:
        """A paragraph that begins with an initial two lines high."""
        initial = glyph(text[0], _INITIAL)
        baseline = self._baseline + _LEADING
        self._sheet.stamp(initial, MARGIN - 4, baseline, self._accent)
        inset = initial.width + 2
        parts = _parts(text[1:].lstrip())
        if text[1] != " ":
            parts[0] = _Part(parts[0].text, None)
        lines = self._justify(parts, [inset, inset])
        first = lines[0][0]
        if text[1] == " ":
            lines[0] = (Word(text[0], MARGIN, baseline - _INITIAL, inset, _INITIAL), *lines[0])
        else:
            top = min(first.y, baseline - _INITIAL)
            whole = text[0] + first.whole if first.whole else None
            width = first.x + first.width - MARGIN
            joined = Word(text[0] + first.text, MARGIN, top, width, baseline - top, whole)
            lines[0] = (joined, *lines[0][1:])
        return lines

    def _paragraph(self, text: str) -> list[tuple[Word, ...]]:
        return self._justify(_parts(text), [_INDENT])

    def _entry(self, text: str) -> list[tuple[Word, ...]]:
        """A line of a list; what does not fit goes on under an indent."""
        lines = self._justify(_parts(text), [0, *[_INDENT] * 5])
        self._baseline += 6
        return lines

    def _contents(self, text: str) -> tuple[Word, ...]:
        """A line of the table of contents: title, leaders, page."""
        title, _, page = text.rpartition(" ")
        words = self._words(title, MARGIN + 20, _BODY, Ink.BLACK)
        end = WIDTH - MARGIN - 20
        number = self._words(page, end - text_width(page, _BODY), _BODY, Ink.BLACK)
        dot = glyph(".", _BODY)
        start = words[-1].x + words[-1].width + 12
        for x in range(start - start % 12, number[0].x - 16, 12):
            self._sheet.stamp(dot, x, self._baseline)
        self._baseline += _LEADING + 6
        return words + number

    def _justify(self, parts: list[_Part], insets: Sequence[int]) -> list[tuple[Word, ...]]:
        """Print words in lines of full measure; `insets` are the indents of the first lines."""
        lines: list[tuple[Word, ...]] = []
        space = text_width(" ", _BODY)
        while parts:
            inset = insets[len(lines)] if len(lines) < len(insets) else 0
            line, parts = _fit(parts, MEASURE - inset, space)
            free = MEASURE - inset - sum(text_width(part.text, _BODY) for part in line)
            gaps = len(line) - 1
            words = []
            x = MARGIN + inset
            for index, part in enumerate(line):
                words.append(self._word(part, x, _BODY, Ink.BLACK))
                gap = free // gaps + (index < free % gaps) if parts and gaps else space
                x += words[-1].width + gap
            lines.append(tuple(words))
            self._baseline += _LEADING
        return lines

    def _words(self, text: str, x: int, size: int, ink: Ink) -> tuple[Word, ...]:
        words = []
        for word in text.split():
            words.append(self._word(_Part(word), x, size, ink))
            x += words[-1].width + text_width(" ", size)
        return tuple(words)

    def _word(self, part: _Part, x: int, size: int, ink: Ink) -> Word:
        glyphs = self._print(part.text, x, self._baseline, size, ink)
        top = max(one.rise for one in glyphs)
        height = max(len(one.rows) + top - one.rise for one in glyphs)
        width = sum(one.width for one in glyphs)
        return Word(part.text, x, self._baseline - top, width, height, part.whole)

    def _print(
        self, text: str, x: int, baseline: int, size: int, ink: Ink = Ink.BLACK
    ) -> list[Glyph]:
        glyphs = [glyph(letter, size) for letter in text]
        for one in glyphs:
            self._sheet.stamp(one, x, baseline, ink)
            x += one.width
        return glyphs


def text_width(text: str, size: int) -> int:
    """How many pixels a text takes, its spaces unstretched."""
    return sum(glyph(letter, size).width for letter in text)


def _parts(text: str) -> list[_Part]:
    return [_Part(word) for word in text.split()]


def _fit(parts: list[_Part], room: int, space: int) -> tuple[list[_Part], list[_Part]]:
    """The words of the next line and those that remain, the last one divided where that helps."""
    taken = index = 0
    while index < len(parts) and taken + text_width(parts[index].text, _BODY) <= room:
        taken += text_width(parts[index].text, _BODY) + space
        index += 1
    if index == len(parts):
        return parts, []
    crossing = parts[index]
    if crossing.whole is None:
        for head, tail in _divisions(crossing.text):
            if taken + text_width(head, _BODY) <= room:
                divided = [_Part(head, crossing.text), _Part(tail, crossing.text)]
                return [*parts[:index], divided[0]], [divided[1], *parts[index + 1 :]]
    return parts[:index], parts[index:]


def _divisions(word: str) -> Iterator[tuple[str, str]]:
    """The places where a word may be divided, the last first: before a consonant and a vowel."""
    for at in range(len(word) - 3, 1, -1):
        before, onset, after = word[at - 1], word[at], word[at + 1]
        open_onset = onset.isalpha() and onset not in _VOWELS and after in _VOWELS
        if open_onset and before.isalpha() and _VOWELS & set(word[:at]):
            yield word[:at] + "-", word[at:]

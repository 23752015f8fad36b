"""How many steps a backtracking matcher takes for a regular expression: a count, not a clock.

The matcher works on the parse tree of `re` as `re` itself does, from left to right, greedy first.
It is slow and knows no short cuts, so that what it counts is the most that `re` can take.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]  # no public parser
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Node = tuple[Any, Any]

_LARGE = 1000
"""Repetitions from which a bounded repeat counts as one without a bound."""

_CANDIDATES = "a0 _-.:;/<>[]()'\"=@#*%&\n\t\r\x00\x1b\x1f\x88é\xa0бъѣ\u0301\u4e00!Zz,{}"
_STRANGER = "\x01"
_CHARACTERS = {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}
_REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}


class TooManyStepsError(Exception):
    """The matcher gave up."""


@dataclass(slots=True)
class Matcher:
    """Matches a text and counts; raises TooManyStepsError above `limit` steps."""

    pattern: re.Pattern[Any]
    text: str
    limit: int
    steps: int = 0

    def match(self, start: int, *, full: bool = False) -> int | None:
        """Where a match from `start` ends; None if there is none."""
        for end in self._sequence(parsed(self.pattern), start):
            if not full or end == len(self.text):
                return end
        return None

    def search_all(self) -> None:
        """Find every match, one after another."""
        at = 0
        while at <= len(self.text):
            end = self.match(at)
            at = at + 1 if end is None else max(end, at + 1)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self.limit:
            raise TooManyStepsError

    def _sequence(self, nodes: Sequence[Node], at: int) -> Iterator[int]:
        if not nodes:
            yield at
            return
        for after in self._node(nodes[0], at):
            yield from self._sequence(nodes[1:], after)

    def _node(self, node: Node, at: int) -> Iterator[int]:
        kind, value = node
        self._step()
        if kind in _CHARACTERS:
            if at < len(self.text) and accepts(node, self.text[at], self.pattern.flags):
                yield at + 1
        elif kind in _REPEATS:
            low, high, body = value
            ends = self._repeat(list(body), low, high, at, greedy=kind is not sre.MIN_REPEAT)
            yield from ends if kind is not sre.POSSESSIVE_REPEAT else first(ends)
        elif kind is sre.BRANCH:
            for branch in value[1]:
                yield from self._sequence(list(branch), at)
        elif kind is sre.SUBPATTERN:
            yield from self._sequence(list(value[3]), at)
        elif kind is sre.ATOMIC_GROUP:
            yield from first(self._sequence(list(value), at))
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            direction, body = value
            begin = at if direction > 0 else at - body.getwidth()[0]
            seen = begin >= 0 and any(True for _ in self._sequence(list(body), begin))
            if seen is (kind is sre.ASSERT):
                yield at
        elif kind is sre.AT:
            if self._is_at(value, at):
                yield at
        else:
            raise NotImplementedError(str(kind))

    def _repeat(
        self, body: list[Node], low: int, high: int, at: int, *, greedy: bool
    ) -> Iterator[int]:
        if len(body) == 1 and body[0][0] in _CHARACTERS:
            ends = self._repeat_character(body[0], high, at)
            yield from (end for end in (reversed([*ends]) if greedy else ends) if end >= at + low)
            return
        if not greedy and low == 0:
            yield at
        if high > 0:
            for after in self._sequence(body, at):
                if after > at or low > 0:
                    yield from self._repeat(body, max(low - 1, 0), high - 1, after, greedy=greedy)
        if greedy and low == 0:
            yield at

    def _repeat_character(self, node: Node, high: int, at: int) -> Iterator[int]:
        """Every end of a repeat of one character, the shortest first."""
        end = at
        yield end
        while end < len(self.text) and end - at < high:
            self._step()
            if not accepts(node, self.text[end], self.pattern.flags):
                return
            end += 1
            yield end

    def _is_at(self, where: object, at: int) -> bool:
        line_start = at == 0 or self.text[at - 1] == "\n"
        line_end = at == len(self.text) or self.text[at] == "\n"
        if where in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING):
            many = where is sre.AT_BEGINNING and bool(self.pattern.flags & re.MULTILINE)
            return line_start if many else at == 0
        if where is sre.AT_END_STRING:
            return at == len(self.text)
        if where is sre.AT_END:
            many = bool(self.pattern.flags & re.MULTILINE)
            return line_end if many else line_end and at >= len(self.text) - 1
        words = [
            0 <= place < len(self.text) and is_word(self.text[place]) for place in (at - 1, at)
        ]
        return (words[0] != words[1]) is (where is sre.AT_BOUNDARY)


def first(ends: Iterator[int]) -> list[int]:
    """The first end alone, as an atomic group has it."""
    return [end for _number, end in zip(range(1), ends, strict=False)]


@cache
def parsed(pattern: re.Pattern[Any]) -> list[Node]:
    """The parse tree of a pattern."""
    return list(parser.parse(pattern.pattern, pattern.flags))


def is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def accepts(node: Node, character: str, flags: int) -> bool:
    """Whether a node of one character accepts this one."""
    kind, value = node
    if kind is sre.ANY:
        return bool(flags & re.DOTALL) or character != "\n"
    if kind is sre.IN:
        negated = value[0][0] is sre.NEGATE
        return any(_holds(part, character, flags) for part in value[negated:]) is not negated
    return _holds((sre.LITERAL, value), character, flags) is (kind is sre.LITERAL)


def _holds(part: Node, character: str, flags: int) -> bool:
    kind, value = part
    forms = {character}
    if flags & re.IGNORECASE:
        forms |= {character.lower(), character.upper()}
    if kind is sre.LITERAL:
        return chr(value) in forms
    if kind is sre.RANGE:
        return any(value[0] <= ord(form[0]) <= value[1] for form in forms)
    tests = {
        sre.CATEGORY_DIGIT: character.isdigit(),
        sre.CATEGORY_SPACE: character.isspace(),
        sre.CATEGORY_WORD: is_word(character),
    }
    if value in tests:
        return tests[value]
    opposite = {
        sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT,
        sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
        sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD,
    }
    return not tests[opposite[value]]


@dataclass(slots=True)
class _Sample:
    """A text that the pattern may match, and where its repeats begin."""

    text: str
    repeats: list[int]
    characters: dict[str, None]
    unbounded: bool = False


def sample(pattern: re.Pattern[Any]) -> _Sample:
    """A text made of the first branch of everything, each repeat once at least."""
    result = _Sample("", [0], {})
    _grow(result, parsed(pattern), pattern.flags)
    return result


def _grow(result: _Sample, nodes: Sequence[Node], flags: int) -> None:
    for kind, value in nodes:
        if kind in _CHARACTERS:
            literal = [chr(value)] if kind is sre.LITERAL else []
            allowed = [c for c in (*literal, *_CANDIDATES) if accepts((kind, value), c, flags)]
            result.characters |= dict.fromkeys(allowed[:2])
            result.text += allowed[0] if allowed else ""
        elif kind in _REPEATS:
            low, high, body = value
            result.unbounded = result.unbounded or high >= _LARGE
            result.repeats.append(len(result.text))
            for _number in range(max(1, min(low, 4))):
                _grow(result, list(body), flags)
        elif kind is sre.BRANCH:
            whole = result.text
            for branch in reversed(value[1]):
                result.text = whole
                _grow(result, list(branch), flags)
        elif kind is sre.SUBPATTERN:
            _grow(result, list(value[3]), flags)
        elif kind is sre.ATOMIC_GROUP:
            _grow(result, list(value), flags)
        elif kind is sre.ASSERT and value[0] < 0:  # what stands before belongs to the text
            _grow(result, list(value[1]), flags)


def hostile_texts(pattern: re.Pattern[Any], times: int) -> Iterator[str]:
    """Texts that make a pattern work hard: a beginning, a pump that many times, an end."""
    example = sample(pattern)
    beginnings = list(dict.fromkeys(example.text[:place] for place in example.repeats))[:8]
    pumps = [*list(example.characters)[:6], *filter(None, beginnings), example.text]
    for beginning in beginnings:
        for pump in dict.fromkeys(filter(None, pumps)):
            yield beginning + pump * times + _STRANGER


def is_linear(pattern: re.Pattern[Any], *, searched: bool) -> bool:
    """Whether the steps grow with the length of hostile texts and not faster.

    `searched` means that a match may begin anywhere; otherwise it begins with the text.
    """
    if not sample(pattern).unbounded:
        return True
    return any(
        all(
            _grows_evenly(pattern, short, long, searched)
            for short, long in zip(
                hostile_texts(pattern, times), hostile_texts(pattern, 4 * times), strict=True
            )
        )
        for times in (16, 128)  # a bounded repeat grows at first as one without a bound does
    )


def _grows_evenly(pattern: re.Pattern[Any], short: str, long: str, searched: bool) -> bool:
    limit = 6 * _steps(pattern, short, 100_000, searched) + 100
    return _steps(pattern, long, limit, searched) <= limit


def _steps(pattern: re.Pattern[Any], text: str, limit: int, searched: bool) -> int:
    matcher = Matcher(pattern, text, limit)
    try:
        if searched:
            matcher.search_all()
        else:
            matcher.match(0, full=True)
    except TooManyStepsError:
        return limit + 1
    return matcher.steps

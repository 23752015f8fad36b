"""Values that are kept as JSON objects, and may be read from anybody's: each field says how.

A class whose fields are made by `fact` is read with `from_facts`, which raises ValueError for what
does not fit. A name that no field has is of a later version, and is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self

from preserva.core.formats.canonical_json import Value
from preserva.core.values.people import is_code

RawFacts = Mapping[str, Value]
"""The facts as they are in JSON."""

_LARGEST = 2**53 - 1


@dataclass(frozen=True, slots=True)
class FactFields:
    """A value that is kept as a JSON object, by fields that `fact` makes."""

    @classmethod
    def from_facts(cls, facts: RawFacts) -> Self:
        """Raises ValueError, with the name of the first fact that does not fit."""
        values = {}
        for member in fields(cls):
            name, read = member.metadata["name"], member.metadata["read"]
            value = facts.get(name)
            if value is not None or (member.default is MISSING and not member.metadata["nullable"]):
                try:
                    values[member.name] = read(value)
                except ValueError:
                    raise ValueError(name) from None
            elif member.default is MISSING:
                values[member.name] = None
        return cls(**values)

    def to_facts(self) -> dict[str, Value]:
        """The facts as an entry keeps them: those that are known, and those it always has."""
        values = ((member, getattr(self, member.name)) for member in fields(self))
        return {
            member.metadata["name"]: written(value)
            for member, value in values
            if value is not None or member.default is MISSING
        }


def person_code(value: Value) -> str:
    """The code of a person."""
    code: str = exactly(str, value)
    if not is_code(code):
        raise ValueError
    return code


def written(value: Any) -> Value:
    """A value as it is in JSON."""
    if isinstance(value, FactFields):
        return value.to_facts()
    if isinstance(value, tuple):
        return [written(member) for member in value]
    plain: Value = value.isoformat() if isinstance(value, datetime) else value
    return plain


def exactly(kind: type, value: Value) -> Any:
    """The value, which is of this kind."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError
    return value


def number(value: Value) -> int:
    """A whole number, which every reader of JSON has exactly."""
    whole: int = exactly(int, value)
    if not 0 <= whole <= _LARGEST:
        raise ValueError
    return whole


def moment(value: Value) -> datetime:
    """A time with its zone: without one it would be another time on another machine."""
    time = datetime.fromisoformat(text(value))
    if time.tzinfo is None:
        raise ValueError
    return time


def each(read: Callable[[Any], Any], value: Value) -> tuple[Any, ...]:
    """A list, each member of which is read."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError
    return tuple(map(read, value))


def named_texts(value: Value) -> dict[str, str]:
    """Texts by name, such as digests by path."""
    return {name: text(member) for name, member in exactly(Mapping, value).items()}


text: Callable[[Value], str] = partial(exactly, str)
"""A text."""
texts = partial(each, text)
"""A list of texts."""


def fact(
    name: str, read: Callable[[Any], Any] = text, *, always: bool = False, nullable: bool = False
) -> Any:
    """A field and how it is read; `always` it is written, null where it may be and is unknown."""
    metadata = {"name": name, "read": read, "nullable": nullable}
    if always:
        return field(metadata=metadata)
    return field(default=None, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(FactFields):
    """The facts of one kind of entry; itself, those of an entry that has no others.

    `person` is the code of who caused it, which no chain needs the name of.
    """

    types: ClassVar[tuple[str, ...]] = ()
    """The types of entry that have such facts."""

    person: str | None = fact("person", person_code)

"""Sizes, rates and durations as people type them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from preserva.i18n import _

if TYPE_CHECKING:
    _IntParam = click.ParamType[int]
else:
    _IntParam = click.ParamType  # no generic before click 8.2

_SIZES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "pb": 10**15}
_TIMES = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


class Quantity(_IntParam):
    """A number with a unit, converted to a whole number of the smallest unit, at least 1."""

    def __init__(self, name: str, units: dict[str, int], example: str) -> None:
        self.name = name
        self._units = units
        self._example = example

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Parse the quantity. Raises click.BadParameter."""
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?([A-Za-z]*)", str(value))
        unit = self._units.get(match[2].lower()) if match else None
        number = int(float(match[1]) * unit) if match and unit else 0
        if number < 1:
            message = _("{value} is not a quantity; write it like {example}")
            self.fail(message.format(value=value, example=self._example), param, ctx)
        return number


SIZE = Quantity("size", _SIZES, "500GB")
RATE = Quantity("rate", _SIZES, "20MB")
TIME = Quantity("time", _TIMES, "6h")

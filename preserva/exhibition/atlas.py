"""A map without outside services: places on a grid of degrees, over lines of one's own.

Equirectangular, true to scale in the middle latitude of what is shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from preserva.exhibition.spec import Place

Position = tuple[float, float]
"""Longitude and latitude, in degrees."""

WIDTH = 960
_HEIGHTS = (320, 720)
_LEAST = 2.0  # degrees across: a single town is no map
_MARGIN = 0.08
_STEPS = (1, 2, 5, 10, 20, 30)
_POINTS = 200_000


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the drawing; numbers lead to its name in a list."""

    number: int
    place: Place
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class GridLine:
    """A meridian (at an x) or a parallel (at a y)."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Atlas:
    """The drawing, in units of SVG."""

    height: float
    spots: tuple[Spot, ...]
    meridians: tuple[GridLine, ...]
    parallels: tuple[GridLine, ...]
    lines: tuple[str, ...]
    width: int = WIDTH


def draw(places: Sequence[Place], lines: Sequence[Sequence[Position]] = ()) -> Atlas:
    """The map of the places; `lines` are drawn as far as they lie on it."""
    frame = _Frame.around([(place.longitude, place.latitude) for place in places])
    spots = (
        Spot(number, place, *frame.at((place.longitude, place.latitude)))
        for number, place in enumerate(places, 1)
    )
    return Atlas(
        frame.height,
        tuple(spots),
        tuple(
            GridLine(frame.at((degrees, 0))[0], _degrees(degrees, "EW"))
            for degrees in frame.meridians()
        ),
        tuple(
            GridLine(frame.at((0, degrees))[1], _degrees(degrees, "NS"))
            for degrees in frame.parallels()
        ),
        tuple(frame.path(line) for line in lines if len(line) > 1),
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is seen: the western and northern edge, units for a degree in either direction."""

    west: float
    north: float
    across: float
    down: float
    height: float

    @classmethod
    def around(cls, points: Sequence[Position]) -> _Frame:
        east, west = max(x for x, _y in points), min(x for x, _y in points)
        north, south = max(y for _x, y in points), min(y for _x, y in points)
        squeeze = math.cos(math.radians((north + south) / 2))
        wide = max((east - west) * squeeze, _LEAST) * (1 + 2 * _MARGIN)
        high = max(north - south, _LEAST) * (1 + 2 * _MARGIN)
        least, most = (limit / WIDTH for limit in _HEIGHTS)
        wide = max(wide, high / most)
        high = max(high, wide * least)
        down = WIDTH / wide
        return cls(
            (east + west - wide / squeeze) / 2,
            (north + south + high) / 2,
            down * squeeze,
            down,
            round(high * down, 1),
        )

    def at(self, point: Position) -> Position:
        x, y = point
        return round((x - self.west) * self.across, 1), round((self.north - y) * self.down, 1)

    def meridians(self) -> Iterator[int]:
        return _steps(self.west, self.west + WIDTH / self.across)

    def parallels(self) -> Iterator[int]:
        return _steps(self.north - self.height / self.down, self.north)

    def path(self, line: Sequence[Position]) -> str:
        return "M" + "L".join("{:g} {:g}".format(*self.at(point)) for point in line)


def _steps(low: float, high: float) -> Iterator[int]:
    step = next((step for step in _STEPS if (high - low) / step <= 8), _STEPS[-1])
    return iter(range(math.ceil(low / step) * step, math.floor(high) + 1, step))


def _degrees(value: int, names: str) -> str:
    return f"{abs(value)}°" + ("" if value == 0 else names[value < 0])


def lines_of(document: object) -> list[list[Position]]:
    """The lines of a GeoJSON document (RFC 7946). Raises ValueError if it is not usable."""
    lines = [[_point(position) for position in line] for line in _raw_lines(document)]
    if sum(map(len, lines)) > _POINTS:
        raise ValueError(f"more than {_POINTS} points")
    return lines


def _raw_lines(document: object) -> Iterator[Sequence[object]]:
    pending: list[Any] = [document]
    while pending:
        geometry = pending.pop()
        if not isinstance(geometry, Mapping):
            raise ValueError("not GeoJSON")
        coordinates = geometry.get("coordinates", ())
        match geometry.get("type"):
            case "FeatureCollection":
                pending += geometry.get("features", ())
            case "Feature":
                pending += [geometry["geometry"]] if geometry.get("geometry") else []
            case "GeometryCollection":
                pending += geometry.get("geometries", ())
            case "LineString":
                yield coordinates
            case "MultiLineString" | "Polygon":
                yield from coordinates
            case "MultiPolygon":
                yield from (line for polygon in coordinates for line in polygon)
            case "Point" | "MultiPoint":
                pass
            case other:
                raise ValueError(f"not GeoJSON: {other!r}")


def _point(position: object) -> Position:
    match position:
        case [int() | float() as x, int() | float() as y, *_] if abs(x) <= 180 and abs(y) <= 90:
            return float(x), float(y)
    raise ValueError(f"not a position: {position!r}"[:80])

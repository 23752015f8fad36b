"""Zoomable pictures: which pieces of a page there are, and what IIIF says about them.

Source: IIIF Image API 3.0, compliance level 0. The sizes of pieces are those that a viewer
computes, so that every address that it asks for is the name of a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preserva.core.formats.canonical_json import Value

TILE = 512
"""Pixels of a side of a tile."""

THUMBNAIL = 240
"""Pixels of the longer side of the smallest picture of a page."""

WHOLE = 4096
"""Pixels of the longer side of the largest picture of a whole page in one file."""

NARROW = 90
"""The width of the picture that the Universal Viewer asks for without looking at `sizes`."""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file of a page: the region in pixels of the page, the size in pixels of the file."""

    x: int
    y: int
    width: int
    height: int
    shown_width: int
    shown_height: int
    path: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A page that is shown: pixels, and where it is on the site. `text` is the text on it."""

    number: int
    label: str
    folder: str
    width: int
    height: int
    text: str = ""

    @property
    def scales(self) -> list[int]:
        """The factor by which each level is smaller than the page, until it fits one tile."""
        scales = [1]
        while max(self.width, self.height) > scales[-1] * TILE:
            scales.append(scales[-1] * 2)
        return scales

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Width and height of the whole page for each scale that one file holds, smallest first.

        None besides: OpenSeadragon, and so Mirador and Clover, take a list that is as long as that
        of the scales, or one shorter, for the sizes of the levels.
        """
        levels = [(_up(self.width, scale), _up(self.height, scale)) for scale in self.scales]
        return [level for level in reversed(levels) if max(level) <= WHOLE]

    @property
    def largest(self) -> tuple[int, int]:
        """Width and height of `full/max`."""
        return self.sizes[-1]

    @property
    def thumbnail(self) -> tuple[int, int]:
        """Width and height of the smallest picture."""
        longest = max(self.width, self.height)
        side = min(THUMBNAIL, longest)
        return max(1, self.width * side // longest), max(1, self.height * side // longest)

    def wholes(self) -> Iterator[ImageFile]:
        """Every file of the whole page."""
        for width, height in {*self.sizes, self.thumbnail}:
            yield self._whole(width, height, self.path(width, height))
        yield self._whole(*self.largest, self.best)
        height = max(1, round(self.height * NARROW / self.width))
        yield self._whole(NARROW, height, f"{self.folder}/full/{NARROW},/0/default.jpg")

    def _whole(self, width: int, height: int, path: str) -> ImageFile:
        return ImageFile(0, 0, self.width, self.height, width, height, path)

    def path(self, width: int, height: int) -> str:
        """The file of the whole page in one of the sizes."""
        return f"{self.folder}/full/{width},{height}/0/default.jpg"

    @property
    def best(self) -> str:
        """The largest picture of the whole page in one file."""
        return f"{self.folder}/full/max/0/default.jpg"

    def tiles(self, scale: int) -> Iterator[ImageFile]:
        """The tiles of a level; none if one file holds the whole page."""
        step = TILE * scale
        if scale == self.scales[-1]:
            return
        for y in range(0, self.height, step):
            for x in range(0, self.width, step):
                width, height = min(step, self.width - x), min(step, self.height - y)
                shown = _up(width, scale), _up(height, scale)
                name = f"{x},{y},{width},{height}/{shown[0]},{shown[1]}/0/default.jpg"
                yield ImageFile(x, y, width, height, *shown, f"{self.folder}/{name}")


def _up(size: int, scale: int) -> int:
    return -(-size // scale)


def image_information(picture: Picture, url: str) -> dict[str, Value]:
    """The info.json of a page, for a site at `url` (Image API 3.0, section 5)."""
    width, height = picture.largest
    return {
        "@context": "http://iiif.io/api/image/3/context.json",
        "id": f"{url}/{picture.folder}",
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        "width": picture.width,
        "height": picture.height,
        "maxWidth": width,
        "maxHeight": height,
        "sizes": [{"width": width, "height": other} for width, other in picture.sizes],
        "tiles": [{"width": TILE, "scaleFactors": list[Value](picture.scales)}],
    }

"""Zoomable pictures: which pieces of a page there are, and what IIIF says about them.

Source: IIIF Image API 3.0, compliance level 0; IIIF Presentation API 3.0. The sizes of pieces are
those that a viewer computes, so that every address that it asks for is the name of a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from preserva.core.formats.canonical_json import Value

TILE = 512
"""Pixels of a side of a tile."""

THUMBNAIL = 240
"""Pixels of the longer side of the smallest picture of a page."""

WHOLE = 2000
"""Pixels of the longer side of the largest picture of a whole page in one file."""


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
        """Width and height of the whole page in one file, the smallest first."""
        longest = max(self.width, self.height)
        last = self.scales[-1]
        least = (_up(self.width, last), _up(self.height, last))
        some = {self._fitting(side) for side in (THUMBNAIL, WHOLE) if side < longest}
        return sorted({least, *some, self.largest})

    @property
    def largest(self) -> tuple[int, int]:
        """Width and height of `full/max`."""
        return self._fitting(min(WHOLE, max(self.width, self.height)))

    @property
    def thumbnail(self) -> tuple[int, int]:
        """Width and height of the smallest picture."""
        return self.sizes[0]

    def _fitting(self, side: int) -> tuple[int, int]:
        longest = max(self.width, self.height)
        return max(1, self.width * side // longest), max(1, self.height * side // longest)

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


@dataclass(frozen=True, slots=True)
class Book:
    """What a manifest says about a book; `facts` are pairs of label and value in each language."""

    id: str
    title: str
    captions: Mapping[str, str]
    facts: Sequence[tuple[Mapping[str, str], str]]
    holder: Mapping[str, str]
    rights: str
    pictures: Sequence[Picture]


def manifest(book: Book, url: str) -> dict[str, Value]:
    """The manifest of a book, for a site at `url` (Presentation API 3.0, section 5.2)."""
    base = f"{url}/iiif/{book.id}"
    document: dict[str, Value] = {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": f"{base}/manifest.json",
        "type": "Manifest",
        "label": {"none": [book.title]},
        "summary": _map(book.captions),
        "metadata": [
            {"label": _map(label), "value": {"none": [value]}} for label, value in book.facts
        ],
        "provider": [
            {"id": f"{base}/provider", "type": "Agent", "label": _map(book.holder)},
        ],
        "items": [_canvas(picture, url) for picture in book.pictures],
    }
    if book.rights:
        document["rights"] = book.rights
    return document


def _map(words: Mapping[str, str]) -> dict[str, Value]:
    return {language: [text] for language, text in words.items()}


def _canvas(picture: Picture, url: str) -> dict[str, Value]:
    base = f"{url}/{picture.folder}"
    return {
        "id": f"{base}/canvas",
        "type": "Canvas",
        "label": {"none": [picture.label]},
        "width": picture.width,
        "height": picture.height,
        "thumbnail": [_image(picture, url, *picture.thumbnail)],
        "items": [
            {
                "id": f"{base}/canvas/page",
                "type": "AnnotationPage",
                "items": [
                    {
                        "id": f"{base}/canvas/image",
                        "type": "Annotation",
                        "motivation": "painting",
                        "body": _image(picture, url, *picture.largest),
                        "target": f"{base}/canvas",
                    }
                ],
            }
        ],
    }


def _image(picture: Picture, url: str, width: int, height: int) -> dict[str, Value]:
    base = f"{url}/{picture.folder}"
    size = "max" if (width, height) == picture.largest else f"{width},{height}"
    return {
        "id": f"{base}/full/{size}/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": width,
        "height": height,
        "service": [{"id": base, "type": "ImageService3", "profile": "level0"}],
    }

"""What IIIF viewers are told of books: a manifest of each, texts of pages, the collection of all.

Source: IIIF Presentation API 3.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from preserva.core.formats.canonical_json import Value
from preserva.describe.mods.language import of_text
from preserva.exhibition.picture import Picture
from preserva.exhibition.spec import Words

COLLECTION = "iiif/collection.json"
_CONTEXT = "http://iiif.io/api/presentation/3/context.json"


@dataclass(frozen=True, slots=True)
class Book:
    """What a manifest says of a book; `facts` are pairs of label and value in each language.

    `languages` are the codes of those that it is in, by ISO 639-2/B.
    `contents` are the title of each part and the number of the page where it begins.
    """

    id: str
    title: str
    languages: Sequence[str]
    captions: Words
    facts: Sequence[tuple[Words, str]]
    holder: Words
    rights: str
    pictures: Sequence[Picture]
    contents: Sequence[tuple[str, int]] = ()

    @property
    def _label(self) -> dict[str, Value]:
        return self._words(self.title)

    def _words(self, text: str) -> dict[str, Value]:
        return {of_text(text, self.languages).tag or "none": [text]}

    def manifest(self, url: str) -> dict[str, Value]:
        """The manifest, for a site at `url` (section 5.2)."""
        base = f"{url}/iiif/{self.id}"
        document: dict[str, Value] = {
            "@context": _CONTEXT,
            "id": f"{base}/manifest.json",
            "type": "Manifest",
            "label": self._label,
            "summary": _map(self.captions),
            "metadata": [
                {"label": _map(label), "value": {"none": [value]}} for label, value in self.facts
            ],
            "provider": [
                {"id": f"{base}/provider", "type": "Agent", "label": _map(self.holder)},
            ],
            "thumbnail": [_thumbnail(self.pictures[0], url)],
            "homepage": [
                _page(f"{url}/{language}/books/{self.id}.html", language, self.title)
                for language in self.captions
            ],
            "behavior": [self._behavior],
            "items": [_canvas(picture, url) for picture in self.pictures],
        }
        if self.rights:
            document["rights"] = self.rights
        if self.contents:
            document["structures"] = [self._range(url)]
        return document

    @property
    def _behavior(self) -> str:
        """`paged` is for leaves that follow each other; a selection of pages has gaps."""
        first = self.pictures[0].number
        leaves = enumerate(self.pictures, first)
        whole = all(picture.number == number for number, picture in leaves)
        return "paged" if whole and len(self.pictures) > 1 else "individuals"

    def _range(self, url: str) -> dict[str, Value]:
        """The table of contents (section 5.4); each part reaches to where the next one begins."""
        base = f"{url}/iiif/{self.id}/range"
        parts: list[Value] = []
        for number, (title, first) in enumerate(self.contents, 1):
            end = min((start for _title, start in self.contents if start > first), default=None)
            pages = [
                picture
                for picture in self.pictures
                if first <= picture.number and (end is None or picture.number < end)
            ]
            canvases: list[Value] = [
                {"id": f"{url}/{picture.folder}/canvas", "type": "Canvas"} for picture in pages
            ]
            about: dict[str, Value] = {"id": f"{base}/{number}", "type": "Range"}
            parts.append({**about, "label": self._words(title), "items": canvases})
        return {"id": base, "type": "Range", "label": self._label, "items": parts}

    def in_collection(self, url: str) -> dict[str, Value]:
        """What the collection says of it."""
        return {
            "id": f"{url}/iiif/{self.id}/manifest.json",
            "type": "Manifest",
            "label": self._label,
            "thumbnail": [_thumbnail(self.pictures[0], url)],
        }


def collection(title: Words, books: Iterable[Book], url: str) -> dict[str, Value]:
    """All books of an exhibition, for a site at `url` (section 5.1)."""
    return {
        "@context": _CONTEXT,
        "id": f"{url}/{COLLECTION}",
        "type": "Collection",
        "label": _map(title),
        "homepage": [
            _page(f"{url}/{language}/index.html", language, text)
            for language, text in title.items()
        ],
        "items": [book.in_collection(url) for book in books],
    }


def texts_of_pages(book: Book, url: str) -> Iterator[tuple[str, dict[str, Value]]]:
    """For each page with a text the path of its annotations and what stands there (section 5.5)."""
    for picture in book.pictures:
        if not picture.text:
            continue
        path = _text_path(picture)
        language = of_text(picture.text, book.languages).tag
        body: dict[str, Value] = {
            "type": "TextualBody",
            "value": picture.text,
            "format": "text/plain",
        }
        annotation: dict[str, Value] = {
            "id": f"{url}/{picture.folder}/canvas/text/whole",
            "type": "Annotation",
            "motivation": "supplementing",
            "body": {**body, "language": language} if language else body,
            "target": f"{url}/{picture.folder}/canvas",
        }
        yield (
            path,
            {
                "@context": _CONTEXT,
                "id": f"{url}/{path}",
                "type": "AnnotationPage",
                "items": [annotation],
            },
        )


def _text_path(picture: Picture) -> str:
    return f"{picture.folder}/text.json"


def _map(words: Words) -> dict[str, Value]:
    return {language: [text] for language, text in words.items()}


def _page(address: str, language: str, title: str) -> Value:
    return {
        "id": address,
        "type": "Text",
        "label": {language: [title]},
        "format": "text/html",
        "language": [language],
    }


def _canvas(picture: Picture, url: str) -> dict[str, Value]:
    base = f"{url}/{picture.folder}"
    canvas: dict[str, Value] = {
        "id": f"{base}/canvas",
        "type": "Canvas",
        "label": {"none": [picture.label]},
        "width": picture.width,
        "height": picture.height,
        "thumbnail": [_thumbnail(picture, url)],
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
    if picture.text:
        canvas["annotations"] = [{"id": f"{url}/{_text_path(picture)}", "type": "AnnotationPage"}]
    return canvas


def _thumbnail(picture: Picture, url: str) -> dict[str, Value]:
    return _image(picture, url, *picture.thumbnail)


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

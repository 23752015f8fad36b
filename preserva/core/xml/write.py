"""Indented XML, written as a stream: memory does not grow with the document.

Same calls, same bytes. Names are written `prefix:local`, or `local` for the default namespace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from lxml import etree

Namespaces = Mapping[str | None, str]
Attributes = Mapping[str, str | None]

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XLINK = "http://www.w3.org/1999/xlink"


class XmlWriter:
    """Writes one document. An attribute whose value is None is left out.

    Raises ValueError for characters that XML 1.0 cannot carry.
    """

    def __init__(self, file: etree._IncrementalFileWriter, namespaces: Namespaces) -> None:
        self._file = file
        self._namespaces = namespaces
        self._names: dict[str, str] = {}
        self._depth = 0

    def leaf(self, name: str, text: str | None = None, attributes: Attributes = {}) -> None:  # noqa: B006 - never changed
        """Write an element that holds text or nothing."""
        self._indent()
        with self._file.element(self._expand(name), self._present(attributes)):
            if text is not None:
                self._file.write(text)

    @contextmanager
    def element(self, name: str, attributes: Attributes = {}) -> Iterator[None]:  # noqa: B006 - never changed
        """Write an element around what is written inside the `with`."""
        self._indent()
        with self._file.element(self._expand(name), self._present(attributes)):
            self._depth += 1
            yield
            self._depth -= 1
            self._indent()

    def _indent(self) -> None:
        self._file.write("\n" + "  " * self._depth)

    def _expand(self, name: str) -> str:
        known = self._names.get(name)
        if known is None:
            prefix, _, local = name.rpartition(":")
            known = f"{{{self._namespaces[prefix or None]}}}{local}"
            self._names[name] = known
        return known

    def _present(self, attributes: Attributes) -> dict[str, str]:
        return {
            (self._expand(name) if ":" in name else name): value
            for name, value in attributes.items()
            if value is not None
        }


@contextmanager
def document(
    stream: BinaryIO, root: str, namespaces: Namespaces, attributes: Attributes
) -> Iterator[XmlWriter]:
    """The writer for what goes inside the root element of a new document on `stream`."""
    with etree.xmlfile(stream, encoding="UTF-8") as file:
        file.write_declaration()
        writer = XmlWriter(file, namespaces)
        tag = writer._expand(root)
        with file.element(tag, writer._present(attributes), nsmap=dict(namespaces)):
            writer._depth = 1
            yield writer
            writer._depth = 0
            writer._indent()
    stream.write(b"\n")

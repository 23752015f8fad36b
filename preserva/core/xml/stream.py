"""Reading long XML in little memory: pieces of a stream, and elements let go when done with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from lxml import etree

Done = Callable[[etree._Element], None]
"""What becomes of an element that was read to its end."""

_CHUNK = 64 * 1024


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The stream's bytes, piece by piece, to its end."""
    while chunk := stream.read(_CHUNK):
        yield chunk


def release(element: etree._Element) -> None:
    """Free an element that has ended, and everything before it under the same parent.

    The element itself stays in the tree, empty: the parser may still need it as an anchor.
    """
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]

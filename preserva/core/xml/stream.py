"""Reads long XML in little memory: chunks of a stream, and elements released after use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from lxml import etree

ReleaseElement = Callable[[etree._Element], None]
"""What becomes of an element that was read to its end."""

_CHUNK = 64 * 1024


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of the stream in chunks."""
    while chunk := stream.read(_CHUNK):
        yield chunk


def release(element: etree._Element) -> None:
    """Free a completed element and everything before it under the same parent.

    The element itself stays in the tree, empty: the parser may still need it as an anchor.
    """
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]

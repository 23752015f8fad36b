"""Decodes fax-coded TIFFs that come in on standard input, as a process of its own.

A request is 16 bytes, big-endian: the most pixels that are allowed and the length of the file; then
the file. An answer is a line of JSON: the name of a `code` (null for a sound file) and `seen`, as
in `BrokenError`, and the `likeness` of the first image.
The process ends with its input.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
from typing import BinaryIO, TypedDict, cast

from preserva.core.values.codes import Code
from preserva.describe.characterization.image.characterization import BrokenError
from preserva.describe.characterization.image.decode import decode, opened
from preserva.describe.characterization.image.libtiff_messages import overheard

REQUEST = struct.Struct(">QQ")
CHUNK = 1 << 20
_IN_MEMORY = 64 << 20


class FaxVerdict(TypedDict):
    """The answer about a file."""

    code: str | None
    seen: str | None
    likeness: int | None


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each request until there are no more."""
    while len(header := requests.read(REQUEST.size)) == REQUEST.size:
        max_pixels, length = REQUEST.unpack(header)
        with cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY)) as file:
            while length:
                chunk = requests.read(min(length, CHUNK))
                if not chunk:
                    return
                file.write(chunk)
                length -= len(chunk)
            answer = _decode(file, max_pixels)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _decode(file: BinaryIO, max_pixels: int) -> FaxVerdict:
    try:
        with opened(file, "TIFF", max_pixels) as picture, overheard() as complaints:
            likeness = decode(picture, max_pixels)
    except BrokenError as error:
        return {"code": error.code.name, "seen": error.seen, "likeness": None}
    if complaints:
        code = Code.IMAGE_UNDECODABLE.name
        return {"code": code, "seen": complaints[0], "likeness": None}
    return {"code": None, "seen": None, "likeness": likeness}


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)

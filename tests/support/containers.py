"""Containers as other programs write them: names in any encoding, with and without a word of it."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from typing import ClassVar


class _Undeclared(zipfile.ZipInfo):
    """A member whose name is written as these bytes; nothing says what they are."""

    raw: ClassVar[bytes] = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - Python's own name
        return self.raw, self.flag_bits & ~0x800


def undeclared_zip(
    files: Mapping[str, bytes], encoding: str | Mapping[str, str], *, unicode_path: bool = False
) -> bytes:
    """A zip of the files in the folder `bag`, names in an encoding, or in one for each path.

    With `unicode_path` each has the Unicode Path field of Info-ZIP (APPNOTE 4.6.9).
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, content in files.items():
            name = f"bag/{path}"
            own = encoding if isinstance(encoding, str) else encoding.get(path, "ascii")
            raw = name.encode(own, "replace" if unicode_path else "strict")
            member = type("Member", (_Undeclared,), {"raw": raw})(name)
            if unicode_path:
                data = struct.pack("<BI", 1, zlib.crc32(raw)) + name.encode()
                member.extra = struct.pack("<HH", 0x7075, len(data)) + data
            archive.writestr(member, content)
    return stream.getvalue()


def old_tar(files: Mapping[str, bytes], encoding: str, form: int = tarfile.USTAR_FORMAT) -> bytes:
    """A tar of the files in the folder `bag` whose headers have the names in an encoding."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form, encoding=encoding) as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(f"bag/{path}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()

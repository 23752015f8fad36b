"""A reproducible zip: the same members give the same bytes (PKWARE APPNOTE 6.3.10)."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable
from typing import IO

from preserva.bag.container.tar_write import TarWritten

_EPOCH = 315532800  # 1980-01-01, the first time that a zip can hold


def write_zip(members: Iterable[TarWritten], stream: IO[bytes], *, top: str, mtime: int) -> None:
    """Write the members below the folder `top`, in the order of their paths, names in UTF-8.

    Images hardly become smaller, so nothing is compressed and any program can open it. `mtime` is
    in seconds since 1970.
    """
    when = time.gmtime(max(mtime, _EPOCH))[:6]
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as container:
        for path, size, content in sorted(members, key=lambda member: member[0]):
            member = zipfile.ZipInfo(f"{top}/{path}", when)
            member.external_attr = 0o644 << 16
            member.create_system = 3
            member.file_size = size
            with container.open(member, "w", force_zip64=size >= 1 << 31) as written:
                for chunk in content:
                    written.write(chunk)

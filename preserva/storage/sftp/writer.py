"""Writing a file of an SFTP server, several chunks at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future

import asyncssh

from preserva.storage.sftp.connection import SftpLink
from preserva.storage.sftp.reader import AHEAD, settle
from preserva.storage.sftp.requests import finish


def fill(
    link: SftpLink,
    file: asyncssh.SFTPClientFile,
    path: str,
    offset: int,
    chunks: Iterable[bytes],
) -> None:
    """Write chunks from an offset on; sync through the handle that wrote, and close it."""
    under_way: deque[Future[int]] = deque()
    try:
        for chunk in chunks:
            under_way.append(_start_writing(link, file, path, chunk, offset))
            offset += len(chunk)
            if len(under_way) == AHEAD:
                under_way.popleft().result()
        while under_way:
            under_way.popleft().result()
        link.run(path, lambda client: finish(file))
    except BaseException:
        settle(under_way)
        link.start(path, lambda client: file.close())
        raise


def _start_writing(
    link: SftpLink, file: asyncssh.SFTPClientFile, path: str, chunk: bytes, offset: int
) -> Future[int]:
    return link.start(path, lambda client: file.write(chunk, offset))

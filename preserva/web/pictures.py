"""Pictures of pages, drawn small: two at a time, by processes with limits, and kept by digest.

They are copies that are made again whenever they are missing; the oldest go when there are many.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import BinaryIO, cast

from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from preserva.errors import PreservaError
from preserva.i18n import _, speaking
from preserva.logs import get_logger

_logger = get_logger(__name__)

SIZES = {"small": 240, "page": 1000, "large": 2400}
"""The longer side of a picture in pixels, by the name of its size."""

AT_ONCE = 2
_SECONDS = 120.0
_LARGEST_SOURCE = 4 << 30
_KEPT_BYTES = 4 << 30
_A_WHILE = 500
"""Pictures that are made before it is looked how many bytes all of them have."""

_KEPT = {"cache-control": "private, max-age=86400"}

OpenImage = Callable[[], BinaryIO]
"""Opens the file of an image: one that lies here, and can be read from its beginning again."""


class NoPictureError(Exception):
    """Why there is no picture of a page, in a sentence for people."""


class Pictures:
    """The pictures in a folder of the server's own."""

    def __init__(self, folder: Path, kept_bytes: int = _KEPT_BYTES) -> None:
        self._folder, self._most = folder, kept_bytes
        self._made = 0
        self.draughtsmen = ThreadPoolExecutor(AT_ONCE, "preserva-web-pictures")

    def path(self, key: str, size: str) -> Path:
        """Where the picture of a file is kept. Files with one key have the same bytes."""
        name = hashlib.sha256(f"{key}\n{size}".encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.jpg"

    def known(self, key: str, size: str) -> Path | None:
        """The picture, if it is there already."""
        path = self.path(key, size)
        try:
            os.utime(path)  # it is in use
        except OSError:
            return None
        return path

    def make(self, key: str, size: str, source: OpenImage) -> Path:
        """Draw a picture, unless it is there. Raises NoPictureError."""
        if (path := self.known(key, size)) is not None:
            return path
        path = self.path(key, size)
        try:
            with source() as stream:
                picture = _drawn(stream, SIZES[size])
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as written:
                written.write(picture)
                written.flush()
                os.fsync(written.fileno())  # else a power cut could leave an empty one in place
            Path(written.name).replace(path)
        except (PreservaError, OSError) as error:
            raise NoPictureError(str(error)) from error
        self._made += 1
        if self._made % _A_WHILE == 0:
            self.thin_out()
        return path

    def thin_out(self) -> None:
        """Remove those that nobody has looked at for longest, if all together are too large."""
        found = []
        for path in self._folder.rglob("*"):
            with suppress(OSError):
                if path.is_file():
                    state = path.stat()
                    found.append((state.st_mtime_ns, state.st_size, path))
        left = sum(size for _time, size, _path in found)
        for _time, size, path in sorted(found):
            if left <= self._most:
                break
            path.unlink(missing_ok=True)
            left -= size


def _drawn(stream: BinaryIO, longest: int) -> bytes:
    """The picture, by a process of its own. Raises NoPictureError."""
    command = [sys.executable, "-m", "preserva.web.draw", str(longest)]
    try:
        done = subprocess.run(
            command, stdin=stream, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NoPictureError(_("It took too long to draw this page.")) from error
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        _logger.info("no picture: exit %d, %s", done.returncode, said[-1:])
        if done.returncode < 0 or "MemoryError" in said[-1:]:
            raise NoPictureError(_("This image is too large to be drawn here."))
        raise NoPictureError(_("This image cannot be decoded; it may be damaged."))
    return done.stdout


def spool(chunks: Iterable[bytes], digest: tuple[str, str] | None) -> BinaryIO:
    """A file of a storage while it is drawn: here, compared with the digest that it must have.

    `digest` is an algorithm and what it must give; None for a file that is known to be damaged.
    Raises what reading the chunks raises, NoPictureError if it is another file, or a huge one.
    """
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - whoever draws closes it
    algorithm, expected = digest or ("sha512", "")
    seen, size = hashlib.new(algorithm), 0
    try:
        for chunk in chunks:
            size += len(chunk)
            if size > _LARGEST_SOURCE:
                raise NoPictureError(_("This image is too large to be drawn here."))
            seen.update(chunk)
            file.write(chunk)
        if digest is not None and seen.hexdigest() != expected:
            raise NoPictureError(_("This file is not the one that was stored."))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be drawn."""

    key: str
    size: str
    source: OpenImage
    language: str


class PictureResponse(Response):
    """A picture that is there, or is drawn now; who waits for it keeps no thread busy.

    Where there is none, a picture says why.
    """

    def __init__(
        self, pictures: Pictures, key: str, size: str, source: OpenImage, language: str
    ) -> None:
        super().__init__()
        self._pictures, self._order = pictures, _Order(key, size, source, language)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Draw it, and send it."""
        loop, order = asyncio.get_running_loop(), self._order
        path = self._pictures.known(order.key, order.size)
        response: Response
        try:
            if path is None:
                path = await loop.run_in_executor(
                    self._pictures.draughtsmen, _in_language, self._pictures, order
                )
            response = FileResponse(path, media_type="image/jpeg", headers=_KEPT)
        except NoPictureError as error:
            response = Response(no_picture(str(error)), media_type="image/svg+xml")
        await response(scope, receive, send)


def _in_language(pictures: Pictures, order: _Order) -> Path:
    with speaking(order.language):
        return pictures.make(order.key, order.size, order.source)


def no_picture(reason: str) -> str:
    """A picture that says why there is none, a few words a line."""
    lines, words = [""], reason.split()
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 24:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    spans = "".join(f'<tspan x="120" dy="1.3em">{escape(line[:40])}</tspan>' for line in lines[:10])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 320" width="240" height="320">'
        '<rect width="240" height="320" fill="#f4f1ea" stroke="#a3161a" stroke-width="4"/>'
        '<text y="60" font-family="sans-serif" font-size="15" text-anchor="middle" fill="#1a1a1a">'
        f"{spans}</text></svg>"
    )

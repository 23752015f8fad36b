"""Folders of staging that are already, hidden, at the keys where they will be published.

See docs/adr/0010-object-storage.md. The marks say which: they are in the bucket, so that the run
after a crash finds them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import obstore
from obstore.store import S3Store

from preserva.core.formats.layout import PUBLISHING, STAGING
from preserva.errors import Refused
from preserva.i18n import _
from preserva.storage.publication_marks import Mark, written_last
from preserva.storage.published import not_in_place
from preserva.storage.s3.bucket import errors, is_there, listed


class S3Reservations:
    """The marks of a bucket, and the paths in staging that they place elsewhere."""

    def __init__(self, store: S3Store, url: str, empty: Callable[[str], None]) -> None:
        self._store = store
        self._url = url
        self._empty = empty  # removes all at and below a key
        self._known: dict[str, Mark] | None = None

    def marks(self) -> list[Mark]:
        """All marks that are in the bucket now."""
        with errors(PUBLISHING, self._url):
            return [Mark.parse(meta["path"]) for meta in listed(self._store, PUBLISHING)]

    def hides(self, final: str) -> bool:
        """Whether a mark hides this path; a mark that only a stale list shows does not count."""
        listed_marks = [mark for mark in self.marks() if mark.final == final]
        with errors(final, self._url):
            return any(is_there(self._store, mark.path) for mark in listed_marks)

    def forget(self) -> None:
        """Ask the bucket again at the next use, because the marks may have changed."""
        self._known = None

    def known(self) -> dict[str, Mark]:
        """The marks, by their staged folder. Only the holder of the lock changes them."""
        known = self._known
        if known is None:
            known = self._known = {mark.staged: mark for mark in self.marks() if mark.staged}
        return known

    def key(self, path: str) -> str:
        """Where a path is in the bucket: elsewhere only if it is in a reserved folder."""
        if path.startswith(f"{STAGING}/"):
            for staged, mark in self.known().items():
                if path == staged or path.startswith(f"{staged}/"):
                    return mark.final + path.removeprefix(staged)
        return path

    def reserve(self, staged: str, final: str) -> None:
        """From now on what is created below `staged` is written below `final`, and hidden there.

        What an earlier run left under the same reservation is kept; anything else is removed. The
        earlier mark is replaced, so that a late deletion by a dead process shows nothing.
        """
        self.forget()
        mark = Mark(final, staged, secrets.token_hex(8))
        earlier = []
        for other in self.marks():
            if (other.final, other.staged) == (final, staged):
                earlier.append(other)
            elif other.final == final or other.staged == staged:
                self.undo(other)
        if not self._follow(mark, earlier):
            raise Refused(_("{path} exists already; it was not touched").format(path=final))

    def show(self, mark: Mark) -> None:
        """Remove a mark, which makes its path visible. Raises NotInPlace if it stays."""
        try:
            with errors(mark.path, self._url):
                obstore.delete(self._store, mark.path)
                if is_there(self._store, mark.path):
                    raise not_in_place(mark.final)
        finally:
            self.forget()

    def undo(self, mark: Mark) -> None:
        """Remove what a mark hides, and then the mark.

        A complete folder is shown instead: it was read back before its last object was written, and
        it may have been shown and acknowledged before a late request of a dead writer hid it again.
        """
        follower = mark._replace(nonce=secrets.token_hex(8))
        if self._follow(follower, [mark]):
            if not self._is_whole(mark.final):
                self._empty(mark.final)
            self.show(follower)

    def _is_whole(self, final: str) -> bool:
        with errors(final, self._url):
            return any(is_there(self._store, key) for key in written_last(final))

    def _follow(self, mark: Mark, earlier: list[Mark]) -> bool:
        """Replace earlier marks by this one. False if their path was shown meanwhile.

        The earlier ones are asked for by name, because a list may lag behind and show marks that
        are gone.
        """
        with errors(mark.path, self._url):
            obstore.put(self._store, mark.path, b"", use_multipart=False)
            if not earlier:
                return True
            if not any(is_there(self._store, other.path) for other in earlier):
                obstore.delete(self._store, mark.path)
                return False
            obstore.delete(self._store, [other.path for other in earlier])
            if any(is_there(self._store, other.path) for other in earlier):
                raise not_in_place(mark.final)  # a late request could show what is not whole
        return True

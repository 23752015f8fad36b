"""The folders of an SFTP storage: known not to be links, created, or not yet durable.

Each is asked for once and made once, however many threads want it. Below a folder that we made
ourselves there is only what we put there, so nothing is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from preserva.core.formats.layout import STAGING
from preserva.core.values.model import Kind
from preserva.errors import NotAFile, NotFound
from preserva.i18n import _
from preserva.storage.paths import above, parent
from preserva.storage.publication_marks import below_any
from preserva.storage.sftp.connection import SftpLink
from preserva.storage.sftp.reader import settle
from preserva.storage.sftp.requests import kind_of, looking, mkdir

_MOST_SEEN = 50_000  # folders


class SftpFolders:
    """What is known about the folders; `full` maps a path to the server's."""

    def __init__(self, link: SftpLink, full: Callable[[str], bytes]) -> None:
        self._link = link
        self._full = full
        self._guard = threading.Lock()
        self._seen: set[str] = set()  # to be folders, not links
        self._made: set[str] = set()  # by us, so that all in them is ours
        self._changed: set[str] = set()  # since they were made durable
        self._put: set[str] = set()  # tried to be put into folders that we made
        self._likely: dict[str, list[str]] = {}  # what is below a folder that was renamed
        self._under_way: dict[str, Future[None]] = {}

    def know(self, folder: str) -> None:
        """A listing has just shown that this is a folder."""
        with self._guard:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            self._seen.add(folder)

    def forget(self, path: str = "") -> None:
        """Forget a path and everything below it, or everything, so that it is asked for again."""
        gone = frozenset([path])
        with self._guard:
            for known in (self._seen, self._made, self._changed, self._put):
                known -= {folder for folder in known if not path or below_any(folder, gone)}

    def move(self, path: str, final: str) -> None:
        """A folder moves to another place, with its content."""
        below = [folder.removeprefix(path) for folder in self.likely(path)]
        for moved in (path, final):
            self.forget(moved)
        self._likely = {final: [final + folder for folder in below]}

    def likely(self, path: str) -> list[str]:
        """The folders that are probably below a folder; a walk asks for all of them at once."""
        within = frozenset([path])
        with self._guard:
            if path in self._made:
                return [folder for folder in self._made if below_any(folder, within)]
            return self._likely.get(path, [])

    def is_free(self, path: str) -> bool:
        """Whether nothing can be at a path, because we made its folder and put nothing there."""
        with self._guard:
            ours = parent(path) in self._made
            return ours and path not in self._put and path not in self._made

    def enter(self, *, made: bool) -> None:
        """Staging is now another folder of the server, which may be new."""
        self.forget(STAGING)
        with self._guard:
            self._seen.add(STAGING)
            if made:
                self._made.add(STAGING)

    def change(self, path: str) -> None:
        """Something is put at a path, so its folder must be made durable."""
        with self._guard:
            self._put.add(path)
            self._changed.add(parent(path))

    def changed(self, path: str) -> list[str] | None:
        """The folders at and below a path that are not durable; None if not all in it is ours."""
        whole = frozenset([path])
        with self._guard:
            if path not in self._made:
                return None
            return sorted(folder for folder in self._changed if below_any(folder, whole))

    def settled(self, folders: list[str]) -> None:
        """These are durable now."""
        with self._guard:
            self._changed.difference_update(folders)

    def refuse_links_above(self, path: str) -> None:
        """Raise NotAFile if a folder on the way is a link: it could lead out of the storage."""
        self._see([folder for folder in above(path) if folder not in self._seen])

    def _kinds(self, paths: list[str]) -> Iterator[Kind]:
        """The entries at some paths, all requested at once, up to the first that does not exist."""
        asked = [self._link.start(path, looking(self._full(path))) for path in paths]
        try:
            while asked:
                yield kind_of(asked.pop(0).result())
        except NotFound:
            return
        finally:
            settle(asked)

    def make(self, folder: str, *, staging: bool = True) -> list[str]:
        """Create a folder and its parents; returns the folders that did not exist before.

        Without `staging`, its top is not among them: a room that is gone is not created again.
        """
        chain = ["", *above(f"{folder}/")] if folder else [""]
        done: Future[None] = Future()
        while wanted := self._claim(chain, done, staging=staging):
            if isinstance(wanted, Future):
                wanted.result()
                continue  # whoever made the folders above ours may have failed: look again
            try:
                return self._make_all(wanted)
            finally:
                with self._guard:
                    for path in wanted:
                        del self._under_way[path]
                done.set_result(None)
        return []

    def _claim(
        self, chain: list[str], done: Future[None], *, staging: bool
    ) -> list[str] | Future[None]:
        """The folders to create, which are now ours to create; or what to wait for before."""
        with self._guard:
            if chain[-1] in self._seen:
                return []
            wanted = [
                path for path in chain if path not in self._seen and (staging or path != STAGING)
            ]
            for path in wanted:
                if path in self._under_way:
                    return self._under_way[path]
            self._under_way.update(dict.fromkeys(wanted, done))
            return wanted

    def _make_all(self, chain: list[str]) -> list[str]:
        """Create folders, each inside the one before it; returns those that did not exist."""
        if chain and (not chain[0] or parent(chain[0]) not in self._made):
            there = self._see(chain)
            chain = chain[there:]
        if not chain:
            return []
        if not self._link.run(chain[0], mkdir(self._full(chain[0]))):
            self._see(chain[:1])  # it was there all the same, and may be a link
            return self._make_all(chain[1:])
        asked = [self._link.start(path, mkdir(self._full(path))) for path in chain[1:]]
        made = chain[:1]
        try:
            for path, request in zip(chain[1:], asked, strict=True):
                if self._is_made(path, request):
                    made.append(path)
        finally:
            settle(asked)
        self._own(made)
        return made

    def _is_made(self, path: str, request: Future[bool]) -> bool:
        """Whether this request, or another one, created a folder. Raises NotAFile for a link."""
        try:
            made = request.result()
        except NotFound:  # the server did not keep the order, or a room is gone
            made = self._link.run(path, mkdir(self._full(path)))
        if not made:
            self._see([path])
        return made

    def _see(self, chain: list[str]) -> int:
        """How many of these folders, each in the one before it, are there. Raises NotAFile."""
        there = 0
        for folder, kind in zip(chain, self._kinds(chain), strict=False):
            if kind is not Kind.FOLDER:
                raise NotAFile(_("{path} is not a folder").format(path=folder), path=folder)
            self.know(folder)
            there += 1
        return there

    def _own(self, folders: list[str]) -> None:
        """These were made just now."""
        with self._guard:
            self._seen.update(folders)
            self._made.update(folders)
            self._changed.update(folders)
            self._changed.update(parent(path) for path in folders if path)

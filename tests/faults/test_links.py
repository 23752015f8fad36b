"""A link in the place of any folder or file that a verb touches leads nowhere.

Whoever may write to a storage, a partner for instance, can put one there. Each verb is run once to
see which paths it touches; then once more for each part of each of them, with a link in its place
that leads outside the storage.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive, utc_now
from preserva.archive.removal import remove_bytes
from preserva.archive.two_persons import answer
from preserva.archive.withdrawal import withdraw
from preserva.cli.main import VERBS as PROGRAM
from preserva.cli.main import status_of
from preserva.errors import AwaitsConfirmation
from preserva.files.below import Below
from preserva.ingest.package import package, package_bag
from preserva.ingest.revision import Change, update
from preserva.replication.replicate import replicate
from tests.faults.damage import P1, PACKAGE, flip
from tests.support.books import RECORD, an_archive, make_book
from tests.support.partners import OTHER_SIDE

ID = "aonb-kp-7"
STORAGES = ("archive/storages/aonb-main", "archive/storages/nlb-copy", "minsk/main")
SECRET = b"precious, and not ours"
OURS, THEIRS = "archive/preserva.toml", "minsk/preserva.toml"
_BOTH = ("storages/aonb-main", "storages/nlb-copy")
VERBS = {
    "package": (OURS, "package", "second", "--record", "second.xml", "--id", "kp-8"),
    "update": (OURS, "update", ID, "--record", "newer.xml", "--reason", "a better title"),
    "replicate": (OURS, "replicate"),
    "validate": (OURS, "validate", ID),
    "audit": (OURS, "audit"),
    "export": (OURS, "export", ID, "out"),
    "export of the copy": (OURS, "export", ID, "out", "--storage", "nlb-copy"),
    "repair": (OURS, "repair", ID, "--apply"),
    "rebuild storage": (OURS, "rebuild", "storage", "nlb-copy"),
    "rebuild ledger": (OURS, "rebuild", "ledger"),
    "receive": (THEIRS, "receive"),
    "store": (OURS, "store", "bags/aonb-kp-9", "--as-ours"),
    "withdraw": (OURS, "withdraw", ID, "--remove-bytes", "--person", "petrov"),
    "accept": (THEIRS, "accept", "nlb-copy", "--person", "kolas"),
    "list": (OURS, "list"),
    "status": (OURS, "status"),
    "levels": (OURS, "levels"),
    "init": (OURS, "init"),
    "config": (OURS, "config", "check", "--storages"),
    "ledger": (OURS, "ledger", "verify", "--against", "nlb-copy"),
    "rebuild config": ("again.toml", "rebuild", "config", *(f"archive/{each}" for each in _BOTH)),
    "catalogue": (OURS, "catalogue", "import"),
}

NAMING = {"replicate", "validate", "audit", "export", "export of the copy", "repair", "receive"}
"""Those that say what is in the way; the others say what they could not find or replace."""

LOOKING = {"list", "status", "levels", "init", "config", "ledger", "rebuild config", "catalogue"}
"""Those that look at little: a link in most places is not met, or changes no status."""

ELSEWHERE = {
    "check": "scans only",
    "records": "the ledger only",
    "import": "stored as `store` stores",
    "derive": "a new version, as `update` writes it",
    "relate": "the primary storage's mark and guide, as `withdraw` does",
    "retire": "the primary storage's mark and guide, as `withdraw` does",
    "decisions": "the ledger only",
    "incidents": "the ledger only",
    "report": "the ledger, and what `status` looks at",
    "health": "the ledger only",
    "serve": "the union catalogue only",
    "harvest": "the union catalogue only",
    "web": "the functions of the verbs",
    "exhibit": "packages, as `export` reads them",
    "bag": "no archive",
    "demo": "an archive of its own",
    "drill": "a scratch archive, by `rebuild` and `validate`",
}
"""Verbs that go to no path of a storage to which another verb does not go, and what they read."""


def test_every_verb_is_tried_or_goes_where_another_goes() -> None:
    tried = {arguments[1] for arguments in VERBS.values()}
    assert tried | ELSEWHERE.keys() == PROGRAM.keys()
    assert not tried & ELSEWHERE.keys()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two institutions: a package whose second version was not yet brought to the other one."""
    place = tmp_path_factory.mktemp("links") / "before"
    (place / "minsk").mkdir(parents=True)
    make_book(place / "second", seed=5)
    for name, river in (("new", "Зеѣ"), ("newer", "Буреѣ")):
        (place / f"{name}.xml").write_text(RECORD.replace("Амурѣ", river), encoding="utf-8")
    with an_archive(place / "archive") as archive:
        package(place / "book", make_book(place / "book"), archive)
        replicate(archive)
        update(archive, PACKAGE, Change(record=place / "new.xml", reason="a better title"))
        own = archive.config.institution
    path = place / "minsk" / configuration.NAME
    path.write_text(OTHER_SIDE, "utf-8")
    create_archive(configuration.load(path))
    package_bag(place / "second", place / "second.xml", own, place / "bags", local="kp-9")
    return place


def prepared(before: Path, place: Path, verb: str) -> Path:
    """A fresh copy of it all, in which the verb has something to do."""
    shutil.copytree(before, place)
    if verb == "repair":
        copy = place / "archive" / "storages" / "nlb-copy"
        (path,) = copy.glob(f"ocfl/*/*/*/*/{P1}")
        flip(path)
    if verb == "rebuild storage":
        shutil.rmtree(place / "archive" / "storages" / "nlb-copy" / "ocfl")
    if verb == "rebuild ledger":
        for path in (place / "archive").glob("ledger*.sqlite*"):  # with the indexes made of it
            path.unlink()
    if verb == "withdraw":
        decide_to_remove(place)
    if verb == "accept":
        assert run(place, "receive") == 0
        path = place / "archive/storages/nlb-copy/preserva-storage.json"
        path.write_text(path.read_text("utf-8").replace('"id": "', '"id": "f'), "utf-8")
    return place


def decide_to_remove(place: Path) -> None:
    """Two persons withdrew the package a while ago, and agreed to remove its bytes."""

    def by(person: str) -> ArchivalStorage:
        then = utc_now() - timedelta(days=40)
        return open_archive(place / OURS, person=person, clock=lambda: then)

    for decide in (withdraw, remove_bytes):
        with by("ivanova") as archive, pytest.raises(AwaitsConfirmation) as waiting:
            decide(archive, PACKAGE, "twice")
        with by("petrov") as archive:
            answer(archive, waiting.value.decision, confirm=True)
            if decide is withdraw:
                withdraw(archive, PACKAGE, None)


def run(place: Path, verb: str) -> int:
    config, *arguments = VERBS[verb]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return int(status_of(["--config", config, *arguments]))


def touched(place: Path, verb: str) -> list[str]:
    """The paths that a verb opens, makes, looks at or lists in storages, relative to the place."""
    seen: set[str] = set()
    plain_open, plain_place = Below._open, Below.place

    def opening(self: Below, path: str, *, make: bool, durable: bool) -> object:
        seen.add(f"{self.top}/{path}")
        return plain_open(self, path, make=make, durable=durable)

    def placing(self: Below, path: str) -> object:
        seen.add(f"{self.top}/{path}")
        return plain_place(self, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Below, "_open", opening)
        patch.setattr(Below, "place", placing)
        run(place, verb)
    paths = {Path(os.path.normpath(place / path)).relative_to(place).as_posix() for path in seen}
    return sorted(path for path in paths if path.startswith(STORAGES))


def parts(paths: list[str]) -> Iterator[str]:
    """Each folder on the way to any of the paths, one name in each, and every name at the top."""
    folders, leaves = set[str](), dict[str, str]()
    for path in paths:
        (top,) = (top for top in STORAGES if f"{path}/".startswith(f"{top}/"))
        names = path.removeprefix(top).strip("/").split("/")
        folders |= {"/".join([top, *names[:end]]) for end in range(1, len(names))}
        leaves.setdefault("/".join([top, *names[:-1]]) if len(names) > 1 else path, path)
    yield from sorted(folders | (set(leaves.values()) - set(STORAGES)))


def plant(place: Path, path: str) -> Path:
    """Put a link to what lies outside in the place of a path; where that lies."""
    outside = place / "outside"
    outside.mkdir()
    target = outside / "theirs"
    own = place / path
    if own.exists():
        shutil.move(own, target)
    else:
        own.parent.mkdir(parents=True, exist_ok=True)
        (target / "deep").mkdir(parents=True)
        (target / "deep" / "0001.tif").write_bytes(SECRET)
        (target / "inventory.json").write_bytes(SECRET)
    own.symlink_to(target)
    return outside


def state(outside: Path) -> dict[str, tuple[int, int, bytes | None]]:
    return {
        str(path.relative_to(outside)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(outside.rglob("*"))
    }


class Watch:
    """Notes what this process opens below a folder, by whatever way it gets there."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self.opened: list[str] = []

    def __enter__(self) -> Watch:
        self._plain = os.open
        os.open = self._open
        return self

    def _open(self, *arguments: object, **named: object) -> int:
        descriptor = self._plain(*arguments, **named)  # type: ignore[arg-type]
        place = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        if place.startswith(self._folder):
            self.opened.append(place)
        return descriptor

    def __exit__(self, *_: object) -> None:
        os.open = self._plain


@pytest.mark.parametrize("verb", VERBS)
def test_a_link_in_any_place_leads_nowhere(
    verb: str, before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing outside is opened or changed; the run ends with a sentence, and names the link."""
    paths = list(parts(touched(prepared(before, tmp_path / "first", verb), verb)))
    assert len(paths) > 1
    usual = run(prepared(before, tmp_path / "usual", verb), verb)
    necessary = 0
    for number, path in enumerate(paths):
        place = prepared(before, tmp_path / str(number), verb)
        outside = plant(place, path)
        then = state(outside)
        capsys.readouterr()
        with Watch(outside) as watch:
            status = run(place, verb)
        said = "".join(capsys.readouterr())
        assert watch.opened == [], path
        assert state(outside) == then, path
        assert status in {0, 1, 3, 4, 5, 10}, (path, said)
        in_storage = path.split("/", 3 if path.startswith("archive") else 2)[-1]
        if status != usual:
            necessary += 1
            assert said and "Traceback" not in said, path
        own = path.endswith("staging/replace-preserva-ledger.json")  # cleared away, whatever it is
        if status not in {0, usual} and verb in NAMING and not own:
            assert any(part in said for part in (in_storage, Path(path).name)), (path, said)
        shutil.rmtree(place)
    assert necessary > 5 or verb in LOOKING

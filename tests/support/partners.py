"""Two institutions on one disk, and what a hostile one can do to the storages it may write to."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from preserva import config as configuration
from preserva.archive.archive import ArchivalStorage, create_archive, open_archive
from preserva.core.formats import layout
from preserva.core.formats.canonical_json import canonical
from preserva.core.values.model import PackageId
from preserva.ingest.package import package
from preserva.replication.replicate import replicate
from tests.support.books import make_book

OURS = PackageId("aonb", "kp-1")
THEIRS = PackageId("nlb", "bk-1")

INSTITUTIONS = """\
[institutions.aonb]
name.ru = "А"
name.be = "А"
name.en = "A"
country = "RU"
[institutions.nlb]
name.ru = "Н"
name.be = "Н"
name.en = "N"
country = "BY"
"""

OTHER_SIDE = (
    """
[archive]
institution = "nlb"
"""
    + INSTITUTIONS
    + """\
[storages.nlb-main]
institution = "nlb"
url = "main"
role = "primary"
[storages.nlb-copy]
institution = "nlb"
url = "../archive/storages/nlb-copy"
role = "held"
"""
)
"""The other institution, beside an archive of `books.an_archive` in the folder `archive`."""

_STORAGE = """
[storages.{name}]
institution = "{institution}"
url = "{url}"
role = "{role}"
"""


def institution(place: Path, own: str, others: tuple[str, ...], *storages: tuple[str, ...]) -> Path:
    """The configuration of an institution; each storage is name, institution, role and place."""
    names = "".join(
        f'[institutions.{name}]\nname.ru = "{name}"\nname.be = "{name}"\nname.en = "{name}"\n'
        f'country = "{"RU" if name == "aonb" else "BY"}"\n'
        for name in (own, *others)
    )
    sections = "".join(
        _STORAGE.format(name=name, institution=at, role=role, url=place / where)
        for name, at, role, where in storages
    )
    path = place / own / configuration.NAME
    path.parent.mkdir(parents=True)
    path.write_text(f'[archive]\ninstitution = "{own}"\n{names}{sections}', "utf-8")
    create_archive(configuration.load(path))
    return path


def two_institutions(place: Path) -> Path:
    """Ours with a primary, a replica of our own, one at the partner's and a storage held for it.

    Each has a package, replicated everywhere; the place of our configuration.
    """
    ours = institution(
        place,
        "aonb",
        ("nlb",),
        ("aonb-main", "aonb", "primary", "aonb-main"),
        ("aonb-copy", "aonb", "replica", "aonb-copy"),
        ("nlb-copy", "nlb", "replica", "nlb-copy"),
        ("from-nlb", "aonb", "held", "from-nlb"),
    )
    theirs = institution(
        place,
        "nlb",
        ("aonb",),
        ("nlb-main", "nlb", "primary", "nlb-main"),
        ("from-nlb", "aonb", "replica", "from-nlb"),
    )
    for path, made, seed in ((ours, OURS, 1), (theirs, THEIRS, 2)):
        record = make_book(place / f"book{seed}", seed=seed)
        with open_archive(path) as archive:
            package(place / f"book{seed}", record, archive, local=made.local)
            replicate(archive)
    return ours


@contextmanager
def forger(place: Path, own: str = "aonb") -> Iterator[ArchivalStorage]:
    """An archive of anybody that calls itself an institution; its packages are sound."""
    path = place / "forger" / own / configuration.NAME
    if not path.exists():
        others = () if own == "aonb" else ("aonb",)
        where = f"forger/{own}-main"
        institution(place / "forger", own, others, ("aonb-main", own, "primary", where))
    with open_archive(path) as archive:
        yield archive


def forged(place: Path, identifier: PackageId, *, seed: int = 99) -> Path:
    """The OCFL object of a package that anybody made under an identifier."""
    with forger(place, identifier.institution) as archive:
        source = place / "forger" / f"{identifier.portable}-{seed}"
        record = make_book(source, seed=seed)
        package(source, record, archive, local=identifier.local)
        return Path(archive.primary.storage.url) / archive.primary.root.path_of(identifier.uri)


def plant(what: Path, storage: Path, identifier: PackageId, *, at: str | None = None) -> Path:
    """Put an object into a storage by hand: in its place, or at another one."""
    target = storage / layout.ROOT / (at or layout.object_path(identifier.uri))
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(what, target)
    return target


def chain_of(storage: Path, own: str = "aonb") -> list[dict[str, Any]]:
    """The entries of the copy of a ledger in a storage."""
    parts = sorted((storage / layout.LEDGERS / own).glob("*.jsonl"))
    return [json.loads(line) for part in parts for line in part.read_bytes().splitlines()]


def write_chain(
    storage: Path,
    entries: list[dict[str, Any]],
    own: str = "aonb",
    *,
    change: Callable[[bytes], bytes] = bytes,
) -> list[str]:
    """Write a copy of a ledger, chained anew; the digest of each entry. `change` spoils it."""
    folder = storage / layout.LEDGERS / own
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines, digests = chained_anew(entries)
    (folder / f"{1:012}-{len(lines):012}.jsonl").write_bytes(change(b"".join(lines)))
    return digests


def chained_anew(entries: list[dict[str, Any]]) -> tuple[list[bytes], list[str]]:
    """The lines of a copy of a ledger with these entries, and the digest of each."""
    previous, lines, digests = "", [], []
    for number, entry in enumerate(entries, 1):
        body = canonical({**entry, "number": number, "previous": previous})
        previous = hashlib.sha256(body).hexdigest()
        lines.append(body + b"\n")
        digests.append(previous)
    return lines, digests


def replaced(entries: list[dict[str, Any]], old: str, new: str) -> list[dict[str, Any]]:
    """The entries with one digest in the place of another, wherever it stands."""
    text = json.dumps(entries).replace(old, new)
    changed: list[dict[str, Any]] = json.loads(text)
    return changed


def idle(count: int) -> list[dict[str, Any]]:
    """Entries that make a chain longer and say nothing."""
    entry: dict[str, Any] = {
        "facts": {},
        "outcome": "success",
        "package": None,
        "storage": None,
        "time": "2026-11-30T00:00:00+00:00",
        "type": "audit",
        "version": None,
    }
    return [dict(entry) for _number in range(count)]


def all_bytes(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

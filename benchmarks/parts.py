"""Which benchmarks `make bench` runs, on how much, and for how long at most."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.machine import search_path


@dataclass(frozen=True, slots=True)
class Part:
    """A module `bench_NAME`, with what it needs beyond preserva's own test environment."""

    name: str
    title: str
    minutes: float
    arguments: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    def lacking(self) -> list[str]:
        """What it needs and this machine does not have."""
        commands = [one for one in self.commands if shutil.which(one, path=search_path()) is None]
        return commands + [one for one in self.modules if find_spec(one) is None]


PARTS = (
    Part("startup", "Starting", 1),
    Part("bag", "Validating bags", 5, ("--rounds", "3"), modules=("bagit",)),
    Part("bag_create", "Making bags", 6, ("--rounds", "3"), modules=("bagit",)),
    Part("package", "Packaging books", 6, modules=("bagit",)),
    Part("book", "One book, beside the parts of its work", 6, modules=("bagit", "pygfried")),
    Part("audit", "Audits", 6),
    Part("transfer", "Replication", 7, commands=("rclone",)),
    Part("line", "A long line", 6, commands=("rclone",)),
    Part("peers", "Peers that do a part of it", 3),
    Part("archive", "Many packages", 4, ("--packages", "100", "1000", "10000")),
    Part("web", "Pages for staff", 3, ("20000", "2", "2000"), modules=("starlette", "uvicorn")),
    Part("mets", "METS and PREMIS: writing", 1),
    Part("check", "METS and PREMIS: checking", 2, modules=("metsrw",)),
    Part("ledger", "The ledger", 2, ("100000", "1")),
    Part("catalogue", "The union catalogue", 2, ("20000",)),
)

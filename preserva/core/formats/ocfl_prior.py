"""What the inventory of an earlier version may not say otherwise: OCFL 1.1 sections 3.5, 3.6."""

from __future__ import annotations

from collections.abc import Iterator

from preserva.core.formats.ocfl_rules import Judged, OcflRule
from preserva.i18n import _


def prior_rules(judged: Judged, prior: Judged) -> Iterator[OcflRule]:
    """What an earlier version's inventory says otherwise than the object's."""
    if prior.identifier != judged.identifier:
        yield OcflRule(
            "E037",
            _("the id is {new}, not {old}").format(new=prior.identifier, old=judged.identifier),
        )
    if prior.content_directory != judged.content_directory:
        message = _("contentDirectory is {new}, not {old}")
        new, old = prior.content_directory, judged.content_directory
        yield OcflRule("E020", message.format(new=new, old=old))
    if not set(prior.versions) < set(judged.versions):
        yield OcflRule("E066", _("its head is {head}").format(head=prior.head))
        return
    for version in prior.versions:
        yield from _same_state(judged, prior, version)


def prior_advice(judged: Judged, prior: Judged) -> Iterator[OcflRule]:
    """Where they tell another history of a version (W011)."""
    for version in set(prior.blocks) & set(judged.blocks):
        one, other = prior.blocks[version], judged.blocks[version]
        for key in ("created", "message", "user"):
            if one.get(key) != other.get(key):
                yield OcflRule(
                    "W011", _("{name} is stated differently").format(name=f"{version} {key}")
                )


def _same_state(judged: Judged, prior: Judged, version: str) -> Iterator[OcflRule]:
    """The same logical paths with the same content, by whatever digests."""
    new, old = judged.states[version], prior.states[version]
    for path in sorted(new.keys() ^ old.keys()):
        yield OcflRule(
            "E066",
            _("{version}: {path!r} is in only one of the two").format(version=version, path=path),
        )
    contents = [_by_digest(one) for one in (judged, prior)]
    for path in sorted(new.keys() & old.keys()):
        here, there = contents[0].get(new[path], set()), contents[1].get(old[path], set())
        same_algorithm = judged.algorithm == prior.algorithm
        if not there <= here or (same_algorithm and new[path] != old[path]):
            yield OcflRule(
                "E066",
                _("{version}: {path!r} has other content").format(version=version, path=path),
            )


def _by_digest(judged: Judged) -> dict[str, set[str]]:
    paths: dict[str, set[str]] = {}
    for path, digest in judged.manifest.items():
        paths.setdefault(digest, set()).add(path)
    return paths

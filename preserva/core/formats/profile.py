"""BagIt Profiles 1.4.0: the requirements of a profile, and whether a bag meets them.

`parse_profile` (in profile_document) turns a JSON document into a Profile; here a bag is checked
against it. Decisions where the standard leaves room are in docs/reference/bagit-profile.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from preserva.core.values.codes import Code
from preserva.core.values.model import Entry, Kind
from preserva.core.values.report import Finding

BAG_INFO = "bag-info.txt"
PROFILE_TAG = "BagIt-Profile-Identifier"

MEDIA_TYPES = {
    "application/tar": "application/x-tar",
    "application/x-tar": "application/x-tar",
    "application/gzip": "application/gzip",
    "application/x-bzip2": "application/x-bzip2",
    "application/bzip2": "application/x-bzip2",
    "application/x-xz": "application/x-xz",
    "application/xz": "application/x-xz",
    "application/x-gzip": "application/gzip",
    "application/tar+gzip": "application/gzip",
    "application/x-gtar": "application/x-tar",
    "application/zip": "application/zip",
    "application/x-zip-compressed": "application/zip",
}
"""Names in use for one media type. The standard's own examples use the first, unregistered one."""


class Serialization(StrEnum):
    """Whether a bag may, must or must not be in one file."""

    FORBIDDEN = "forbidden"
    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class TagRule:
    """The rule of `Bag-Info` for one element. Without values, any value is allowed."""

    label: str
    required: bool = False
    values: tuple[str, ...] = ()
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class NameRule:
    """The required and the allowed names. `allowed` None: all."""

    required: tuple[str, ...] = ()
    allowed: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that is consistent in itself."""

    identifier: str
    version: str
    source_organization: str
    external_description: str
    accept_bagit_version: tuple[str, ...]
    specification: str = "1.1.0"  # the default of a profile without it
    tags: tuple[TagRule, ...] = ()
    manifests: NameRule = NameRule()
    tag_manifests: NameRule = NameRule()
    allow_fetch: bool = True
    require_fetch: bool = False
    data_empty: bool = False
    serialization: Serialization = Serialization.OPTIONAL
    accept_serialization: tuple[str, ...] = ()
    tag_files: NameRule = NameRule()
    payload_files: NameRule = NameRule()


@dataclass(frozen=True, slots=True)
class BagFacts:
    """The facts about a bag that profiles refer to. `media_type` is None for a folder.

    `files` is everything in it, with paths relative to the bag; it is iterated once.
    """

    bagit_version: str
    media_type: str | None
    bag_info: tuple[tuple[str, str], ...]
    manifests: frozenset[str]
    tag_manifests: frozenset[str]
    has_fetch: bool
    files: Iterable[Entry] = field(default=())


def check_profile(profile: Profile, bag: BagFacts) -> list[Finding]:
    """Everything in which the bag does not conform; none if it does.

    A form or version of BagIt that is not accepted ends the check, as the standard requires:
    further findings would be meaningless.
    """
    fatal = [*_serialization(profile, bag), *_bagit_version(profile, bag)]
    if fatal:
        return fatal
    return [
        *_identifier(profile, bag),
        *_tags(profile, bag),
        *_names("manifest", profile.manifests, bag.manifests),
        *_names("tagmanifest", profile.tag_manifests, bag.tag_manifests),
        *_fetch(profile, bag),
        *_files(profile, bag),
    ]


def _serialization(profile: Profile, bag: BagFacts) -> Iterator[Finding]:
    rule = profile.serialization
    if bag.media_type is None:
        if rule is Serialization.REQUIRED:
            yield Finding(Code.PROFILE_SERIALIZATION, expected=_list(profile.accept_serialization))
    elif rule is Serialization.FORBIDDEN:
        yield Finding(Code.PROFILE_SERIALIZATION, seen=bag.media_type)
    else:
        accepted = {_media_type(name) for name in profile.accept_serialization}
        if accepted and _media_type(bag.media_type) not in accepted:
            yield Finding(
                Code.PROFILE_SERIALIZATION,
                expected=_list(profile.accept_serialization),
                seen=bag.media_type,
            )


def _media_type(name: str) -> str:
    plain = name.partition(";")[0].strip().lower()
    return MEDIA_TYPES.get(plain, plain)


def _bagit_version(profile: Profile, bag: BagFacts) -> Iterator[Finding]:
    if bag.bagit_version not in profile.accept_bagit_version:
        yield Finding(
            Code.PROFILE_BAGIT_VERSION,
            "bagit.txt",
            _list(profile.accept_bagit_version),
            bag.bagit_version,
        )


def _identifier(profile: Profile, bag: BagFacts) -> Iterator[Finding]:
    named = [value for label, value in bag.bag_info if _same(label, PROFILE_TAG)]
    if profile.identifier not in named:
        yield Finding(
            Code.PROFILE_NOT_NAMED,
            BAG_INFO,
            f"{PROFILE_TAG}: {profile.identifier}",
            _list(named) if named else None,
        )


def _tags(profile: Profile, bag: BagFacts) -> Iterator[Finding]:
    """Labels are compared without regard to case, as in bag-info.txt itself."""
    counts = Counter(label.casefold() for label, _value in bag.bag_info)
    for rule in profile.tags:
        count = counts[rule.label.casefold()]
        if rule.required and not count:
            yield Finding(Code.PROFILE_TAG_MISSING, BAG_INFO, rule.label)
        if count > 1 and not rule.repeatable:
            yield Finding(Code.PROFILE_TAG_REPEATED, BAG_INFO, rule.label, str(count))
        for label, value in bag.bag_info:
            if rule.values and _same(label, rule.label) and value not in rule.values:
                expected = f"{rule.label}: {_list(rule.values)}"
                yield Finding(Code.PROFILE_TAG_VALUE, BAG_INFO, expected, value)


def _names(kind: str, rule: NameRule, present: frozenset[str]) -> Iterator[Finding]:
    for name in rule.required:
        if name not in present:
            yield Finding(Code.PROFILE_MANIFEST_REQUIRED, f"{kind}-{name}.txt")
    if rule.allowed is not None:
        for name in sorted(present.difference(rule.allowed)):
            yield Finding(
                Code.PROFILE_MANIFEST_FORBIDDEN, f"{kind}-{name}.txt", _list(rule.allowed)
            )


def _fetch(profile: Profile, bag: BagFacts) -> Iterator[Finding]:
    if bag.has_fetch and not profile.allow_fetch:
        yield Finding(Code.PROFILE_FETCH, "fetch.txt", "Allow-Fetch.txt: false")
    if profile.require_fetch and not bag.has_fetch:
        yield Finding(Code.PROFILE_FETCH, "fetch.txt", "Fetch.txt-Required: true")


def _files(profile: Profile, bag: BagFacts) -> Iterator[Finding]:
    missing = {*profile.tag_files.required, *profile.payload_files.required}
    folders = tuple(name for name in missing if name.endswith("/"))
    payload = 0
    content = 0
    for entry in bag.files:
        missing.discard(entry.path)
        if folders:
            missing.difference_update(f for f in folders if f != entry.path and _in(entry.path, f))
        if entry.kind is Kind.FOLDER:
            continue
        if entry.path.startswith("data/"):
            payload += 1
            content += entry.size
            allowed = profile.payload_files.allowed
        else:
            allowed = None if _is_own(entry.path) else profile.tag_files.allowed
        if allowed is not None and not any(matches(entry.path, pattern) for pattern in allowed):
            yield Finding(Code.PROFILE_FILE_FORBIDDEN, entry.path, _list(allowed))
    for path in sorted(missing):
        yield Finding(Code.PROFILE_FILE_REQUIRED, path)
    if profile.data_empty and (payload > 1 or content):
        yield Finding(Code.PROFILE_NOT_EMPTY, "data", seen=f"{content}.{payload}")


def _in(path: str, folder: str) -> bool:
    return path.startswith(folder) and len(path) > len(folder)


def _is_own(path: str) -> bool:
    """Whether BagIt itself defines this tag file: other keys of a profile govern it."""
    if path in {"bagit.txt", BAG_INFO, "fetch.txt"}:
        return True
    return path.startswith(("manifest-", "tagmanifest-")) and path.endswith(".txt")


def matches(path: str, pattern: str) -> bool:
    """Whether the pattern matches the path; an asterisk matches any characters, also `/`.

    Linear in the path for each asterisk: a hostile pattern cannot be slow.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return path == pattern
    *middle, last = rest
    if len(path) < len(first) + len(last) or not path.startswith(first) or not path.endswith(last):
        return False
    at = len(first)
    end = len(path) - len(last)
    for part in middle:
        position = path.find(part, at, end)
        if position < 0:
            return False
        at = position + len(part)
    return True


def _same(label: str, other: str) -> bool:
    return label.casefold() == other.casefold()


def _list(values: Iterable[str]) -> str:
    return " | ".join(values)

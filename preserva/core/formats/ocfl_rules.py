"""What OCFL 1.0 and 1.1 require of an inventory, whoever wrote it.

`preserva.core.formats.inventory` reads only inventories as we write them. Here others' are judged:
every broken rule is noted under the code that the specification's table of validation codes gives
it, E for errors and W for advice. Source: OCFL 1.0 and 1.1, section 3.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from preserva.core.formats.inventory import is_time
from preserva.i18n import _

SPECIFICATIONS = ("1.0", "1.1")
ADDRESSING = {"sha512": 128, "sha256": 64}
"""The algorithms for content (section 3.4), with the length of their digests in hex."""

FIXITY = {
    **ADDRESSING,
    "md5": 32,
    "sha1": 40,
    "blake2b-160": 40,
    "blake2b-256": 64,
    "blake2b-384": 96,
    "blake2b-512": 128,
    "sha512/256": 64,
}
"""Those of fixity blocks (section 3.5.4, extensions 0001 and 0009)."""

_TYPE = re.compile(r"https://ocfl\.io/(\d+\.\d+)/spec/#inventory")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.DOTALL)
_STEP = re.compile(r"(?:^|/)(?:\.{1,2}|)(?:/|\Z)")


class OcflRule(NamedTuple):
    """A rule that is broken: its code, and how."""

    code: str
    text: str


class Fixity(NamedTuple):
    """A line of the fixity block."""

    algorithm: str
    digest: str
    path: str


@dataclass(slots=True)
class Judged:
    """An inventory as far as it can be understood, and the rules that it breaks.

    Digests are in lower case. `manifest` has them by content path, `states` by version and logical
    path; `blocks` are the version blocks as they stand; `versions` are in their order. `named` are
    all content paths, the wrong ones too, `used` all digests in states.
    """

    identifier: str | None = None
    specification: str = "1.0"
    algorithm: str = "sha512"
    content_directory: str = "content"
    names_content_directory: bool = False
    head: str | None = None
    versions: list[str] = field(default_factory=list)
    manifest: dict[str, str] = field(default_factory=dict)
    states: dict[str, dict[str, str]] = field(default_factory=dict)
    blocks: dict[str, dict[str, object]] = field(default_factory=dict)
    fixity: list[Fixity] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    problems: list[OcflRule] = field(default_factory=list)
    advice: list[OcflRule] = field(default_factory=list)

    def wrong(self, code: str, text: str) -> None:
        """Note that a rule is broken."""
        self.problems.append(OcflRule(code, text))

    def advise(self, code: str, text: str) -> None:
        """Note that advice was not taken."""
        self.advice.append(OcflRule(code, text))


def judge(document: object, specification: str) -> Judged:
    """An inventory, parsed from JSON, of an object that declares a version of OCFL."""
    judged = Judged(specification=specification)
    if not isinstance(document, dict):
        judged.wrong("E033", _("not a JSON object"))
        return judged
    _identity(judged, document)
    if not _algorithm(judged, document):
        return judged
    keys = _manifest(judged, document.get("manifest"))
    _versions(judged, document.get("versions"), keys)
    if "head" not in document:
        judged.wrong("E036", _("there is no {name}").format(name="head"))
    elif judged.versions and document["head"] != judged.versions[-1]:
        message = _("head is {head!r}, the last version is {last}")
        judged.wrong("E040", message.format(head=document["head"], last=judged.versions[-1]))
    judged.head = judged.versions[-1] if judged.versions else None
    _agreement(judged)
    if "fixity" in document:
        _fixity(judged, document["fixity"])
    return judged


def _is(judged: Judged, code: str, name: str, value: object) -> None:
    judged.wrong(code, _("{name} is {value!r}").format(name=name, value=value))


def _identity(judged: Judged, document: Mapping[str, object]) -> None:
    identifier, kind = document.get("id"), document.get("type")
    if "id" not in document:
        judged.wrong("E036", _("there is no {name}").format(name="id"))
    elif not isinstance(identifier, str) or not identifier:
        _is(judged, "E037", "id", identifier)
    else:
        judged.identifier = identifier
        if not _URI.fullmatch(identifier):
            judged.advise("W005", _("the id is not a URI: {value}").format(value=identifier))
    match = _TYPE.fullmatch(kind) if isinstance(kind, str) else None
    if "type" not in document:
        judged.wrong("E036", _("there is no {name}").format(name="type"))
    elif match is None or match[1] not in SPECIFICATIONS or match[1] > judged.specification:
        _is(judged, "E038", "type", kind)
    else:
        judged.specification = match[1]


def _algorithm(judged: Judged, document: Mapping[str, object]) -> bool:
    """Whether the algorithm of the digests is one that may be used."""
    algorithm, content = document.get("digestAlgorithm"), document.get("contentDirectory")
    if "digestAlgorithm" not in document:
        judged.wrong("E036", _("there is no {name}").format(name="digestAlgorithm"))
    elif not isinstance(algorithm, str) or algorithm not in ADDRESSING:
        _is(judged, "E025", "digestAlgorithm", algorithm)
        return False
    else:
        judged.algorithm = algorithm
        if algorithm != "sha512":
            judged.advise(
                "W004", _("{name} is {value!r}").format(name="digestAlgorithm", value=algorithm)
            )
    if "contentDirectory" in document:
        if not isinstance(content, str) or "/" in content or not content:
            _is(judged, "E017", "contentDirectory", content)
        elif content in {".", ".."}:
            _is(judged, "E018", "contentDirectory", content)
        else:
            judged.content_directory, judged.names_content_directory = content, True
    return True


def _is_digest(value: str, length: int) -> bool:
    return re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", value) is not None


def _manifest(judged: Judged, manifest: object) -> set[str]:
    """Read the manifest; its keys as they are written."""
    if not isinstance(manifest, dict):
        judged.wrong("E041", _("{name} is missing or not an object").format(name="manifest"))
        return set()
    seen = set[str]()
    for digest, paths in manifest.items():
        if not _is_digest(digest, ADDRESSING[judged.algorithm]):
            judged.wrong(
                "E025",
                _("{name}: {text!r} is not a digest").format(name="manifest", text=digest[:140]),
            )
            continue
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            judged.wrong(
                "E092",
                _("{name}: the paths of {digest}… are not usable").format(
                    name="manifest", digest=digest[:16]
                ),
            )
            continue
        if digest.lower() in seen:
            judged.wrong("E096", _("{name}: a digest is listed twice").format(name="manifest"))
        seen.add(digest.lower())
        judged.named.update(paths)
        for path in paths:
            if path in judged.manifest:
                judged.wrong(
                    "E101", _("{name}: {path!r} is listed twice").format(name="manifest", path=path)
                )
            elif _content_path(judged, path):
                judged.manifest[path] = digest.lower()
    _conflicts(judged, judged.manifest, "manifest", "E101")
    return set(manifest)


def _content_path(judged: Judged, path: str) -> bool:
    """Whether a content path is one inside the object; its version is looked at later."""
    message = _("{path!r} is not the content of a version").format(path=path)
    if path.startswith("/") or path.endswith("/"):
        judged.wrong("E100", message)
    elif _STEP.search(path) or "\0" in path:
        judged.wrong("E099", message)
    else:
        version, _slash, rest = path.partition("/")
        folder, _slash, below = rest.partition("/")
        if re.fullmatch(r"v\d+", version) and folder == judged.content_directory and below:
            return True
        judged.wrong("E042", message)
    return False


def _conflicts(judged: Judged, paths: Mapping[str, str], name: str, code: str) -> None:
    """No path may be that of a file and of a folder."""
    folders = {folder for path in paths for folder in _above(path)}
    for path in sorted(folders & paths.keys()):
        judged.wrong(
            code, _("{name}: {path!r} is a file and a folder").format(name=name, path=path)
        )


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _versions(judged: Judged, versions: object, keys: set[str]) -> None:
    if not isinstance(versions, dict):
        code = "E041" if versions is None else "E044"
        judged.wrong(code, _("{name} is missing or not an object").format(name="versions"))
        return
    judged.versions = _sequence(judged, set(versions))
    for name in judged.versions:
        block = versions[name]
        if not isinstance(block, dict):
            judged.wrong("E047", _("{name} is missing or not an object").format(name=name))
            block = {"state": {}}
        judged.blocks[name] = block
        _times_and_people(judged, name, block)
        judged.states[name] = _state(judged, name, block, keys)


def _sequence(judged: Judged, names: set[str]) -> list[str]:
    """The names of versions in their order, as far as they follow one another."""
    if not names:
        judged.wrong("E008", _("there is no version"))
        return []
    first = min((name for name in names if re.fullmatch(r"v0*1", name)), key=len, default=None)
    if first is None:
        judged.wrong("E009", _("there is no first version"))
        return []
    width = len(first) - 1 if first != "v1" else 0
    if width:
        judged.advise("W001", _("the numbers of versions are padded with zeros"))
    found: list[str] = []
    while (name := f"v{len(found) + 1:0{width}d}") in names:
        if width and not name.startswith("v0"):
            message = _("{name} is not padded with zeros, as earlier versions are")
            judged.wrong("E011", message.format(name=name))
        found.append(name)
    if len(found) < len(names):
        strange = ", ".join(sorted(names - set(found)))
        padded = any(re.fullmatch(r"v0\d*", name) for name in names - set(found)) != bool(width)
        code = "E013" if padded else "E010"
        judged.wrong(code, _("versions out of sequence: {names}").format(names=strange))
    return found


def _times_and_people(judged: Judged, name: str, block: Mapping[str, object]) -> None:
    created, message, user = (block.get(key) for key in ("created", "message", "user"))
    if "created" not in block:
        judged.wrong("E048", _("there is no {name}").format(name=f"{name} created"))
    elif not isinstance(created, str) or not is_time(created):
        _is(judged, "E049", f"{name} created", created)
    if "message" not in block:
        judged.advise("W007", _("there is no {name}").format(name=f"{name} message"))
    elif not isinstance(message, str):
        _is(judged, "E094", f"{name} message", message)
    if "user" not in block:
        judged.advise("W007", _("there is no {name}").format(name=f"{name} user"))
    elif not isinstance(user, dict) or not isinstance(user.get("name"), str):
        judged.wrong("E054", _("{name}: user has no name").format(name=name))
    elif "address" not in user:
        judged.advise("W008", _("there is no {name}").format(name=f"{name} user address"))
    elif not isinstance(user["address"], str):
        _is(judged, "E054", f"{name} user address", user["address"])
    elif not _URI.fullmatch(user["address"]):
        judged.advise(
            "W009",
            _("{name} is {value!r}").format(name=f"{name} user address", value=user["address"]),
        )


def _state(
    judged: Judged, version: str, block: Mapping[str, object], keys: set[str]
) -> dict[str, str]:
    """Digests by logical path."""
    name, state = f"{version} state", block.get("state")
    files = dict[str, str]()
    if not isinstance(state, dict):
        code = "E048" if "state" not in block else "E050"
        judged.wrong(code, _("{name} is missing or not an object").format(name=name))
        return files
    for digest, paths in state.items():
        judged.used.add(digest.lower())
        if digest not in keys:  # as it is written, not as a number
            judged.wrong(
                "E050",
                _("a state names {digest}…, the manifest does not").format(digest=digest[:16]),
            )
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            judged.wrong(
                "E050",
                _("{name}: the paths of {digest}… are not usable").format(
                    name=name, digest=digest[:16]
                ),
            )
            continue
        for path in paths:
            code = "E053" if path.startswith("/") or path.endswith("/") else "E052"
            if code == "E053" or _STEP.search(path):
                judged.wrong(code, _("{name}: {path!r} is not a path").format(name=name, path=path))
            elif path in files:
                judged.wrong(
                    "E095", _("{name}: {path!r} is listed twice").format(name=name, path=path)
                )
            else:
                files[path] = digest.lower()
    _conflicts(judged, files, name, "E095")
    return files


def _agreement(judged: Judged) -> None:
    """Manifest, states and versions must fit together."""
    if not judged.versions:
        return
    for path in judged.manifest:
        if path.partition("/")[0] not in judged.states:
            judged.wrong("E042", _("{path!r} is not the content of a version").format(path=path))
    for digest in sorted(set(judged.manifest.values()) - judged.used):
        judged.wrong(
            "E107", _("the manifest names {digest}…, no state does").format(digest=digest[:16])
        )


def _fixity(judged: Judged, fixity: object) -> None:
    if not isinstance(fixity, dict):
        code = "E056" if judged.specification == "1.0" else "E111"
        judged.wrong(code, _("{name} is missing or not an object").format(name="fixity"))
        return
    for algorithm, block in fixity.items():
        name = f"fixity {algorithm}"
        if not isinstance(block, dict):
            judged.wrong("E057", _("{name} is missing or not an object").format(name=name))
            continue
        seen = set[str]()
        for digest, paths in block.items():
            if algorithm in FIXITY and not _is_digest(digest, FIXITY[algorithm]):
                judged.wrong(
                    "E057",
                    _("{name}: {text!r} is not a digest").format(name=name, text=digest[:140]),
                )
            elif not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
                judged.wrong(
                    "E057",
                    _("{name}: the paths of {digest}… are not usable").format(
                        name=name, digest=digest[:16]
                    ),
                )
            else:
                if digest.lower() in seen:
                    judged.wrong("E097", _("{name}: a digest is listed twice").format(name=name))
                seen.add(digest.lower())
                _fixity_paths(judged, algorithm, digest.lower(), paths)


def _fixity_paths(judged: Judged, algorithm: str, digest: str, paths: list[str]) -> None:
    for path in paths:
        if path in judged.manifest:
            judged.fixity.append(Fixity(algorithm, digest, path))
        else:
            code = "E100" if path.startswith("/") else "E099" if _STEP.search(path) else "E057"
            message = _("{name}: the manifest does not name {path!r}")
            judged.wrong(code, message.format(name=f"fixity {algorithm}", path=path))

"""Bags for tests: as values, as Hypothesis strategies, and written to a folder or a container."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st

from preserva.core.formats.bagit import encode_path, old_spelling
from preserva.core.formats.charsets import CHARSETS
from preserva.core.values.digest import ALGORITHMS

VERSIONS = ("0.93", "0.94", "0.95", "0.96", "0.97", "1.0")
ENCODINGS = ("UTF-8", "UTF-16", "ISO-8859-5", "windows-1251", "KOI8-R", "IBM866", "GB18030")
CONTAINERS = ("folder", ".tar", ".tar.gz", ".zip")


@dataclass(frozen=True)
class Bag:
    """What a bag is made of. Paths of `payload` begin with `data/`."""

    payload: Mapping[str, bytes]
    version: str = "1.0"
    encoding: str = "UTF-8"
    algorithms: tuple[str, ...] = ("sha512",)
    tag_algorithms: tuple[str, ...] = ("sha512",)
    info: tuple[tuple[str, str], ...] = (("Source-Organization", "Test"),)
    oxum: bool = True
    extra: Mapping[str, bytes] = field(default_factory=dict)  # more tag files

    def files(self) -> dict[str, bytes]:
        """Every file of the bag, by path."""
        declaration = (
            f"BagIt-Version: {self.version}\nTag-File-Character-Encoding: {self.encoding}\n"
        )
        total = sum(map(len, self.payload.values()))
        oxum = (("Payload-Oxum", f"{total}.{len(self.payload)}"),) if self.oxum else ()
        info = "".join(f"{label}: {value}\n" for label, value in (*self.info, *oxum))
        name = "bag-info.txt" if self.version >= "0.96" else "package-info.txt"
        tags = {"bagit.txt": declaration.encode(), name: self._text(info), **self.extra}
        for algorithm in self.algorithms:
            tags[f"manifest-{algorithm}.txt"] = self._manifest(algorithm, self.payload)
        listed = dict(tags)
        for algorithm in self.tag_algorithms:
            tags[f"tagmanifest-{algorithm}.txt"] = self._manifest(algorithm, listed)
        return {**tags, **self.payload}

    def _text(self, text: str) -> bytes:
        return text.encode(CHARSETS[self.encoding.lower()])

    def _manifest(self, algorithm: str, files: Mapping[str, bytes]) -> bytes:
        lines = []
        for path, content in sorted(files.items()):
            digest = hashlib.new(ALGORITHMS[algorithm].hashlib_name, content).hexdigest()
            lines.append(f"{digest}  {self._listed(path)}\n")
        return self._text("".join(lines))

    def _listed(self, path: str) -> str:
        if self.version == "1.0":
            return encode_path(path)
        return path.replace("\r", "%0D").replace("\n", "%0A")


def write_folder(files: Mapping[str, bytes], folder: Path) -> Path:
    """The files in a new folder; there is always a payload folder."""
    (folder / "data").mkdir(parents=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def container_bytes(files: Mapping[str, bytes], form: str) -> bytes:
    """The files in a container, in one folder, without anything that depends on the clock."""
    stream = io.BytesIO()
    if form == ".zip":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in files.items():
                info = zipfile.ZipInfo(f"bag/{path}", (2026, 1, 1, 0, 0, 0))
                archive.writestr(info, content, zipfile.ZIP_DEFLATED)
        return stream.getvalue()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(f"bag/{path}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    data = stream.getvalue()
    return gzip.compress(data, mtime=0) if form == ".tar.gz" else data


_LETTERS = "abzABZ019 .-_~'&é" + "йёўЙЁЎ" + "иеу\u0306\u0308"  # the last make й ё ў in two parts
_ODD = _LETTERS + "%\r\n\t\v\f\x1c\x85\u2028\xa0$*"


def names(letters: str = _ODD) -> st.SearchStrategy[str]:
    """One component of a path that every POSIX file system can hold."""
    return st.text(st.sampled_from(letters), min_size=1, max_size=12).filter(
        lambda name: name.strip(" .") != "" and len(name.encode()) <= 200
    )


def paths(letters: str = _ODD) -> st.SearchStrategy[str]:
    """A path of a payload file."""
    return st.lists(names(letters), min_size=1, max_size=3).map(
        lambda parts: "/".join(["data", *parts])
    )


def payloads(letters: str = _ODD) -> st.SearchStrategy[dict[str, bytes]]:
    """Payload files, none of which is the folder of another."""
    files = st.dictionaries(paths(letters), st.binary(max_size=40), max_size=5)
    return files.filter(lambda found: not any(_inside(path, found) for path in found))


def _inside(path: str, others: Mapping[str, bytes]) -> bool:
    return any(other.startswith(f"{path}/") for other in others)


def _has_one_reading(payload: Mapping[str, bytes]) -> bool:
    """Whether manifests before 1.0 can tell all names apart: `%0A` looks like a line end there."""
    return len({old_spelling(path) for path in payload}) == len(payload)


@st.composite
def bags(draw: st.DrawFn) -> Bag:
    """Sound bags of every version, in encodings that can write their names."""
    encoding = draw(st.sampled_from(ENCODINGS))
    payload = draw(payloads())
    algorithms = st.lists(
        st.sampled_from(["md5", "sha1", "sha256", "sha512"]), min_size=1, unique=True
    )
    bag = Bag(
        payload,
        version=draw(st.sampled_from(VERSIONS)) if _has_one_reading(payload) else "1.0",
        encoding=encoding,
        algorithms=tuple(draw(algorithms)),
        tag_algorithms=tuple(draw(st.one_of(st.just([]), algorithms))),
        oxum=draw(st.booleans()),
    )
    try:
        bag.files()
    except UnicodeEncodeError:
        return Bag(payload, version=bag.version, algorithms=bag.algorithms)
    return bag

"""Official XML Schemas for tests, from the folder beside the project, without any network.

schema(shared, "mods-3.8.xsd").assertValid(tree)
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree


class UnknownSchemaError(AssertionError):
    """A schema asks for another one that the folder's index does not name."""


class _Offline(etree.Resolver):
    """Gives what index.json names, by any of its addresses; refuses everything else."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        entries = json.loads((folder / "index.json").read_text("utf-8"))
        self._files: dict[str, str] = {
            url: entry["file"] for entry in entries for url in entry["urls"]
        }

    def resolve(  # type: ignore[override]  # the stubs forgot lxml's third argument
        self, system_url: str, public_id: str, context: Any
    ) -> Any:
        path = self._path(system_url)
        return self.resolve_string(path.read_bytes(), context, base_url=path.as_uri())

    def _path(self, url: str) -> Path:
        if url in self._files:
            return self._folder / self._files[url]
        local = Path(url.removeprefix("file://"))
        if local.is_file() and self._folder.resolve() in local.resolve().parents:
            return local
        raise UnknownSchemaError(f"not in {self._folder / 'index.json'}: {url}")


def together(shared: Path, *names: str) -> etree.XMLSchema:
    """One schema of several of these files, for documents that hold elements of all of them."""
    folder = shared / "data" / "xsd"
    spaces = [str(etree.parse(folder / name).getroot().get("targetNamespace")) for name in names]
    imports = [
        f'<import namespace="{space}" schemaLocation="{(folder / name).as_uri()}"/>'
        for space, name in zip(spaces, names, strict=True)
    ]
    text = f'<schema xmlns="http://www.w3.org/2001/XMLSchema">{"".join(imports)}</schema>'
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Offline(folder))
    return etree.XMLSchema(etree.fromstring(text, parser, base_url=folder.as_uri() + "/all.xsd"))


@cache
def schema(shared: Path, name: str) -> etree.XMLSchema:
    """The compiled schema of that file name in data/xsd. Raises UnknownSchemaError."""
    folder = shared / "data" / "xsd"
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Offline(folder))
    path = folder / name
    return etree.XMLSchema(etree.fromstring(path.read_bytes(), parser, base_url=path.as_uri()))

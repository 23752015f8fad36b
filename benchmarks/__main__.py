"""All benchmarks, one after another, and the page of what they found: `make bench`.

    python -m benchmarks [--page FILE] [--json FILE] [NAME]...

Each runs in a process of its own and is stopped when its minutes are over; together they take an
hour at most on two cores. What a peer that is not installed would have shown is said, not hidden.
Nothing else should run on the machine meanwhile: its load at the beginning stands on the page.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import KEPT, kept
from benchmarks.machine import environment, machine
from benchmarks.page import Section, page
from benchmarks.parts import PARTS, Part

MODULE = "benchmarks.bench_{}"


def run(part: Part, place: Path) -> Section:
    """Run one benchmark, for its minutes at most, and read what it kept."""
    file = place / f"{part.name}.jsonl"
    lacking = part.lacking()
    if lacking:
        return Section(part, (), f"left out: {', '.join(lacking)} is not installed")
    command = [sys.executable, "-m", MODULE.format(part.name), *part.arguments]
    print(f"== {part.name}", flush=True)
    process = subprocess.Popen(
        command, env={**environment(), KEPT: str(file)}, start_new_session=True
    )
    try:
        status = process.wait(part.minutes * 60)
        end = "" if status == 0 else f"ended with status {status} before it was done"
    except subprocess.TimeoutExpired:
        end = f"stopped after its {part.minutes:g} minutes"
    finally:
        _stop(process)
    return Section(part, tuple(kept(file)), end)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a benchmark, with the servers that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def main() -> None:
    """Run those named, or all; write the page and the figures as they come."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *(p.name for p in PARTS)])
    parser.add_argument("--page", type=Path, help="write the page here")
    parser.add_argument("--json", type=Path, help="write the figures here")
    asked = parser.parse_args()
    host, sections = machine(), list[Section]()
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=os.environ.get("PRESERVA_BENCH")) as place:
        for part in PARTS:
            if not asked.names or part.name in asked.names:
                sections.append(run(part, Path(place)))
                if asked.page:
                    asked.page.write_text(page(host, sections), "utf-8")
                if asked.json:
                    document = {"machine": host, "sections": [asdict(one) for one in sections]}
                    text = json.dumps(document, ensure_ascii=False, indent=1)
                    asked.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()

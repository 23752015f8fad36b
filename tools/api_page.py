"""Write docs/reference/api.md from the signatures and docstrings of the public API.

    python -m tools.api_page

The page holds all that is needed to write a program with preserva. A test compares it with the
code, runs its example, and looks for a call for every verb of the command line.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from textwrap import dedent

import click

import preserva
from preserva.cli.main import main as program
from tools import api_surface
from tools.api_surface import Call

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "api.md"

CALLS = {
    "init": "write_config, create_archive",
    "check": "Archive.check",
    "package": "Archive.package, Archive.package_batch, package_bag",
    "records": "Archive.records",
    "update": "Archive.update, Archive.update_batch",
    "derive": "Archive.derive",
    "withdraw": "Archive.withdraw, Archive.undo_withdrawal, Archive.withdrawn,"
    " Archive.remove_bytes",
    "retire": "Archive.retire, Archive.undo_retirement",
    "relate": "Archive.relate, Archive.unrelate, Archive.relations",
    "store": "Archive.store",
    "import": "Archive.transfer",
    "replicate": "Archive.replicate",
    "receive": "Archive.receive",
    "validate": "Archive.validate, bags.validate",
    "audit": "Archive.audit",
    "report": "Archive.report, Archive.history, Archive.copies, Archive.report_html, Archive.work,"
    " Archive.work_html",
    "incidents": "Archive.incidents",
    "incidents decide": "Archive.decide",
    "health": "Archive.health",
    "decisions": "Archive.decisions",
    "decisions request": "Archive.request_decision",
    "decisions confirm": "Archive.answer_decision",
    "decisions refuse": "Archive.answer_decision",
    "levels": "Archive.levels",
    "repair": "Archive.repair, Archive.set_aside, Archive.give_up_records",
    "rebuild storage": "Archive.rebuild_storage",
    "accept": "Archive.accept_storage",
    "rebuild ledger": "rebuild_ledger",
    "rebuild config": "rebuild_config",
    "list": "Archive.packages",
    "status": "Archive.status",
    "ledger verify": "ArchiveLedger.verify",
    "ledger backup": "backup_ledger",
    "ledger restore": "restore_ledger",
    "ledger show": "ArchiveLedger.entries, ArchiveLedger.write_checks",
    "ledger reindex": "ArchiveLedger.reindex",
    "ledger export": "ArchiveLedger.lines",
    "export": "Archive.export, Archive.export_batch, Archive.export_pdf, Archive.export_document,"
    " Archive.read_document",
    "catalogue import": "Catalogue.import_file, Catalogue.import_packages",
    "catalogue search": "Catalogue.search",
    "catalogue show": "Catalogue.show",
    "catalogue match": "Catalogue.proposals, Catalogue.decide, Catalogue.undo, Catalogue.decisions",
    "catalogue decisions export": "Catalogue.export_decisions",
    "catalogue decisions import": "Catalogue.import_decisions",
    "catalogue export": "Catalogue.export",
    "catalogue dump": "Catalogue.dump",
    "catalogue backup": "backup_catalogue",
    "catalogue restore": "restore_catalogue",
    "serve": "Catalogue.serve, Catalogue.oai_application",
    "web": "open_pages, StaffPages.serve, StaffPages.invite_first",
    "web people": "StaffPages.people",
    "web people add": "StaffPages.add_person",
    "web people invite": "StaffPages.invite",
    "web people role": "StaffPages.set_role",
    "web people remove": "StaffPages.remove_person",
    "harvest": "Catalogue.harvest",
    "exhibit build": "Archive.build_exhibition",
    "bag create": "bags.create",
    "bag update": "bags.update",
    "bag fetch": "bags.fetch",
    "bag profile": "bags.keep_profile",
    "config check": "load_config, check_storages",
    "drill": "run_drill",
    "demo": "run_demo",
}
"""What a program calls where a person types a verb; everything is below `preserva`."""

_MEMBERS = 40
"""Members of an enumeration that are listed; the registry of findings has a page of its own."""

_INTRODUCTION = """\
# The Python API

`import preserva` gives everything on this page and nothing else. `python -m tools.api_page` writes
the page from the code; do not edit it by hand.

* Importing costs nothing: names are loaded when they are first used. Nothing is printed.
* A path is a string or any `os.PathLike[str]` (`StrPath`). `config` is the path of the
  configuration; without one it is `PRESERVA_CONFIG`, or `preserva.toml` in the working directory.
* The identifier of a package is a `PackageId`, or a string: `aonb-kp-000123` or
  `urn:preserva:aonb:kp-000123`.
* Advice in an error (`PreservaError.advice()`) is written for people at a command line.
* What a call cannot do, it raises as a [`PreservaError`](#exceptions). What a check finds is a
  result and never an exception: look at `Report.outcome`, which is `PASS`, `FAIL` or `UNKNOWN`.
  Each `Finding` has a `Code`, whose `value` is such as `E103`: [all of them](findings.md).
* `observer` is called with `Started`, `Advanced` and `Ended` as the work goes on.
* `clock` gives the time as an aware `datetime`, `identifiers` a new UUID as a string. With fixed
  ones the same input writes the same bytes.
* Sizes are in bytes; times in results are ISO 8601 in UTC, or aware `datetime`s.
* An object may be used in the thread that opened it. Several processes may open the same archive:
  one writes at a time, the others get `Locked`.
"""

_CONTENTS = """\
[An example](#an-example) ·
[Functions](#functions) ·
[The archive](#the-archive) ·
[The ledger](#the-ledger) ·
[The pages for staff](#the-pages-for-staff) ·
[The union catalogue](#the-union-catalogue) ·
[Bags](#bags-without-an-archive) ·
[Verbs and calls](#verbs-of-the-command-line-and-their-calls) ·
[Exceptions](#exceptions) ·
[Values](#values) ·
[Logging](#logging) ·
[What stays](#what-stays)
"""

_OBJECTS = {
    preserva.Archive: "The archive",
    preserva.ArchiveLedger: "The ledger",
    preserva.StaffPages: "The pages for staff",
    preserva.Catalogue: "The union catalogue",
}

_LOGGING = """\
## Logging

preserva logs under the name `preserva` and is silent until a program asks for it:

```python
import logging

logging.basicConfig(level=logging.INFO)
```

`INFO` tells which archive and which storages are opened, each step as it begins and ends, each
entry of the ledger, and leases; `WARNING` tells of retries and recoveries. Lines are in English,
and no password, key or query of a URL is in them. `preserva -v` writes the same lines to the
standard error, `-vv` those of `DEBUG` as well: one for each file.

## What stays

[0024](../adr/0024-the-public-api.md) says what later versions keep.
"""


def page() -> str:
    """The whole page."""
    parts = [
        _INTRODUCTION,
        _CONTENTS,
        "## An example\n",
        _code((ROOT / "tools" / "api_example.py").read_text("utf-8")),
        "## Functions\n",
        *(_call(f"preserva.{name}", call) for name, call in api_surface.functions().items()),
        *(part for class_, title in _OBJECTS.items() for part in _object(class_, title)),
        "## Bags without an archive\n\n`preserva.bags`, also as `from preserva import bags`.\n",
        *(
            _call(f"preserva.bags.{name}", call)
            for name, call in api_surface.functions_of_bags().items()
        ),
        "## Verbs of the command line and their calls\n",
        _verbs(),
        "## Exceptions\n",
        _exceptions(),
        "## Values\n",
        *(_value(name, value) for name, value in api_surface.values().items()),
        _aliases(),
        _LOGGING,
    ]
    return "\n".join(parts)


def verbs(command: click.Command = program, name: str = "") -> Iterator[str]:
    """Every verb of the command line that does something, with the groups that it is in."""
    if not isinstance(command, click.Group):
        yield name
        return
    if name and command.invoke_without_command:
        yield name
    context = click.Context(command)
    for verb in command.list_commands(context):
        inner = command.get_command(context, verb)
        assert inner is not None, verb
        yield from verbs(inner, f"{name} {verb}".strip())


def _object(class_: type, title: str) -> Iterator[str]:
    name = class_.__name__
    yield f"## {title}\n"
    yield _prose(class_)
    for method, call in api_surface.methods(class_).items():
        yield _call(f"{name}.{method}", call, attribute=_is_property(class_, method))


def _is_property(class_: type, name: str) -> bool:
    return isinstance(inspect.getattr_static(class_, name), property)


def _call(name: str, call: Call, *, attribute: bool = False) -> str:
    """A function or method: its signature as it is written, and its docstring."""
    signature = inspect.signature(call)
    if attribute:
        text = f"{name}: {signature.return_annotation}"
    else:
        text = f"{name}{_parameters(signature)} -> {signature.return_annotation}"
    return f"### `{name}`\n\n{_code(text)}\n{_prose(call)}"


def _parameters(signature: inspect.Signature) -> str:
    """The parameters on one line if there is room, else on a line each."""
    written: list[str] = []
    star = False
    for one in signature.parameters.values():
        if one.name == "self":
            continue
        if one.kind is one.KEYWORD_ONLY and not star:
            written.append("*")
            star = True
        default = "" if one.default is one.empty else f" = {_default(one.default)}"
        written.append(f"{one.name}: {one.annotation}{default}")
    line = f"({', '.join(written)})"
    return line if len(line) <= 60 else "(\n    " + ",\n    ".join(written) + ",\n)"


def _default(value: object) -> str:
    if isinstance(value, Enum):
        return f"{_public_name(type(value))}.{value.name}"
    return "..." if callable(value) else repr(value).replace("'", '"')


def _value(name: str, value: type) -> str:
    """A value: its docstring, its members or fields, and its methods."""
    lines: list[str] = []
    if issubclass(value, Enum) and len(value) <= _MEMBERS:
        lines += [f"{name}.{one.name} = {json.dumps(one.value)}" for one in value]
    lines += [f"{field}: {_type(type_)}" for field, type_ in api_surface.fields(value).items()]
    for method, call in api_surface.methods_of_value(value).items():
        about = inspect.cleandoc(call.__doc__ or "").partition("\n")[0]
        types = api_surface.hints(call)
        returned = _type(types.pop("return"))
        taken = ", ".join(f"{argument}: {_type(type_)}" for argument, type_ in types.items())
        lines.append(f"{method}({taken}) -> {returned}  # {about}")
    block = _code("\n".join(lines)) if lines else ""
    return f"### `{name}`\n\n{_prose(value)}\n{block}"


def _type(type_: object) -> str:
    """A type as it is written with public names."""
    text = inspect.formatannotation(type_) if type_ is not type(None) else "None"
    for name, value in sorted(api_surface.values().items()):
        text = re.sub(rf"\b{re.escape(value.__module__)}\.{value.__name__}\b", name, text)
    text = re.sub(r"\b(typing|collections\.abc|pathlib|datetime)\.", "", text)
    return text.replace("NoneType", "None")


def _public_name(class_: type) -> str:
    return next(name for name, value in api_surface.values().items() if value is class_)


def _exceptions() -> str:
    """The tree of exceptions, with the exit status that each one has on the command line."""
    known = api_surface.exceptions()

    def lines(error: type[BaseException], depth: int) -> Iterator[str]:
        doc = inspect.cleandoc(error.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
        status = getattr(error, "exit_status", "")
        yield f"{'  ' * depth}* `{error.__name__}` ({status}): {doc}"
        for other in known.values():
            if other.__bases__[0] is error:
                yield from lines(other, depth + 1)

    tree = "\n".join(lines(preserva.PreservaError, 0))
    text = dedent("""\
        In brackets: `exit_status`, with which a command ends. `advice()` says what to do next, in
        the reader's language, or is None. `ConfigError`, `Damaged` and `PackageError` have
        `problems`, a tuple of sentences; a `StorageError` has `path`, the file, or None.
        """)
    return f"{tree}\n\n{text}"


def _verbs() -> str:
    rows = ["| verb | call |", "|---|---|"]
    for verb in verbs():
        calls = ", ".join(f"`{call}`" for call in CALLS[verb].split(", "))
        rows.append(f"| `preserva {verb}` | {calls} |")
    return "\n".join(rows) + "\n"


def _aliases() -> str:
    known: Mapping[str, str] = {
        "StrPath": "str | os.PathLike[str]",
        "Clock": "Callable[[], datetime]",
        "Identifiers": "Callable[[], str]",
        "Progress": "Started | Advanced | Ended",
        "Observer": "Callable[[Progress], None]",
        "Subject": "the union of CopyInStorage, LedgerInStorage, NamedSubject, ObjectInStorage,"
        " ObjectToStorage, WholePackage, WholeStorage",
    }
    rows = [f"* `{name}`: {meaning}" for name, meaning in known.items()]
    return "### Names for types\n\n" + "\n".join(rows) + "\n"


def _prose(documented: object) -> str:
    return inspect.cleandoc(getattr(documented, "__doc__", None) or "") + "\n"


def _code(text: str) -> str:
    return f"```python\n{text.strip()}\n```\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()

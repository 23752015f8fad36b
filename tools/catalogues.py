"""Bring the catalogues of messages to the state of the code, and say what awaits a translator.

    python -m tools.catalogues

Reads every message of the code, adds it to preserva/locale/*/LC_MESSAGES/preserva.po, takes out
what the code no longer says, and compiles each preserva.mo. The same code and translations write
the same bytes, by the same Babel.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import click
from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from preserva.cli.common import COMMON_OPTIONS
from preserva.cli.language import paragraphs
from preserva.cli.main import main as program
from preserva.i18n import DOMAIN, SOURCE_LANGUAGE, use_language
from preserva.outputs.configuration import comments

ROOT = Path(__file__).parents[1]
LOCALES = ROOT / "preserva" / "locale"

WRITTEN = datetime(2026, 11, 23, tzinfo=UTC)
"""A date that the format wants, fixed: the clock would change the files each time."""

Said = str | tuple[str, str]
"""A message, or its singular and plural."""

Marked = tuple[Said, str | None]
"""A message, and its context if it has one."""

CLICK: tuple[Said, ...] = (
    "Aborted!",
    "Choose from:\n\t{choices}",
    "Commands",
    "Error: {message}",
    "Invalid value for {param_hint}: {message}",
    "Invalid value: {message}",
    "Missing argument",
    "Missing command.",
    "Missing option",
    "Missing parameter",
    "No such command {name!r}.",
    "No such option {name!r}.",
    "No such option: {name}",
    "Option {name!r} does not take a value.",
    "Options",
    "Positional arguments",
    "Show this message and exit.",
    "Try '{command} {option}' for help.",
    "Usage:",
    "default: {default}",
    "required",
    "unknown error",
    "{name} {filename!r} does not exist.",
    "{name} {filename!r} is a directory.",
    "{name} {filename!r} is a file.",
    "{name} {filename!r} is not readable.",
    "{name} {filename!r} is not writable.",
    "{value!r} is not a valid {number_type}.",
    "{value} is not in the range {range}.",
    "%(prog)s, version %(version)s",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    (
        "Option {name!r} requires an argument.",
        "Option {name!r} requires {nargs} arguments.",
    ),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    (
        "{value!r} does not match the format {format}.",
        "{value!r} does not match the formats {formats}.",
    ),
)
"""What click can say to our users, in the versions of it that we take."""


def messages() -> Iterator[tuple[Marked, str]]:
    """Every message of the code, with where it stands."""
    for path in sorted((ROOT / "preserva").rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        for message in marked(path.read_text()):
            yield message, place
    for path in sorted((ROOT / "preserva" / "web").rglob("*.j2")):
        place = path.relative_to(ROOT).as_posix()
        for message in marked_in_template(path.read_text()):
            yield message, place
    for text in untied():
        yield (text[0], None), text[1]


def untied() -> Iterator[tuple[Said, str]]:
    """The messages that no call marks: help texts, and what click says."""
    use_language(SOURCE_LANGUAGE)  # commands come with their help in the reader's language
    for message in help_texts(program):
        yield message, "help"
    for parameter in COMMON_OPTIONS:
        assert parameter.help
        yield parameter.help, "help"
    for comment in comments():
        yield comment, "configuration"
    for said in CLICK:
        yield said, "click"


def marked(code: str) -> Iterator[Marked]:
    """The messages that a module marks, by _, N_, pgettext, NP_ or ngettext.

    Raises ValueError for a formula.
    """
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        count = _TEXTS_OF_CALL.get(node.func.id)
        if count is None:
            continue
        texts = [text for text in map(_constant, node.args[:count]) if text is not None]
        if len(texts) < count:
            continue  # a name: it was marked where it was given its value
        if node.func.id in ("pgettext", "NP_"):
            yield texts[1], texts[0]
        else:
            yield (texts[0] if count == 1 else (texts[0], texts[1])), None


def marked_in_template(text: str) -> Iterator[Marked]:
    """The messages that a template marks, by the same calls."""
    for call in Environment().parse(text).find_all(nodes.Call):
        count = _TEXTS_OF_CALL.get(call.node.name) if isinstance(call.node, nodes.Name) else None
        texts = [node.value for node in call.args[:count] if isinstance(node, nodes.Const)]
        if count is None or len(texts) < count:
            continue  # a name: it was marked where it was given its value
        if isinstance(call.node, nodes.Name) and call.node.name == "pgettext":
            yield texts[1], texts[0]
        else:
            yield (texts[0] if count == 1 else (texts[0], texts[1])), None


_TEXTS_OF_CALL = {"_": 1, "N_": 1, "pgettext": 2, "NP_": 2, "ngettext": 2}


def _constant(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr | ast.BinOp):
        raise ValueError(f"line {node.lineno}: a message is one string, filled in by .format")
    return None


def help_texts(command: click.Command) -> Iterator[str]:
    """The paragraphs of the help of a command and of those below it, examples left out."""
    texts = [command.help, command.epilog]
    texts += [one.help for one in command.params if isinstance(one, click.Option)]
    for text in filter(None, texts):
        for keep_lines, message in paragraphs(text):
            if not (keep_lines and is_example(message)):
                yield message
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from help_texts(below)


def is_example(paragraph: str) -> bool:
    """Whether a paragraph holds commands only, the same in every language."""
    return all(line.startswith("preserva ") and "  " not in line for line in paragraph.splitlines())


def template() -> Catalog:
    """The catalogue of all messages, untranslated."""
    found = Catalog(charset="utf-8", creation_date=WRITTEN)
    for (message, context), place in messages():
        flags = ["python-brace-format"] if "{" in str(message) else []
        found.add(message, locations=[(place, 0)], flags=flags, context=context)
    return found


def po_file(language: str) -> Path:
    """Where the translations into a language are kept."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """The translations into a language."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def update(language: str, all_messages: Catalog) -> Catalog:
    """Bring a language's files to the state of the code; the catalogue."""
    catalogue = read(language)
    catalogue.update(all_messages, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    path = po_file(language)
    text = BytesIO()
    write_po(text, catalogue, width=100, omit_header=False, include_lineno=False)
    path.write_bytes(text.getvalue())
    path.with_suffix(".mo").write_bytes(compiled(catalogue))
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    """The messages that still await a translator."""
    return [
        str(message.id)
        for message in catalogue
        if message.id and (message.fuzzy or not all(forms(message)))
    ]


def forms(message: Message) -> tuple[str, ...]:
    """The translations of a message: one, or one for each plural form."""
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(form or "" for form in string)


def main() -> None:
    """Update every language; what is left to translate goes to stdout."""
    all_messages = template()
    for folder in sorted(LOCALES.iterdir()):
        left = untranslated(update(folder.name, all_messages))
        print(f"{folder.name}: {len(all_messages)} messages, {len(left)} to translate")
        for message in left:
            print(f"  {message}")


if __name__ == "__main__":
    main()

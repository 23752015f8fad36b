"""Build the site of the manual: three languages, without a network.

    python -m tools.site build/site

Sphinx (with MyST for Markdown, and the theme Furo) makes one site for each language, because it has
one language for its own words, its search and its index. A page that has no translation (reference,
explanation, decisions) is English in each. Nothing on a page asks another host for anything, and
the search works from a disk, without a server.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import pages
from tools.catalogues import ROOT

SECTIONS = ("tutorials", "how-to", "reference", "explanation", "adr")
PAPERS = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
"""Pages beside README."""

NOT_OURS = ("translations", *pages.NOTES)
"""Folders of docs/ that are no part of the manual in English."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the site says besides its pages, in one language."""

    title: str
    name: str
    sections: tuple[str, ...]
    papers: str


WORDS = {
    "en": Words(
        "The manual of preserva",
        "English",
        ("Tutorial", "How to …", "Reference", "Explanation", "Decisions"),
        "The project",
    ),
    "ru": Words(
        "Руководство preserva",
        "Русский",
        ("Учебник", "Как сделать…", "Справочник", "Объяснения", "Решения"),
        "Проект",
    ),
    "be": Words(
        "Дапаможнік preserva",
        "Беларуская",
        ("Падручнік", "Як зрабіць…", "Даведнік", "Тлумачэнні", "Рашэнні"),
        "Праект",
    ),
}

SWITCH = """\
<p class="sidebar-languages" style="padding: 0 var(--sidebar-item-spacing-horizontal)">
{% for code, name in languages -%}
{{ " · " if not loop.first }}
<a href="{{ content_root }}../{{ code }}/{{ pagename }}.html" lang="{{ code }}">{{ name }}</a>
{% endfor -%}
</p>
"""

SIDEBAR = ("brand", "languages", "search", "scroll-start", "navigation", "scroll-end")

REDIRECT = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>preserva</title>
{head}<p>{links}</p></html>
"""


_ANCHOR = re.compile(r'^<a id="([\w-]+)"></a>\s*', re.MULTILINE)


def build(destination: Path) -> None:
    """Write the site into a folder that is new or was made by this.

    Raises subprocess.CalledProcessError if Sphinx finds anything wrong, a broken link for example;
    FileExistsError for a folder that was not made by this.
    """
    if destination.exists():
        if not (destination / "en" / "searchindex.js").exists():
            raise FileExistsError(destination)
        shutil.rmtree(destination)
    for language in WORDS:
        with tempfile.TemporaryDirectory() as scratch:
            source = Path(scratch)
            _write_source(source, language)
            _sphinx(source, destination / language, language)
        start = '<meta http-equiv="refresh" content="0; url=README.html">\n'
        link = '<a href="README.html">preserva</a>'
        (destination / language / "index.html").write_text(
            REDIRECT.format(head=start, links=link), "utf-8"
        )
    links = " · ".join(
        f'<a href="{language}/index.html" lang="{language}">{words.name}</a>'
        for language, words in WORDS.items()
    )
    (destination / "index.html").write_text(REDIRECT.format(head="", links=links), "utf-8")


def _write_source(folder: Path, language: str) -> None:
    """The pages of one language, in the places of the English ones, and a table of contents."""
    words = WORDS[language]
    shutil.copytree(
        ROOT / "docs",
        folder / "docs",
        ignore=lambda path, _names: NOT_OURS if Path(path) == ROOT / "docs" else (),
    )
    for paper in ("README.md", *PAPERS):
        shutil.copy(ROOT / paper, folder)
    if language in pages.NOTES:
        manual = pages.manual(language)
        for source in pages.sources():
            (folder / source.relative_to(ROOT)).write_text(manual.in_place(source), "utf-8")
    for section, title in zip(SECTIONS, words.sections, strict=True):
        index = folder / "docs" / section / "index.md"
        if section == "adr":
            index.with_name("README.md").rename(index)
            index.write_text(index.read_text("utf-8") + _contents("*", hidden=True), "utf-8")
        else:
            index.write_text(f"# {title}\n\n" + _contents("*"), "utf-8")
    for page in folder.rglob("*.md"):
        page.write_text(_with_links(page, folder), "utf-8")
    readme = folder / "README.md"
    listed = [f"docs/{section}/index" for section in SECTIONS]
    papers = [Path(paper).stem for paper in PAPERS]
    readme.write_text(
        readme.read_text("utf-8")
        + _contents(*listed, caption=words.title, hidden=True)
        + _contents(*papers, caption=words.papers, hidden=True),
        "utf-8",
    )
    switch = folder / "templates" / "sidebar" / "languages.html"
    switch.parent.mkdir(parents=True)
    switch.write_text(SWITCH, "utf-8")


def _contents(*names: str, caption: str = "", hidden: bool = False) -> str:
    options = ["maxdepth: 1", *(["glob:"] if "*" in names else [])]
    options += [f"caption: {caption}"] * bool(caption) + ["hidden:"] * hidden
    lines = [f":{option}" for option in options]
    return "\n".join(["\n```{toctree}", *lines, "", *names, "```", ""])


def _with_links(page: Path, folder: Path) -> str:
    """The text of a page as Sphinx reads it.

    A link to a folder leads to its index; a link to what is no part of the manual is its text; an
    anchor is written as MyST has it.
    """

    def turned(match: re.Match[str]) -> str:
        link = match["link"]
        path = link.partition("#")[0]
        if "://" in link or not path:
            return match[0]
        target = (page.parent / path).resolve()
        if (target / "index.md").exists():
            return f"[{match['text']}]({path.rstrip('/')}/index.md)"
        if target.name == "README.md" and (target.parent / "index.md").exists():
            return f"[{match['text']}]({link.replace('README.md', 'index.md')})"
        return match[0] if target.is_file() and target.is_relative_to(folder) else match["text"]

    return re.sub(
        r"(?<!!)\[(?P<text>[^][]*(?:\n[^][]*)?)\]\((?P<link>[^)\s]+)\)",
        turned,
        _ANCHOR.sub(r"(\1)=\n", page.read_text("utf-8")),
    )


def _sphinx(source: Path, destination: Path, language: str) -> None:
    settings = {
        "project": "preserva",
        "html_title": WORDS[language].title,
        "language": language,
        "extensions": ["myst_parser"],
        "root_doc": "README",
        "html_theme": "furo",
        "html_copy_source": False,
        "html_show_copyright": False,
        "html_use_index": False,
        "myst_heading_anchors": 4,
        "templates_path": ["templates"],
        "html_context": {"languages": [(code, words.name) for code, words in WORDS.items()]},
        "html_sidebars": {"**": [f"sidebar/{part}.html" for part in SIDEBAR]},
    }
    conf = f"import json\n\nglobals().update(json.loads({json.dumps(settings)!r}))\n"
    (source / "conf.py").write_text(conf, "utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    with tempfile.TemporaryDirectory() as doctrees:
        subprocess.run([*command, "-d", doctrees, str(source), str(destination)], check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))

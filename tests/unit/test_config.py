"""The configuration file: what is right, and every way of being wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from preserva.config import TEMPLATE, Role, load
from preserva.core.book.scans import Colours, ImageRules, ScanProfile, Undecodable
from preserva.errors import ArchiveNotFound, ConfigError
from preserva.tomlfile import read_toml, schema_problems


def write(folder: Path, text: str) -> Path:
    """A configuration with this text."""
    path = folder / "preserva.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_init_writes_is_right(tmp_path: Path) -> None:
    """And says what it seems to say."""
    config = load(write(tmp_path, TEMPLATE))
    assert config.institution.names["be"].startswith("Амурская абласная")
    assert config.institutions["nlb"].isil == "BY-HM0000"
    assert config.ledger == tmp_path / "ledger.sqlite"
    primary = config.primary()
    assert (primary.id, primary.role) == ("aonb-main", Role.PRIMARY)
    assert primary.url == str(tmp_path / "storages/aonb-main")
    assert (config.policy.digests, config.policy.copies) == (("sha512", "sha256"), 2)


def test_what_is_asked_of_images_stands_in_two_sections(tmp_path: Path) -> None:
    """And nothing is asked that is not given."""
    assert load(write(tmp_path, TEMPLATE)).images == ImageRules()
    text = TEMPLATE.replace('undecodable = "refuse"', 'undecodable = "record"\nmax_pixels = 9')
    text += '[scan]\nmin_resolution = 300\ncolours = ["grey"]\nbits = [8]\nlossless = true\n'
    assert load(write(tmp_path, text)).images == ImageRules(
        Undecodable.RECORD, 9, ScanProfile(300, (Colours.GREY,), (8,), lossless=True)
    )


def test_every_problem_is_named_with_its_key(tmp_path: Path) -> None:
    """At once; a misspelt key is one of them."""
    text = (
        TEMPLATE.replace("copies = 2 ", "copys = 2 ")
        .replace('role = "replica"', 'role = "mirror"')
        .replace('name.en = "National Library of Belarus"\n', "")
        .replace('digests = ["sha512", "sha256"]', 'digests = ["md5"]')
        .replace('url = "storages/nlb-copy"', 'url = "sftp://u:secret@host/x"')
    )
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text))
    problems = caught.value.problems
    assert [one.partition(":")[0] for one in problems] == [
        "institutions.nlb.name.en",
        "policy.copys",
        "policy.digests",
        "policy.digests.0",
        "storages.nlb-copy.role",
        "storages.nlb-copy.url",
    ]
    assert "did you mean copies?" in problems[1]
    assert not any("secret" in one for one in problems)


def test_what_is_missing_is_named_once_and_only_what_is_near_is_guessed(tmp_path: Path) -> None:
    """A configuration that was taken for an exhibition."""
    document = read_toml(write(tmp_path, TEMPLATE))
    problems = list(schema_problems(document, "exhibition.schema.json", "preserva.toml"))
    assert "exhibition: missing" in problems and "sections: missing" in problems
    assert "institutions: unknown key" in problems
    assert len(problems) == len(set(problems))


def test_a_storage_that_no_driver_serves_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, TEMPLATE.replace("storages/nlb-copy", "ftp://host/x")))
    assert caught.value.problems == (
        "storages.nlb-copy.url: ftp://host/x is not a supported storage; use a folder, file://,"
        " s3://, sftp://, fs+…://",
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('institution = "aonb"        #', 'institution = "mgu"        #', "archive.institution"),
        ('institution = "nlb"', 'institution = "bnl"', "storages.nlb-copy.institution"),
        ('role = "primary"', 'role = "replica"', "exactly one primary storage, but has 0"),
        ('url = "storages/nlb-copy"', 'url = "storages/aonb-main"', "not a second copy"),
        ('url = "storages/nlb-copy"', 'url = "storages/aonb-main/x"', "is inside"),
    ],
)
def test_contradictions_are_found(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """What each key alone cannot show."""
    assert old in TEMPLATE
    with pytest.raises(ConfigError, match=problem):
        load(write(tmp_path, TEMPLATE.replace(old, new)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = ", "cannot be read"),
        ("\xff", "is not in UTF-8"),
        ("[archive]\n[archive]\n", "cannot be read"),
    ],
)
def test_what_is_no_toml_is_said_to_be_none(tmp_path: Path, text: str, problem: str) -> None:
    """With the reason."""
    path = tmp_path / "preserva.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=problem):
        load(path)


def test_no_file_means_no_archive(tmp_path: Path) -> None:
    """That has an exit status of its own."""
    with pytest.raises(ArchiveNotFound):
        load(tmp_path / "preserva.toml")

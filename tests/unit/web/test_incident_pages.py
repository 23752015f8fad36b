"""An incident on its page: the damaged page beside the one that was stored, the plan in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from preserva.web import jobs
from preserva.web.visit import StaffSite
from tests.unit.web.conftest import Visitor, form_of
from tests.unit.web.state import damage
from tests.unit.web.test_book import do_job


def pictures(number: int) -> dict[str, str]:
    return {kind: f"/incidents/{number}/pictures/0/{kind}" for kind in ("damaged", "sound")}


def test_the_damaged_page_stands_beside_the_stored_one(site: StaffSite, visitor: Visitor) -> None:
    """Its first byte is another one, so only the stored file is an image."""
    number, client = damage(site), visitor("look")
    page = client.get(f"/incidents/{number}").text
    places = pictures(number)
    assert all(page.count(f'src="{place}"') == 1 for place in places.values())
    assert "page 1: as it is in nlb-copy" in page and "page 1: as it was stored" in page
    types = {kind: client.get(place).headers["content-type"] for kind, place in places.items()}
    assert types == {"damaged": "image/svg+xml", "sound": "image/jpeg"}


def test_no_sound_file_is_drawn_of_a_damaged_one(site: StaffSite, visitor: Visitor) -> None:
    """The other copy is damaged as well, and nobody has noticed yet."""
    number, client = damage(site), visitor("look")
    for path in Path(site.config.primary().url).rglob("*.tif"):
        path.chmod(0o644)
        path.write_bytes(b"II" + path.read_bytes()[2:-1] + b"!")
    answer = client.get(pictures(number)["sound"])
    assert answer.headers["content-type"].startswith("image/svg+xml")


@pytest.mark.parametrize("place", ["1/sound", "0/other", "-1/sound", "x/sound", "²/sound"])
def test_there_are_no_other_pictures(site: StaffSite, visitor: Visitor, place: str) -> None:
    number = damage(site)
    assert visitor("look").get(f"/incidents/{number}/pictures/{place}").status_code == 404


def test_the_plan_of_the_repair_is_shown_in_words(site: StaffSite, visitor: Visitor) -> None:
    number, client = damage(site), visitor("decide")
    page = client.get(f"/incidents/{number}").text
    assert "The plan of the repair" not in page
    client.post("/jobs", data=form_of(page, "repair-plan"))
    job = do_job(site)
    page = client.get(f"/incidents/{number}").text
    plan = jobs.output(site.database, job.number)[0]
    assert "The plan of the repair" in page and "0001.tif" in plan and "0001.tif" in page

"""Every address of the interface: what answers it, who may ask, what goes in and comes out.

The routes of the server and the document that describes them are made from this one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from preserva.web.interface import views
from preserva.web.people import PageRole

BASE = "/api/1"


@dataclass(frozen=True, slots=True)
class ProgramEndpoint:
    """One address and method. `takes` and `gives` name schemas; `takes` "*" is a file.

    `query` are parameters of the address, each with what it means.
    """

    path: str
    method: str
    name: str
    role: PageRole
    view: views.CallView
    gives: str
    status: HTTPStatus = HTTPStatus.OK
    takes: str = ""
    query: tuple[tuple[str, str], ...] = ()


ENDPOINTS: tuple[ProgramEndpoint, ...] = (
    ProgramEndpoint("/today", "GET", "today", PageRole.LOOK, views.today, "Today"),
    ProgramEndpoint(
        "/books",
        "GET",
        "listBooks",
        PageRole.LOOK,
        views.books,
        "Books",
        query=(
            ("q", "Words of the title, the names, the number or the shelfmark."),
            ("start", "How many to pass over."),
        ),
    ),
    ProgramEndpoint("/books/{package}", "GET", "getBook", PageRole.LOOK, views.book, "Book"),
    ProgramEndpoint("/actions", "GET", "listActions", PageRole.LOOK, views.actions, "Actions"),
    ProgramEndpoint("/inbox", "GET", "listInbox", PageRole.LOOK, views.folders, "Inbox"),
    ProgramEndpoint(
        "/files",
        "POST",
        "handOverFile",
        PageRole.PREPARE,
        views.hand_over,
        "File",
        HTTPStatus.CREATED,
        takes="*",
        query=(("name", "The name of the file, whose ending says what it is."),),
    ),
    ProgramEndpoint("/jobs", "GET", "listJobs", PageRole.LOOK, views.job_list, "Jobs"),
    ProgramEndpoint(
        "/jobs",
        "POST",
        "beginJob",
        PageRole.PREPARE,
        views.begin,
        "Job",
        HTTPStatus.ACCEPTED,
        takes="NewJob",
    ),
    ProgramEndpoint("/jobs/{number}", "GET", "getJob", PageRole.LOOK, views.job, "JobDetails"),
    ProgramEndpoint("/jobs/{number}/stop", "POST", "stopJob", PageRole.PREPARE, views.stop, "Job"),
)

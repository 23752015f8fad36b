"""A disaster drill: for a terminal, as a page to print, as a JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from preserva.core.policy.drill import Drill, DrillVerb, ExerciseResult, Signs, Trouble
from preserva.core.policy.health import Aspect, Job
from preserva.core.values.codes import Code
from preserva.core.values.report import Outcome
from preserva.i18n import N_, _, language, ngettext, pgettext, translated
from preserva.local_time import local_date
from preserva.outputs.page import Page, Section
from preserva.outputs.words import word
from preserva.version import __version__

if TYPE_CHECKING:
    from preserva.config import Config
    from preserva.outputs.json.parts import JsonDocument

_TROUBLES = {
    Trouble.BIT_FLIP: N_("One bit of a page is another in a replica"),
    Trouble.TRUNCATED_IMAGE: N_("Half of a page is missing in the primary storage"),
    Trouble.SILENT_PARTNER: N_("The other site has not answered for days"),
    Trouble.WRONG_DISK: N_("The disk of another archive is in the place of a replica"),
    Trouble.FULL_DISK: N_("The disk of a replica has been full for days"),
    Trouble.ROLLED_BACK_LEDGER: N_("An old ledger is in the place of the ledger"),
    Trouble.LOST_SITE: N_(
        "The site is lost: primary storage, ledger, its backups and configuration"
    ),
}

_REFUSALS = {
    "WrongLedger": N_("refuses to work with a ledger that is older than the storages"),
    "ArchiveNotFound": N_("there is no archive any more"),
}

_ASPECTS = {
    Aspect.DAMAGED: N_("copies damaged or missing"),
    Aspect.INCIDENTS: N_("incidents without a decision"),
    Aspect.TOO_FEW: N_("packages with too few copies"),
    Aspect.INCOMPLETE: N_("copies without the newest version"),
    Aspect.OVERDUE: N_("checks overdue"),
    Aspect.DROPPED: N_("storages with copies, no longer configured and not retired"),
}


def trouble_text(trouble: Trouble) -> str:
    """A trouble in words."""
    return _(_TROUBLES[trouble])


def result_text(result: ExerciseResult) -> str:
    """What became of it, in a few words."""
    if result.outcome is Outcome.PASS:
        return _("found and mended")
    if not result.planted:
        return _("could not be planted")
    return _("not seen by all") if result.missed else _("not mended")


def drill_lines(result: ExerciseResult) -> Iterator[str]:
    """One exercise: what was planted, who saw it, what mended it; and everything that went wrong"""
    yield f"{trouble_text(result.trouble)}: {result_text(result)}"
    if result.seen:
        yield "  " + _("seen by: {verbs}").format(verbs=", ".join(_watches(result.seen)))
    if result.mended:
        yield "  " + _("mended by: {verbs}").format(verbs=", ".join(result.mended))
    for line in _wrong(result):
        yield f"  {line}"


def lead(drill: Drill) -> str:
    """The one sentence that every reader must see."""
    failed = sum(result.outcome is not Outcome.PASS for result in drill.results)
    if failed:
        text = ngettext(
            "{count} exercise did not end well.", "{count} exercises did not end well.", failed
        )
        return text.format(count=failed)
    text = ngettext(
        "The {count} trouble was found and mended; every file is what it was before.",
        "All {count} troubles were found and mended; every file is what it was before.",
        len(drill.results),
    )
    return text.format(count=len(drill.results))


def drill_page(drill: Drill, config: Config) -> Page:
    """The drill as a page for those who answer for the books."""
    name = config.institution.names.get(language(), config.institution.id)
    subtitle = _("{date}, preserva {version}, in a scratch archive; the real one was not touched")
    return Page(
        _("Disaster drill: {name}").format(name=name),
        subtitle.format(date=local_date(drill.at), version=__version__),
        lead(drill),
        drill.outcome is not Outcome.PASS,
        (_exercises(drill), *_troubled(drill), _said(drill), _limits(drill), _signatures()),
    )


def _exercises(drill: Drill) -> Section:
    return Section(
        _("What was planted, found and mended"),
        (),
        (
            _("Trouble"),
            pgettext("column", "Seen by"),
            pgettext("column", "Mended by"),
            pgettext("column", "Result"),
        ),
        [
            (
                trouble_text(result.trouble),
                _as_code(_watches(result.seen)),
                _as_code(result.mended),
                result_text(result),
            )
            for result in drill.results
        ],
    )


def _troubled(drill: Drill) -> Iterator[Section]:
    """What went wrong, if anything did."""
    wrong = [
        f"{trouble_text(result.trouble)}: {line}"
        for result in drill.results
        for line in _wrong(result)
    ]
    if wrong:
        yield Section(_("What did not go well"), tuple(wrong))


def _said(drill: Drill) -> Section:
    return Section(
        _("What each verb said"),
        (),
        (_("Trouble"), _("Verb"), pgettext("column", "Said")),
        [row for result in drill.results for row in _rows(result)],
    )


def _rows(result: ExerciseResult) -> Iterator[tuple[str, str, str]]:
    """What was said of a trouble, verbs that said the same in one row; it is named once."""
    alike: dict[str, list[str]] = {}
    for watch, signs in result.seen.items():
        alike.setdefault(_signs(watch, signs), []).append(watch.value)
    heading = trouble_text(result.trouble)
    for said, watches in alike.items():
        yield heading, _as_code(watches), said
        heading = ""


def _limits(drill: Drill) -> Section:
    minutes, seconds = divmod(round(drill.seconds), 60)
    return Section(
        _("What this proves, and what it does not"),
        (
            _(
                "The commands are those of the real archive, by the same program; names, languages "
                "and policy are those of its configuration. Afterwards every copy was read "
                "completely, by the program and without it."
            ),
            _(
                "The storages were folders on this computer. That servers, lines, keys and rights "
                "are right is tried by `preserva config check --storages`; that people know the "
                "way, by following the page on disasters by hand, once a year."
            ),
            _("The drill took {minutes} min {seconds} s.").format(minutes=minutes, seconds=seconds),
        ),
    )


def _signatures() -> Section:
    line = "_" * 40
    return Section(
        _("Signatures"),
        (
            _("Held by: {line}").format(line=line),
            _("Read by, for the institution: {line}").format(line=line),
        ),
    )


def _watches(signs: Signs) -> list[str]:
    return [watch.value for watch in DrillVerb if watch in signs]


def _as_code(commands: Iterable[str]) -> str:
    """Commands in a cell of the page."""
    return ", ".join(f"`{command}`" for command in commands)


def _signs(watch: DrillVerb, signs: frozenset[str]) -> str:
    return "; ".join(_sign(watch, sign) for sign in sorted(signs))


def _sign(watch: DrillVerb, sign: str) -> str:
    if sign in _REFUSALS:
        return _(_REFUSALS[sign])
    if watch is DrillVerb.HEALTH:
        if sign in set(Job):
            return _("{job}: too long ago").format(job=word(sign))
        return _(_ASPECTS[Aspect(sign)]) if sign in set(Aspect) else sign
    code = next((code for code in Code if code.value == sign), None)
    return word(sign) if code is None else f"{sign} {_(code.message)}"


def _wrong(result: ExerciseResult) -> Iterator[str]:
    """A sentence for everything that is not as it should be."""
    for watch, signs in result.missed.items():
        message = _("{verb} did not say: {signs}")
        yield message.format(verb=watch.value, signs=_signs(watch, signs))
    for watch, signs in result.left.items():
        message = _("{verb} still says, after all was mended: {signs}")
        yield message.format(verb=watch.value, signs=_signs(watch, signs))
    if result.differing:
        text = ngettext(
            "{count} file is not what it was before: {path}",
            "{count} files are not what they were before, the first: {path}",
            len(result.differing),
        )
        yield text.format(count=len(result.differing), path=result.differing[0])
    if result.problem:
        yield translated(result.problem)


def drill_document(drill: Drill) -> JsonDocument:
    """The drill for programs."""
    return {
        "institution": drill.institution,
        "at": drill.at.isoformat(),
        "outcome": drill.outcome.value,
        "seconds": round(drill.seconds),
        "place": drill.place,
        "exercises": [
            {
                "trouble": result.trouble.value,
                "outcome": result.outcome.value,
                "planted": list(result.planted),
                "seen": _plain(result.seen),
                "missed": _plain(result.missed),
                "mended": list(result.mended),
                "left": _plain(result.left),
                "differing": list(result.differing),
                "problem": result.problem,
            }
            for result in drill.results
        ],
    }


def _plain(signs: Signs) -> JsonDocument:
    return {watch.value: sorted(said) for watch, said in signs.items()}

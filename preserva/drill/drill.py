"""The drill: each trouble is planted in a copy of a sound archive, looked for, mended, proved.

The verbs' own functions do the work, as they would in the real archive, which is not opened. That
all is as before is proved by them, and by reading the files without them.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from preserva.archive.archive import utc_now
from preserva.config import Config
from preserva.core.policy.drill import Drill, ExerciseResult, Trouble
from preserva.core.values.report import Outcome
from preserva.drill.exercises import EXERCISES, Exercise
from preserva.drill.scratch import Scratch, make_scratch
from preserva.drill.watch import look
from preserva.errors import PreservaError, Refused
from preserva.files.disk import writing
from preserva.i18n import _
from preserva.logs import get_logger

_logger = get_logger(__name__)


class DrillError(PreservaError):
    """The scratch archive was not well before anything was planted in it."""


def _unheard(_result: ExerciseResult) -> None:
    """Who waits for all results together."""


def drill(
    config: Config,
    place: Path,
    *,
    keep: bool = False,
    clock: Callable[[], datetime] = utc_now,
    timer: Callable[[], float] = time.monotonic,
    exercises: Mapping[Trouble, Exercise] = EXERCISES,
    each: Callable[[ExerciseResult], object] = _unheard,
) -> Drill:
    """Hold a drill with the names and the policy of a configuration, in the new folder `place`.

    `each` is handed every result as it comes. What lies in `place` afterwards is removed, unless
    it is to `keep`, or an exercise did not end well. Raises Refused for a place within a storage or
    one that is not empty, UsageError for a configuration without a replica, DrillError if all is
    not well before, StorageError.
    """
    place = place.resolve()
    _refuse_place(config, place)
    at, began = clock(), timer()
    results = []
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
        sound = make_scratch(config, place / "sound", at)
        look(sound)  # the first night
        if signs := look(sound):
            message = _("the scratch archive is not well before anything is planted: {signs}")
            said = "; ".join(f"{watch}: {', '.join(sorted(of))}" for watch, of in signs.items())
            raise DrillError(message.format(signs=said))
        for number, (trouble, exercise) in enumerate(exercises.items(), 1):
            scratch = sound.copied(place / f"{number} {trouble.value}")
            result = _hold(trouble, exercise, scratch)
            _logger.info("drill: %s: %s", trouble.value, result.outcome.value)
            results.append(result)
            each(result)
            if not keep and result.outcome is Outcome.PASS:
                shutil.rmtree(scratch.place)
    done = Drill(config.institution.id, at, tuple(results), timer() - began, str(place))
    if keep or done.outcome is not Outcome.PASS:
        return done
    shutil.rmtree(place)
    return replace(done, place=None)


def _refuse_place(config: Config, place: Path) -> None:
    """Raise Refused for a place in which there is anything, or which belongs to the archive."""
    for storage in config.storages.values():
        if "://" not in storage.url and place.is_relative_to(Path(storage.url).resolve()):
            message = _("{place} is within the storage {name}; name a folder of its own")
            raise Refused(message.format(place=place, name=storage.id))
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise Refused(_("{path} is not an empty folder; it was not touched").format(path=place))


def _hold(trouble: Trouble, exercise: Exercise, scratch: Scratch) -> ExerciseResult:
    """One exercise. An error of preserva or of the disk is what it came to."""
    result = ExerciseResult(trouble)
    try:
        planted = exercise.plant(scratch)
        places = tuple(str(path.relative_to(scratch.place)) for path in planted)
        result = replace(result, planted=places, seen=look(scratch))
        result = replace(result, mended=tuple(exercise.mend(scratch)))
        return replace(result, left=look(scratch), differing=scratch.differing())
    except (PreservaError, OSError) as error:
        return replace(result, problem=str(error))

"""A disaster drill as a call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from preserva.api.arguments import StrPath, optional_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from preserva import Drill, ExerciseResult


def run_drill(
    place: StrPath,
    config: StrPath | None = None,
    *,
    keep: bool = False,
    each: Callable[[ExerciseResult], object] = lambda result: None,
) -> Drill:
    """Hold a disaster drill with the names and the policy of an archive, in the new folder `place`.

    Troubles are planted in scratch archives; the functions of the verbs must see and mend each. The
    archive itself is neither read nor written. `each` is handed every result as it comes. What lies
    in `place` is removed, unless it is to `keep`, or an exercise did not end well.

    Raises ArchiveNotFound, ConfigError; UsageError for a configuration without a replica; Refused
    for a place in a storage, or one that is not empty; DrillError if the scratch archive is not
    well before; StorageError.
    """
    from preserva.archive.archive import find_config
    from preserva.config import load
    from preserva.drill.drill import drill

    return drill(load(find_config(optional_path(config))), Path(place), keep=keep, each=each)

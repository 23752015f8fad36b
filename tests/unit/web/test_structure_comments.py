"""Comments of a structure file outlive the forms that change it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from preserva.web.structure_comments import with_comments

WRITTEN = '''\
# вся книга
type = "monograph"  # так в записи

# по расклейке
# (второй лист утрачен)
[[pages]]
first = 3
label = "л. # 1"  # карандашом
# внутри

[[parts]]  # глава!
type = "chapter"
title = """I
[[parts]] # не примечание
"""

# о второй
[[ parts . parts ]]
type = 'plate'
first = "л. 5.tif"
# в конце
'''
COMMENTS = [
    "# вся книга", "# так в записи", "# по расклейке", "# (второй лист утрачен)", "# карандашом",
    "# внутри", "# глава!", "# о второй", "# в конце",
]  # fmt: skip
ANEW = """\
type = "monograph"
title = "Книга"

[[pages]]
first = 2

[[pages]]
first = 3
last = 4

[[parts]]
type = "chapter"
title = "I\\n[[parts]] # не примечание\\n"
first = 1

[[parts.parts]]
type = "plate"
first = 5
"""


def anew(old: str, new: str) -> str:
    """As if pages were called by the same numbers in both texts."""
    return with_comments(old, new, number, number)


def number(name: object) -> int | None:
    return name if isinstance(name, int) else None


def comments(text: str) -> list[str]:
    return re.findall(r"^#.*", text, re.MULTILINE)


def test_each_comment_stands_before_what_it_is_about() -> None:
    made = anew(WRITTEN, ANEW)
    assert (
        made
        == """\
# вся книга
# так в записи
type = "monograph"
title = "Книга"

[[pages]]
first = 2

# по расклейке
# (второй лист утрачен)
# карандашом
# внутри
[[pages]]
first = 3
last = 4

# глава!
[[parts]]
type = "chapter"
title = "I\\n[[parts]] # не примечание\\n"
first = 1

# о второй
[[parts.parts]]
type = "plate"
first = 5
# в конце
"""
    )
    assert anew(made, ANEW) == made


def test_comments_of_what_is_gone_stay() -> None:
    """Before what follows, or at the end; also when all of it is gone."""
    without = ANEW.replace("first = 3\nlast = 4\n", "first = 9\n")
    assert "# внутри\n[[pages]]\nfirst = 2" in anew(WRITTEN, without)
    assert comments(anew(WRITTEN, without)) == COMMENTS
    assert comments(anew(WRITTEN, 'type = "map"\n')) == [*COMMENTS]
    assert comments(anew(WRITTEN, "")) == COMMENTS


def test_pages_are_found_by_what_their_numbers_mean() -> None:
    """A page that was moved has another number, and keeps its comments."""
    old = "# a\n[[pages]]\nfirst = 1\n\n# b\n[[pages]]\nfirst = 2\n"
    new = "[[pages]]\nfirst = 1\n\n[[pages]]\nfirst = 3\n"
    made = with_comments(old, new, number, lambda name: {1: 2, 3: 1}[int(str(name))])
    assert made == "# b\n[[pages]]\nfirst = 1\n\n# a\n[[pages]]\nfirst = 3\n"


@given(st.lists(st.sampled_from([*WRITTEN.splitlines(keepends=True), '"', "'''", "#", "[["])))
def test_no_comment_is_lost_whatever_the_text(lines: list[str]) -> None:
    """Of whole lines that are comments beyond doubt; and the new text is there as it was."""
    old = "".join(f"# {number}\n" for number in range(3)) + "".join(lines)
    made = anew(old, ANEW)
    assert all(f"# {number}\n" in made for number in range(3))
    bare = re.sub(r"^#.*\n", "", made, flags=re.MULTILINE)
    assert bare == ANEW

"""What `r1 doctor` shows: problems first, then what is here and what is optional, a row for each subject."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from r1cli.cli.error_text import split_command
from r1cli.cli.table import Line
from r1cli.cli.wrapping import hanging
from r1cli.doctor.finding import MISSING, OK, WARNING, Finding
from r1cli.doctor.services import SERVICES
from r1cli.doctor.software import EXTRAS, install_extra

_INDENT = "  "
#: Packages whose versions are shown.
_SHOWN = 4


def overview(findings: Sequence[Finding], width: int | None) -> Iterator[Line]:
    """The lines about all findings.

    Args:
        findings: in the order of their subjects.
        width: columns of the terminal; None for any.
    """
    labels = max(
        (len(name) for one in findings for name in (one.about, one.name if one.fix else "")), default=0
    )
    page = _Page(labels, width)
    if problems := [one for one in findings if _is_problem(one)]:
        yield Line("problems", heading=True)
        for one in problems:
            yield from page.row(one.name, one.found, one.fix)
    yield Line("here", heading=True)
    for about, group in groupby((one for one in findings if one.state == OK), key=lambda one: one.about):
        yield from page.row(about, _together(list(group)))
    if optional := [one for one in findings if one.state == MISSING and not one.needed]:
        yield Line("optional", heading=True)
        for about, group in groupby(optional, key=lambda one: one.about):
            yield from page.optional(about, list(group))


class _Page:
    """Rows of a label and a text."""

    def __init__(self, labels: int, width: int | None) -> None:
        self.labels, self.width = labels, width

    def row(self, name: str, text: str, fix: str = "") -> Iterator[Line]:
        """What was found, and how it is fixed: a command that has no room beside it is a separate line."""
        prose, command = split_command(fix)
        inline = f"{text}: {command}"
        if command and not prose and (self.width is None or len(inline) + self.labels + 4 <= self.width):
            text, command = inline, ""
        lines = hanging(f"{_INDENT}{name:<{self.labels}}{_INDENT}", text, self.width)
        if prose:
            lines += hanging(" " * (self.labels + 4), prose, self.width)
        yield from map(Line, lines)
        if command:
            yield Line(f"{2 * _INDENT}{command}")

    def optional(self, about: str, found: Sequence[Finding]) -> Iterator[Line]:
        """What is missing of one subject and is not needed."""
        if about == EXTRAS:
            *first, last = found
            for one in first:
                yield from self.row(one.name, one.found)
            yield from self.row(last.name, last.found, install_extra(",".join(one.name for one in found)))
        elif (text := _with_one_end([one.found for one in found], " is ", " are ")) and about == SERVICES:
            yield from self.row(about, text)
        else:
            for one in found:
                yield from self.row(one.name, one.found, one.fix)


def _is_problem(finding: Finding) -> bool:
    return finding.state == WARNING or (finding.state == MISSING and finding.needed)


def _together(findings: Sequence[Finding]) -> str:
    """What was found of one subject, as one text."""
    if {one.about for one in findings} == {EXTRAS}:
        return ", ".join(one.name for one in findings)
    if all(one.needed for one in findings) and len(findings) > _SHOWN:
        versions = [f"{one.name} {one.found}" for one in findings[:_SHOWN]]
        return f"{', '.join(versions)}, and {len(findings) - _SHOWN} more"
    texts = [
        one.found if one.name == one.about or one.found.startswith(one.name) else f"{one.name} {one.found}"
        for one in findings
    ]
    named = [f"{one.name}{one.found[one.found.rfind(': ') :]}" for one in findings if ": " in one.found]
    same = _with_one_end(named, ": ", ": ") if len(named) == len(findings) > 1 else ""
    return same or "; ".join(texts)


def _with_one_end(texts: Sequence[str], middle: str, of_many: str) -> str:
    """Texts that end alike as one, as ``A, B are not set``; empty where they do not."""
    parts = [text.partition(middle) for text in texts]
    ends = {end for _, _, end in parts}
    return f"{', '.join(start for start, _, _ in parts)}{of_many}{ends.pop()}" if len(ends) == 1 else ""

"""Tables of what results have beside their mean: points of tasks, and pass rates by rating."""

from collections.abc import Iterator, Sequence

from r1cli.evaluate.result import Result

#: The headings and the rows of a table.
Table = tuple[Sequence[str], list[tuple[str, ...]]]


def figure_tables(results: Sequence[Result]) -> Iterator[Table]:
    """The tables, those that have rows: what is estimated of each result, and then its parts."""
    figures: list[tuple[str, ...]] = [
        (one.benchmark, str(figure)) for one in results for figure in (one.points, one.rating) if figure
    ]
    if figures:
        yield ("benchmark", "result"), figures
    if tasks := [row for one in results for row in _tasks(one)]:
        yield ("benchmark", "task", "points", "of"), tasks
    if buckets := [row for one in results for row in _buckets(one)]:
        yield ("benchmark", "rating of problems", "pass rate", "95 % interval", "problems"), buckets


def _tasks(result: Result) -> Iterator[tuple[str, ...]]:
    if result.points:
        for name, (earned, possible) in result.points.tasks.items():
            yield result.benchmark, name, f"{earned:.1f}", f"{possible:g}"


def _buckets(result: Result) -> Iterator[tuple[str, ...]]:
    if result.rating:
        for low, share in result.rating.buckets.items():
            interval = f"{share.low:.1%} to {share.high:.1%}"
            yield result.benchmark, f"{low} to {low + 399}", f"{share.value:.1%}", interval, str(share.n)

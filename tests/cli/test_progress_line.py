"""The line of a run: step of total and times are there at every width, and figures give way."""

import pytest

from r1cli.cli.progress_line import Course, clock_time, progress_text

FIGURES = ("loss 0.012", "reward 0.534", "accuracy 0.412", "format 0.998")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def course_at(step: int, seconds: float, title: str = "grpo", part: str = "") -> Course:
    clock = Clock()
    course = Course(title, clock, part=part, figures=FIGURES)
    course.at(0, 300)
    clock.now = seconds
    course.at(step, 300)
    return course


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_step_elapsed_and_left_stay_and_figures_give_way(width: int) -> None:
    text = progress_text(course_at(100, 3600.0), width).plain
    assert len(text) <= width
    assert "grpo" in text
    assert "100/300  1:00:00, 2:00:00 left" in text
    shown = [figure for figure in FIGURES if figure in text]
    # Whole figures, the first ones.
    assert shown == [*FIGURES[: len(shown)]]
    assert len(shown) == {40: 0, 60: 0, 80: 1, 120: 4}[width]


def test_the_benchmark_stays_where_the_command_gives_way() -> None:
    wide = progress_text(course_at(10, 60.0, "evaluate", "livecodebench_v4_v5 (1 of 2)"), 80).plain
    assert wide.startswith("evaluate livecodebench_v4_v5 (1 of 2)  ")
    narrow = progress_text(course_at(10, 60.0, "evaluate", "livecodebench_v4_v5 (1 of 2)"), 60).plain
    assert narrow.startswith("livecodebench_v4_v5 (1 of 2)  ")
    assert "10/300  1:00, 29:00 left" in narrow


def test_before_the_first_step_it_says_what_is_loaded() -> None:
    course = Course("sft", Clock(), doing="loading: tokenizing train dataset, 300 of 1,200 rows")
    assert (
        progress_text(course, 80).plain == "sft  0:00  loading: tokenizing train dataset, 300 of 1,200 rows"
    )


def test_the_pace_is_that_of_this_attempt() -> None:
    clock = Clock()
    course = Course("sft", clock)
    course.at(290, 300)  # of an earlier attempt
    assert course.left is None
    clock.now = 9.0
    course.at(291, 300)
    assert course.left is None
    clock.now = 10.0
    course.at(295, 300)
    assert course.left == 10.0


def test_the_time_left_does_not_rise_while_nothing_is_done() -> None:
    clock = Clock()
    course = Course("evaluate", clock)
    course.at(0, 24)
    clock.now = 60.0
    course.at(8, 24)  # a batch
    seen = []
    for clock.now in (60.0, 90.0, 180.0, 181.0):
        course.at(8, 24)  # seen again, and not done again
        seen.append(course.left)
    # After that nobody knows.
    assert seen == [120.0, 90.0, 0.0, None]
    assert course.shown() == "8/24  3:01"
    clock.now = 200.0
    course.at(16, 24)
    assert course.left == 100.0


def test_times_of_a_clock() -> None:
    assert [clock_time(seconds) for seconds in (0, 61.4, 3599.6, 90000)] == [
        "0:00",
        "1:01",
        "1:00:00",
        "25:00:00",
    ]

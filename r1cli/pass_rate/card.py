"""What the cards of measurements and of selected rows say, beside their tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from r1cli.data.dataset_folder import Card
from r1cli.pass_rate.counting import Rule
from r1cli.pass_rate.histogram import as_svg
from r1cli.pass_rate.measurement import INFO, Info, public_reward

#: The image in the folder of the dataset.
HISTOGRAM = "pass_rates.svg"


def measurement_card(info: Info, rule: Rule, figures: Mapping[str, Any]) -> Card:
    """The card of a measurement."""
    parts = [
        _histogram_text(figures, "rows within the bounds"),
        _counting_text(rule),
        "`pass at` is pass@k, the unbiased estimate of Chen et al. (2021), equation 1: the chance that one "
        "of k completions is right, averaged over the rows of which at least k completions count. For scores "
        "between 0 and 1 it is the expected best score.",
    ]
    if info.adaptive:
        parts.append(
            f"The measurement is adaptive: each prompt has {info.fewest} samples, and up to {info.samples} "
            "while the interval of its pass rate (Beta posterior under Jeffreys' prior, "
            f"{info.adaptive['confidence']:.0%}) contained a bound. Sampling stopped by what came, so pass "
            f"rates from few samples lean away from the bounds. pass@k is of the first {info.fewest}."
        )
    parts.append(_columns_text())
    title = f"Pass rates of {info.model}"
    sampled = f"{figures['completions']} completions of {figures['rows']} prompts"
    summary = f"{sampled}, scored."
    return Card(
        title,
        summary,
        figures=_table(figures),
        body="\n\n".join(parts),
        files={HISTOGRAM: _svg(figures), INFO: info.to_json()},
    )


def selection_card(infos: Sequence[Info], rule: Rule, figures: Mapping[str, Any], traces: bool) -> Card:
    """The card of selected rows, or of their traces."""
    model = infos[0].model
    parts = [_histogram_text(figures, "selected rows"), _counting_text(rule), _bias_text(figures)]
    if any(info.adaptive for info in infos):
        parts.append(_adaptive_text(infos, rule))
    if traces:
        parts.append(
            "Each row is a completion that passes, was not cut off and could be scored: `r1 sft` trains on "
            "it as it is."
        )
        title = f"Passing completions of {model}"
        summary = (
            f"{figures['traces']} passing completions of {figures['selected']} rows selected by pass rate."
        )
    else:
        parts.append(_columns_text())
        title = f"Rows selected by the pass rate of {model}"
        summary = (
            f"{figures['selected']} of {figures['rows']} rows, selected by how often a model solves them."
        )
    return Card(
        title,
        summary,
        settings=_common_settings(infos),
        figures=_table(figures),
        body="\n\n".join(parts),
        files={HISTOGRAM: _svg(figures)},
    )


def _common_settings(infos: Sequence[Info]) -> dict[str, Any]:
    """How the samples were made, without what differs between measurements."""
    first, *others = (info.settings() for info in infos)
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in others)}


def _table(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures without what the card shows otherwise."""
    shown = {name: value for name, value in figures.items() if name not in ("histogram", "bias")}
    return {name.replace("_", " "): value for name, value in shown.items()}


def _svg(figures: Mapping[str, Any]) -> str:
    found = figures["histogram"]
    return as_svg(found["rows"], found["selected"], "Rows by pass rate")


def _histogram_text(figures: Mapping[str, Any], dark: str) -> str:
    selected = sum(figures["histogram"]["selected"])
    return (
        f"## Pass rates\n\n![Rows by pass rate]({HISTOGRAM})\n\nThe dark bars are the {selected} {dark}; the "
        "first and the last bar are the rows that no completion, and that every completion solves."
    )


def _counting_text(rule: Rule) -> str:
    truncated = {
        "scored": "counts as its reward says",
        "wrong": "counts as 0",
        "left_out": "is left out of the pass rate",
    }[rule.truncated]
    faulty = {"left_out": "is left out of the pass rate", "wrong": "counts as 0"}[rule.faulty]
    return (
        f"A pass rate is the mean of the reward `{public_reward(rule.reward)}`. A completion that the length "
        f"limit cut off {truncated}; one whose scoring failed {faulty}; one that could not be sampled, or to "
        f"which the reward does not apply, is left out. The bounds are excluded: {rule.low:g} < pass rate < "
        f"{rule.high:g}."
    )


def _bias_text(figures: Mapping[str, Any]) -> str:
    text = (
        "## Selection bias\n\nThe column `pass_rate` is of the samples that selected the rows, so it is "
        "biased: some rows are within the bounds by chance, and others outside by chance. Measured again, "
        "pass rates differ from those that selected, most for rows near a bound."
    )
    bias = figures.get("bias")
    if bias is None:
        return f"{text} It is not measured here how far: `--holdout K` does, with additional samples."
    lines = [
        "| rows | number | pass rate that selected | held-out samples | difference | 95 % interval |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in ("all", "lower_half", "upper_half"):
        if one := bias.get(name):
            lines.append(
                f"| {name.replace('_', ' ')} | {one['rows']} | {one['selected_by']:.3f} "
                f"| {one['held_out']:.3f} | {one['difference']:+.3f} "
                f"| {one['low']:+.3f} to {one['high']:+.3f} |"
            )
    still, within = bias.get("still_within_bounds"), ""
    if still is not None:
        within = f" On samples that selection did not use, {still:.0%} of {bias['rows']} selected rows are "
        within += "within the bounds."
    return f"{text}{within} The halves are those below and above the middle of the bounds.\n\n" + "\n".join(
        lines
    )


def _adaptive_text(infos: Sequence[Info], rule: Rule) -> str:
    others = [
        f"{info.adaptive['min']:g} and {info.adaptive['max']:g}"
        for info in infos
        if info.adaptive and (info.adaptive["min"], info.adaptive["max"]) != rule.bounds
    ]
    text = "The measurement was adaptive: rows that few samples decided have few, and rough pass rates."
    if others:
        text += f" It decided by the bounds {others[0]}, and not by these."
    return text


def _columns_text() -> str:
    return (
        "`pass_rate_generations` and `pass_rate_rewards` have the completions and their rewards, under "
        "open-r1's names. `pass_rate_samples` has the rest of each: its number, finish reason, tokens, every "
        "reward, and the fault if its scoring failed. `pass_rate_held_out` are samples that selection does "
        "not use. `pass_rate_origin` says how they were sampled."
    )

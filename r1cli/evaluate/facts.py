"""What decides an evaluation, in a line each: for people who look at a plan."""

from r1cli.config.config import DATASET, ENDPOINT, MODEL, Config
from r1cli.config.groups.sampling import DEFAULTS, Sampling
from r1cli.evaluate.benchmarks import find_benchmarks
from r1cli.evaluate.defaults import recommended
from r1cli.evaluate.schema import Evaluate
from r1cli.launch.place import Place


def facts(config: Config, place: Place) -> list[tuple[str, str]]:
    """The model, and for each benchmark or the dataset how completions are sampled."""
    evaluate, sampling = config.section(Evaluate), config.section(Sampling)
    given = {name: value for name in DEFAULTS if (value := getattr(sampling, name)) is not None}
    chosen = [
        (one.name, {**recommended(one, evaluate.protocol), **given})
        for one in find_benchmarks(evaluate.benchmarks)
    ]
    if not chosen:
        chosen = [("sampling", {**recommended(None, evaluate.protocol), **given})]
    problems = f", {evaluate.num_problems} problems" if evaluate.num_problems else ""
    named = [("model", str(config.get(MODEL) or config.get(ENDPOINT)))]
    if config.get(DATASET):
        named.append(("dataset", str(config.get(DATASET))))
    return [*named, *((name, _sampled(how) + problems) for name, how in chosen)]


def _sampled(how: dict[str, float]) -> str:
    samples, limit = how["samples"], how["max_new_tokens"]
    return (
        f"{samples} completion{'' if samples == 1 else 's'} each, up to {limit:,} tokens, "
        f"temperature {how['temperature']:g}, top_p {how['top_p']:g}"
    )

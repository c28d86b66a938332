"""Whether the Hub answers, before anything starts that needs it: loading would try for minutes."""

from collections.abc import Container, Iterable

from r1cli.checks.offline import hub_items
from r1cli.config.config import Config
from r1cli.config.groups.launch import Launch
from r1cli.data import hub
from r1cli.data.hub import HubItem
from r1cli.errors import R1Error


def require_hub(config: Config, kinds: Container[str] = (hub.MODEL, hub.DATASET)) -> None:
    """Asks the Hub once if a model or dataset of the config is not on this machine.

    Args:
        config: that names them.
        kinds: of what is needed.

    Raises:
        R1Error: names each of them, and why the Hub does not answer.
    """
    launch = config.find(Launch)
    if launch is None or launch.offline:
        return
    needed = ((item, path) for item, path in hub_items(config) if item.kind in kinds)
    require_items((item, config.origins.get(path, path)) for item, path in needed)


def require_items(needed: Iterable[tuple[HubItem, str]]) -> None:
    """As `require_hub`, of models and datasets, each with where it was named."""
    absent = [(item, where) for item, where in needed if not hub.is_here(item)]
    if not absent:
        return
    variable = hub.offline_variable()
    silence = f"{variable} forbids asking it" if variable else hub.hub_silence()
    if silence:
        raise R1Error.together(
            [
                R1Error(
                    f"the {item.kind} '{item.name}' is not on this machine, and the Hub ({hub.endpoint()}) "
                    f"cannot be reached: {silence}",
                    where=where,
                    fix=f"where there is internet: r1 prefetch {item.title} --to FOLDER, and here "
                    "HF_HOME=FOLDER; or name a folder of this machine",
                )
                for item, where in absent
            ]
        )

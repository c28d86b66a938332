"""The group ``model``, where nothing is trained: the keys of TRL's that say which model it is."""

from dataclasses import dataclass

from r1cli.config.section import Section, key


@dataclass(frozen=True)
class Model(Section):
    """A model, and how it is loaded to be used as it is."""

    group = "model"

    model_name_or_path: str | None = key(None, "the model: a Hub id or a folder")
    model_revision: str = key("main", "a branch, tag or commit of a model on the Hub")
    dtype: str | None = key(
        "auto",
        "the type of the weights; auto is the one they are stored in",
        choices=("auto", "bfloat16", "float16", "float32"),
    )

"""The group ``model``, where nothing is trained: the keys of TRL's that say which model it is."""

from r1cli.config.section import Section, key


class Model(Section):
    """A model, and how it is loaded to be used as it is."""

    group = "model"

    model_name_or_path: str | None = key("the model: a Hub id or a folder", default=None)
    model_revision: str = key("a branch, tag or commit of a model on the Hub", default="main")
    dtype: str | None = key(
        "the type of the weights; auto is the one they are stored in",
        default="auto",
        choices=("auto", "bfloat16", "float16", "float32"),
    )

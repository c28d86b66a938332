"""A dataset folder to the Hub: for ``r1 data push``."""

from pathlib import Path

from r1cli.data.hub import endpoint, offline_variable
from r1cli.data.lineage import LINEAGE, read_lineage
from r1cli.data.source import DATASET, near_paths
from r1cli.errors import R1Error
from r1cli.files import existing_path


def push(folder: Path, name: str, *, public: bool) -> str:
    """Uploads a dataset folder, and returns the address of its page.

    Args:
        folder: that a command of r1 wrote, or its run directory.
        name: OWNER/NAME on the Hub; made if need be.
        public: whether everybody may read a dataset that is made; one that exists stays as it is.

    Raises:
        R1Error: there is no such folder, it is not a dataset folder, or the Hub does not take it.
    """
    from httpx2 import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    if name.count("/") != 1:
        raise R1Error(
            f"'{name}' does not name a dataset on the Hub", where="argument NAME", fix="write OWNER/NAME"
        )
    wrote = "name a folder that `r1 data mix`, `r1 generate` or another command of r1 wrote"
    if existing_path(str(folder)) is None:
        fix = near_paths(str(folder), wrote)
        raise R1Error(f"there is no run or folder '{folder}'", where="argument RUN|FOLDER", fix=fix)
    if (folder / DATASET / LINEAGE).exists():
        folder = folder / DATASET  # a run's
    lineage = read_lineage(folder)
    if not lineage or not (folder / "README.md").exists():
        raise R1Error("this is not a dataset folder of r1", where=str(folder), fix=wrote)
    if forbids := offline_variable():
        what = f"calling the Hub is forbidden: {forbids} is set"
        raise R1Error(what, where=endpoint(), fix=f"unset {forbids}", exit_code=1)
    message = f"Push {lineage.get('rows')} rows, {lineage.get('hash')}"
    api = HfApi(endpoint=endpoint())
    try:
        api.create_repo(name, repo_type="dataset", private=not public, exist_ok=True)
        api.upload_folder(repo_id=name, repo_type="dataset", folder_path=folder, commit_message=message)
    except HFValidationError as error:
        raise R1Error(str(error), where="argument NAME", fix="write OWNER/NAME") from None
    except HfHubHTTPError as error:
        fix = "set HF_TOKEN to a token that may write there, or log in with `hf auth login`"
        raise R1Error(f"the Hub rejects '{name}': {error}", where=endpoint(), fix=fix, exit_code=1) from error
    except (HTTPError, OSError) as error:
        fix = "run the same command again where there is internet: what arrived is not sent again"
        raise R1Error(
            f"the Hub cannot be reached: {error}", where=endpoint(), fix=fix, exit_code=1
        ) from error
    return f"{endpoint()}/datasets/{name}"

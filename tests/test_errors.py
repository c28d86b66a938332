"""The error that a user can fix, under its old name too."""

import json
from pathlib import Path

import pytest

from r1cli import R1Error
from r1cli.runs.failure import error_file, failure


def test_the_old_name_of_a_fix_works_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match="mend is called fix"):
        error = R1Error("no", where="here", mend="do this")
    assert error.fix == "do this"
    assert "fix: do this" in str(error)
    with pytest.warns(DeprecationWarning, match="goes in r1 0.4"):
        assert error.mend == "do this"


def test_error_files_of_older_versions_are_read(tmp_path: Path) -> None:
    old = {"what": "no", "where": "here", "mend": "do this", "exit_code": 1}
    error_file(tmp_path).parent.mkdir()
    error_file(tmp_path).write_text(json.dumps(old))
    error = failure(tmp_path)
    assert (error.what, error.fix, error.exit_code) == ("no", "do this", 1)
    assert R1Error.from_fields(error.fields()).fields() == error.fields()

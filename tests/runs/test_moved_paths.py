"""A run that is moved with what lies beside it finds all of that again."""

import json
from pathlib import Path

from r1cli.runs.moved_paths import follow_move, recorded_dir


def test_what_was_moved_along_is_found_from_the_new_place(tmp_path: Path) -> None:
    old, new = tmp_path / "old" / "grpo", tmp_path / "new" / "grpo"
    new.mkdir(parents=True)
    (new.parent / "sft").mkdir()
    (tmp_path / "model").mkdir()
    (new / "job.json").write_text(json.dumps({"run_dir": str(old)}))
    recorded = recorded_dir(new)
    assert recorded == str(old)
    for value, found in (
        (f"{old.parent}/sft", f"{new.parent}/sft"),
        (f"{old.parent}/gone", f"{old.parent}/gone"),
        # What is still there was not moved.
        (f"{tmp_path}/model", f"{tmp_path}/model"),
        ("Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-7B"),
        (3, 3),
    ):
        assert follow_move(value, recorded, new) == found


def test_a_record_that_does_not_say_where_it_was_changes_no_path(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"run_dir": 3}'):
        (tmp_path / "job.json").write_text(text)
        assert recorded_dir(tmp_path) == ""
        assert follow_move("/nowhere/at/all", "", tmp_path) == "/nowhere/at/all"

import gc

from villaops.loaded import load


def test_what_is_loaded_is_no_garbage_to_look_for() -> None:
    gc.unfreeze()

    load()

    assert len(gc.get_objects()) < gc.get_freeze_count() / 100

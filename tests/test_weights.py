"""ai_from_scratch.weights: what is saved comes back, what is broken is named, and nothing in a file is ever run."""

import json
import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from ai_from_scratch.weights import WeightsError, check_arrays, checksum, load, random_generator, save

ARRAYS: dict[str, np.ndarray] = {
    "W": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b": np.array([0.5, -0.0, 1e300], dtype=np.float64),
}


def test_arrays_and_metadata_come_back_as_they_were(tmp_path):
    path = tmp_path / "model.safetensors"
    save(path, ARRAYS, {"vocabulary": '\n "é\u2028🎭', "note": ""})
    arrays, metadata = load(path)
    assert metadata == {"vocabulary": '\n "é\u2028🎭', "note": ""}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].tobytes() == array.tobytes() and arrays[name].shape == array.shape


@settings(deadline=None, max_examples=50)   # a disk is sometimes slow
@given(arrays_of.arrays(
    st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.int64, np.uint8, np.bool_]),
    arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)))
def test_every_shape_and_kind_of_number_survives(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("w") / "a.safetensors"
    save(path, {"a": array})
    arrays, metadata = load(path, finite=False)
    assert arrays["a"].shape == array.shape and arrays["a"].dtype == array.dtype
    assert arrays["a"].tobytes() == array.tobytes()
    assert metadata == {}


def test_views_and_transposed_arrays_are_saved_by_value(tmp_path):
    flat = np.arange(24.0)
    transposed = flat.reshape(4, 6).T[::2]                     # neither contiguous nor in C order
    save(tmp_path / "v.safetensors", {"t": transposed, "big-endian": np.arange(3, dtype=">f4")})
    arrays, _ = load(tmp_path / "v.safetensors")
    np.testing.assert_array_equal(arrays["t"], transposed)
    np.testing.assert_array_equal(arrays["big-endian"], [0, 1, 2])


def test_loaded_arrays_are_ours_to_change(tmp_path):
    save(tmp_path / "m.safetensors", ARRAYS)
    arrays, _ = load(tmp_path / "m.safetensors")
    arrays["W"][...] = 7
    again, _ = load(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(again["W"], ARRAYS["W"])


def test_the_file_is_what_other_libraries_read(tmp_path):
    save(tmp_path / "m.safetensors", ARRAYS, {"made by": "us"})
    raw = (tmp_path / "m.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + length])
    assert header["__metadata__"] == {"made by": "us", "sha256": checksum(ARRAYS, {"made by": "us"})}
    assert header["W"]["dtype"] == "F32" and header["W"]["shape"] == [2, 3]


def test_a_save_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    save(path, ARRAYS)
    monkeypatch.setattr(os, "replace", lambda *names: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save(path, {"W": np.zeros(1000)})
    arrays, _ = load(path)
    np.testing.assert_array_equal(arrays["W"], ARRAYS["W"])
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize("content", [b"", b"x", b"not safetensors at all", b"\xff" * 64, b"\x89PNG" + b"\0" * 99])
def test_other_files_are_named_as_such(tmp_path, content):
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"other\.safetensors: expected a complete \.safetensors file"):
        load(path)


@pytest.mark.parametrize("kept", [4, 8, 20, -1])
def test_a_truncated_file_is_an_error_not_zeros(tmp_path, kept):
    path = tmp_path / "cut.safetensors"
    save(path, ARRAYS)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match="expected a complete"):
        load(path)


def test_every_damaged_byte_is_noticed(tmp_path):
    path = tmp_path / "m.safetensors"
    save(path, ARRAYS, {"made by": "us"})
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            arrays, metadata = load(path)
        except WeightsError:
            continue
        # Only the checksum's own name can be damaged unnoticed by it; then it is a text like any other.
        assert "made by" in metadata and len(metadata) == 2, place
        assert all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())


def test_nan_and_infinity_are_refused_unless_they_are_welcome(tmp_path):
    path = tmp_path / "m.safetensors"
    for bad in (np.nan, -np.inf):
        save(path, {"W": np.array([1.0, bad]), "n": np.arange(3)})
        with pytest.raises(WeightsError, match=r"'W' contains NaN or infinity.*had diverged"):
            load(path)
        np.testing.assert_array_equal(load(path, finite=False)[0]["W"], [1.0, bad])


def test_names_shapes_and_kinds_of_number_are_compared_before_anything_is_built():
    shapes = {"W": (2, 3), "b": (3,)}
    check_arrays(ARRAYS, shapes)
    for arrays, words in (
        ({"W": ARRAYS["W"]}, "got a file without 'b'"), ({**ARRAYS, "c": ARRAYS["b"]}, "got a file with 'c'"),
        ({**ARRAYS, "W": ARRAYS["W"].T}, r"'W': expected the shape \(2, 3\), got \(3, 2\)"),
    ):
        with pytest.raises(WeightsError, match=words):
            check_arrays(arrays, shapes)
    with pytest.raises(WeightsError, match="'b': expected numbers of float32, got float64"):
        check_arrays(ARRAYS, shapes, np.float32)


def test_a_random_generator_comes_back_and_nothing_else_of_numpy_is_called(monkeypatch):
    for kind in (np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM):
        rng = np.random.Generator(kind(3))
        rng.random(5)
        np.testing.assert_array_equal(random_generator(rng.bit_generator.state).random(9), rng.random(9))
    monkeypatch.setattr(np.random, "test", lambda: pytest.fail("NumPy's tests were run"))
    state = np.random.PCG64(3).state
    for bad in ({**state, "bit_generator": "test"}, {**state, "bit_generator": ["PCG64"]}, None, "PCG64",
                {**state, "state": {"state": "x", "inc": 3}}, {**state, "state": {}}, {"bit_generator": "MT19937"},
                {**state, "state": {"state": -1, "inc": 10**60}}):
        with pytest.raises(WeightsError, match="random generator"):
            random_generator(bad)


def test_a_missing_file_and_a_directory_are_told_apart(tmp_path):
    with pytest.raises(WeightsError, match="nothing of that name"):
        load(tmp_path / "nowhere.safetensors")
    with pytest.raises(WeightsError, match="a directory"):
        load(tmp_path)


def test_a_pickle_is_refused_and_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = tmp_path / "trap.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(WeightsError):
        load(path)
    assert not (tmp_path / "sprung").exists()


def test_what_is_no_array_of_numbers_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "m.safetensors"
    for wrong in (np.array(["text"]), np.array([object()]), [1.0, 2.0]):
        with pytest.raises(WeightsError, match="'W' is"):
            save(path, {"W": wrong})  # type: ignore[dict-item]
    with pytest.raises(WeightsError, match=r"metadata 'n'.*json\.dumps"):
        save(path, ARRAYS, {"n": 3})  # type: ignore[dict-item]
    assert not list(tmp_path.iterdir())


def test_a_masked_array_is_refused_because_its_mask_would_be_lost(tmp_path):
    with pytest.raises(WeightsError, match=r"'a' is a masked array.*array\.filled"):
        save(tmp_path / "w.safetensors", {"a": np.ma.masked_array([1.0, 2.0], mask=[True, False])})

"""What the base classes take, and the words with which they refuse the rest."""


import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from traced_memory import traced_memory

from ai_from_scratch.estimator import (
    Classifier,
    DataConversionWarning,
    NotFittedError,
    Regressor,
    check_array,
    check_random_state,
    check_sample_weight,
)
from ai_from_scratch.estimator.checks import check_finite, unique_labels
from Linear_Regression_From_Scratch import LinearRegression, Ridge


class Classes(Classifier):
    def fit(self, X, y):
        self.seen_X_, self.seen_y_ = self._check_fit(X, y)
        return self

    def predict(self, X):
        return self._check_predict(X)


class Numbers(Regressor):
    def fit(self, X, y):
        self.seen_X_, self.seen_y_ = self._check_fit(X, y)
        return self


class ManyNumbers(Numbers):
    _multi_output = True


X, Y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 1, 0])


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (sparse.csr_matrix(X), TypeError, "sparse matrix, but dense data is required"),
        (X + 1j, ValueError, "Complex data not supported"),
        (X[0], ValueError, "Expected 2D array, got 1D array instead(.|\n)*Reshape your data"),
        (3.0, ValueError, "Expected 2D array, got scalar array instead"),
        (X[None], ValueError, "Expected 2D array, got 3D array instead"),
        (X[:0], ValueError, r"0 sample\(s\) \(shape=\(0, 3\)\) while a minimum of 1 is required"),
        (X[:, :0], ValueError, r"0 feature\(s\) \(shape=\(4, 0\)\) while a minimum of 1 is required"),
        (np.where(X == 5, np.nan, X), ValueError, r"Input X contains NaN. The first is at index \(1, 2\)"),
        (np.where(X == 5, -np.inf, X), ValueError, r"Input X contains infinity .* at index \(1, 2\)"),
        (np.array([[np.inf, -np.inf], [np.nan, 0]]), ValueError, "NaN"),
        ([[1, 2], [3]], ValueError, "rows differ in length"),
        ([["a", "b"]], ValueError, "not numbers"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), ValueError, "not numbers"),
        (np.array([[1.0, "a"]], dtype=object), ValueError, "could not convert string to float: 'a'"),
        (np.array([[1.0, {}]], dtype=object), TypeError, r"argument must be .* string .* number.* at index \(0, 1\)"),
        (np.array([[1.0, [2.0]]], dtype=object), TypeError, r"It is in X at index \(0, 1\)"),
        (np.array([[1.0, 10**400]], dtype=object), ValueError, r"infinity or a value too large .* at index \(0, 1\)"),
        (pd.DataFrame({"a": [1.0, None, 3.0]}, dtype="Float64"), ValueError, r"Input X contains NaN.* \(1, 0\)"),
        (pd.DataFrame({"a": [1, 2], "b": [pd.NaT, pd.NaT]}, dtype=object), ValueError, r"X contains NaN.* \(0, 1\)"),
        (np.array([[1.0, None]], dtype=object), ValueError, "Input X contains NaN"),
        (np.ma.masked_greater(X, 7), ValueError, r"X is a masked array with 4 masked values.*X.filled"),
        ([X[0], np.ma.masked_greater(X[1], 4)], ValueError, r"X contains masked arrays with 1 masked.*np.ma.stack"),
        ((np.ma.masked_greater(X[0], 0), np.ma.array(X[1])), ValueError, "X contains masked arrays with 2 masked"),
        (np.full((2, 2), np.finfo(np.longdouble).max), ValueError, "infinity or a value too large"),
    ],
)
def test_a_table_that_is_none_is_refused_in_words(bad, error, words):
    with pytest.raises(error, match=words):
        check_array(bad)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (None, "Classes requires y to be passed, but the target y is None"),
        ([0, 1, 1], r"inconsistent numbers of samples: \[4, 3\]"),
        ([0.5, 1.5, 1.0, 0.0], "Unknown label type: continuous"),
        ([0.0, 1.0, np.nan, 0.0], "NaN"),
        (np.array(["a", "b", None, "b"], dtype=object), r"Unknown label type: Input y contains NaN.* \(2,\)"),
        (np.array([0, 1, np.nan, 1], dtype=object), r"Input y contains NaN.* \(2,\)"),
        (pd.array([0, 1, pd.NA, 1], dtype="Int64"), r"Input y contains NaN.* \(2,\)"),
        (pd.Series(["a", pd.NA, "b", "a"], dtype="string"), "Input y contains NaN"),
        (np.array(["a", np.nan, "b", "a"], dtype=np.dtypes.StringDType(na_object=np.nan)), "Input y contains NaN"),
        (np.array([0, 1, 0.5, 1], dtype=object), "Unknown label type: continuous"),
        (np.array([True, False, 2, 1], dtype=object), r"mixes kinds of labels \(bool, number\)"),
        (np.array(["a", "b", 2, "b"], dtype=object), r"mixes kinds of labels \(number, str\)"),
        (np.ma.array([0, 1, 1, 0], mask=np.arange(4) == 2), "y is a masked array with 1 masked values"),
        ([np.ma.array([k], mask=[k == 1]) for k in (0, 1, 1, 0)], "y contains masked arrays with 2 masked values"),
        ([[0], [0, 1], [1], [1]], "rows differ in length"),
        (np.array([0, 1j, 0, 1]), "Unknown label type"),
        (np.zeros((4, 2)), r"1d array, got an array of shape \(4, 2\)"),
    ],
)
def test_labels_that_are_none_are_refused_in_words(bad, words):
    with pytest.raises(ValueError, match=words):
        Classes().fit(X, bad)


def test_targets_that_are_no_numbers_are_refused_in_words():
    for bad, words in [(None, "y is None"), ([0, 1, 2, np.inf], "y contains infinity"), ([*"abcd"], "not numbers")]:
        with pytest.raises(ValueError, match=words):
            Numbers().fit(X, bad)
    with pytest.raises(ValueError, match="1d array"):
        Numbers().fit(X, X)


def test_a_column_of_targets_is_flattened_with_a_warning_unless_several_are_welcome():
    for model in (Classes(), Numbers()):
        with pytest.warns(DataConversionWarning, match="A column-vector y was passed when a 1d array was expected"):
            assert model.fit(X, Y[:, None]).seen_y_.shape == (4,)
    assert ManyNumbers().fit(X, Y[:, None]).seen_y_.shape == (4, 1)


def test_numbers_of_any_container_become_the_same_table():
    tables = [X.tolist(), X.astype(int), X.astype(np.uint8), X.astype(object), np.asfortranarray(X), pd.DataFrame(X),
              X.astype(np.float16), pd.DataFrame(X).astype("Int64"), pd.DataFrame(X).astype({0: "int8", 1: "float32"})]
    for table in tables:
        seen = check_array(table)
        assert seen.dtype == np.float64
        np.testing.assert_array_equal(seen, X)
    np.testing.assert_array_equal(check_array(X > 5), (X > 5).astype(float))


def test_what_is_right_already_is_neither_copied_nor_changed(tmp_path):
    np.save(tmp_path / "X.npy", X)
    read_only = np.load(tmp_path / "X.npy", mmap_mode="r")
    for table in (X, X.astype(np.float32), np.asfortranarray(X), read_only):
        assert np.shares_memory(check_array(table), table)
    assert check_array(X.astype(np.float32)).dtype == np.float32
    assert check_array(X.astype(np.float32), always_float64=True).dtype == np.float64


def test_targets_take_the_tables_precision():
    assert Numbers().fit(X.astype(np.float32), Y).seen_y_.dtype == np.float32
    assert Numbers().fit(X, Y.astype(np.float32)).seen_y_.dtype == np.float64


class Squares(Numbers):
    _adds_up_squares = True

    def predict(self, X):
        return self._check_predict(X)[:, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_whose_squares_overflow_or_vanish_are_refused_where_a_model_adds_them_up(dtype):
    limit = float(np.sqrt(np.finfo(dtype).max))
    table = np.random.default_rng(0).normal(size=(30, 3)).astype(dtype)
    for factor, words in ((limit, "overflow"), (dtype(1) / dtype(limit), "vanish")):
        scaled = table.copy()
        scaled[:, 1] *= factor
        with pytest.raises(ValueError, match=rf"column 1 of X holds values of .*, whose squares {words} in float"):
            Squares().fit(scaled, table[:, 0])
        with pytest.raises(ValueError, match=f"y holds values of .*, whose squares {words}"):
            Squares().fit(table, table[:, 0] * factor)
        assert Numbers().fit(scaled, table[:, 0]).seen_X_ is not None    # others say nothing
    scaled[:, 1] = 0                                                     # a constant column is no mistake
    model = Squares().fit(scaled, table[:, 0])
    model.predict(table * dtype(1) / dtype(limit))
    with pytest.raises(ValueError, match="overflow"):
        model.predict(table * dtype(limit))


def test_finite_numbers_whose_sum_overflows_are_fine():
    huge = np.full((4, 3), 1e308)
    assert check_array(huge) is huge


def test_predict_before_fit_is_an_error_that_says_so():
    with pytest.raises(NotFittedError, match="This Classes instance is not fitted yet"):
        Classes().predict(X)


def test_another_width_is_refused():
    with pytest.raises(ValueError, match="X has 2 features, but Classes is expecting 3 features as input"):
        Classes().fit(X, Y).predict(X[:, :2])


def test_column_names_are_remembered_and_compared():
    frame = pd.DataFrame(X, columns=["length", "width", "height"])
    model = Classes().fit(frame, Y)
    assert model.feature_names_in_.tolist() == ["length", "width", "height"]
    model.predict(frame)
    with pytest.raises(ValueError, match="same order"):
        model.predict(frame[["width", "length", "height"]])
    with pytest.raises(ValueError, match=r"unseen at fit time:\n- depth\n(.|\n)*now missing:\n- height"):
        model.predict(frame.rename(columns={"height": "depth"}))
    with pytest.warns(UserWarning, match="X does not have valid feature names, but Classes was fitted with"):
        model.predict(X)
    model.fit(X, Y)
    assert not hasattr(model, "feature_names_in_")
    with pytest.warns(UserWarning, match="X has feature names, but Classes was fitted without"):
        model.predict(frame)


def test_columns_named_by_numbers_have_no_names_and_mixed_names_are_refused():
    assert not hasattr(Classes().fit(pd.DataFrame(X), Y), "feature_names_in_")
    with pytest.raises(TypeError, match="all input features have string names"):
        Classes().fit(pd.DataFrame(X, columns=["a", 1, 2]), Y)


def test_weights_are_one_for_each_sample_and_never_negative():
    np.testing.assert_array_equal(check_sample_weight(None, X), np.ones(4))
    np.testing.assert_array_equal(check_sample_weight(2, X), np.full(4, 2.0))
    assert check_sample_weight([1, 2, 3, 4], X.astype(np.float32)).dtype == np.float32
    for bad, words in [(np.ones(3), "expected"), (np.ones((4, 1)), "expected"), ([1, -1, 1, 1], "Negative"),
                       (np.zeros(4), "non-zero"), ([1, 1, np.nan, 1], "NaN"),
                       (np.full(4, 1e200), "overflow or vanish in float64"),
                       (np.full(4, 1e-310), "Divide the weights by their mean"),
                       (np.ma.array(np.ones(4), mask=np.arange(4) == 0), "sample_weight is a masked array")]:
        with pytest.raises(ValueError, match=words):
            check_sample_weight(bad, X)


@given(st.integers(0, 2**32 - 1))
def test_a_seed_gives_the_same_numbers_twice(seed):
    assert check_random_state(seed).integers(2**60) == check_random_state(np.int64(seed)).integers(2**60)


def test_generators_are_used_as_they_are_and_the_legacy_kind_moves_on():
    rng, legacy = np.random.default_rng(0), np.random.RandomState(0)
    assert check_random_state(rng) is rng
    assert check_random_state(None).integers(2**60) != check_random_state(None).integers(2**60)
    assert check_random_state(legacy).integers(2**60) != check_random_state(legacy).integers(2**60)
    for bad in ("lucky", -1, 0.5, np.int64(-7)):
        with pytest.raises(ValueError, match="cannot seed a random generator: give None, an integer of at least 0"):
            check_random_state(bad)


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=300),
       st.sampled_from([np.int8, np.int64, np.float64, str]), st.integers(1, 10**15))
def test_labels_are_told_apart_as_numpy_tells_them_apart_however_they_are_counted(values, dtype, stride):
    y = np.array(values).astype(dtype) if dtype is not np.int64 else np.array(values) * stride
    classes, codes = unique_labels(y)
    expected, places = np.unique(y, return_inverse=True)
    np.testing.assert_array_equal(classes, expected)
    np.testing.assert_array_equal(codes, places)
    assert classes.dtype == y.dtype


@pytest.mark.parametrize("model", [LinearRegression(), Ridge()], ids=repr)
def test_no_target_at_all_is_told_by_the_numbers_of_samples(model):
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[2, 0\]"):
        model.fit([[1.0], [2.0]], [])


@pytest.mark.parametrize("order", ["C", "F"])
def test_looking_for_nan_copies_no_table(order):
    X = np.ones((4000, 200), order=order)
    for table in (X, X[:, ::2], X[::2], X.T):
        with traced_memory() as peak:
            check_finite(table, "X")
            assert peak() < table.nbytes / 10
        spoilt = table.copy(order="K")
        spoilt[3, 5] = np.nan
        with pytest.raises(ValueError, match=r"Input X contains NaN. The first is at index \(3, 5\)"):
            check_finite(spoilt[:, :], "X")
    huge = np.full((6, 4), 1e200)[:, ::2]
    check_finite(huge, "X")                          # its squares are infinite, and nothing warns

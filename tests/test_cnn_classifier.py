"""The classifier: any images, any labels, watched or not, saved and brought back."""

import json
import pickle

import numpy as np
import pytest

from ai_from_scratch import weights
from ai_from_scratch.estimator import DivergenceError, NotFittedError
from Basic_Neural_Network_From_Scratch import SoftmaxCrossEntropy
from CNN_From_Scratch import CNNClassifier, as_images, random_shift

BRIEF = pytest.mark.filterwarnings("ignore:Stopped too early", "ignore:max_iter=")     # few steps, on purpose


def bars(n, rng, size=10):
    """Images (n, size, size) of bytes: a bright bar, upright or lying, somewhere on noise.  Labels in words."""
    X = rng.integers(0, 60, (n, size, size)).astype(np.uint8)
    upright = rng.random(n) < 0.5
    places = rng.integers(0, size, n)
    for image, up, place in zip(X, upright, places, strict=True):
        image[(slice(None), place) if up else (place, slice(None))] = 250
    return X, np.where(upright, "upright", "lying")


@pytest.fixture(scope="module", params=["plain", pytest.param("fast", marks=pytest.mark.slow)])
def small(request):
    return dict(filters=(4,), kernel_size=3, hidden_layer_sizes=(8,), batch_size=32, max_iter=6,
                learning_rate_init=0.02, random_state=0, engine=request.param)


@pytest.fixture(scope="module")
def fitted(small):
    return CNNClassifier(**small).fit(*bars(300, np.random.default_rng(0)))


def test_it_tells_upright_from_lying_bars_that_it_never_saw(fitted):
    X, y = bars(200, np.random.default_rng(1))
    assert fitted.score(X, y) > 0.97
    assert list(fitted.classes_) == ["lying", "upright"]
    probabilities = fitted.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(fitted.classes_[probabilities.argmax(axis=1)], fitted.predict(X))


def test_every_way_to_hand_over_the_same_images_gives_the_same_logits(fitted):
    X, _ = bars(5, np.random.default_rng(2))
    logits = fitted.decision_function(X)
    for same in (X[:, None], X.reshape(5, 100), X.astype(float), np.asfortranarray(X), X.tolist(), X.astype(object)):
        np.testing.assert_allclose(fitted.decision_function(same), logits, rtol=1e-6, atol=1e-6)


def test_the_batch_that_an_image_comes_in_does_not_matter(fitted):
    X, _ = bars(300, np.random.default_rng(3))
    together = fitted.decision_function(X)
    alone = np.concatenate([fitted.decision_function(image[None]) for image in X[:20]])
    np.testing.assert_allclose(together[:20], alone, rtol=1e-4, atol=1e-5)


@BRIEF
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(small):
    X, y = bars(70, np.random.default_rng(4))
    first, same, other = (CNNClassifier(**{**small, "random_state": seed, "shift": 1, "max_iter": 2}).fit(X, y)
                          for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.network_.parameters, same.network_.parameters)
    assert not np.array_equal(first.network_.parameters, other.network_.parameters)


def test_training_yields_after_every_batch_the_last_partial_one_included_and_predict_works(small):
    X, y = bars(70, np.random.default_rng(5))
    model = CNNClassifier(**{**small, "max_iter": 2})
    seen = []
    for progress in model.training(X, y):
        seen.append((progress.step, progress.steps, progress.epoch))
        assert model.predict(X[:1]).shape == (1,)
        assert model.n_iter_ == progress.epoch
    assert seen == [(1, 6, 1), (2, 6, 1), (3, 6, 1), (4, 6, 2), (5, 6, 2), (6, 6, 2)]
    assert len(model.loss_curve_) == 2


def test_the_loss_of_an_epoch_is_the_mean_over_its_images_the_last_batch_counts_by_its_size(small):
    X, y = bars(70, np.random.default_rng(5))                    # batches of 32, 32 and 6
    model = CNNClassifier(**{**small, "max_iter": 2})
    losses = np.array([progress.loss for progress in model.training(X, y)])
    np.testing.assert_allclose(model.loss_curve_, losses.reshape(2, 3) @ [32, 32, 6] / 70)
    model.partial_fit(X, y)
    assert len(model.loss_curve_) == model.n_iter_ == 3


def test_the_loss_of_a_step_is_the_objective_that_its_update_was_computed_from(small):
    X, y = bars(32, np.random.default_rng(5))
    model, codes = CNNClassifier(**small), (y == "upright").astype(int)
    logits = None
    for progress in model.training(X, y):                        # one batch an epoch: all images, in another order
        if logits is not None:
            assert progress.loss == pytest.approx(SoftmaxCrossEntropy().forward(logits, codes), rel=1e-5)
        logits = model.decision_function(X)


def test_fit_leaves_images_and_labels_as_they_were(small):
    X, y = bars(40, np.random.default_rng(6))
    X.flags.writeable = y.flags.writeable = False
    CNNClassifier(**{**small, "shift": 2, "max_iter": 1}).fit(X, y)


def test_partial_fit_learns_batch_by_batch(small):
    rng = np.random.default_rng(7)
    model = CNNClassifier(**{**small, "learning_rate_init": 0.01})
    with pytest.raises(ValueError, match="classes must be passed"):
        model.partial_fit(*bars(32, rng))
    for _ in range(60):
        X, y = bars(64, rng)
        model.partial_fit(X, y, classes=["lying", "upright"])
    assert model.score(*bars(200, rng)) > 0.95
    with pytest.raises(ValueError, match=r"\(1, 10, 10\).*\(1, 8, 8\)"):
        model.partial_fit(*bars(8, rng, size=8))


@pytest.mark.parametrize("labels", [["b", "a"], [3, -7], [True, False], [2.0, 5.0]])
def test_labels_of_any_kind_come_back(small, labels):
    X, y = bars(40, np.random.default_rng(8))
    y = np.where(y == "upright", *labels)
    predicted = CNNClassifier(**{**small, "max_iter": 1}).fit(X, y).predict(X)
    assert set(predicted.tolist()) <= set(labels) and predicted.dtype == y.dtype


def test_one_class_is_predicted_and_black_images_train(small):
    X = np.zeros((20, 10, 10), np.uint8)
    model = CNNClassifier(**{**small, "max_iter": 1}).fit(X, np.full(20, 4))
    np.testing.assert_array_equal(model.predict(X), 4)
    assert np.isfinite(model.network_.parameters).all()


def test_colour_images_blocks_of_convolutions_and_no_hidden_layer(small):
    rng = np.random.default_rng(9)
    X, y = rng.random((30, 3, 12, 11)), rng.integers(0, 3, 30)
    model = CNNClassifier(((4, 4), (6,)), 3, padding="same", hidden_layer_sizes=(), max_iter=1).fit(X, y)
    assert model.image_shape_ == (3, 12, 11) and model.n_features_in_ == 3 * 12 * 11
    assert model.network_.shapes[-2:] == [(6 * 3 * 2,), (3,)]
    assert model.predict_proba(X).shape == (30, 3)


def test_a_copy_by_pickle_predicts_the_same_and_goes_on_learning(fitted):
    X, y = bars(40, np.random.default_rng(10))
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(X), fitted.predict_proba(X))
    kernels = copy.network_.named_arrays()["convolution_1.K"]
    before = kernels.copy()
    copy.partial_fit(X, y)
    assert (before != kernels).any()


def test_its_state_is_arrays_and_text_and_builds_it_again(fitted):
    arrays, about = fitted.state()
    assert all(isinstance(text, str) for text in about.values())
    assert json.loads(about["fitted"])["classes_"]["values"] == ["lying", "upright"]
    again = CNNClassifier.from_state(arrays, about)
    X, _ = bars(9, np.random.default_rng(11))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.predict(X).dtype.kind == "U"
    with pytest.raises(ValueError, match=r"convolution_1\.K is missing"):
        CNNClassifier.from_state({name: array for name, array in arrays.items() if name != "convolution_1.K"}, about)
    with pytest.raises(ValueError, match="fitted missing"):
        CNNClassifier.from_state(arrays, {name: text for name, text in about.items() if name != "fitted"})
    fitted_but_shape = {name: value for name, value in json.loads(about["fitted"]).items() if name != "image_shape_"}
    with pytest.raises(ValueError, match=r"another version: .*image_shape_"):
        CNNClassifier.from_state(arrays, {**about, "fitted": json.dumps(fitted_but_shape)})


@pytest.mark.parametrize(("X", "words"), [
    (np.zeros((4, 7)), "A row of 7 pixels is not a square"),
    (np.zeros(16), r"got shape \(16,\)"),
    (np.zeros((4, 1, 2, 3, 4)), r"\(4, 1, 2, 3, 4\)"),
    (np.zeros((0, 8, 8)), "minimum of 1"),
    (np.full((4, 8, 8), np.nan), "NaN"),
    (np.full((4, 8, 8), np.inf), "infinity"),
    (np.zeros((4, 8, 8), complex), "Complex data not supported"),
    (np.zeros((4, 4, 4)), r"layer 3: .*\(16, 0, 0\)|layer 1: .*5 × 5 does not fit"),
])
def test_what_are_no_images_is_refused_with_what_came(X, words):
    with pytest.raises(ValueError, match=words):
        CNNClassifier().fit(X, np.arange(len(X)) % 2)


def test_other_ordinary_mistakes_are_named(fitted, small):
    X, y = bars(8, np.random.default_rng(12))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        CNNClassifier().predict(X)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        CNNClassifier().state()
    with pytest.raises(ValueError, match=r"shape \(1, 10, 10\).*\(1, 9, 10\)"):
        fitted.predict(X[:, 1:])
    with pytest.raises(ValueError, match=r"image\[None\]"):
        fitted.predict(X[0, 0])
    with pytest.raises(ValueError, match=r"of shape \(1, 10, 10\).*got images of shape \(81,\).*shape \(5, 81\)"):
        fitted.predict(np.zeros((5, 81)))
    with pytest.raises(ValueError, match=r"\[8, 7\]"):
        CNNClassifier(**small).fit(X, y[:7])
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        CNNClassifier(**small).fit(X, np.linspace(0, 1, 8))
    with pytest.raises(ValueError, match="target y is None"):
        CNNClassifier(**small).fit(X, None)
    for name, value in (("batch_size", 0), ("shift", -1), ("learning_rate", "up"), ("learning_rate_init", 0),
                        ("filters", (4, 0)), ("filters", ((4, ()),)), ("filters", 2.5), ("hidden_layer_sizes", (8, -1)),
                        ("hidden_layer_sizes", ((8,),)), ("max_iter", None), ("engine", "slow"), ("tol", "none")):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of CNNClassifier must be"):
            CNNClassifier(**{**small, name: value}).fit(X, y)


def test_a_learning_rate_far_too_large_stops_with_a_reason(small):
    with pytest.raises(DivergenceError, match="learning rate"):
        CNNClassifier(**{**small, "learning_rate_init": 1e30}).fit(*bars(100, np.random.default_rng(13)))


def test_bytes_stay_bytes_and_are_not_copied():
    X = np.zeros((3, 5, 5), np.uint8)
    images = as_images(X)
    assert images.shape == (3, 1, 5, 5) and images.dtype == np.uint8 and np.shares_memory(images, X)


def test_a_shifted_image_is_the_image_moved_with_its_edge_repeated():
    X = np.random.default_rng(0).integers(0, 256, (200, 2, 6, 7)).astype(np.uint8)
    shifted = random_shift(X, 2, np.random.default_rng(1))
    assert shifted.shape == X.shape and shifted.dtype == X.dtype
    rows, columns, moves = np.arange(6), np.arange(7), set()
    for image, moved in zip(X, shifted, strict=True):
        possible = {(down, right): image[:, np.clip(rows - down, 0, 5)][:, :, np.clip(columns - right, 0, 6)]
                    for down in range(-2, 3) for right in range(-2, 3)}
        fits = [move for move, candidate in possible.items() if np.array_equal(candidate, moved)]
        assert len(fits) == 1
        moves.add(fits[0])
    assert moves == {(down, right) for down in range(-2, 3) for right in range(-2, 3)}


def test_floats_for_a_network_that_learnt_from_bytes_are_told_in_words_and_the_reverse_too(fitted, small):
    X, y = bars(300, np.random.default_rng(0))
    with pytest.warns(UserWarning, match=r"brightest pixel of these images is 0\.98.*root mean square of 8\d\.\d"):
        assert fitted.score(X / 255, y) < 0.9
    in_floats = CNNClassifier(**small).fit(X / 255, y)
    assert in_floats.score(X / 255, y) > 0.95                    # no warning: warnings are errors here
    with pytest.warns(UserWarning, match=r"brightest pixel of these images is 250"):
        in_floats.predict(X)
    for dark in (np.zeros_like(X), X // 5):                      # no light at all, or little of it, is no mistake
        fitted.predict(dark)
    with pytest.raises(ValueError, match=r"output is not finite: X has values up to 1e\+60"), \
            pytest.warns(UserWarning, match="brightest"):
        fitted.predict(np.full(X[:2].shape, 1e60))


def test_one_number_of_filters_or_units_and_an_array_of_them_are_taken(small):
    X, y = bars(32, np.random.default_rng(15))
    one, *others = (CNNClassifier(**{**small, "filters": filters, "hidden_layer_sizes": sizes, "max_iter": 1}).fit(X, y)
                    for filters, sizes in (((4,), (8,)), (4, 8), (np.array([4]), np.array([8])), ([[4]], [8])))
    for other in others:
        np.testing.assert_array_equal(one.network_.parameters, other.network_.parameters)


@pytest.mark.parametrize("random_state", [np.random.default_rng(0), np.random.RandomState(0), np.int64(3), None])
def test_a_model_with_numpys_numbers_and_a_generator_for_parameters_is_saved_too(small, random_state, tmp_path):
    X, y = bars(40, np.random.default_rng(16))
    model = CNNClassifier(**{**small, "filters": np.array([3, 2]), "batch_size": np.int64(20), "tol": np.float64(0.1),
                             "batch_norm": np.True_, "padding": "same", "max_iter": 1, "random_state": random_state})
    weights.save(tmp_path / "digits.safetensors", *model.fit(X, y).state())
    again = CNNClassifier.from_state(*weights.load(tmp_path / "digits.safetensors"))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.filters.tolist() == [3, 2] and again.batch_size == 20 and again.batch_norm is np.True_
    assert type(again.random_state) is type(random_state)
    if hasattr(random_state, "random"):                          # a generator goes on where that of the model is
        assert again.random_state.random() == random_state.random()
    again.partial_fit(X, y)


@pytest.mark.parametrize(("changed", "X", "y"), [
    ({}, np.zeros((4, 9)), None),
    ({}, np.full((4, 9, 9), np.nan), [0, 1, 0, 1]),
    ({}, np.ones((4, 9, 9)), [0, 1, 0]),
    ({}, np.ones((4, 9, 9)), [0.5, 1, 0, 1]),
    ({}, np.ones((4, 2, 2)), [0, 1, 0, 1]),                      # the kernel does not fit: seen when layers are built
    ({"kernel_size": 0}, np.ones((4, 9, 9)), [0, 1, 0, 1]),
    ({"dropout": 2}, np.ones((4, 9, 9)), [0, 1, 0, 1]),
    ({"workers": 2, "batch_norm": True}, np.ones((4, 9, 9)), [0, 1, 0, 1]),
    ({"early_stopping": True, "validation_fraction": 0.95}, np.ones((4, 9, 9)), [0, 1, 0, 1]),
    ({"random_state": "now"}, np.ones((4, 9, 9)), [0, 1, 0, 1]),
])
def test_a_refused_fit_leaves_the_model_as_it_was(fitted, small, changed, X, y):
    images, _ = bars(9, np.random.default_rng(17))
    model = pickle.loads(pickle.dumps(fitted)).set_params(**changed)
    before, kept = model.predict_proba(images), {**vars(model)}
    for refused in (model.fit, model.partial_fit):
        if refused == model.fit or not changed.keys() & {"kernel_size", "random_state"}:    # read when it is built only
            with pytest.raises(ValueError):
                refused(X, y)
        assert vars(model).keys() == kept.keys() and all(vars(model)[name] is kept[name] for name in kept)
    np.testing.assert_array_equal(model.predict_proba(images), before)
    new = CNNClassifier(**{**small, **changed})
    with pytest.raises(ValueError):
        new.fit(X, y)
    with pytest.raises(NotFittedError):
        new.predict(images)

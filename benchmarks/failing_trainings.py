"""Trainings that fail, each for another reason: `python -m benchmarks.failing_trainings` prints the diagnosis of each.

They are the rows of the table in documentation/when_training_fails.md, and the cases of tests/test_diagnosis.py.
"""

import warnings

import numpy as np

from ai_from_scratch.data import load_mnist
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from CNN_From_Scratch import CNNClassifier
from Linear_Regression_From_Scratch import LinearRegression
from RNN_From_Scratch import CharRNN

HAMLET = ("To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer\n"
        "The slings and arrows of outrageous fortune\n") * 40


def moons(seed=0):
    rng, y = np.random.default_rng(seed), np.arange(200) % 2
    t = rng.uniform(0, np.pi, 200)
    X = np.column_stack([np.where(y, 1 - np.cos(t), np.cos(t)), np.where(y, 0.5 - np.sin(t), np.sin(t))])
    return X + 0.15 * rng.standard_normal(X.shape), y


def normal(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def sgd(rate):
    return MLPClassifier((16, 16), solver="sgd", learning_rate_init=rate, random_state=0), moons()


def small_cnn():
    train = load_mnist(download=False).train
    model = CNNClassifier((4, 8), 3, hidden_layer_sizes=(32,), learning_rate="constant", learning_rate_init=0.5,
                          max_iter=3, batch_size=16, random_state=0)
    return model, (train.X[:320], train.y[:320])


def char_rnn(rate):
    return CharRNN(units=32, streams=8, chunk=16, max_iter=5, learning_rate_init=rate, random_state=0), (HAMLET,)


def unscaled_columns():
    X = normal(300, 3) * [1, 1e4, 1]
    return MLPRegressor((16,), max_iter=100, random_state=0), (X, X @ [1, 1e-4, 2])


def started_with(activation="relu", bias=None):
    """A network that starts from weights of 0, or from these biases of its hidden layers."""
    model = MLPClassifier((16, 16), activation, max_iter=1, warm_start=True, random_state=0, learning_rate_init=1e-2)
    model.fit(*moons())
    if bias is None:
        model.network_.parameters[...] = 0
    for b in model.intercepts_[:-1]:
        b[...] = bias or 0
    return model.set_params(max_iter=200), moons()


def tiny_rate():
    train = load_mnist(download=False).train
    X = train.X[:300].reshape(300, -1) / np.float32(255)
    return MLPClassifier((16,), learning_rate_init=1e-12, batch_size=50, random_state=0), (X, train.y[:300])


def noise_labels():
    y = np.random.default_rng(1).integers(0, 2, 2000)
    return MLPClassifier((8,), random_state=0, max_iter=100), (normal(2000, 5), y)


def rare_positives(epochs):
    y = (np.arange(2000) % 100 == 0).astype(int)
    return MLPClassifier((8,), random_state=0, max_iter=epochs), (normal(2000, 5), y)


def by_heart():
    y = np.random.default_rng(1).integers(0, 2, 200)
    model = MLPClassifier((64,), random_state=0, max_iter=60, early_stopping=True, n_iter_no_change=50,
                          learning_rate_init=1e-2)
    return model, (normal(200, 30), y)


def text_by_heart():
    train, held_out = ("".join(np.random.default_rng(seed).choice(list("abcdefgh"), 600)) for seed in (0, 1))
    model = CharRNN(units=48, streams=4, chunk=16, dropout=0, max_iter=100, validate_every=100, random_state=0,
                    learning_rate_init=1e-2)
    return model, (train, held_out[:200])


def large_target():
    X = normal(300, 3)
    return MLPRegressor((16,), random_state=0), (X, X @ [1, 2, 3] + 1e6)


def far_columns():
    X, y = moons()
    return MLPClassifier((16, 16), learning_rate_init=1e-2, max_iter=300, random_state=0), (X + 1e3, y)


def equal_rows():
    return MLPClassifier((16,), learning_rate_init=1e-2, random_state=0), (np.zeros((300, 3)), np.arange(300) % 2)


def held_down():
    return MLPClassifier((16, 16), alpha=1e3, learning_rate_init=1e-2, max_iter=300, random_state=0), moons()


def most_dropped():
    model, data = small_cnn()
    return model.set_params(dropout=0.99, learning_rate_init=5e-3, max_iter=10), data


def linear(**parameters):
    X = normal(100, 3)
    return LinearRegression(solver="gradient_descent", **parameters), (X, X @ [1.0, 2.0, 3.0])


def unscaled_line():
    X = normal(100, 2) * [1, 1e4]
    return LinearRegression(solver="gradient_descent", max_iter=50), (X, X[:, 0])


TRAININGS = {                       # each makes a model and its data
    "SGD at 100 on moons": lambda: sgd(100),
    "SGD at 1000 on moons": lambda: sgd(1e3),
    "Adam at 0.5, small CNN": small_cnn,
    "CharRNN at 10": lambda: char_rnn(10.0),
    "CharRNN at 1e30": lambda: char_rnn(1e30),
    "MLPRegressor, unscaled columns": unscaled_columns,
    "LinearRegression, unscaled columns": unscaled_line,
    "columns around 1,000": far_columns,
    "MLPRegressor, y around 1e6": large_target,
    "alpha of 1,000": held_down,
    "LinearRegression above its limit": lambda: linear(learning_rate=0.9, max_iter=12),
    "all weights 0": started_with,
    "biases −100, ReLU": lambda: started_with(bias=-100.0),
    "biases −100, tanh": lambda: started_with("tanh", -100.0),
    "MLP at 1e-12": tiny_rate,
    "LinearRegression at 1e-12": lambda: linear(learning_rate=1e-12),
    "labels that are noise": noise_labels,
    "rows that are all equal": equal_rows,
    "dropout of 0.99, small CNN": most_dropped,
    "1 % positives, 3 epochs": lambda: rare_positives(3),
    "1 % positives, 200 epochs": lambda: rare_positives(200),
    "too few samples for 64 units": by_heart,
    "a text of random characters": text_by_heart,
}


def main() -> None:
    warnings.simplefilter("ignore")
    print("| training | what is said |\n| --- | --- |")
    for name, make in TRAININGS.items():
        model, data = make()
        print(f"| {name} | {model.fit(*data).diagnosis_} |", flush=True)


if __name__ == "__main__":
    main()

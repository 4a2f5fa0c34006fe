"""Metadata routing of scikit-learn: which further arguments, such as sample_weight, a Pipeline or a search hands on to
an estimator's methods.  Only users of scikit-learn call this, so scikit-learn is imported here.

    sklearn.set_config(enable_metadata_routing=True)
    model = LogisticRegression().set_fit_request(sample_weight=True)
"""

import inspect
from typing import Any

METHODS = ("fit", "partial_fit", "score")
USUAL = ("self", "X", "y")              # these arguments are always handed on


def routing(model: Any) -> Any:
    """scikit-learn's MetadataRequest: for each method, its further arguments and whether they are requested."""
    from sklearn.utils.metadata_routing import MetadataRequest, get_routing_for_object

    if hasattr(model, "_metadata_request"):
        return get_routing_for_object(model._metadata_request)      # a copy
    requests = MetadataRequest(owner=model)
    for method in METHODS:
        for name in further_arguments(model, method):
            getattr(requests, method).add_request(param=name, alias=None)
    return requests


def request(model: Any, method: str, wishes: dict[str, Any]) -> Any:
    """Stores which arguments of the method are requested (True, False, None or another name); returns the model."""
    from sklearn import get_config

    if not get_config()["enable_metadata_routing"]:
        raise RuntimeError("Metadata routing is not enabled: call sklearn.set_config(enable_metadata_routing=True).")
    known = further_arguments(model, method)
    if unknown := sorted(set(wishes) - set(known)):
        raise TypeError(f"{type(model).__name__}.{method} has no argument {unknown[0]!r} to request. It has: "
                        f"{', '.join(known) or 'none besides X and y'}.")
    requests = routing(model)
    for name, wish in wishes.items():
        getattr(requests, method).add_request(param=name, alias=wish)
    model._metadata_request = requests              # scikit-learn's clone copies an attribute of this name
    return model


def further_arguments(model: Any, method: str) -> list[str]:
    function = getattr(type(model), method, None)
    return [] if function is None else [name for name in inspect.signature(function).parameters if name not in USUAL]

"""The description of an estimator that scikit-learn requests.  Only scikit-learn calls it, so scikit-learn is already
loaded."""

from typing import Any


def sklearn_tags(estimator_type: str | None, *, multi_output: bool = False) -> Any:
    """scikit-learn's `Tags` object, for dense numeric tables; an estimator with a type needs a target."""
    from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags

    return Tags(
        estimator_type=estimator_type,
        target_tags=TargetTags(required=estimator_type is not None, multi_output=multi_output),
        classifier_tags=ClassifierTags() if estimator_type == "classifier" else None,
        regressor_tags=RegressorTags() if estimator_type == "regressor" else None,
    )

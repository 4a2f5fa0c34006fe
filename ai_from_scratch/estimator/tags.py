"""What scikit-learn asks an estimator about itself.  Only scikit-learn calls this, so it is loaded already."""

from typing import Any


def sklearn_tags(estimator_type: str | None, *, multi_output: bool = False) -> Any:
    """scikit-learn's own `Tags` object, for dense numeric tables and a target that must be there."""
    from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags

    return Tags(
        estimator_type=estimator_type,
        target_tags=TargetTags(required=estimator_type is not None, multi_output=multi_output),
        classifier_tags=ClassifierTags() if estimator_type == "classifier" else None,
        regressor_tags=RegressorTags() if estimator_type == "regressor" else None,
    )

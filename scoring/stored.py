"""Models as bytes without pickle: reading one runs nothing, and a type that is not on our list is refused."""

from typing import Any

import numpy as np
import sklearn
import skops
import skops.io

from hub.errors import WrongInput

TRUSTED = [
    "sklearn._loss.link.Interval",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    # how boosting keeps the check of its texts; whatever else somebody wraps is named beside it, and refused
    "functools.partial",
    "sklearn.utils.validation.check_array",
]


def dump(model: Any, form: str) -> bytes:
    """form: what its parts are called and mean; raised when that changes."""
    return bytes(skops.io.dumps({"form": form, "model": model}))


def load(stored: bytes, form: str) -> Any:
    """Raises WrongInput for a model of another form, and for one that holds anything else than numbers, texts and what
    scikit-learn made of them."""
    strange = sorted(set(skops.io.get_untrusted_types(data=stored)) - set(TRUSTED))
    if strange:
        raise WrongInput(f"This model holds {', '.join(strange[:3])}, which we do not read.", "Train it anew.")
    found = skops.io.loads(stored, trusted=TRUSTED)
    if not isinstance(found, dict) or found.get("form") != form:
        raise WrongInput("This model was stored by another version of its scorer.", "Train it anew, and promote that.")
    return found["model"]


def versions() -> dict[str, str]:
    return {"numpy": np.__version__, "scikit-learn": sklearn.__version__, "skops": skops.__version__}

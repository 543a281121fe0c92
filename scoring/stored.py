"""Models as bytes without pickle: reading one runs nothing, and a type that is not on our list is refused.

skops is imported where it is used: it looks through all of scikit-learn first, which takes longer than a command should."""

from typing import Any

import numpy as np
import sklearn

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
    from skops import io

    return bytes(io.dumps({"form": form, "model": model}))


def load(stored: bytes, form: str) -> Any:
    """Raises WrongInput for a model of another form, and for one that holds anything else than numbers, texts and what
    scikit-learn made of them."""
    from skops import io

    strange = sorted(set(io.get_untrusted_types(data=stored)) - set(TRUSTED))
    if strange:
        raise WrongInput(f"This model holds {', '.join(strange[:3])}, which we do not read.", "Train it anew.")
    found = io.loads(stored, trusted=TRUSTED)
    if not isinstance(found, dict) or found.get("form") != form:
        raise WrongInput("This model was stored by another version of its scorer.", "Train it anew, and promote that.")
    return found["model"]


def versions() -> dict[str, str]:
    import skops

    return {"numpy": np.__version__, "scikit-learn": sklearn.__version__, "skops": skops.__version__}

"""Models as bytes without pickle: reading one runs nothing, and a type that is not on our list is refused."""

from typing import Any

import numpy as np
import sklearn
import skops
import skops.io

from hub.errors import WrongInput

TRUSTED = ["sklearn._loss.link.Interval", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]


def dump(model: Any) -> bytes:
    return bytes(skops.io.dumps(model))


def load(stored: bytes) -> Any:
    """Raises WrongInput for a model that holds anything else than numbers, texts and what scikit-learn made of them."""
    strange = sorted(set(skops.io.get_untrusted_types(data=stored)) - set(TRUSTED))
    if strange:
        raise WrongInput(f"This model holds {', '.join(strange[:3])}, which we do not read.", "Train it anew.")
    return skops.io.loads(stored, trusted=TRUSTED)


def versions() -> dict[str, str]:
    return {"numpy": np.__version__, "scikit-learn": sklearn.__version__, "skops": skops.__version__}

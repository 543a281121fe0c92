"""What to say first on the phone: a chain's own words for the offer, filled for this customer, in the customer's language."""

from dataclasses import dataclass
from pathlib import Path

from hub.errors import ConfigError
from hub.flow.insights import Reason
from hub.flow.outreach import Entry
from hub.services import Services
from hub.templates import DEFAULT_LANGUAGE, Template, Templates


@dataclass(frozen=True)
class Opening:
    language: str
    text: str


class Openings:
    """Templates `call_SERVICE`, else `call_safety` where a danger is open, else `call`; a chain that has none says nothing."""

    def __init__(self, config: Path, services: Services, garage: str) -> None:
        self.templates, self.services, self.garage = Templates(config / "templates"), services, garage

    def of(self, entry: Entry, name: str, car: str) -> Opening | None:
        """car: what to call it where its model is not known."""
        template = self._template(entry)
        if template is None:
            return None
        language = entry.language or DEFAULT_LANGUAGE
        language = language if language in template.texts else DEFAULT_LANGUAGE
        reasons = [Reason.of(code) for code in entry.reasons]
        values = {
            "garage": self.garage,
            "service": self.services.of(entry.service).title(language),
            "car": entry.car or car,
            "fact": reasons[0].fact if reasons else "",
            **({"name": name} if name else {}),
        }
        return Opening(language, self.templates.render(template.name, language, values).strip())

    def _template(self, entry: Entry) -> Template | None:
        for name in (f"call_{entry.service}", *(["call_safety"] if entry.safety else []), "call"):
            try:
                return self.templates.named(name)
            except ConfigError:
                continue
        return None

"""What campaigns were worth and how far journeys came, counted ahead of being looked at: sums, nobody in particular."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base
from hub.models.classify import PLAIN


class ReturnReport(Base):
    """The latest count of one span (30d, 90d, 365d; or `journeys`, `segments` and `people`: as they stand now) for one branch; branch "":
    the whole region. took: seconds that all branches of the span took together. mark: hash of the document, which an API's
    caller may send back."""

    __tablename__ = "return_reports"
    __table_args__ = (UniqueConstraint("span", "branch"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    span: Mapped[str] = mapped_column(String(8), info=PLAIN)
    branch: Mapped[str] = mapped_column(String(32), info=PLAIN)
    since: Mapped[date] = mapped_column(info=PLAIN)
    until: Mapped[date] = mapped_column(info=PLAIN)
    counted_at: Mapped[datetime] = mapped_column(info=PLAIN)
    took: Mapped[float] = mapped_column(info=PLAIN)
    mark: Mapped[str] = mapped_column(String(64), info=PLAIN)
    document: Mapped[dict[str, Any]] = mapped_column(info=PLAIN)

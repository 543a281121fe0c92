"""What a journey asks of a person: the list of it by when it is due, and what came of it, which takes the journey on at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import alongside, journeys
from hub.flow.identity import lock_customers
from hub.models import Customer, Task
from rules.values import NAME

MOST = 40  # letters of an outcome


def open_tasks(hub: Hub, role: str | None = None) -> Sequence[Any]:
    """(ref, role, title, customer ref, journey, due_at) of those that nobody has done, the most urgent first."""
    columns = (Task.ref, Task.role, Task.title, Customer.ref, Task.journey, Task.due_at)
    mine = [Task.state == "open", *([Task.role == role] if role else [])]
    rows = select(*columns).join(Customer, Customer.id == Task.customer_id).where(*mine)
    with hub.look() as session:
        return session.execute(rows.order_by(Task.due_at, Task.id)).all()


def close(hub: Hub, ref: str, outcome: str, actor: str) -> None:
    """Somebody has done it. outcome: one word such as reached or no_answer. Raises NotFound, WrongInput."""
    if not NAME.fullmatch(outcome) or len(outcome) > MOST:
        raise WrongInput(f"“{outcome}” is no outcome.", f"Write one word of at most {MOST} letters, as reached.")
    with hub.begin() as work:
        customer_id = work.session.scalar(select(Task.customer_id).where(Task.ref == ref))
        if customer_id is None:
            raise NotFound("There is no task with this ref.", "See: hub journeys tasks")
        lock_customers(work, [customer_id])
        task = work.session.scalars(select(Task).where(Task.ref == ref).with_for_update()).one()
        if task.state != "open":
            raise WrongInput(f"The task is {task.state} already.", "See: hub journeys tasks")
        task.state, task.outcome, task.done_at, task.done_by = "done", outcome, work.now, actor
        work.audit(actor, "task_done", "task", task.id, journey=task.journey, outcome=outcome)
        alongside.heed(hub, work, journeys.advance(hub, work, {customer_id}))

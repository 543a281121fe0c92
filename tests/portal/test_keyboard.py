"""The five most frequent tasks of each desk, done in Chromium by the keyboard alone, with a count of keys that must not grow."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from browser import Site, chromium, launched, served, sign_in, told_by, window
from compliance import holds
from hub.access import principal_named
from keyboard import Act, Key, Keyboard, Text, keys

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt-get install chromium"),
]
TABLE = Path(__file__).parents[2] / "docs/how-to/work-by-the-keyboard.md"
SHOWN = {"ArrowDown": "↓", "Control+Enter": "Ctrl Enter", "Escape": "Esc"}


@dataclass(frozen=True)
class Task:
    """begins: the page, where {talk}, {owner} are refs of the region. most: keys it may take. shows: what is on the page
    afterwards and was not before; `.csv` is a file that comes."""

    desk: str
    name: str
    begins: str
    acts: tuple[Act, ...]
    most: int
    shows: str

    @property
    def pressed(self) -> int:
        return sum(act.strokes for act in self.acts if isinstance(act, Key))

    def told(self) -> str:
        """Its row in the table of the docs."""
        way = " ".join("*text*" if isinstance(act, Text) else f"`{SHOWN.get(act.name, act.name)}`" for act in self.acts)
        return f"| {self.desk} | {self.name} | {way} | {self.pressed} | {self.most} |"


TASKS = (
    Task("advisor", "Note what came of a call", "/desk/outreach/", keys("1>"), 1, "Booked: 1"),
    Task("advisor", "Open the customer of a call", "/desk/outreach/", keys("a>"), 2, "What to propose"),
    Task("advisor", "Find a customer by plate", "/desk/inbox/", keys("/>", Text("b-th 4172"), "Enter>"), 3, "Mara Lindner"),
    Task("advisor", "Answer a chat", "/desk/inbox/", keys("n>", Text("Your car is ready at four."), "Tab", "Enter>"), 3,
         "Your car is ready at four."),
    Task("advisor", "Finish a conversation", "/desk/inbox/?c={talk}", keys("Escape", "f>"), 3, "Nobody waits"),
    Task("marketer", "Publish a journey that was checked", "/desk/journeys/thanks",
         keys("e>", Text("# By hand.\n"), "Control+Enter>", "Enter>"), 6, "Waits for its turn"),
    Task("marketer", "See who is in a segment, and why", "/desk/segments/", keys("j", "Enter>", "p>", "j", "Enter>"), 6,
         "Why is this customer where they are?"),
    Task("marketer", "Begin a segment", "/desk/segments/", keys("n", Text("came_twice"), "Enter>"), 3, "came_twice.yaml"),
    Task("marketer", "Take along what campaigns were worth", "/desk/journeys/", keys("g", "3>", "c"), 4, ".csv"),
    Task("marketer", "Put another model in force", "/desk/models/", keys("j", "Enter>", "p", "ArrowDown", "Tab", "Enter>"), 6,
         "The model is in force now."),
    Task("admin", "End all that lets somebody in", "/desk/sessions/", keys("j", "x", "Enter>"), 4, "unused links have ended"),
    Task("admin", "Go back to the version before", "/desk/configuration/?kind=journeys", keys("j", "j", "Enter>", "b>"), 5,
         "The former version is back."),
    Task("admin", "Replay a dead letter", "/desk/messages/", keys("j", "r>"), 3, "goes its way once more"),
    Task("admin", "Look at a dead letter and discard it", "/desk/messages/",
         keys("j", "Enter>", "x", "ArrowDown", "Tab", "Enter>"), 6, "is discarded"),
    Task("admin", "Pause a partner", "/desk/connectors/hubspot_eu", keys("p", "ArrowDown", "Tab", "Tab", "Enter>"), 6, "It is paused."),
    Task("privacy", "Release a hold", "/desk/privacy/holds", keys("r", "Enter>"), 4, "The hold has ended."),
    Task("privacy", "Verify who asks", "/desk/privacy/", keys("j", "Enter>", "v", "Tab", "Enter>"), 6, "Verified by"),
    Task("privacy", "Take a request in", "/desk/privacy/", keys("n", Text("{owner}"), "Enter>"), 3, "It is their own wish"),
    Task("privacy", "Check the sealed chain", "/desk/privacy/audit", keys("v>"), 2, "The chain is whole."),
    Task("privacy", "Take the requests along", "/desk/privacy/", keys("c"), 2, ".csv"),
    Task("operations", "Try a cause of dead letters again", "/operations/", keys("j", "r>"), 3, "once more"),
    Task("operations", "See the last 24 hours", "/operations/", keys("d>"), 2, "Partners that rest"),
    Task("operations", "Send at once what waits", "/desk/messages/?state=waiting", keys("j", "r>"), 3, "once more"),
    Task("operations", "Settle what both sides changed", "/desk/connectors/hubspot_eu/conflicts",
         keys("j", "t", "ArrowDown", "Tab", "t>"), 6, "Decided."),
    Task("operations", "Let a parked partner go on", "/desk/connectors/", keys("j", "Enter>", "r", "ArrowDown", "Tab", "Enter>"), 6,
         "It goes on."),
)  # fmt: skip
ROLES = {"operations": "operator"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("site")) as found:
        with found.hub.begin() as work:
            principal_named(work, "Ada, who left", ("advisor",))
        holds.place(found.hub, holds.Wanted(found.owner.ref, "*", "lawsuit", "Case 12/26", "Legal"), "test")
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


@pytest.fixture(scope="module")
def seats(site: Site, browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """A window for each desk, in which somebody has signed in."""
    found = {desk: window(browser, 1280, "light", "en") for desk in dict.fromkeys(task.desk for task in TASKS)}
    for desk, context in found.items():
        sign_in(site, context, ROLES.get(desk, desk))
    yield found
    for context in found.values():
        context.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, seats: dict[str, BrowserContext]) -> Iterator[Page]:
    opened = seats[getattr(request, "param", "advisor")].new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("page", "task"), [pytest.param(one.desk, one, id=one.name) for one in TASKS], indirect=["page"]
)
def test_a_task_is_done_by_few_keys(site: Site, page: Page, task: Task) -> None:
    refs = {"talk": site.talk, "owner": site.owner.ref}
    acts = [Text(act.said.format(**refs)) if isinstance(act, Text) else act for act in task.acts]
    said = told_by(page)
    page.goto(site.base + task.begins.format(**refs))
    keyboard = Keyboard(page)
    keyboard.settle()
    if task.shows == ".csv":
        with page.expect_download() as file:
            keyboard.do(acts)
        assert file.value.suggested_filename.endswith(task.shows)
    else:
        assert task.shows not in page.locator("main").inner_text()
        keyboard.do(acts)
        page.locator("main").get_by_text(task.shows).first.wait_for()

    assert keyboard.pressed == task.pressed <= task.most
    assert said == []


def test_each_desk_has_its_five_tasks_and_the_docs_tell_of_each_as_it_is_done() -> None:
    """The rows of the page are these very tasks; where they differ, the failure shows what the page has to say."""
    told = [
        line for line in TABLE.read_text().splitlines() if line.startswith(tuple(f"| {task.desk} |" for task in TASKS))
    ]

    assert {
        desk: sum(task.desk == desk for task in TASKS) for desk in dict.fromkeys(task.desk for task in TASKS)
    } == dict.fromkeys(("advisor", "marketer", "admin", "privacy", "operations"), 5)
    assert told == [task.told() for task in TASKS]

// The conversation of somebody who asked from another site, in its frame: what is new is asked for while it is looked at, the more
// seldom the longer nothing comes. Without this script the form does the same.
const log = document.getElementById("log");
const form = document.querySelector("form.write");
const state = document.getElementById("state");
const SOON = 3000; // ms
const LATE = 30000;
let place = log.dataset.since;
let wait = SOON;
let timer;

function show({ place: at, html }) {
  const [ref, number] = at.split(":");
  if (ref !== place.split(":")[0]) log.replaceChildren();
  if (log.querySelector(`[data-seq="${number}"]`)) return;
  place = at;
  log.insertAdjacentHTML("beforeend", html);
  log.lastElementChild.scrollIntoView({ block: "nearest" });
}

async function look() {
  clearTimeout(timer);
  const answer = await fetch(`${log.dataset.news}&since=${place}`).catch(() => null);
  if (answer?.status === 404) return location.reload();
  const posts = answer?.ok ? (await answer.json()).posts : [];
  posts.forEach(show);
  wait = posts.length ? SOON : Math.min(1.5 * wait, LATE);
  if (document.visibilityState === "visible") timer = setTimeout(look, wait);
}

// The same name until it is known to have arrived: sent twice is one message.
async function send() {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
  if (answer.status >= 500) throw new Error("busy");
  if (!answer.ok) return form.submit();
  form.elements.client_id.value = crypto.randomUUID();
  form.elements.text.value = "";
  form.elements.text.readOnly = false;
  state.textContent = "";
  wait = SOON;
  look();
}

async function insist() {
  try {
    await send();
  } catch {
    state.textContent = state.dataset.unsent;
    setTimeout(insist, 2000);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.elements.text.readOnly) return;
  form.elements.text.readOnly = true;
  insist();
});
form.elements.text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
document.addEventListener("visibilitychange", () => {
  wait = SOON;
  if (document.visibilityState === "visible") look();
});
log.lastElementChild?.scrollIntoView({ block: "nearest" });
look();

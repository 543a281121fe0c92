// The conversation of somebody who asked from another site, in its frame: what is new is asked for while it is looked at, the more
// seldom the longer nothing comes. Without this script the form does the same.
import { compose } from "./composer.js";

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

compose(form, state, () => {
  wait = SOON;
  look();
});
document.addEventListener("visibilitychange", () => {
  wait = SOON;
  if (document.visibilityState === "visible") look();
});
log.lastElementChild?.scrollIntoView({ block: "nearest" });
look();

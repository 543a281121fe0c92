// The conversation of somebody who asked from another site, in its frame: what is new is asked for while it is looked at, the more
// seldom the longer nothing comes. Without this script the form does the same.
import { compose } from "./composer.js";
import { marks } from "./marks.js";

const log = document.getElementById("log");
const form = document.querySelector("form.write");
const state = document.getElementById("state");
const SOON = 3000; // ms
const LATE = 30000;
let place = log.dataset.since;
let wait = SOON;
let timer;

// A frame that its site has closed says that it is visible all the same, but it has no height then.
const looked = () => innerHeight > 0 && document.visibilityState === "visible";
const { heed, anew } = marks(log, form, looked);

function show({ place: at, html }) {
  const [ref, number] = at.split(":");
  if (ref !== place.split(":")[0]) {
    log.replaceChildren();
    anew();
  }
  if (log.querySelector(`[data-seq="${number}"]`)) return;
  place = at;
  log.insertAdjacentHTML("beforeend", html);
  log.lastElementChild.scrollIntoView({ block: "nearest" });
}

async function look() {
  clearTimeout(timer);
  if (!looked()) return;
  const answer = await fetch(`${log.dataset.news}&since=${place}`).catch(() => null);
  if (answer?.status === 404) return location.reload();
  const { posts, ...signs } = answer?.ok ? await answer.json() : { posts: [] };
  posts.forEach(show);
  heed(signs);
  wait = posts.length || signs.typing ? SOON : Math.min(1.5 * wait, LATE);
  timer = setTimeout(look, wait);
}

function again() {
  wait = SOON;
  look();
}

compose(form, state, again);
let height = innerHeight;
window.addEventListener("resize", () => {
  const opened = innerHeight > 0 && height === 0;
  height = innerHeight;
  if (opened) again();
});
document.addEventListener("visibilitychange", again);
log.lastElementChild?.scrollIntoView({ block: "nearest" });
look();

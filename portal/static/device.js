// Fills what a customer lets this device keep, as long as they look at their pages; takes it away where nobody, or somebody else, is signed in.
import * as shelf from "./shelf.js";

const EVERY = 900000; // ms
const KEPT = `kept${new URL(".", import.meta.url).pathname}`; // as worker.js calls it
const { who, copy } = document.body.dataset;
const root = document.documentElement;

// The page for a lost line speaks as its reader does, too; asked for as nobody, so nobody stands in it.
async function speak() {
  const wishes = new URLSearchParams({ lang: root.lang.split("-")[0], theme: root.dataset.theme ?? "system" });
  const answer = await fetch(`/offline?${wishes}`, { credentials: "omit" });
  if (answer.ok) await (await caches.open(KEPT)).put("/offline", answer);
}

export async function refresh() {
  const answer = await fetch(copy);
  if ([401, 403, 404].includes(answer.status)) return shelf.wipe();
  if (answer.ok && (await shelf.keep(await answer.json()))) await speak();
}

async function heed() {
  if (!copy) return shelf.wipe();
  const choice = await shelf.chosen();
  if (choice === undefined) return;
  if (choice !== who) return shelf.forget();
  const held = await shelf.held();
  if (shelf.metered() || (held?.lang === root.lang && Date.now() - held.at < EVERY)) return;
  await refresh();
}

heed().catch(() => {}); // without a line, what is kept stays as it is

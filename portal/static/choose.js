// The switch on the privacy page: what this device keeps for when the line is lost, or why it keeps nothing.
import { refresh } from "./device.js";
import * as shelf from "./shelf.js";

const card = document.getElementById("device");
const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });

async function state() {
  if (!shelf.able()) return "unable";
  const held = await shelf.held();
  if (held) card.querySelector("time").textContent = when.format(held.at);
  if (held) return "on";
  return shelf.metered() ? "metered" : "off";
}

async function show(failed = false) {
  const now = await state().catch(() => "unable");
  for (const part of card.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(now);
  card.querySelector("[data-failed]").hidden = !failed;
}

async function turn(event) {
  const button = event.currentTarget;
  button.setAttribute("aria-busy", "true");
  try {
    if (button.value === "on") {
      await shelf.choose(document.body.dataset.who);
      await refresh();
    } else await shelf.forget();
    await show(button.value === "on" && !(await shelf.held()));
    card.querySelector("button:not([hidden])")?.focus();
  } catch {
    await shelf.forget().catch(() => {});
    await show(true);
  }
  button.removeAttribute("aria-busy");
}

for (const button of card.querySelectorAll("button")) button.addEventListener("click", turn);
show();

// Calls by the keyboard: a digit notes the outcome, j and k move. Without this script each button does the same.
// Keys count only while the focus is on a call, so that they are in nobody's way (WCAG 2.1.4).
const calls = [...document.querySelectorAll(".call")];

function at(step) {
  const here = calls.indexOf(document.activeElement?.closest(".call"));
  calls[Math.min(Math.max(here + step, 0), calls.length - 1)]?.focus();
}

for (const call of calls) {
  call.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
    const outcome = call.querySelectorAll("button[name=outcome]")[Number(event.key) - 1];
    if (outcome) outcome.click();
    else if (event.key === "j") at(1);
    else if (event.key === "k") at(-1);
  });
}

for (const hint of document.querySelectorAll("[data-keys]")) hint.hidden = false;
const next = calls.find((call) => `#${call.id}` === location.hash) ?? calls.find((call) => "open" in call.dataset) ?? calls[0];
next?.focus();

// Whoever reads, scrolls or types is there, also on a page that asks the server for nothing. A tab that is only open is not.
const EVERY = 240000; // ms; the server notes a sight once in five minutes
let moved = false;
let told = Date.now();

function move() {
  moved = true;
  tell();
}

function tell() {
  if (!moved || document.visibilityState !== "visible" || Date.now() - told < EVERY) return;
  moved = false;
  told = Date.now();
  fetch("/here").catch(() => {});
}

for (const sign of ["pointerdown", "pointermove", "keydown", "scroll", "touchstart"])
  document.addEventListener(sign, move, { passive: true, capture: true });

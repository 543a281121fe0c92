// The page for a lost line: what this device was let keep, opened here and nowhere else.
import { open } from "./shelf.js";

const kept = await open().catch(() => undefined);
if (kept) {
  const part = document.getElementById("kept");
  part.lang = kept.lang;
  part.dir = kept.dir;
  part.innerHTML = kept.html;
  part.hidden = false;
}

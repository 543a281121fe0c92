// The one script of a garage's own site: a button in its corner, and behind it our page in a frame. It reads nothing of the site but its
// language, and the two say nothing to each other.
function widget({ frame: path, hue, chroma, words }) {
  const tag = document.currentScript;
  const wishes = [tag.dataset.lang, document.documentElement.lang, ...navigator.languages];
  const lang = wishes.map((one) => one?.slice(0, 2).toLowerCase()).find((one) => Object.hasOwn(words, one)) ?? "en";
  const { open, close, title, dir } = words[lang];
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; color-scheme: light dark }
    .box { position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem; z-index: 2147483000; display: grid; justify-items: end; gap: .75rem; font: 560 16px/1.4 system-ui, sans-serif }
    button { min-height: 44px; padding: .5rem 1.25rem; border: 0; border-radius: 22px; font: inherit; cursor: pointer; background: light-dark(oklch(.43 ${chroma} ${hue}), oklch(.82 ${chroma} ${hue})); color: light-dark(#fff, oklch(.2 .02 230)) }
    button:hover { background: light-dark(oklch(.36 ${chroma} ${hue}), oklch(.88 ${chroma} ${hue})) }
    button:focus-visible, iframe:focus-visible { outline: 3px solid light-dark(oklch(.43 ${chroma} ${hue}), oklch(.82 ${chroma} ${hue})); outline-offset: 2px }
    iframe { inline-size: min(24rem, calc(100vw - 2rem)); block-size: min(38rem, calc(100dvh - 6rem)); border: 1px solid oklch(.6 .012 235); border-radius: 14px; background: Canvas }
    iframe[hidden] { display: block; position: absolute; visibility: hidden; inline-size: 0; block-size: 0; border: 0 }
    @media print { .box { display: none } }`);
  root.adoptedStyleSheets = [sheet];
  const box = document.createElement("div");
  box.className = "box";
  box.lang = lang;
  box.dir = dir;
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.hidden = true;
  frame.id = "frame";
  frame.referrerPolicy = "origin";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = open;
  button.setAttribute("aria-controls", frame.id);
  button.setAttribute("aria-expanded", "false");

  function show(shown) {
    if (shown) frame.src ||= `${new URL(path, tag.src)}?lang=${lang}`;
    frame.hidden = !shown;
    button.textContent = shown ? close : open;
    button.setAttribute("aria-expanded", shown);
    (shown ? frame : button).focus();
  }

  button.addEventListener("click", () => show(frame.hidden));
  host.addEventListener("keydown", (event) => event.key === "Escape" && !frame.hidden && show(false));
  box.append(frame, button);
  root.append(box);
  document.body.append(host);
}

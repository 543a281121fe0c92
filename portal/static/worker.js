// What stands when the line is lost: a page that says so, and how our pages look. Nothing of a person is kept here; what a customer lets
// the device keep lies elsewhere, encrypted, and that page opens it.
// STATIC, which stands before this, is where the files of this version lie: with each new one a new worker takes over, and keeps anew.
const KEPT = `kept${STATIC}`;
const PAGE = "/offline";
const LOOKS = ["/brand.css", ...["garage.css", "offline.js", "shelf.js"].map((name) => STATIC + name)];

// Asked for as nobody, so that nothing of who is signed in stands in it.
async function keep() {
  const cache = await caches.open(KEPT);
  for (const path of [PAGE, ...LOOKS]) {
    const answer = await fetch(path, { credentials: "omit", cache: "no-cache" });
    if (answer.ok) await cache.put(path, answer);
  }
  await self.skipWaiting();
}

async function clear() {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  await self.clients.claim();
}

// The newest there is, else the last that was.
async function look(request) {
  const cache = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (lost) {
    const kept = await cache.match(request, { ignoreVary: true });
    if (!kept) throw lost;
    return kept;
  }
}

async function lead(request) {
  try {
    return await fetch(request);
  } catch (lost) {
    const kept = await caches.match(PAGE, { ignoreVary: true });
    if (!kept) throw lost;
    return kept;
  }
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(clear()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(lead(request));
  else if (pathname.startsWith("/static/") || pathname === "/brand.css") event.respondWith(look(request));
});

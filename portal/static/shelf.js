// What one customer lets this device keep, sealed by a key that no script can read out. Beside it stand in the open: whose it is, as a
// number, the language, and the days between which it may be opened. A new key each time, so what was sealed before is lost with the old one.
const NAME = "offline";
const DAY = 86400000;
const AES = { name: "AES-GCM", length: 256 };
const words = new TextEncoder();

export const able = () => Boolean(self.indexedDB?.databases && self.crypto?.subtle && navigator.serviceWorker);
export const metered = () => Boolean(navigator.connection?.saveData);

function done(asked) {
  return new Promise((yes, no) => {
    asked.onsuccess = () => yes(asked.result);
    asked.onerror = asked.onblocked = () => no(asked.error);
  });
}

async function inside(mode, deed) {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
  const database = await done(asked);
  database.onversionchange = () => database.close();
  try {
    return await deed(database.transaction("kept", mode).objectStore("kept"));
  } finally {
    database.close();
  }
}

// Whoever never chose has no database here.
async function read(name) {
  if (!able() || !(await indexedDB.databases()).some((one) => one.name === NAME)) return undefined;
  return inside("readonly", (kept) => done(kept.get(name)));
}

export const chosen = () => read("choice");
export const held = () => read("copy");
export const choose = (who) => inside("readwrite", (kept) => done(kept.put(who, "choice")));

// The choice stays: whoever comes back need not choose again.
export async function wipe() {
  if ((await chosen()) === undefined) return;
  await inside("readwrite", async (kept) => {
    kept.delete("key");
    await done(kept.delete("copy"));
  });
}

export async function forget() {
  await wipe();
  if (able()) await done(indexedDB.deleteDatabase(NAME));
}

function sealing(copy) {
  return { name: AES.name, iv: copy.iv, additionalData: words.encode([copy.who, copy.lang, copy.at, copy.until].join()) };
}

// Answers whether it was kept: not for somebody who chose otherwise meanwhile, here or in another tab. To look is to open, and to open
// what was forgotten makes it anew: then it goes again.
export async function keep(told) {
  const at = Date.now();
  const copy = { who: told.who, lang: told.lang, at, until: at + told.days * DAY, iv: crypto.getRandomValues(new Uint8Array(12)) };
  const key = await crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);
  copy.sealed = await crypto.subtle.encrypt(sealing(copy), key, words.encode(JSON.stringify(told)));
  const choice = await inside("readwrite", async (kept) => {
    const chose = await done(kept.get("choice"));
    if (chose !== told.who) return chose;
    kept.put(key, "key");
    await done(kept.put(copy, "copy"));
    return chose;
  });
  if (choice === undefined) await forget();
  return choice === told.who;
}

// What was kept, opened; nothing where nothing is, or where its days are over. A clock that was turned back prolongs nothing.
export async function open() {
  const copy = await held();
  if (!copy) return undefined;
  if (Date.now() > copy.until || Date.now() < copy.at - DAY) {
    await wipe();
    return undefined;
  }
  const opened = await crypto.subtle.decrypt(sealing(copy), await read("key"), copy.sealed);
  return JSON.parse(new TextDecoder().decode(opened));
}

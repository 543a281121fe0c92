// A signed-in customer's browser learns what to show when the line is lost; without this, it shows its own page.
navigator.serviceWorker?.register("/worker.js").catch(() => {});

/**
 * The service worker. It keeps files whose names hold a hash of what is in them, and the page for offline. A page, an
 * answer or a picture made for one visitor passes by it and is kept nowhere.
 */

/** @typedef {Readonly<{ version: string, language: string, offline: string, static: string, files: readonly string[] }>} Shell */

// The types of a worker are not those of a page, which `tsc` knows.
const worker = /** @type {any} */ (self);
/** @type {Shell} what the server wrote before this text */
const shell = worker.shell;
const CACHE = `shell-${shell.version}-${shell.language}`;

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (shell.version !== "" && isKept(request.url)) event.respondWith(file(request));
});
worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(comeBack());
});

async function install() {
  const cache = await caches.open(CACHE);
  // Without the cookies, of which one is the chosen language: the server wrote that one into this worker.
  const headers = { "Accept-Language": shell.language };
  const requests = [shell.offline, ...shell.files].map(
    (url) => new Request(url, { credentials: "omit", cache: "no-cache", headers }),
  );
  await cache.addAll(requests);
  await worker.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** @param {string} url */
function isKept(url) {
  const { origin, pathname } = new URL(url);
  const isHashed = pathname.startsWith(shell.static) && /\.[0-9a-f]{12}\.\w+$/u.test(pathname);
  return origin === location.origin && (isHashed || shell.files.includes(pathname));
}

/** @param {Request} request */
async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const offline = await caches.match(shell.offline, { ignoreVary: true });
    if (offline) return offline;
    throw error;
  }
}

/** @param {Request} request */
async function file(request) {
  // Its address says what it is, in whatever language one asks.
  const kept = await caches.match(request.url, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  // Who had themselves forgotten deleted it: a page that is still open does not make it anew.
  if (response.ok && (await caches.has(CACHE))) {
    const cache = await caches.open(CACHE);
    await cache.put(request.url, response.clone());
  }
  return response;
}

async function comeBack() {
  const [client] = await worker.clients.matchAll({ type: "window" });
  return client ? client.focus() : worker.clients.openWindow("/");
}

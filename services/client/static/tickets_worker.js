// The service worker of /my/, and of /de/my/ and the like: shows the ticket pages that this browser has opened without a network. It
// keeps nothing else, and only what the server marks with whose page it is (Offline-Copy). One visitor's pages go when another
// one's come, and at sign-out (stagedoor.js).
"use strict";

const maxWait = 4000;  // ms until a copy is used instead of a slow response
const prefix = "tickets-";
// Copies are found whatever the response varied by: they are one holder's, in the language in which they were opened.

async function keep({ page, files }) {
  const response = await fetch(page, { credentials: "same-origin", redirect: "error" });
  const holder = response.headers.get("Offline-Copy");
  if (!response.ok || !holder) return drop(page, response);
  const mine = prefix + holder;
  for (const name of await caches.keys()) {
    if (name.startsWith(prefix) && name !== mine) await caches.delete(name);
  }
  const cache = await caches.open(mine);
  await cache.put(page, response);
  const known = new Set((await cache.keys()).map((request) => request.url));
  const here = files.map((file) => new URL(file)).filter(({ origin }) => origin === self.location.origin);
  const wanted = here.filter((file) => !isVersioned(file) || !known.has(file.href));
  await cache.addAll(wanted.map(({ href }) => href));
}

// Modules import each other without a version in the address, so an update changes what is there.
function isVersioned({ searchParams }) {
  return searchParams.has("v");
}

// A ticket that was passed on is somebody else's: a copy would only mislead.
async function drop(page, { status }) {
  if (status !== 403 && status !== 404) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(prefix)) await (await caches.open(name)).delete(page, { ignoreSearch: true, ignoreVary: true });
  }
}

async function kept(request) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(prefix)) continue;
    const found = await (await caches.open(name)).match(request, { ignoreSearch: request.mode === "navigate", ignoreVary: true });
    if (found) return found;
  }
  return undefined;
}

async function freshOrKept(request) {
  const copy = await kept(request);
  if (!copy) return fetch(request);
  const tooSlow = new Promise((resolve) => setTimeout(resolve, maxWait));
  const fresh = fetch(request).catch(() => undefined);
  const response = await Promise.race([fresh, tooSlow]);
  if (response) await drop(request.url, response);
  return response && response.status < 500 ? response : copy;
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => event.waitUntil(keep(event.data).catch(() => {})));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url), { pathname } = url;
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const isPage = request.mode === "navigate" && /^(\/[a-z]{2})?\/my\/tickets/.test(pathname);
  const isFile = pathname.startsWith("/static/");
  if (isPage || (isFile && !isVersioned(url))) event.respondWith(freshOrKept(request));
  else if (isFile) event.respondWith(kept(request).then((found) => found ?? fetch(request)));
});

// Conveniences; every page works without JavaScript.
"use strict";

// The countdown of a hold. At zero the page reloads to show what became of the order.
function countDown(element) {
  // Counts the seconds that the server reported: this machine's clock may be wrong.
  const end = performance.now() + Number(element.dataset.countdown) * 1000;
  if (Number.isNaN(end)) return;
  const two = (number) => String(number).padStart(2, "0");
  const section = element.closest("section");
  const bar = section?.querySelector("progress");
  const warning = section?.querySelector("[data-warning]");
  let timer = 0;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const hours = Math.floor(seconds / 3600);
    const rest = two(Math.floor(seconds / 60) % 60) + ":" + two(seconds % 60);
    element.textContent = hours > 0 ? hours + ":" + rest : rest;
    element.classList.toggle("soon", seconds < 60);
    if (bar) bar.value = seconds;
    // Once: screen readers read it.
    if (warning && !warning.textContent && seconds < Number(warning.dataset.warnAt)) warning.textContent = warning.dataset.warning;
    if (!element.isConnected) window.clearInterval(timer); // live.js has put another one in its place
    if (seconds > 0 || !element.isConnected) return;
    window.clearInterval(timer);
    window.setTimeout(() => window.location.replace(window.location.pathname), 1000);
  };
  // role=timer: screen readers read the time on request, not every second.
  element.setAttribute("role", "timer");
  tick();
  timer = window.setInterval(tick, 1000);
}

// Shows times in the reader's time zone, except those of events, which keep their own.
function showLocally(element) {
  const instant = new Date(element.dateTime);
  if (Number.isNaN(instant.getTime())) return;
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const date = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
  const language = document.documentElement.lang;
  const time = new Intl.DateTimeFormat(language, clock).format(instant);
  if (element.dataset.local === "time") {
    element.textContent = time;
    return;
  }
  if (language !== "en") {
    element.textContent = new Intl.DateTimeFormat(language, { ...date, ...clock }).format(instant);
    return;
  }
  const parts = {};
  for (const { type, value } of new Intl.DateTimeFormat("en-GB", date).formatToParts(instant)) parts[type] = value;
  element.textContent = `${parts.weekday} ${parts.day} ${parts.month} ${parts.year}, ${time}`;
}

// Says that a file is too large before it is sent.
function limitSize(input) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.setCustomValidity(file && file.size > Number(input.dataset.maxBytes) ? input.dataset.tooLarge : "");
    input.reportValidity();
  });
  // Also by buttons that send a form as it is.
  input.form.addEventListener("submit", (event) => {
    if (input.reportValidity()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}

// Submits a form only once. (Its key makes a second submission harmless, too.)
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
  // Back from the next page: the form may be submitted again.
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  });
}

function guessZone(select) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select.value === "UTC" && [...select.options].some((option) => option.value === zone)) select.value = zone;
}

// The work that an order costs while many tickets are held: finds the proof, then sends the form once more.
async function prove(input) {
  const { challenge, iterations, zeroBits } = input.dataset;
  const text = new TextEncoder();
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: text.encode(challenge), iterations: Number(iterations) };
  for (let tries = 0; !input.value; tries += 1) {
    const key = await crypto.subtle.importKey("raw", text.encode(tries), "PBKDF2", false, ["deriveBits"]);
    const bits = new DataView(await crypto.subtle.deriveBits(parameters, key, 32)).getUint32(0);
    if (Math.clz32(bits) >= Number(zeroBits)) input.value = tries;
  }
  const forms = document.querySelectorAll("[data-challenge]").length;
  const button = input.form.querySelector("button[data-hold]") ?? input.form.querySelector("button");
  if (forms === 1) input.form.requestSubmit(button);
}

// The token of an emailed link is in the fragment, so that no server sees it in an address.
function takeToken(field) {
  const take = () => {
    const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
    if (!token) return;
    field.querySelector("input").value = token;
    field.hidden = true;
    window.history.replaceState(null, "", window.location.pathname + window.location.search);
  };
  window.addEventListener("hashchange", take);
  take();
}

// Cities and titles on sale, while somebody types what to search for.
function suggest(input) {
  const pause = 150;
  let timer = 0;
  let request = new AbortController();
  const update = async () => {
    request.abort();
    request = new AbortController();
    const text = input.value.trim();
    if (!text) return;
    try {
      const response = await fetch("/api/tickets/suggest?q=" + encodeURIComponent(text), { signal: request.signal });
      if (!response.ok) return;
      const options = (await response.json()).map((suggestion) => new Option(suggestion.text, suggestion.text));
      input.list.replaceChildren(...options);
    } catch {
      // Typed on, or no connection: the search works without suggestions.
    }
  };
  input.addEventListener("input", (event) => {
    window.clearTimeout(timer);
    // Choosing a suggestion is no typing.
    if (event.inputType) timer = window.setTimeout(update, pause);
  });
}

// The poster of what is being typed, where there is room for it beside the form.
function drawPoster(form) {
  const figure = document.getElementById(form.dataset.poster);
  const room = window.matchMedia("(min-width: 64rem)");
  const pause = 400;
  let timer = 0;
  const draw = () => {
    const query = new URLSearchParams();
    for (const name of ["title", "venue", "city", "category", "startsAt", "timeZone"]) {
      const value = form.elements[name].value.trim();
      if (value) query.set(name, value);
    }
    figure.hidden = !room.matches || !query.has("title");
    if (!figure.hidden) figure.querySelector("img").src = "/posters/preview.svg?" + query;
  };
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(draw, pause);
  });
  room.addEventListener("change", draw);
  draw();
}

// Ticket pages that the browser keeps for use without a network are their holder's. They go with the session.
async function dropKeptTickets() {
  for (const name of await caches.keys()) {
    if (name.startsWith("tickets-")) await caches.delete(name);
  }
}
if ("caches" in window) {
  const signOut = document.querySelectorAll("form[data-sign-out]");
  if (signOut.length === 0) dropKeptTickets();
  signOut.forEach((form) => form.addEventListener("submit", () => void dropKeptTickets()));
}

// In the page, or in a part of it that live.js has replaced.
function prepare(root) {
  const all = (selector, act) => root.querySelectorAll(selector).forEach(act);
  all("[data-token]", takeToken);
  all("input[list]", suggest);
  all("[data-countdown]", countDown);
  all("time[data-local]", showLocally);
  all("[data-max-bytes]", limitSize); // before sendOnce, which counts a form as sent
  all("form[data-once]", sendOnce);
  all("form[data-poster]", drawPoster);
  all("select[data-guess-zone]", guessZone);
  if (window.isSecureContext) all("[data-challenge]", prove);
}

prepare(document);
document.addEventListener("stagedoor:replaced", (event) => prepare(event.detail));
document.querySelector("[role=alert]")?.focus();

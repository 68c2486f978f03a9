// The page at a door: shows what the scanner (scanner.js) does. The camera, a USB scanner and typing all end in `check`.
import { chooseReader, watch } from "./camera.js";
import { typedSerial } from "./code.js";
import { KeyboardScanner } from "./keyboard.js";
import { Scanner } from "./scanner.js";
import { NoConnection, Server } from "./server.js";
import { allowSound, signal } from "./signals.js";
import { Store } from "./store.js";
import { chooseEd25519, newVerifier } from "./verify.js";
import { clockTime, inWords, useTexts, words } from "./wording.js";

const pollEvery = 4000;  // ms
const maxRecent = 6;
const shownFor = 8000;  // ms: a green that stays could be taken for the next person's

const main = document.querySelector("main");
const byId = (id) => document.getElementById(id);
const show = (id, visible) => (byId(id).hidden = !visible);
const say = (id, text) => (byId(id).textContent = text);

let scanner, stopCamera, fading;
const recent = [];

// ---- results

function showResult(result) {
  const { tone, title, text } = inWords(result);
  const panel = byId("result");
  panel.dataset.tone = tone;
  delete panel.dataset.old;
  window.clearTimeout(fading);
  fading = window.setTimeout(() => (panel.dataset.old = ""), shownFor);
  say("result-title", title);
  say("result-text", text);
  show("result", true);
  show("override", scanner.mayOverride(result));
  byId("override").dataset.serial = result.serial ?? "";
  say("result-time", clockTime(Date.now()));  // the same words twice in a row are announced twice
  signal(tone);
  recent.unshift({ result, title, at: Date.now() });
  recent.length = Math.min(recent.length, maxRecent);
  showRecent();
}

function showProblem(error) {
  say("problem", error instanceof NoConnection ? words("try_again") : error.message);
  show("problem", true);
}

function showRecent() {
  byId("recent").replaceChildren(...recent.map((each) => {
    const item = document.createElement("li");
    item.dataset.tone = inWords(each.result).tone;
    const line = document.createElement("span");
    line.textContent = `${clockTime(each.at)} ${each.title}`;
    item.append(line);
    if (scanner.supervisor && each.result.result === "admitted" && !each.undone) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "quiet", textContent: words("undo") });
      button.setAttribute("aria-label", words("undo_one", { title: each.title, time: clockTime(each.at) }));
      button.addEventListener("click", () => act(async () => {
        const undone = await scanner.undo(each.result.nonce);
        each.undone = undone.result === "undone";
        showResult(undone);
      }));
      item.append(button);
    }
    return item;
  }));
  show("recent-section", recent.length > 0);
}

// ---- the state of the device

function connectionText() {
  if (!scanner.online) return words("needsNetwork");
  return scanner.pending.length ? words("online_pending", { count: scanner.pending.length }) : words("online");
}

function showState() {
  const { identity, pack, counts, closed, lost } = scanner;
  const pending = scanner.pending.length;
  if (closed) endCamera();
  show("closed", closed);
  show("closed-pending", closed && pending > 0);
  say("closed-pending", lost
    ? words("lost", { count: pending })
    : `${words("pending", { count: pending })} ${words("keep_open")}`);
  show("join", closed ? pending === 0 || lost : !identity);
  show("work", Boolean(identity && pack) && !closed);
  if (!identity || !pack) return;
  say("event", pack.title);
  say("door-name", words("about_device", { door: identity.door.name, role: words(scanner.supervisor ? "supervisor" : "steward"), number: identity.number }));
  say("connection", connectionText());
  byId("connection").dataset.online = scanner.online;
  say("inside", counts?.inside ?? "–");
  say("admitted", counts?.admitted ?? "–");
  say("pending", pending);
  show("direction", pack.rules.reentry === "allowed");
  const strict = pack.rules.mode === "strict";
  const own = scanner.ownShards.length;
  say("offline-text", !strict
    ? words("lenient")
    : own
      ? words("own", { count: own })
      : pack.gate
        ? words("gate")
        : words("none_own"));
  show("claim", strict && own === 0 && !pack.gate);
  show("release", strict && own > 0);
  const wanted = scanner.requested.length;
  show("requested", strict && own > 0 && wanted > 0);
  say("requested", words("requested", { count: wanted }));
}

// Runs something that a button starts, and shows what went wrong.
async function act(work) {
  show("problem", false);
  try {
    await work();
  } catch (error) {
    showProblem(error);
  }
  showState();
}

async function check(text, how) {
  if (scanner.closed || !scanner.pack) return;
  const action = document.querySelector("[name=direction]:checked")?.value ?? "admit";
  const wanted = scanner.pack.rules.reentry === "allowed" ? action : "admit";
  await act(async () => showResult(await scanner.scan(text, wanted, how)));
}

function reportDuplicates(duplicates) {
  if (!duplicates.length) return;
  const [{ first }] = duplicates;
  say("duplicates", duplicates.length === 1
    ? words("duplicate", { door: first?.door ?? words("another_door"), time: clockTime(first?.at) })
    : words("duplicates", { count: duplicates.length }));
  show("duplicates", true);
}

async function poll() {
  if (scanner.identity) {
    try {
      reportDuplicates(scanner.pack || scanner.closed ? await scanner.poll() : (await scanner.refresh(), []));
    } catch {
      // Offline or closed: showState says so.
    }
    showState();
  }
  window.setTimeout(poll, pollEvery);
}

// ---- ways to scan

async function startCamera() {
  const read = await chooseReader(main.dataset.reader);
  if (!read) throw new Error(words("no_reader"));
  stopCamera = await watch(byId("video"), read, check).catch((error) => {
    throw new Error(words(error.name === "NotAllowedError" ? "camera_not_allowed" : "no_camera"));
  });
  show("camera", true);
  show("start-camera", false);
  show("stop-camera", true);
  stayAwake();
}

function endCamera() {
  stopCamera?.();
  stopCamera = undefined;
  show("camera", false);
  show("start-camera", true);
  show("stop-camera", false);
}

// The screen of a device that scans stays on.
async function stayAwake() {
  if (!("wakeLock" in navigator) || document.hidden || byId("camera").hidden) return;
  try {
    await navigator.wakeLock.request("screen");
  } catch {
    // On low battery, say: whoever scans can touch the screen.
  }
}

function listenForKeyboardScanner() {
  const keyboard = new KeyboardScanner();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.target.closest("input[type=text]")) return;
    const { swallow, code } = keyboard.press(event.key, performance.now());
    if (swallow) event.preventDefault();
    if (code) check(code);
  }, true);
}

function listen() {
  document.addEventListener("pointerdown", allowSound);
  document.addEventListener("visibilitychange", stayAwake);
  document.addEventListener("keydown", allowSound);
  byId("start-camera").addEventListener("click", async ({ target }) => {
    target.disabled = true;  // a second click would start another one, which nothing stops
    await act(startCamera);
    target.disabled = false;
  });
  byId("stop-camera").addEventListener("click", endCamera);
  byId("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = byId("typed-code");
    // Spaces are part of a code; only a serial number may be typed in any spelling.
    const text = typedSerial(input.value) ? input.value : input.value.toUpperCase();
    if (text) check(text, { typed: true });
    input.value = "";
  });
  byId("claim").addEventListener("click", () => act(() => scanner.claim()));
  byId("release").addEventListener("click", () => act(() => scanner.release()));
  byId("override").addEventListener("click", ({ target }) => {
    if (window.confirm(words("sure_lost"))) act(() => scanner.override(target.dataset.serial));
  });
  byId("leave").addEventListener("click", () => {
    if (window.confirm(words("sure_leave"))) act(() => scanner.leave());
  });
  byId("join-form").addEventListener("submit", (event) => {
    event.preventDefault();
    act(() => join(byId("door-link").value));
  });
  window.addEventListener("hashchange", () => joinByFragment());
  window.addEventListener("online", () => {
    if (!scanner.identity || !scanner.pack || scanner.closed) return;
    scanner.poll().then(reportDuplicates, () => {}).then(showState);
  });
  listenForKeyboardScanner();
}

// ---- joining

function join(link) {
  const token = link.slice(link.lastIndexOf("#") + 1).trim();
  return scanner.join(token, navigator.userAgentData?.platform || navigator.platform || words("this_device"));
}

async function joinByFragment() {
  if (!location.hash) return;
  const link = location.hash;
  history.replaceState(null, "", location.pathname);
  await act(() => join(link));
}

// Two pages of one device would both decide about its tickets.
function onlyPage() {
  return new Promise((resolve) => {
    navigator.locks.request("stagedoor-door", { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}

async function open() {
  if (!window.isSecureContext || !navigator.locks) throw new Error(words("old_browser"));
  if (!(await onlyPage())) throw new Error(words("other_tab"));
  const { verifier } = main.dataset;
  const ed25519 = await chooseEd25519(verifier && (() => import(verifier)));
  scanner = new Scanner({
    store: await Store.open(),
    server: new Server(),
    newVerifier: (pack) => newVerifier(pack, ed25519),
    now: Date.now,
    newNonce: () => crypto.randomUUID(),
    pause: () => new Promise((resolve) => window.setTimeout(resolve, 1000)),
    onChange: () => showState(),
  });
  await scanner.resume();
  listen();
  await joinByFragment();
  showState();
  poll();
  navigator.storage?.persist?.();
}

useTexts(JSON.parse(main.dataset.texts), document.documentElement.lang);
navigator.serviceWorker?.register("/door/worker.js", { scope: "/door" }).catch(() => {});
open().catch(showProblem);

// The visitor's tickets: rotating codes, pages that work without a network, links to copy. Static codes need none of this.
import { fromBase64url } from "./base45.js";
import { fullSide, pathOf } from "./qr.js";
import { rotated, stepAt } from "./rotation.js";

const svgNamespace = "http://www.w3.org/2000/svg";

// Draws the present code, and again at each step.
function rotate(section) {
  const { rotating, secret, step: seconds } = section.dataset;
  const key = fromBase64url(secret);
  const image = document.createElementNS(svgNamespace, "svg");
  image.setAttribute("viewBox", `0 0 ${fullSide} ${fullSide}`);
  image.setAttribute("role", "img");
  image.setAttribute("aria-label", section.dataset.label);
  image.setAttribute("shape-rendering", "crispEdges");
  const path = image.appendChild(document.createElementNS(svgNamespace, "path"));
  section.querySelector("[data-code]").replaceChildren(image);
  const draw = async () => {
    const now = Date.now();
    const step = stepAt(now, Number(seconds));
    path.setAttribute("d", pathOf(await rotated(rotating, key, step)));
    window.setTimeout(draw, (step + 1) * Number(seconds) * 1000 - now);
  };
  draw();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) path.setAttribute("d", "");
    if (!document.hidden) draw();
  });
}

// Keeps this page and what it needs for use without a network.
async function keepOffline() {
  const [folder] = /^(\/[a-z]{2})?\/my\//.exec(location.pathname) ?? []; // /de/my/ in German
  if (!("serviceWorker" in navigator) || !folder) return;
  await navigator.serviceWorker.register(folder + "worker.js");
  const registration = await navigator.serviceWorker.ready;
  const parts = document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]");
  const modules = ["base45.js", "qr.js", "rotation.js"].map((name) => new URL(name, import.meta.url).href);
  registration.active.postMessage({
    page: location.pathname,
    files: [...[...parts].map((part) => part.href ?? part.src), ...modules],
  });
}

// A link that is easy to copy, or to share where the device can.
function offerToCopy(input) {
  const actions = document.createElement("p");
  actions.className = "actions";
  const button = (label, act) => {
    const element = document.createElement("button");
    Object.assign(element, { type: "button", className: "button quiet small", textContent: label });
    element.addEventListener("click", () => act(element));
    actions.append(element);
  };
  input.addEventListener("focus", () => input.select());
  button(input.dataset.copy, async (element) => {
    try {
      await navigator.clipboard.writeText(input.value);
      element.textContent = input.dataset.copied;
    } catch {
      input.select();
    }
  });
  if (navigator.share) button(input.dataset.share, () => navigator.share({ url: input.value }).catch(() => {}));
  input.closest(".field").after(actions);
}

// The link by which this ticket came (transfer.js) has done its work.
function forgetTransfer() {
  if (new URLSearchParams(location.search).get("done") === "claimed") sessionStorage.removeItem("transfer");
}

// The screen stays on while a code is shown.
async function stayAwake() {
  if (!("wakeLock" in navigator) || document.hidden) return;
  try {
    await navigator.wakeLock.request("screen");
  } catch {
    // On low battery, say: the code can be read all the same.
  }
}

const rotating = document.querySelector("[data-rotating]");
if (rotating && window.isSecureContext) rotate(rotating);
document.querySelectorAll("[data-copy]").forEach(offerToCopy);
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
if (document.querySelector(".pass-code:not(.small)")) {
  stayAwake();
  document.addEventListener("visibilitychange", stayAwake);
}
document.querySelectorAll("[data-offline]").forEach((note) => (note.hidden = navigator.onLine));
forgetTransfer();
keepOffline().catch(() => {});

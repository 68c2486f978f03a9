// What is nicer with a script; every page works without it.
"use strict";

// A hold's time that runs. When it is over the page asks the server what became of the order.
function countDown(element) {
  // Counted from the seconds that the server says are left: the clock of this machine may be wrong.
  const end = performance.now() + Number(element.dataset.countdown) * 1000;
  if (Number.isNaN(end)) return;
  const two = (number) => String(number).padStart(2, "0");
  let timer = 0;
  const show = () => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const hours = Math.floor(seconds / 3600);
    const rest = two(Math.floor(seconds / 60) % 60) + ":" + two(seconds % 60);
    element.textContent = hours > 0 ? hours + ":" + rest : rest;
    element.classList.toggle("soon", seconds < 60);
    if (seconds > 0) return;
    window.clearInterval(timer);
    window.setTimeout(() => window.location.replace(window.location.pathname), 1000);
  };
  // The numbers change each second: a screen reader reads them when asked, not each time.
  element.setAttribute("role", "timer");
  show();
  timer = window.setInterval(show, 1000);
}

// A payment under way: asks until its order stands otherwise, then shows that.
function waitForChange(link) {
  const look = async () => {
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.status < 500 && !page.querySelector("[data-waits]")) {
        window.location.replace(link.href);
        return;
      }
    } catch {
      // The next look may reach the server again.
    }
    window.setTimeout(look, 1500);
  };
  window.setTimeout(look, 1000);
}

// Times of what happened here, by the reader's own clock. Events keep the time of their place.
function showLocally(element) {
  const instant = new Date(element.dateTime);
  if (Number.isNaN(instant.getTime())) return;
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const date = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
  const time = new Intl.DateTimeFormat("en-GB", clock).format(instant);
  if (element.dataset.local === "time") {
    element.textContent = time;
    return;
  }
  const parts = {};
  for (const { type, value } of new Intl.DateTimeFormat("en-GB", date).formatToParts(instant)) parts[type] = value;
  element.textContent = `${parts.weekday} ${parts.day} ${parts.month} ${parts.year}, ${time}`;
}

// A form that is under way is not sent a second time. (Sent twice it would do one thing: its key sees to that.)
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
  // Back from the next page: the form may be sent again.
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  });
}

function guessZone(select) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select.value === "UTC" && [...select.options].some((option) => option.value === zone)) select.value = zone;
}

document.querySelectorAll("[data-countdown]").forEach(countDown);
document.querySelectorAll("[data-waits]").forEach(waitForChange);
document.querySelectorAll("time[data-local]").forEach(showLocally);
document.querySelectorAll("form[data-once]").forEach(sendOnce);
document.querySelectorAll("select[data-guess-zone]").forEach(guessZone);
document.querySelector("[role=alert]")?.focus();

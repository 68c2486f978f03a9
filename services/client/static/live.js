// Live updates: pages change with the listings and orders that they show. Every page works without.
//
// An element with data-live ("ticket:ID", "order:ID") follows it. In it, data-live-text is the name of a text that
// events bring along, and data-live-when of what has to be true for an element to be shown. If it has a
// data-live-state and that changes, the page is fetched again and its element takes this one's place.
// data-live-name: what to call it when a change is announced; data-live-announce: texts of an order to announce.
"use strict";

(() => {
  const maxTickets = 60; // of one stream, as the server says
  const maxOrders = 20;
  const inMilliseconds = { joined: 200, poll: 10_000, waits: 1_500, waitsWithStream: 5_000, click: 500 };
  const maxPollInterval = 120_000;
  const maxWaitInterval = 15_000;
  const minRetryDelay = 5_000;
  const maxRetryDelay = 300_000;
  const lockName = "stagedoor-live";

  const liveElements = (root) => [...root.querySelectorAll("[data-live]")];
  const topicsOf = (root) => [...new Set(liveElements(root).map((element) => element.dataset.live))];
  // Of this element itself, not of another live one in it.
  const parts = (element, selector) =>
    [...element.querySelectorAll(selector)].filter((part) => part.closest("[data-live]") === element);

  // ---- what the page shows

  const status = document.createElement("p");
  status.className = "unseen";
  status.setAttribute("role", "status");

  function announce(text) {
    status.textContent = text;
  }

  function showTexts(element, data) {
    const texts = data.texts[document.documentElement.lang] ?? Object.values(data.texts)[0];
    const changed = new Set();
    for (const part of parts(element, "[data-live-text]")) {
      const name = part.dataset.liveText;
      if (name === "left") part.classList.toggle("few", data.few);
      if (texts[name] === undefined || part.textContent === texts[name]) continue;
      part.textContent = texts[name];
      changed.add(name);
    }
    for (const part of parts(element, "[data-live-when]")) part.hidden = !data[part.dataset.liveWhen];
    const { liveName, liveState } = element.dataset;
    if (!liveName) return;
    // Not every ticket that is sold.
    const worth = [];
    if (changed.has("price")) worth.push(texts.price);
    if (changed.has("left") && liveState !== undefined && liveState !== data.state) worth.push(texts.left);
    if (worth.length > 0) announce(liveName + ": " + worth.join(", "));
  }

  // `id`: of the event. The page is then not older than that.
  function show(data, id) {
    let isOld = false;
    for (const element of liveElements(document)) {
      if (element.dataset.live !== data.topic) continue;
      if (data.texts) showTexts(element, data);
      const { liveState } = element.dataset;
      if (liveState !== undefined && liveState !== data.state) isOld = true;
    }
    if (isOld) refreshSoon(id, data.spread);
  }

  // ---- the page again

  let refreshTimer = 0;
  let newest = "";
  let waitsForVisitor = false;

  // The server says over what time all who see this should spread.
  function refreshSoon(id, spread) {
    newest = id;
    if (document.hidden) {
      waitsForVisitor = true;
      return;
    }
    if (refreshTimer) return;
    refreshTimer = window.setTimeout(
      () => {
        refreshTimer = 0;
        void refresh();
      },
      Math.random() * spread,
    );
  }

  // A form whose response is the next page.
  const isSending = () => document.querySelector("form[data-sent]") !== null;

  async function refresh() {
    if (isSending()) return;
    const address = new URL(window.location.href);
    address.hash = "";
    if (newest) address.searchParams.set("live", newest);
    let response;
    let page;
    try {
      response = await fetch(address, { headers: { Accept: "text/html" } });
      page = new DOMParser().parseFromString(await response.text(), "text/html");
    } catch {
      return; // the next event or poll may succeed
    }
    if (response.status >= 500 || response.status === 429 || isSending()) return;
    const fresh = liveElements(page);
    const places = liveElements(document).map((element) => [element, matchOf(element, fresh)]);
    const isGone = places.some(([element, match]) => element.dataset.liveState !== undefined && !match);
    if (response.redirected || !response.ok || isGone) {
      window.location.replace(window.location.pathname + window.location.search);
      return;
    }
    for (const [element, match] of places) {
      if (!match) continue;
      if (element.dataset.liveState === match.dataset.liveState) copyTexts(element, match);
      else takePlace(element, match);
    }
  }

  const matchOf = (element, fresh) => fresh.find((each) => each.dataset.live === element.dataset.live);

  function copyTexts(element, match) {
    const fresh = parts(match, "[data-live-text]");
    parts(element, "[data-live-text]").forEach((part, index) => {
      if (!fresh[index] || part.textContent === fresh[index].textContent) return;
      part.textContent = fresh[index].textContent;
      part.className = fresh[index].className;
    });
  }

  // Not while somebody types into it.
  function takePlace(element, match) {
    if (isSending()) return;
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    if (focused?.matches("input, textarea, select, iframe")) {
      // Not between pressing the button that takes the focus and its click.
      focused.addEventListener("blur", () => window.setTimeout(() => takePlace(element, match), inMilliseconds.click), { once: true });
      return;
    }
    if (!element.isConnected) return;
    const node = document.importNode(match, true);
    keepInput(element, node);
    const before = announcements(element);
    const after = announcements(node);
    element.replaceWith(node);
    document.dispatchEvent(new CustomEvent("stagedoor:replaced", { detail: node }));
    if (focused) (focused.id ? document.getElementById(focused.id) : null)?.focus();
    if (focused && !node.contains(document.activeElement)) document.getElementById("main")?.focus();
    if (after && after !== before) announce(after);
  }

  const announcements = (element) =>
    parts(element, "[data-live-announce]").map((part) => part.textContent.trim()).join(". ");

  function keepInput(element, node) {
    for (const input of element.querySelectorAll("input[id], textarea[id]")) {
      const own = node.querySelector("#" + CSS.escape(input.id));
      if (own && input.value !== input.defaultValue) own.value = input.value;
    }
    for (const input of element.querySelectorAll("input[type=radio]:checked")) {
      const own = node.querySelector(`input[name="${input.name}"][value="${CSS.escape(input.value)}"]`);
      if (own) own.checked = true;
    }
    const details = node.querySelectorAll("details");
    element.querySelectorAll("details").forEach((each, index) => {
      if (details[index]) details[index].open = each.open;
    });
  }

  // ---- polling, while there is no stream. A page that waits for something asks even with one, now and then.

  let isOpen = false;
  let pollTimer = 0;
  let polls = 0;

  function schedulePoll() {
    window.clearTimeout(pollTimer);
    const waits = document.querySelector("[data-waits]") !== null;
    if (document.hidden || (isOpen && !waits)) return;
    const first = waits ? (isOpen ? inMilliseconds.waitsWithStream : inMilliseconds.waits) : inMilliseconds.poll;
    const interval = Math.min(first * 1.3 ** polls, waits ? maxWaitInterval : maxPollInterval);
    pollTimer = window.setTimeout(
      async () => {
        polls += 1;
        await refresh();
        schedulePoll();
      },
      interval * (0.85 + Math.random() * 0.3),
    );
  }

  function setOpen(open) {
    if (open === isOpen) return;
    isOpen = open;
    polls = 0;
    schedulePoll();
  }

  // ---- one stream for all tabs. The tab that has the lock opens it and passes on what comes.

  let leave = () => {};

  function share() {
    const tab = crypto.randomUUID();
    const channel = new BroadcastChannel(lockName);
    const tabs = new Map(); // what they follow, the one seen last at the end
    const latest = new Map(); // the last event of each topic
    let followed = new Set();
    let isLeader = false;
    let source = null;
    let connectTimer = 0;
    let retries = 0;
    let withOrders = true;
    let hasLeft = false;

    const post = (message) => channel.postMessage(message);
    const introduce = () => {
      const message = { type: "tab", tab, topics: topicsOf(document) };
      if (isLeader) join(message);
      else post(message);
    };

    function pass(message) {
      post(message);
      receive(message);
    }

    function receive(message) {
      if (message.type === "event") show(message.data, message.id);
      if (message.type === "open") setOpen(message.open);
      if (message.type === "who" && !isLeader) introduce();
      if (message.type === "tab" && isLeader) join(message);
    }

    // Another tab, or one that is looked at again.
    function join({ tab: other, topics }) {
      tabs.delete(other);
      tabs.set(other, topics);
      post({ type: "open", open: isOpen });
      for (const topic of topics) if (latest.has(topic)) pass(latest.get(topic));
      if (topics.some((topic) => !followed.has(topic))) connectSoon(inMilliseconds.joined);
    }

    function connectSoon(delay) {
      window.clearTimeout(connectTimer);
      connectTimer = window.setTimeout(() => void connect(), delay);
    }

    async function dropClosedTabs() {
      const { held } = await navigator.locks.query();
      const names = new Set(held.map((lock) => lock.name));
      for (const other of tabs.keys()) if (other !== tab && !names.has(lockName + "-" + other)) tabs.delete(other);
    }

    function wanted(kind, max) {
      const ids = new Set();
      for (const topics of [...tabs.values()].reverse()) {
        for (const topic of topics) {
          if (topic.startsWith(kind + ":") && ids.size < max) ids.add(topic.slice(kind.length + 1));
        }
      }
      return [...ids];
    }

    async function connect() {
      await dropClosedTabs();
      if (!isLeader) return;
      const tickets = wanted("ticket", maxTickets);
      const orders = withOrders ? wanted("order", maxOrders) : [];
      followed = new Set([...tickets.map((id) => "ticket:" + id), ...orders.map((id) => "order:" + id)]);
      for (const topic of latest.keys()) if (!followed.has(topic)) latest.delete(topic);
      source?.close();
      source = null;
      if (followed.size === 0) return;
      const query = new URLSearchParams();
      if (tickets.length > 0) query.set("tickets", tickets.join(","));
      if (orders.length > 0) query.set("orders", orders.join(","));
      // The commas as they are: shorter.
      open("/live?" + query.toString().replaceAll("%2C", ","));
    }

    function open(address) {
      const stream = new EventSource(address);
      source = stream;
      stream.addEventListener("open", () => {
        retries = 0;
        pass({ type: "open", open: true });
      });
      stream.addEventListener("error", () => {
        pass({ type: "open", open: false });
        if (stream.readyState === EventSource.CLOSED && stream === source) void retry(address);
      });
      for (const name of ["ticket", "order"]) {
        stream.addEventListener(name, (event) => {
          const message = { type: "event", data: JSON.parse(event.data), id: event.lastEventId };
          latest.set(message.data.topic, message);
          pass(message);
        });
      }
      // Events may have been missed. What follows is how everything looks now.
      stream.addEventListener("reset", () => latest.clear());
      stream.addEventListener("signed-out", () => {
        stream.close();
        connectSoon(1_000); // the browser may have a newer session
      });
    }

    // The server has refused it: the browser doesn't try again by itself.
    async function retry(address) {
      source = null;
      let delay = Math.min(minRetryDelay * 2 ** retries, maxRetryDelay) * (0.75 + Math.random() * 0.5);
      retries += 1;
      try {
        const response = await fetch(address, { method: "HEAD" });
        if (response.status === 401 && withOrders) {
          withOrders = false;
          delay = 0;
        }
        delay = Math.max(delay, (Number(response.headers.get("Retry-After")) || 0) * 1000);
      } catch {
        // no connection
      }
      connectSoon(delay);
    }

    const hold = (name, work) =>
      navigator.locks.request(name, () => {
        if (hasLeft) return undefined;
        work();
        return new Promise((resolve) => {
          const before = leave;
          leave = () => {
            before();
            resolve();
          };
        });
      });

    leave = () => {
      hasLeft = true;
      isLeader = false;
      window.clearTimeout(connectTimer);
      source?.close();
      channel.close();
    };
    channel.addEventListener("message", (event) => receive(event.data));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !hasLeft) introduce();
    });
    void hold(lockName + "-" + tab, introduce);
    void hold(lockName, () => {
      isLeader = true;
      introduce();
      post({ type: "who" });
      connectSoon(inMilliseconds.joined);
    });
  }

  // ----

  function start() {
    const canShare = "locks" in navigator && "BroadcastChannel" in window && "EventSource" in window;
    if (canShare) share();
    schedulePoll(); // until a stream is open
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    polls = 0;
    schedulePoll();
    if (!waitsForVisitor) return;
    waitsForVisitor = false;
    void refresh();
  });
  // A page that the browser keeps to go back to must hold no lock and no connection.
  window.addEventListener("pagehide", () => {
    window.clearTimeout(pollTimer);
    leave();
    isOpen = false;
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted || topicsOf(document).length === 0) return;
    start();
    window.setTimeout(() => void refresh()); // once the other scripts have seen this event, too
  });

  if (topicsOf(document).length > 0) {
    document.body.append(status);
    start();
  }
})();

// Every page on every size of screen, in both themes, with and without JavaScript and in every language: each
// pair of these occurs together (all combinations with STAGEDOOR_TEST_LONG). No page overflows, breaks its
// policy, loads from other sites or has an accessibility fault that axe finds; pages are small.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import covertable from "covertable";
import { openMarketplace } from "./marketplace.js";
import { launch, password } from "./visitor.js";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const maxBytes = 100_000;  // of a page with all that it loads, as sent
const sizes = { phone: { width: 390, height: 844 }, small: { width: 320, height: 640 }, tablet: { width: 820, height: 1180 }, desktop: { width: 1280, height: 900 } };
const inDays = (days) => new Date(Date.now() + days * 24 * 3600 * 1000).toISOString();

function combinations(factors) {
  if (!process.env.STAGEDOOR_TEST_LONG) return covertable.make(factors);
  return Object.entries(factors).reduce(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))), [{}]);
}

describe("every page", () => {
  let marketplace, browser, session, ids;

  before(async () => {
    marketplace = await openMarketplace();
    browser = await launch();
    const context = await browser.newContext({ baseURL: marketplace.url });
    const post = async (path, data) => {
      const response = await context.request.post(path, { data });
      assert.ok(response.ok(), `${path}: ${await response.text()}`);
      return response.json();
    };
    await post("/api/users/signup", { email: "other@example.com", password });
    const evening = { title: "Bach & Sons", category: "concert", venue: "Alte Oper", city: "Frankfurt", timeZone: "Europe/Berlin", startsAt: inDays(1), quantity: 9 };
    const listing = await post("/api/tickets", { ...evening, price: 24, seats: "Stalls" });
    await post("/api/tickets", { ...evening, price: 19, description: "w".repeat(90) });
    await post("/api/tickets", { title: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter", city: "Wien", price: 12 });
    await post("/api/tickets", { title: "مهرجان الموسيقى", city: "القاهرة", category: "festival", price: 30, startsAt: inDays(9) });
    await context.clearCookies();
    await post("/api/users/signup", { email: "buyer@example.com", password });
    const laughs = await post("/api/tickets", { title: "Late Laughs", category: "comedy", price: 15, quantity: 5, startsAt: inDays(4) });
    const order = await post("/api/orders", { items: [{ ticketId: listing.id, quantity: 2 }] });
    const draft = await context.request.post("/tickets/new", { form: { title: "W".repeat(90), do: "draft" }, maxRedirects: 0 });
    assert.equal(draft.status(), 303);
    session = await context.storageState();
    await context.clearCookies();
    await post("/api/users/signin", { email: "other@example.com", password });
    const sale = await post("/api/orders", { items: [{ ticketId: laughs.id, quantity: 2 }] });
    await post("/api/payments", { orderId: sale.id, token: "tok_visa" });
    ids = { listing: listing.id, event: listing.event, order: order.id, sold: laughs.id };
    await context.close();
  });
  after(async () => {
    await browser?.close();
    await marketplace?.close();
  });

  const open = {
    landing: () => "/", search: () => "/?q=bach&sort=price", nothing: () => "/?q=xyzzy", category: () => "/categories/concert",
    city: () => "/cities/frankfurt", event: () => `/events/${ids.event}`, listing: () => `/tickets/${ids.listing}`,
    help: () => "/help", signIn: () => "/auth/signin", signUp: () => "/auth/signup", forgot: () => "/auth/forgot", basket: () => "/basket",
  };
  const own = {
    sell: () => "/tickets/new", selling: () => "/selling", orders: () => "/orders", order: () => `/orders/${ids.order}`,
    pay: () => `/orders/${ids.order}/pay`, myTickets: () => "/my/tickets", account: () => "/account", ownLanding: () => "/",
    money: () => "/selling/money", sales: () => `/tickets/${ids.sold}/sales`, again: () => `/tickets/new?from=${ids.sold}`,
  };
  const pages = { ...open, ...own };

  async function check({ page: name, size, theme, javascript, language }) {
    const context = await browser.newContext({
      baseURL: marketplace.url, viewport: sizes[size], colorScheme: theme, javaScriptEnabled: javascript,
      reducedMotion: "reduce", storageState: name in own ? session : undefined,
    });
    if (javascript) await context.addInitScript(axeSource);
    const page = await context.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("request", (request) => {
      const target = new URL(request.url());
      if (target.protocol !== "data:" && target.origin !== marketplace.url) problems.push(`loads from ${target.origin}`);
    });
    const response = await page.goto(`/${language}${pages[name]()}`, { waitUntil: "load" });
    if (response.status() !== 200) problems.push(`status ${response.status()}`);
    if (await page.getAttribute("html", "lang") !== language) problems.push(`is not in ${language}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (overflow > 0) problems.push(`overflows by ${overflow} pixels`);
    const bytes = await page.evaluate(() => [...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")]
      .reduce((sum, { transferSize }) => sum + transferSize, 0));
    if (bytes > maxBytes) problems.push(`is ${bytes} bytes`);
    if (javascript) {
      const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
      for (const { id, nodes } of violations) problems.push(`${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
    }
    await context.close();
    return problems;
  }

  it("works on every screen, in both themes, with and without JavaScript, and in every language", async () => {
    const factors = {
      page: Object.keys(pages), language: ["en", "de", "fr", "es"], size: Object.keys(sizes), theme: ["dark", "light"], javascript: [true, false],
    };
    const found = {};
    for (const combination of combinations(factors)) {
      const problems = await check(combination);
      if (problems.length > 0) found[Object.values(combination).join(" ")] = problems;
    }
    assert.deepEqual(found, {});
  });
});

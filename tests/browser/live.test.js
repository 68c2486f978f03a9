// Pages that change by themselves: with one connection for all tabs, and without one.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { openMarketplace } from "./marketplace.js";
import { Visitor, launch } from "./visitor.js";

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

let browser, marketplace, metrics;
before(async () => {
  const port = await freePort();
  metrics = `http://127.0.0.1:${port}/metrics`;
  [browser, marketplace] = await Promise.all([launch(), openMarketplace({ STAGEDOOR_ADMIN_PORT: String(port) })]);
});
after(async () => {
  await browser?.close();
  await marketplace?.close();
});

const arrive = (name) => Visitor.arrive(browser, marketplace, name, true);
// Signed in, on a page that follows nothing.
async function member(name) {
  const visitor = await arrive(name);
  await visitor.signUp();
  await visitor.go("/account");
  return visitor;
}

async function openStreams() {
  const text = await (await fetch(metrics)).text();
  return Number(text.match(/^stagedoor_live_streams (\d+)$/m)[1]);
}
async function comesTrue(condition, what, timeout = 10_000) {
  for (const end = Date.now() + timeout; !(await condition()); ) {
    assert.ok(Date.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const streamsAre = (count) => comesTrue(async () => (await openStreams()) === count, `there are not ${count} streams`);

// A mark that a reload would remove.
const mark = (page) => page.evaluate(() => (window.notReloaded = true));
const isMarked = (page) => page.evaluate(() => window.notReloaded === true);

async function hold(buyer, listing, quantity) {
  const response = await buyer.context.request.post("/api/orders", { data: { items: [{ ticketId: listing.id, quantity }] } });
  assert.equal(response.status(), 201, await response.text());
  return response.json();
}
async function pay(buyer, order) {
  const response = await buyer.context.request.post("/api/payments", { data: { orderId: order.id, token: "tok_visa" } });
  assert.equal(response.status(), 201, await response.text());
}
const left = (page, text) => page.locator("[data-live-text=left]", { hasText: text }).first().waitFor();

describe("live updates", () => {
  it("reach all tabs over one connection, without a reload", async () => {
    const [seller, buyer, visitor] = await Promise.all([member("lena"), member("leo"), arrive("lia")]);
    const listing = await seller.lists({ title: "The hot show", price: 20, currency: "EUR", quantity: 3 });
    const tabs = [visitor.page];
    for (let i = 0; i < 5; ++i) {
      tabs.push(await visitor.context.newPage());
      visitor.watch(tabs.at(-1));
    }
    for (const [index, tab] of tabs.entries()) await tab.goto(index % 2 ? "/?q=hot" : `/tickets/${listing.id}`);
    for (const tab of tabs) {
      await left(tab, "Only 3 left");
      await mark(tab);
    }
    await streamsAre(1);

    await hold(buyer, listing, 1);
    for (const tab of tabs) await left(tab, "Only 2 left");
    await hold(buyer, listing, 2);
    for (const tab of tabs) await left(tab, "Sold out");
    await visitor.sees("Sold out for now.");
    await visitor.page.getByRole("button", { name: "Hold now" }).waitFor({ state: "detached" });
    assert.equal(await visitor.page.getByRole("status").filter({ hasText: "The hot show: Sold out" }).count(), 1, "announced");
    await tabs[1].getByRole("button", { name: "Add The hot show to basket" }).waitFor({ state: "hidden" });
    for (const tab of tabs) assert.ok(await isMarked(tab), `${tab.url()} was reloaded`);
    assert.equal(await openStreams(), 1);
    await visitor.look("listing-sold-out-live");

    await seller.context.request.put(`/api/tickets/${listing.id}`, {
      data: { title: "The hotter show", price: 25, currency: "EUR", quantity: 9 } });
    await visitor.page.getByRole("heading", { name: "The hotter show" }).waitFor();
    await visitor.page.getByRole("button", { name: "Hold now" }).waitFor();
    for (const tab of tabs) assert.ok(await isMarked(tab), `${tab.url()} was reloaded`);

    // The tab that has the connection, whichever that is, is among these.
    for (const tab of tabs.slice(0, 5)) await tab.close();
    await streamsAre(1);
    await hold(buyer, listing, 2);
    await left(tabs[5], "4 left");
    assert.ok(await isMarked(tabs[5]));
    await tabs[5].close();
    await streamsAre(0);
    for (const each of [seller, buyer, visitor]) await each.leave();
  });

  it("keep what somebody types", async () => {
    const [seller, buyer] = await Promise.all([member("mona"), member("max")]);
    const listing = await seller.lists({ title: "A long evening", price: 20, currency: "EUR", quantity: 50 });
    await buyer.go(`/tickets/${listing.id}`);
    await mark(buyer.page);
    await streamsAre(1);
    await buyer.page.locator("#quantity").fill("7");
    const replaced = buyer.page.waitForResponse((response) => response.url().includes("live=") && response.ok());
    await seller.context.request.put(`/api/tickets/${listing.id}`, {
      data: { title: "A longer evening", price: 21, currency: "EUR", quantity: 50 } });
    await buyer.page.locator("[data-live-text=price]", { hasText: "€21.00" }).waitFor();
    await replaced;
    assert.equal(await buyer.page.evaluate(() => document.activeElement.id), "quantity", "it waits");
    await buyer.page.getByRole("heading", { name: "A long evening" }).waitFor();
    await buyer.page.locator("#quantity").blur();
    await buyer.page.getByRole("heading", { name: "A longer evening" }).waitFor();
    assert.equal(await buyer.page.locator("#quantity").inputValue(), "7");
    assert.ok(await isMarked(buyer.page));
    for (const each of [seller, buyer]) await each.leave();
    await streamsAre(0);
  });

  it("show when an order is paid, to its buyer alone", async () => {
    const [seller, buyer] = await Promise.all([member("nina"), member("nick")]);
    const listing = await seller.lists({ title: "The late show", price: 20, currency: "EUR", quantity: 3 });
    const order = await hold(buyer, listing, 1);
    await buyer.go(`/orders/${order.id}`);
    await buyer.sees("Held for you for");
    await mark(buyer.page);
    await streamsAre(1);
    await pay(buyer, order);
    await buyer.sees("Paid. The tickets are yours.");
    await comesTrue(() => isMarked(buyer.page), "the order page was reloaded", 1);
    const announced = buyer.page.getByRole("status").filter({ hasText: "Paid" });
    await announced.first().waitFor({ state: "attached" });
    await buyer.look("order-paid-live");

    const ended = await buyer.context.newPage();
    await ended.goto("/account");
    await ended.getByRole("button", { name: "Sign out" }).first().click();
    await ended.getByRole("link", { name: "Sign in" }).first().waitFor();
    await ended.close();
    await streamsAre(0);  // nothing is left that the order's page may follow
    for (const each of [seller, buyer]) await each.leave();
  });

  it("go on after a restart", { timeout: 60_000 }, async () => {
    const [seller, buyer, visitor] = await Promise.all([member("rita"), member("rolf"), arrive("rosa")]);
    const listing = await seller.lists({ title: "The long run", price: 20, currency: "EUR", quantity: 3 });
    await visitor.go(`/tickets/${listing.id}`);
    await left(visitor.page, "Only 3 left");
    await mark(visitor.page);
    await streamsAre(1);
    await marketplace.restart();
    await hold(buyer, listing, 1);  // while nobody listens
    await comesTrue(async () => (await openStreams()) === 1, "the browser never came back", 20_000);
    await left(visitor.page, "Only 2 left");
    await hold(buyer, listing, 1);
    await left(visitor.page, "Last one");
    assert.ok(await isMarked(visitor.page));
    for (const each of [seller, buyer, visitor]) await each.leave();
    await streamsAre(0);
  });

  for (const [number, [what, prepare]] of [
    ["the connection is blocked", (context) => context.route("**/live?*", (route) => route.abort())],
    ["the server refuses it", (context) => context.route("**/live?*", (route) => route.fulfill({ status: 503 }))],
    ["the browser can't share it", (context) => context.addInitScript("delete window.BroadcastChannel")],
  ].entries()) {
    it(`poll where ${what}`, { timeout: 60_000 }, async () => {
      const [seller, buyer, visitor] = await Promise.all([member(`olga${number}`), member(`otto${number}`), arrive("oona")]);
      await prepare(visitor.context);
      await streamsAre(0);
      const listing = await seller.lists({ title: "Behind a proxy", price: 20, currency: "EUR", quantity: 1 });
      await visitor.go(`/tickets/${listing.id}`);
      await left(visitor.page, "Last one");
      await mark(visitor.page);
      await hold(buyer, listing, 1);
      await visitor.page.locator("[data-live-text=left]", { hasText: "Sold out" }).waitFor({ timeout: 30_000 });
      await visitor.sees("Sold out for now.");
      assert.ok(await isMarked(visitor.page));
      assert.equal(await openStreams(), 0);
      visitor.problems = visitor.problems.filter((problem) => !/\/live|ERR_FAILED/.test(problem));  // what this test has done
      for (const each of [seller, buyer, visitor]) await each.leave();
    });
  }
});

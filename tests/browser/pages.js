// A marketplace in which every page of the shop has something to show, and how to get to each.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { openMarketplace } from "./marketplace.js";
import { password } from "./visitor.js";

const inDays = (days) => new Date(Date.now() + days * 24 * 3600 * 1000).toISOString();
const holdSeconds = 3600;  // longer than the pages are looked at
const eventTimeout = 30_000;

async function becomesTrue(what, condition) {
  for (const end = Date.now() + eventTimeout; !(await condition()); ) {
    assert.ok(Date.now() < end, `${what}: not in time`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// What a user does through the API.
class User {
  constructor(context, email) {
    Object.assign(this, { request: context.request, context, email });
  }
  async post(path, data) {
    const response = await this.request.post(path, { data });
    assert.ok(response.ok(), `${path}: ${await response.text()}`);
    return response.json();
  }
  async get(path) {
    return (await this.request.get(path)).json();
  }
  async signUp() {
    await this.post("/api/users/signup", { email: this.email, password });
    return this;
  }
  order(ticket, quantity) {
    return this.post("/api/orders", { items: [{ ticketId: ticket.id, quantity }] });
  }
  async buy(ticket, quantity) {
    const order = await this.order(ticket, quantity);
    await this.post("/api/payments", { orderId: order.id, token: "tok_visa" });
    const passes = () => this.get(`/api/admissions/passes?orderId=${order.id}`);
    await becomesTrue("passes", async () => (await passes()).length === quantity);
    return { ...order, passes: await passes() };
  }
}

// The form of a listing, as its buttons send it; where that leads.
async function sendListing(request, fields) {
  const response = await request.post("/tickets/new", { form: { ...fields, key: randomUUID() }, maxRedirects: 0 });
  assert.equal(response.status(), 303);
  return response.headers().location;
}

// `pages`: by name, the path, whether it is the signed-in buyer's own, and the status. A path may be a function of the visitor's
// context. `session`: the buyer's.
export async function openEveryPage(browser) {
  const marketplace = await openMarketplace({ STAGEDOOR_HOLD_SECONDS: "1" });
  const arrive = async (name) => new User(await browser.newContext({ baseURL: marketplace.url }), `${name}@example.com`).signUp();
  const other = await arrive("other"), buyer = await arrive("buyer");

  const evening = { title: "Bach & Sons", category: "concert", venue: "Alte Oper", city: "Frankfurt", timeZone: "Europe/Berlin", startsAt: inDays(1), quantity: 9 };
  const listing = await other.post("/api/tickets", { ...evening, price: 24, seats: "Stalls" });
  await other.post("/api/tickets", { ...evening, price: 19, description: "w".repeat(90) });
  await other.post("/api/tickets", { title: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter", city: "Wien", price: 12 });
  await other.post("/api/tickets", { title: "مهرجان الموسيقى", city: "القاهرة", category: "festival", price: 30, startsAt: inDays(9) });
  const laughs = await buyer.post("/api/tickets", { title: "Late Laughs", category: "comedy", price: 15, quantity: 5, startsAt: inDays(4) });
  const expired = await buyer.order(listing, 1);
  await becomesTrue("the hold expires", async () => (await buyer.get(`/api/orders/${expired.id}`)).status === "cancelled");
  await marketplace.restart({ STAGEDOOR_HOLD_SECONDS: String(holdSeconds) });

  const held = await buyer.order(listing, 2);
  const cancelled = await buyer.order(listing, 1);
  await buyer.request.delete(`/api/orders/${cancelled.id}`);
  const paid = await buyer.buy(listing, 2);
  await other.buy(laughs, 2);
  await sendListing(buyer.request, { title: "W".repeat(90), do: "draft" });
  const door = await buyer.request.post(`/tickets/${laughs.id}/doors`, { form: { name: "Main entrance", role: "steward" } });
  assert.ok(door.ok(), await door.text());
  await buyer.context.addCookies([{ name: "basket", value: `${listing.id}:2`, url: marketplace.url }]);
  const session = await buyer.context.storageState();
  await other.context.close();
  await buyer.context.close();

  const own = (path) => ({ path, own: true });
  const pages = {
    landing: { path: "/" }, search: { path: "/?q=bach&sort=price" }, nothing: { path: "/?q=xyzzy" },
    category: { path: "/categories/concert" }, city: { path: "/cities/frankfurt" }, event: { path: `/events/${listing.event}` },
    listing: { path: `/tickets/${listing.id}` }, help: { path: "/help" }, fees: { path: "/fees" }, terms: { path: "/terms" },
    privacy: { path: "/privacy" }, notFound: { path: "/nowhere", status: 404 }, signIn: { path: "/auth/signin" },
    signUp: { path: "/auth/signup" }, forgot: { path: "/auth/forgot" }, reset: { path: "/auth/reset" },
    confirm: { path: "/auth/confirm" }, transfer: { path: "/transfer" }, emptyBasket: { path: "/basket" }, door: { path: "/door" },

    ownLanding: own("/"), basket: own("/basket"), sell: own("/tickets/new"), again: own(`/tickets/new?from=${laughs.id}`),
    preview: own((context) => sendListing(context.request, { title: "Midsummer on the roof", price: "24", currency: "EUR", quantity: "2", do: "preview" })),
    edit: own(`/tickets/${laughs.id}/edit`), cancel: own(`/tickets/${laughs.id}/cancel`), doors: own(`/tickets/${laughs.id}/doors`),
    sales: own(`/tickets/${laughs.id}/sales`), selling: own("/selling"), money: own("/selling/money"), orders: own("/orders"),
    order: own(`/orders/${held.id}`), pay: own(`/orders/${held.id}/pay`), paidOrder: own(`/orders/${paid.id}`),
    expiredOrder: own(`/orders/${expired.id}`), cancelledOrder: own(`/orders/${cancelled.id}`), myTickets: own("/my/tickets"),
    ticket: own(`/my/tickets/${paid.passes[0].id}`), ticketSheet: own(`/orders/${paid.id}/tickets`), account: own("/account"),
  };
  return { marketplace, session, pages };
}

// Takes a picture of every page and state, for a person to look at, and of the main pages in German and French, too:
//   ./run gallery    (or, with STAGEDOOR_BIN and CHROMIUM set, node gallery.js FOLDER)
// FOLDER/index.html shows them side by side: phone and desktop, dark and light.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openMarketplace } from "./marketplace.js";
import { launch, password } from "./visitor.js";

const folder = process.argv[2] ?? new URL("results/gallery", import.meta.url).pathname;
const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const themes = ["dark", "light"];

const day = 24 * 3600 * 1000;
const inDays = (days) => new Date(Date.now() + days * day).toISOString();
const place = { venue: "Alte Oper", city: "Frankfurt", timeZone: "Europe/Berlin" };

// A person with a browser per size and theme, signed in in all of them.
class Person {
  constructor(browser, marketplace, name) {
    Object.assign(this, { browser, marketplace, name, email: `${name}@example.com`, state: undefined });
  }
  async context(options = {}) {
    return this.browser.newContext({ baseURL: this.marketplace.url, storageState: this.state, locale: "en-GB", ...options });
  }
  async act(action) {
    const context = await this.context();
    const page = await context.newPage();
    const result = await action(page, context.request);
    this.state = await context.storageState();
    await context.close();
    return result;
  }
  signUp() {
    return this.act(async (page, request) => {
      const response = await request.post("/api/users/signup", { data: { email: this.email, password } });
      if (!response.ok()) throw new Error(await response.text());
    });
  }
  lists(ticket) {
    return this.act(async (page, request) => {
      const response = await request.post("/api/tickets", { data: { quantity: 8, price: 24, ...ticket } });
      if (!response.ok()) throw new Error(await response.text());
      return response.json();
    });
  }
}

const pictures = [];

// In the languages whose words are longest.
async function pictureInLanguages(person, pages) {
  for (const [name, path] of Object.entries(pages)) {
    for (const language of ["de", "fr"]) await picture(person, `${name}-${language}`, `/${language}${path}`);
  }
}

async function picture(person, name, path, prepare = async () => {}) {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const theme of themes) {
      const context = await person.context({ viewport, colorScheme: theme, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(path);
      await prepare(page);
      await page.evaluate(async () => {
        for (const image of document.images) image.loading = "eager";
        await Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)));
        await document.fonts.ready;
      });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (overflow > 0) console.log(`${name}, ${size}: overflows by ${overflow} pixels`);
      const file = `${name}-${size}-${theme}.png`;
      await page.screenshot({ path: join(folder, file), fullPage: true });
      pictures.push({ name, size, theme, file });
      await context.close();
    }
  }
  console.log(`… ${name}`);
}

function writeIndex() {
  const names = [...new Set(pictures.map(({ name }) => name))];
  const figure = ({ size, theme, file }) => `<figure class="${size}"><img src="${file}" loading="lazy"><figcaption>${size}, ${theme}</figcaption></figure>`;
  const sections = names.map((name) => `<h2>${name}</h2><div>${pictures.filter((each) => each.name === name).map(figure).join("")}</div>`);
  writeFileSync(join(folder, "index.html"), `<!doctype html><meta charset="utf-8"><title>Stagedoor: every page</title>
<style>body{font:1rem system-ui;background:#888;margin:2rem}div{display:flex;gap:1rem;align-items:flex-start;overflow-x:auto}
figure{margin:0}.phone img{width:14rem}.desktop img{width:32rem}</style><h1>Every page</h1>${sections.join("\n")}`);
}

mkdirSync(folder, { recursive: true });
const marketplace = await openMarketplace({ STAGEDOOR_HOLD_SECONDS: "1" });
const browser = await launch();
try {
  const seller = new Person(browser, marketplace, "seller");
  const other = new Person(browser, marketplace, "other");
  const buyer = new Person(browser, marketplace, "buyer");
  const nobody = new Person(browser, marketplace, "nobody");
  await picture(nobody, "landing-empty", "/");
  for (const person of [seller, other, buyer]) await person.signUp();

  const evening = { ...place, category: "concert", title: "Bach & Sons", startsAt: inDays(3), description: "Six cello suites.\n\nNo interval.", seats: "Stalls, row F" };
  const listing = await seller.lists(evening);
  await other.lists({ ...evening, price: 19, seats: "Balcony" });
  const kinds = ["theatre", "comedy", "sport", "festival", "family", "film", "other"];
  const titles = ["The Cherry Orchard", "Late Laughs", "River City v Ashford", "Summer of Light", "Puss in Boots", "Metropolis", "Life Drawing"];
  for (const [at, category] of kinds.entries())
    await seller.lists({ title: titles[at], category, startsAt: inDays(at + 0.2), venue: "The Hall", city: ["Berlin", "Wien", "Paris"][at % 3], timeZone: "Europe/Vienna", price: 12 + 7 * at });
  const extreme = await seller.lists({ title: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter", venue: "w".repeat(60), city: "w".repeat(60), description: "w".repeat(200) });
  const arabic = await seller.lists({ title: "مهرجان الموسيقى في المدينة", city: "القاهرة", category: "festival", startsAt: inDays(9) });
  const soldOut = await seller.lists({ title: "Gone in a Minute", quantity: 1, startsAt: inDays(20) });
  const gone = await seller.lists({ title: "Withdrawn Evening", startsAt: inDays(20) });
  await seller.act((page, request) => request.delete(`/api/tickets/${gone.id}`));

  const hold = (ticket) => buyer.act(async (page, request) => {
    const response = await request.post("/api/orders", { data: { items: [{ ticketId: ticket.id, quantity: 1 }] } });
    return `/orders/${(await response.json()).id}`;
  });
  const expired = await hold(listing);
  await buyer.act(async (page, request) => {
    while ((await (await request.get(`/api${expired}`)).json()).status !== "cancelled") await page.waitForTimeout(100);
  });
  await marketplace.restart({ STAGEDOOR_HOLD_SECONDS: "900" });
  await picture(buyer, "order-expired", expired);
  const cancelled = await hold(listing);
  await buyer.act((page, request) => request.delete(`/api${cancelled}`));
  await picture(buyer, "order-cancelled", cancelled);
  await picture(other, "forbidden", cancelled);

  await picture(nobody, "landing", "/");
  await picture(nobody, "search", "/?q=bach");
  await picture(nobody, "search-nothing", "/?q=xyzzy");
  await picture(nobody, "search-wrong", "/?minPrice=cheap&currency=EUR");
  await picture(nobody, "category", "/categories/film");
  await picture(nobody, "city", "/cities/berlin");
  const event = (await (await fetch(`${marketplace.url}/api/tickets/${listing.id}`)).json()).event;
  await picture(nobody, "event", `/events/${event}`);
  await picture(nobody, "listing", `/tickets/${listing.id}`);
  await picture(nobody, "listing-long-word", `/tickets/${extreme.id}`);
  await picture(nobody, "listing-right-to-left", `/tickets/${arabic.id}`);
  await picture(nobody, "listing-withdrawn", `/tickets/${gone.id}`);
  for (const page of ["help", "fees", "terms", "privacy"]) await picture(nobody, page, `/${page}`);
  await picture(nobody, "not-found", "/nowhere");
  for (const page of ["signin", "signup", "forgot"]) await picture(nobody, page, `/auth/${page}`);
  await picture(nobody, "basket-empty", "/basket");
  await picture(nobody, "confirm-link", await marketplace.mailedLink(buyer.email, "/auth/confirm"));
  await nobody.act(async (page) => {
    await page.goto("/auth/forgot");
    await page.fill("#email", buyer.email);
    await page.locator("main form button").click();
    await page.locator("p.notice").waitFor();
  });
  await picture(nobody, "reset-link", await marketplace.mailedLink(buyer.email, "/auth/reset"));
  await picture(nobody, "reset-without-link", "/auth/reset");
  await pictureInLanguages(nobody, {
    landing: "/", search: "/?q=bach", category: "/categories/film", event: `/events/${event}`, listing: `/tickets/${listing.id}`,
    help: "/help", "sign-in": "/auth/signin", "not-found": "/nowhere",
  });

  await picture(seller, "listing-own", `/tickets/${listing.id}`);
  await picture(seller, "sell", "/tickets/new");
  await picture(seller, "sell-wrong", "/tickets/new", async (page) => {
    await page.locator("main form").first().evaluate((form) => { form.noValidate = true; });
    await page.getByRole("button", { name: "Put on sale" }).click();
  });
  await picture(seller, "edit", `/tickets/${listing.id}/edit`);
  await picture(seller, "preview", "/tickets/new", async (page) => {
    await page.fill("#title", "Midsummer on the roof");
    await page.fill("#price", "24");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.waitForURL(/preview/);
  });
  await picture(seller, "selling", "/selling");
  await seller.act(async (page, request) => {
    for (const title of ["Evening without a date", "W".repeat(90)]) await request.post("/tickets/new", { form: { title, do: "draft" } });
  });
  await picture(seller, "selling-drafts", "/selling");
  const doorLink = await seller.act(async (page) => {
    await page.goto(`/tickets/${listing.id}/doors`);
    await page.fill("#name", "Main entrance");
    await page.getByRole("button", { name: "Add door" }).click();
    const link = new URL(await page.locator("#link").inputValue());
    return link.pathname + link.hash;
  });
  await picture(nobody, "door", doorLink, (page) => page.locator("#work").waitFor());
  await picture(nobody, "door-without-link", "/door");
  await picture(seller, "doors", `/tickets/${listing.id}/doors`);
  await picture(seller, "cancel-event", `/tickets/${listing.id}/cancel`);
  await picture(seller, "account", "/account");
  await pictureInLanguages(seller, {
    sell: "/tickets/new", selling: "/selling", doors: `/tickets/${listing.id}/doors`, "cancel-event": `/tickets/${listing.id}/cancel`, account: "/account",
  });

  await picture(buyer, "orders-empty", "/orders");
  await picture(buyer, "my-tickets-empty", "/my/tickets");
  await buyer.act(async (page) => {
    for (const ticket of [listing, extreme]) {
      await page.goto(`/tickets/${ticket.id}`);
      await page.getByRole("button", { name: "Add to basket" }).click();
      await page.waitForURL(/basket/);
    }
  });
  await picture(buyer, "basket", "/basket");
  await pictureInLanguages(buyer, { basket: "/basket" });
  const order = await buyer.act(async (page) => {
    await page.goto("/basket");
    await page.getByRole("button", { name: "Hold these tickets" }).click();
    await page.waitForURL(/\/pay\b/);
    return new URL(page.url()).pathname.replace("/pay", "");
  });
  await picture(buyer, "order-held", order);
  await picture(buyer, "pay", `${order}/pay`);
  await pictureInLanguages(buyer, { "order-held": order, pay: `${order}/pay` });
  await buyer.act(async (page) => {
    await page.goto(`${order}/pay`);
    await page.getByRole("button", { name: /^Pay/ }).click();
    await page.getByText("Show my tickets").waitFor();
    await page.goto("/my/tickets");
    while (await page.getByRole("link", { name: /Bach/ }).count() === 0) await page.reload();
  });
  await picture(buyer, "order-paid", order);
  await picture(seller, "selling-sold", "/selling");
  await picture(seller, "money", "/selling/money");
  await picture(seller, "sales", `/tickets/${listing.id}/sales`);
  await picture(buyer, "orders", "/orders");
  await picture(buyer, "my-tickets", "/my/tickets");
  const ticket = await buyer.act(async (page) => {
    await page.goto("/my/tickets");
    return page.getByRole("link", { name: /Bach/ }).first().getAttribute("href");
  });
  await picture(buyer, "my-ticket", ticket);
  await picture(buyer, "ticket-sheet", `${order}/tickets`);
  await pictureInLanguages(buyer, { "order-paid": order, orders: "/orders", "my-tickets": "/my/tickets", "my-ticket": ticket });
  const transferLink = await buyer.act(async (page) => {
    await page.goto(ticket);
    await page.getByRole("button", { name: "Create a link" }).click();
    const link = new URL(await page.locator("#link").inputValue());
    return link.pathname + link.hash;
  });
  await picture(buyer, "my-ticket-offered", ticket);
  await picture(nobody, "transfer-without-link", "/transfer");
  await picture(nobody, "transfer-signed-out", transferLink, (page) => page.getByText("Sign in to claim it").waitFor());
  await picture(other, "transfer", transferLink, (page) => page.getByRole("button", { name: "Claim this ticket" }).waitFor());
  await hold(soldOut);
  await picture(nobody, "listing-sold-out", `/tickets/${soldOut.id}`);
  writeIndex();
  console.log(`${pictures.length} pictures: ${join(folder, "index.html")}`);
} finally {
  await browser.close();
  await marketplace.close();
}

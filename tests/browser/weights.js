// What the public pages send to somebody who comes for the first time, with the listings of the demo:
//   ./run weights    measures it and writes bench/results/page-weights.md
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { openMarketplace } from "./marketplace.js";
import { launch } from "./visitor.js";

export const maxBytes = 100_000;  // of a page with all that it loads, as sent
const viewport = { width: 1280, height: 900 };
const kinds = {
  Document: (entry) => entry.kind === "navigation", Style: ({ path }) => path.endsWith(".css"), Font: ({ path }) => path.endsWith(".woff2"),
  Scripts: ({ path }) => path.endsWith(".js"), Posters: ({ path }) => path.startsWith("/posters/"), Icon: () => true,
};

// By kind, and the sum. Posters below the first screen are loaded when somebody scrolls to them.
export async function weigh(browser, url, path) {
  const context = await browser.newContext({ baseURL: url, viewport, serviceWorkers: "block" });
  const page = await context.newPage();
  await page.goto(path, { waitUntil: "load" });
  await page.waitForTimeout(500);  // lazy posters
  const entries = await page.evaluate(() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind)
    .map(({ name, transferSize }) => ({ kind, path: new URL(name).pathname, bytes: transferSize }))));
  await context.close();
  const bytes = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]));
  for (const entry of entries) bytes[Object.keys(kinds).find((kind) => kinds[kind](entry))] += entry.bytes;
  return { ...bytes, Total: entries.reduce((sum, entry) => sum + entry.bytes, 0) };
}

async function openDemo() {
  const marketplace = await openMarketplace({}, ["--demo"]);
  for (const end = Date.now() + 60_000; !/Created \d+ demo listings/.test(marketplace.output()); ) {
    assert.ok(Date.now() < end, "there are no demo listings");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return marketplace;
}

// The soonest listing, and one whose event has several sellers, if there is one.
async function publicPages(url) {
  const listings = await (await fetch(`${url}/api/tickets?limit=100`)).json();
  const [listing] = listings;
  const offered = ({ event }) => listings.filter((each) => each.event === event).length;
  const { event } = listings.find((each) => each.event && offered(each) > 1) ?? listing;
  return {
    Landing: "/", "Landing in German": "/de/", Search: "/?q=jazz&sort=price", Category: "/categories/concert", City: "/cities/berlin",
    Event: `/events/${event}`, Listing: `/tickets/${listing.id}`, Help: "/help", Fees: "/fees", Terms: "/terms", Privacy: "/privacy",
    "Not found": "/nowhere", "Sign in": "/auth/signin", "Sign up": "/auth/signup", "Forgotten password": "/auth/forgot", Basket: "/basket",
    "Claim a ticket": "/transfer", "Check tickets at a door": "/door",
  };
}

async function writeTable(file) {
  const browser = await launch(), marketplace = await openDemo();
  try {
    const kilobytes = (bytes) => bytes === 0 ? "–" : (bytes / 1000).toFixed(1);
    const columns = [...Object.keys(kinds), "Total"], rows = [];
    for (const [name, path] of Object.entries(await publicPages(marketplace.url))) {
      const bytes = await weigh(browser, marketplace.url, path);
      assert.ok(bytes.Total <= maxBytes, `${name} is ${bytes.Total} bytes`);
      rows.push([name, ...columns.map((column) => kilobytes(bytes[column]))]);
    }
    writeFileSync(file, `# Weight of the public pages

Measured ${new Date().toISOString().slice(0, 10)} by \`tests/browser/run weights\` with the listings of the demo: what Chromium receives on a first
visit, headers included and compressed as sent, in kB (1000 bytes), in a window of ${viewport.width} × ${viewport.height} pixels. Posters below the first
screen follow when somebody scrolls to them. Style, font and scripts are cached for a year, so that the next page is its document and
its posters. No page may exceed ${maxBytes / 1000} kB; \`tests/browser/shop.test.js\` checks that of every page, the private ones too.

| Page | ${columns.join(" | ")} |
| --- |${" --: |".repeat(columns.length)}
${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}
`);
    console.log(`browser: wrote ${file}`);
  } finally {
    await browser.close();
    await marketplace.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await writeTable(new URL("../../bench/results/page-weights.md", import.meta.url).pathname);

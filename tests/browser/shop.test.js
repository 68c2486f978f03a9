// Every page on every size of screen, in both themes, with and without JavaScript and in every language: each
// pair of these occurs together (all combinations with STAGEDOOR_TEST_LONG). No page overflows, breaks its
// policy, loads from other sites or has an accessibility fault that axe finds; pages are small.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { after, before, describe, it } from "node:test";
import covertable from "covertable";
import { headerProblems } from "./header.js";
import { openEveryPage } from "./pages.js";
import { launch } from "./visitor.js";
import { maxBytes } from "./weights.js";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const languages = ["en", "de", "fr", "es"];
const sizes = { phone: { width: 390, height: 844 }, small: { width: 320, height: 640 }, tablet: { width: 820, height: 1180 }, desktop: { width: 1280, height: 900 } };
const headerLines = (width) => width >= 1280 ? 1 : 2;

function combinations(factors) {
  if (!process.env.STAGEDOOR_TEST_LONG) return covertable.make(factors);
  return Object.entries(factors).reduce(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))), [{}]);
}

function expectNone(found) {
  const lines = Object.entries(found).map(([where, problems]) => `${where}: ${problems.join("; ")}`);
  assert.ok(lines.length === 0, lines.join("\n"));
}

// A tab for each kind of visitor, used again and again: starting one takes longer than loading a page.
class Tabs {
  constructor(browser, marketplace, session) {
    Object.assign(this, { browser, marketplace, session, tabs: new Map() });
  }
  async tab(javascript, own) {
    const key = `${javascript} ${own}`;
    if (!this.tabs.has(key)) this.tabs.set(key, await this.open(javascript, own));
    return this.tabs.get(key);
  }
  async open(javascript, own) {
    const context = await this.browser.newContext({
      baseURL: this.marketplace.url, javaScriptEnabled: javascript, reducedMotion: "reduce", serviceWorkers: "block",
      storageState: own ? this.session : undefined,
    });
    if (javascript) await context.addInitScript(axeSource);
    const tab = { page: await context.newPage(), problems: [] };
    tab.page.on("pageerror", (error) => tab.problems.push(String(error)));
    tab.page.on("console", (message) => {
      const isStatus = /Failed to load resource: the server responded with a status of 404/.test(message.text());
      if (message.type() === "error" && !(isStatus && message.location().url === tab.page.url())) tab.problems.push(message.text());
    });
    tab.page.on("request", (request) => {
      const target = new URL(request.url());
      if (target.protocol !== "data:" && target.origin !== this.marketplace.url) tab.problems.push(`loads from ${target.origin}`);
    });
    return tab;
  }
}

async function check(tabs, { path, own = false, status = 200 }, { size, theme, javascript, language }) {
  const { page, problems } = await tabs.tab(javascript, own);
  problems.length = 0;
  await page.setViewportSize(sizes[size]);
  await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
  const response = await page.goto(`/${language}${typeof path === "string" ? path : await path(page.context())}`, { waitUntil: "load" });
  if (response.status() !== status) problems.push(`status ${response.status()}`);
  if (await page.getAttribute("html", "lang") !== language) problems.push(`is not in ${language}`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (overflow > 0) problems.push(`overflows by ${overflow} pixels`);
  problems.push(...await headerProblems(page, headerLines(sizes[size].width)));
  // As sent, also if the browser has it already.
  const bytes = await page.evaluate(() => [...performance.getEntriesByType("resource"), ...performance.getEntriesByType("navigation")]
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0));
  if (bytes > maxBytes) problems.push(`is ${bytes} bytes`);
  if (javascript) {
    const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
    for (const { id, nodes } of violations) problems.push(`${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
  }
  return [...problems];
}

describe("every page", () => {
  let marketplace, browser, session, pages;

  before(async () => {
    browser = await launch();
    ({ marketplace, session, pages } = await openEveryPage(browser));
  });
  after(async () => {
    await browser?.close();
    await marketplace?.close();
  });

  it("works on every screen, in both themes, with and without JavaScript, and in every language", async () => {
    const waiting = combinations({ page: Object.keys(pages), language: languages, size: Object.keys(sizes), theme: ["dark", "light"], javascript: [true, false] });
    const found = {};
    const work = async () => {
      const tabs = new Tabs(browser, marketplace, session);
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const problems = await check(tabs, pages[next.page], next);
        if (problems.length > 0) found[Object.values(next).join(" ")] = problems;
      }
    };
    await Promise.all(cpus().map(work));
    expectNone(found);
  });

  it("has a header of one line on a desktop and at most two elsewhere, whatever the language", async () => {
    const found = {};
    for (const storageState of [undefined, session]) {
      const context = await browser.newContext({ baseURL: marketplace.url, reducedMotion: "reduce", storageState });
      const page = await context.newPage();
      for (const language of languages) {
        await page.goto(`/${language}/help`);
        for (const width of [320, 360, 390, 430, 480, 560, 640, 700, 768, 900, 1024, 1180, 1280, 1440, 1920]) {
          await page.setViewportSize({ width, height: 800 });
          const problems = await headerProblems(page, headerLines(width));
          if (problems.length > 0) found[`${language} ${storageState ? "signed in" : "signed out"} ${width}`] = problems;
        }
      }
      await context.close();
    }
    expectNone(found);
  });
});

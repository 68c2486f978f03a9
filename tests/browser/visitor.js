// Visitors with a browser each: their actions on a page, and checks that hold for every page.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const results = process.env.STAGEDOOR_RESULTS ?? new URL("results", import.meta.url).pathname;
mkdirSync(results, { recursive: true });

// The date.
export const inAYear = new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10);

export const password = "the show must go on";

// `more`: arguments of Chromium.
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", ...more],
  });
}

// With JavaScript on a desktop, without it on a phone, so that both widths are tested.
export class Visitor {
  static async arrive(browser, marketplace, name, javascript, locale = "en-GB") {
    const visitor = new Visitor();
    Object.assign(visitor, { marketplace, name, javascript, problems: [], pagesChecked: 0 });
    visitor.email = `${name}.${javascript ? "js" : "plain"}@example.com`;
    visitor.context = await browser.newContext({
      baseURL: marketplace.url,
      javaScriptEnabled: javascript,
      viewport: javascript ? { width: 1280, height: 900 } : { width: 390, height: 844 },
      timezoneId: "Europe/Vienna",
      locale,
    });
    visitor.context.setDefaultTimeout(15_000);
    if (javascript) await visitor.context.addInitScript(axeSource);
    visitor.page = await visitor.context.newPage();
    visitor.watch(visitor.page);
    return visitor;
  }

  // Pages load nothing from other sites, do not violate their Content Security Policy, and their scripts do not fail.
  watch(page) {
    page.on("request", (request) => {
      const target = new URL(request.url());
      if (target.protocol !== "data:" && target.origin !== new URL(this.marketplace.url).origin) {
        this.problems.push(`${page.url()} loads from another site: ${target.origin}`);
      }
    });
    page.on("pageerror", (error) => {
      // A screenshot changes the size of the window, which ends a cross-fade between pages.
      if (!/Transition was aborted .*Viewport size changed/.test(String(error))) this.problems.push(`${page.url()}: ${error}`);
    });
    page.on("console", (message) => {
      const expected = /Failed to load resource: (the server responded with a status of (400|401|402|403|404|409|413|503)|net::ERR_INTERNET_DISCONNECTED)/;
      if (message.type() === "error" && !expected.test(message.text())) this.problems.push(`${page.url()}: ${message.text()}`);
      if (/Content Security Policy/.test(message.text())) this.problems.push(`${page.url()}: ${message.text()}`);
    });
  }

  async go(path, status = 200) {
    const response = await this.page.goto(path);
    assert.equal(response.status(), status, path);
    return response;
  }

  // Opens an emailed link. Without JavaScript it must be copied into the form.
  async open(link) {
    await this.page.goto("about:blank");  // or a link that differs in the fragment only would load nothing
    await this.go(link);
    await this.copyLink(link);
  }
  async copyLink(link) {
    if (!this.javascript) await this.fill({ token: link });
  }

  // Checks the current page: no horizontal overflow, no axe violation in light or dark mode. Takes screenshots.
  async look(what) {
    const page = this.page;
    const title = await page.title();
    assert.match(title, /· Stagedoor$/);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${what} overflows by ${overflow} pixels`);
    await page.screenshot({ path: join(results, `${what}-${this.javascript ? "wide" : "narrow-plain"}.png`), fullPage: true });
    if (!this.javascript) return;
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
      const descriptions = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html + " " + node.failureSummary).join("\n  ")}`);
      assert.deepEqual(descriptions, [], `${what}, ${colorScheme}`);
      if (colorScheme === "dark") await page.screenshot({ path: join(results, `${what}-wide-dark.png`), fullPage: true });
    }
    await page.emulateMedia({ colorScheme: "light" });
    this.pagesChecked += 1;
  }

  async press(name) {
    await this.page.locator("main").getByRole("button", { name, exact: true }).first().click();
  }
  // Selects a radio button by its label.
  async choose(label) {
    await this.page.getByLabel(label, { exact: true }).check();
  }
  async follow(name) {
    await this.page.getByRole("link", { name, exact: true }).first().click();
  }
  async sees(text) {
    await this.page.getByText(text).first().waitFor();
  }
  async doesNotSee(text) {
    assert.equal(await this.page.getByText(text).count(), 0, String(text));
  }
  path() {
    return new URL(this.page.url()).pathname;
  }
  // Reloads the page until it shows the text: events between services take a moment.
  async comesToSee(path, text, timeout = 10_000) {
    const end = Date.now() + timeout;
    for (;;) {
      await this.page.goto(path);
      if (await this.page.getByText(text).count() > 0) return;
      assert.ok(Date.now() < end, `${path} never showed ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async fill(fields) {
    for (const [id, value] of Object.entries(fields)) {
      const field = this.page.locator(`#${id}`);
      if (await field.evaluate((element) => element.tagName) === "SELECT") await field.selectOption(value);
      else await field.fill(value);
    }
  }

  async signUp() {
    await this.go("/auth/signup");
    await this.fill({ email: this.email, password });
    await this.press("Create account");
    await this.sees("Account");
    return this;
  }

  // Puts tickets on sale through the API instead of the form.
  async lists(ticket) {
    const response = await this.context.request.post("/api/tickets", { data: { quantity: 1, ...ticket } });
    assert.equal(response.status(), 201, await response.text());
    return response.json();
  }

  async leave() {
    await this.context.close();
    assert.deepEqual(this.problems, [], `problems in ${this.name}'s browser`);
  }
}

// People with a browser each: what they do on a page, and what must be true of every page that they see.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const results = process.env.STAGEDOOR_RESULTS ?? new URL("results", import.meta.url).pathname;
mkdirSync(results, { recursive: true });

export const password = "the show must go on";

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  });
}

// Someone with a browser of their own. With JavaScript at a desk, without it on a phone: so both widths are seen.
export class Visitor {
  static async arrive(browser, marketplace, name, javascript) {
    const visitor = new Visitor();
    Object.assign(visitor, { marketplace, name, javascript, complaints: [], pagesChecked: 0 });
    visitor.email = `${name}.${javascript ? "js" : "plain"}@example.com`;
    visitor.context = await browser.newContext({
      baseURL: marketplace.url,
      javaScriptEnabled: javascript,
      viewport: javascript ? { width: 1280, height: 900 } : { width: 390, height: 844 },
      timezoneId: "Europe/Vienna",
      locale: "en-GB",
    });
    visitor.context.setDefaultTimeout(15_000);
    if (javascript) await visitor.context.addInitScript(axeSource);
    visitor.page = await visitor.context.newPage();
    visitor.watch(visitor.page);
    return visitor;
  }

  // A page loads nothing from elsewhere, breaks no rule of its own policy, and its scripts don't fail.
  watch(page) {
    page.on("request", (request) => {
      const from = new URL(request.url());
      if (from.protocol !== "data:" && from.origin !== new URL(this.marketplace.url).origin) {
        this.complaints.push(`${page.url()} asks another site: ${from.origin}`);
      }
    });
    page.on("pageerror", (error) => this.complaints.push(`${page.url()}: ${error}`));
    page.on("console", (message) => {
      const expected = /Failed to load resource: the server responded with a status of (400|401|402|403|404|409|503)/;
      if (message.type() === "error" && !expected.test(message.text())) this.complaints.push(`${page.url()}: ${message.text()}`);
      if (/Content Security Policy/.test(message.text())) this.complaints.push(`${page.url()}: ${message.text()}`);
    });
  }

  async go(path, status = 200) {
    const response = await this.page.goto(path);
    assert.equal(response.status(), status, path);
    return response;
  }

  // Looks at the page as it is: nothing reaches beyond its edge, axe finds nothing serious in light or dark; a picture.
  async look(what) {
    const page = this.page;
    const title = await page.title();
    assert.match(title, /· Stagedoor$/);
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(beyond <= 0, `${what} reaches ${beyond} pixels beyond the edge`);
    await page.screenshot({ path: join(results, `${what}-${this.javascript ? "wide" : "narrow-plain"}.png`), fullPage: true });
    if (!this.javascript) return;
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
      const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html + " " + node.failureSummary).join("\n  ")}`);
      assert.deepEqual(told, [], `${what}, ${colorScheme}`);
      if (colorScheme === "dark") await page.screenshot({ path: join(results, `${what}-wide-dark.png`), fullPage: true });
    }
    await page.emulateMedia({ colorScheme: "light" });
    this.pagesChecked += 1;
  }

  async press(name) {
    await this.page.locator("main").getByRole("button", { name, exact: true }).first().click();
  }
  // One of several, by its label.
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
  // Loads the page again until it shows the text: what services tell each other takes a moment.
  async comesToSee(path, text, limit = 10_000) {
    const end = Date.now() + limit;
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
    await this.press("Create the account");
    await this.sees("Account");
    return this;
  }

  // Puts tickets on sale by the API, where a test wants many and not the form.
  async lists(ticket) {
    const answer = await this.context.request.post("/api/tickets", { data: { quantity: 1, ...ticket } });
    assert.equal(answer.status(), 201, await answer.text());
    return answer.json();
  }

  async leave() {
    await this.context.close();
    assert.deepEqual(this.complaints, [], `what ${this.name}'s browser had to say`);
  }
}

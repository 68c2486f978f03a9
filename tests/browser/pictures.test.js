// A seller's picture, from the file on disk to the listing and its preview.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { browser, marketplace } from "./shared.js";
import { Visitor, inAYear } from "./visitor.js";

// Three megapixels, more than the 64 KiB that other forms may have.
async function takePhoto() {
  const page = await browser.newPage();
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2000, height: 1500 });
    const pen = canvas.getContext("2d");
    for (let i = 0; i < 4000; i += 1) {
      pen.fillStyle = `hsl(${(i * 47) % 360} 70% 50%)`;
      pen.fillRect((i * 131) % 2000, (i * 71) % 1500, 90, 60);
    }
    return canvas.toDataURL("image/jpeg", 0.95);
  });
  await page.close();
  const bytes = Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
  assert.ok(bytes.length > 100_000);
  return { name: "stage.jpg", mimeType: "image/jpeg", buffer: bytes };
}

for (const javascript of [true, false]) {
  describe(javascript ? "with JavaScript" : "without JavaScript", () => {
    const title = `Pelléas et Mélisande ${javascript ? "js" : "plain"}`;

    it("a picture is uploaded, shown, kept by a rejected form, replaced and removed", async () => {
      const seller = await Visitor.arrive(browser, marketplace, "pauline", javascript);
      await seller.signUp();
      await seller.go("/tickets/new");
      const { page } = seller;
      // The first without a date, so that the second is the next on stage.
      await seller.fill({ title, price: "nothing", quantity: "2", maxPerOrder: "2", startsAt: javascript ? "" : `${inAYear}T19:30` });
      await page.locator("#picture").setInputFiles(await takePhoto());
      await seller.press("Put on sale");
      await seller.sees(/Enter a price/);
      await page.locator(".picture-now").waitFor();
      await seller.look("new-listing-with-picture");
      await seller.fill({ price: "80" });
      await seller.press("Put on sale");
      await seller.sees("Your tickets are on sale.");
      const address = seller.path();

      const shown = page.locator("img.event-poster");
      assert.equal(await shown.getAttribute("alt"), title);
      assert.deepEqual([await shown.getAttribute("width"), await shown.getAttribute("height")], ["1200", "900"]);
      const served = await shown.evaluate((image) => image.decode().then(() => image.currentSrc));
      assert.match(served, /\.avif$/);
      await seller.look("listing-with-picture");
      const preview = await page.locator('meta[property="og:image"]').getAttribute("content");
      const response = await seller.context.request.get(new URL(preview).pathname);
      assert.equal(response.headers()["content-type"], "image/jpeg");
      assert.equal(response.headers()["cache-control"], "public, max-age=31536000, immutable");
      await seller.go("/");
      const onStage = page.locator(".stage picture img.stage-poster");
      assert.match(await onStage.evaluate((image) => image.decode().then(() => image.currentSrc)), /\.avif$/);
      await seller.look("landing-with-picture");
      await seller.go("/?q=Pell%C3%A9as");
      assert.ok((await page.locator("picture img.art").count()) >= 1);
      await seller.look("search-with-picture");

      await seller.go(`${address}/edit`);
      await page.locator("#picture").setInputFiles({ name: "page.html", mimeType: "text/html", buffer: Buffer.from("<!doctype html>") });
      await seller.press("Save");
      await seller.sees(/This picture can.t be read/);
      await page.getByLabel("Remove this picture").check();
      await seller.press("Save");
      await page.locator("img.event-poster").waitFor();
      assert.match(await page.locator("img.event-poster").getAttribute("src"), /^\/posters\//);
      const png = await page.locator('meta[property="og:image"]').getAttribute("content");
      const poster = await seller.context.request.get(new URL(png).pathname);
      assert.equal(poster.status(), 200);
      assert.equal(poster.headers()["content-type"], "image/png");
      assert.ok((await poster.body()).length > 5_000);
      await seller.leave();
    });
  });
}

it("without JavaScript, a picture that is too large is refused on a page in the visitor's language", async () => {
  const seller = await Visitor.arrive(browser, marketplace, "grande", false);
  await seller.signUp();
  await seller.go("/de/tickets/new");
  const { page } = seller;
  await seller.fill({ title: "Große Oper", price: "80" });
  const large = { name: "stage.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(11 * 1024 * 1024, 120) };
  await page.locator("#picture").setInputFiles(large);
  const refused = page.waitForResponse((response) => response.request().method() === "POST");
  await page.locator("form.sheet .actions button").first().click();
  const response = await refused;
  assert.equal(response.status(), 413);
  assert.match(response.headers()["content-type"], /^text\/html/);
  await page.getByRole("heading", { name: "Das ist zu groß" }).waitFor();
  await seller.look("picture-too-large");
  await seller.leave();
});

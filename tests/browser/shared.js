// One browser and one marketplace for all tests of the file that imports this.
import { after, before } from "node:test";
import { openMarketplace } from "./marketplace.js";
import { launch } from "./visitor.js";

export let browser, marketplace;
before(async () => {
  [browser, marketplace] = await Promise.all([launch(), openMarketplace()]);
});
after(async () => {
  await browser?.close();
  await marketplace?.close();
});

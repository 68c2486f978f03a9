// Reads QR codes with jsqr, beside the page, so that the page stays quick.
let reader;

self.addEventListener("message", async ({ data: { library, pixels, width, height } }) => {
  if (!reader) {
    await import(library);  // no module: it sets a global
    reader = self.jsQR;
  }
  const found = reader(pixels, width, height, { inversionAttempts: "dontInvert" });
  self.postMessage(found?.data || undefined);
});

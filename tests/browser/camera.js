// Pictures of codes: read by a reader that isn't ours, and shown to the camera of a browser.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const width = 640, height = 480, framesPerSecond = 10;

// What ZXing reads in an image file.
export function readWithZxing(file) {
  const output = execFileSync("ZXingReader", ["-format", "QRCode", file], { encoding: "utf8" });
  const text = output.match(/^Text:\s+"(.*)"$/m)?.[1];
  if (text === undefined) throw new Error(`ZXing found no code in ${file}: ${output}`);
  return text;
}

// The brightness of each pixel of a PNG that is shown in the middle of the camera's picture.
async function brightnessOf(page, png) {
  const bytes = await page.evaluate(async ({ source, width, height }) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    context.fillStyle = "#777";
    context.fillRect(0, 0, width, height);
    const side = height - 40;
    context.drawImage(image, (width - side) / 2, 20, side, side);
    const { data } = context.getImageData(0, 0, width, height);
    return Array.from({ length: width * height }, (_, at) => data[at * 4]);
  }, { source: "data:image/png;base64," + png.toString("base64"), width, height });
  return Buffer.from(bytes);
}

// Writes a film for --use-file-for-fake-video-capture, which Chromium plays again and again: the code for two seconds, then
// nothing for four.
export async function film(page, png, file) {
  const code = await brightnessOf(page, png);
  const nothing = Buffer.alloc(width * height, 0x77);
  const colour = Buffer.alloc((width * height) / 2, 128);
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`)];
  for (let i = 0; i < framesPerSecond * 6; i += 1) {
    parts.push(Buffer.from("FRAME\n"), i < framesPerSecond * 2 ? code : nothing, colour);
  }
  writeFileSync(file, Buffer.concat(parts));
}

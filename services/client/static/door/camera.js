// Finds codes in the camera's picture: by the browser's BarcodeDetector, or by jsqr in a worker where there is none.
import { identityOf } from "./code.js";

const pause = 100;  // ms between two looks
const forgetAfter = 2500;  // ms: a code that stays in the picture is scanned once

async function browsersReader() {
  if (!("BarcodeDetector" in window)) return undefined;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.includes("qr_code")) return undefined;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return async (video) => (await detector.detect(video)).map(({ rawValue }) => rawValue);
}

function workersReader(library) {
  const worker = new Worker(new URL("reader_worker.js", import.meta.url), { type: "module" });
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return (video) => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    context.drawImage(video, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = new Promise((resolve) => {
      worker.addEventListener("message", ({ data: text }) => resolve(text === undefined ? [] : [text]), { once: true });
    });
    worker.postMessage({ library, pixels: data, width, height }, [data.buffer]);
    return found;
  };
}

// `library`: the address of jsqr, if this program has it. Resolves to undefined if this browser can't read codes.
export async function chooseReader(library) {
  return (await browsersReader()) ?? (library ? workersReader(library) : undefined);
}

// The codes in the picture, which may be several. One is new if it has been out of the picture for a while.
export class InPicture {
  constructor() {
    this.seenAt = new Map();  // by identity: a rotating code that changes in the picture is no new one
  }

  isNew(text, now) {
    for (const [each, at] of this.seenAt) if (now - at > forgetAfter) this.seenAt.delete(each);
    const identity = identityOf(text);
    const isNew = !this.seenAt.has(identity);
    this.seenAt.set(identity, now);
    return isNew;
  }
}

// Shows the camera in `video` and reports each code once while it is in the picture. Returns a function that stops it.
export async function watch(video, read, onCode) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  video.srcObject = stream;
  await video.play();
  let stopped = false;
  const inPicture = new InPicture();
  const look = async () => {
    if (stopped) return;
    const texts = video.videoWidth ? await read(video).catch(() => []) : [];
    const now = performance.now();
    for (const text of texts) if (inPicture.isNew(text, now)) onCode(text);
    window.setTimeout(look, pause);
  };
  look();
  return () => {
    stopped = true;
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
}

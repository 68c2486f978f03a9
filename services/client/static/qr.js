// Draws a rotating ticket code as a QR code: version 6, error correction level M, alphanumeric mode (ISO/IEC 18004). All other
// QR codes are drawn by the server. This one changes every 15 seconds without a network, so the page draws it; its size is
// always the same, and so nothing of the standard is needed but this version. Not an npm library: this page has to work in
// builds without npm.
const side = 41;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const blocks = 4, dataPerBlock = 27, correctionPerBlock = 16;  // codewords
const maxCharacters = 154;

// Arithmetic in GF(256) with the standard's polynomial.
const powers = new Uint8Array(512), logarithms = new Uint8Array(256);
for (let i = 0, value = 1; i < 255; i += 1) {
  powers[i] = powers[i + 255] = value;
  logarithms[value] = i;
  value = value < 128 ? value * 2 : (value * 2) ^ 0x11d;
}
const multiply = (a, b) => (a && b ? powers[logarithms[a] + logarithms[b]] : 0);

function correctionOf(data) {
  let generator = [1];
  for (let i = 0; i < correctionPerBlock; i += 1) {
    const next = new Array(generator.length + 1).fill(0);
    generator.forEach((factor, at) => {
      next[at] ^= factor;
      next[at + 1] ^= multiply(factor, powers[i]);
    });
    generator = next;
  }
  const rest = [...data, ...new Array(correctionPerBlock).fill(0)];
  for (let i = 0; i < data.length; i += 1) {
    const factor = rest[i];
    generator.forEach((each, at) => (rest[i + at] ^= multiply(each, factor)));
  }
  return rest.slice(data.length);
}

function codewordsOf(text) {
  if (text.length > maxCharacters) throw new RangeError("too long for a QR code of version 6");
  const bits = [];
  const append = (value, count) => {
    for (let i = count - 1; i >= 0; i -= 1) bits.push((value >> i) & 1);
  };
  append(0b0010, 4);
  append(text.length, 9);
  for (let i = 0; i < text.length; i += 2) {
    const first = alphabet.indexOf(text[i]);
    if (i + 1 < text.length) append(first * 45 + alphabet.indexOf(text[i + 1]), 11);
    else append(first, 6);
  }
  const capacity = blocks * dataPerBlock * 8;
  append(0, Math.min(4, capacity - bits.length));
  while (bits.length % 8) bits.push(0);
  const data = [];
  for (let i = 0; i < bits.length; i += 8) data.push(Number.parseInt(bits.slice(i, i + 8).join(""), 2));
  for (let pad = 0xec; data.length < blocks * dataPerBlock; pad ^= 0xec ^ 0x11) data.push(pad);

  const all = Array.from({ length: blocks }, (_, i) => data.slice(i * dataPerBlock, (i + 1) * dataPerBlock));
  const corrections = all.map(correctionOf);
  const interleaved = [];
  for (let i = 0; i < dataPerBlock; i += 1) all.forEach((block) => interleaved.push(block[i]));
  for (let i = 0; i < correctionPerBlock; i += 1) corrections.forEach((block) => interleaved.push(block[i]));
  return interleaved;
}

// Level M with mask 0: the bits 00 000, their BCH code, and the standard's mask over both.
const format = 0b101010000010010;

// The modules, row by row; undefined where data goes.
function patterns() {
  const rows = Array.from({ length: side }, () => new Array(side).fill(undefined));
  const square = (x, y, size, isDark) => {
    for (let dy = 0; dy < size; dy += 1) {
      for (let dx = 0; dx < size; dx += 1) {
        if (rows[y + dy]?.[x + dx] === undefined && x + dx >= 0 && y + dy >= 0 && x + dx < side && y + dy < side) {
          rows[y + dy][x + dx] = isDark(dx, dy);
        }
      }
    }
  };
  const ring = (x, y, middle) => Math.max(Math.abs(x - middle), Math.abs(y - middle));
  for (const [x, y] of [[-1, -1], [side - 8, -1], [-1, side - 8]]) {
    square(x, y, 9, (dx, dy) => [0, 1, 3].includes(ring(dx, dy, 4)) && ring(dx, dy, 4) < 4);
  }
  square(32, 32, 5, (dx, dy) => ring(dx, dy, 2) !== 1);
  for (let i = 8; i < side - 8; i += 1) {
    rows[6][i] ??= i % 2 === 0;
    rows[i][6] ??= i % 2 === 0;
  }
  for (let i = 0; i < 15; i += 1) {
    const dark = ((format >> i) & 1) === 1;
    if (i < 6) rows[i][8] = dark;
    else if (i < 8) rows[i + 1][8] = dark;
    else rows[side - 15 + i][8] = dark;
    if (i < 8) rows[8][side - 1 - i] = dark;
    else if (i === 8) rows[8][7] = dark;
    else rows[8][14 - i] = dark;
  }
  rows[side - 8][8] = true;
  return rows;
}

// The rows of modules, true for dark.
export function modulesOf(text) {
  const rows = patterns();
  const bits = codewordsOf(text).flatMap((word) => Array.from({ length: 8 }, (_, i) => (word >> (7 - i)) & 1));
  let at = 0;
  let upwards = true;
  for (let right = side - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let i = 0; i < side; i += 1) {
      const y = upwards ? side - 1 - i : i;
      for (const x of [right, right - 1]) {
        if (rows[y][x] !== undefined) continue;
        const mask = (x + y) % 2 === 0 ? 1 : 0;
        rows[y][x] = ((bits[at] ?? 0) ^ mask) === 1;
        at += 1;
      }
    }
    upwards = !upwards;
  }
  return rows;
}

export const quietZone = 4;
export const fullSide = side + 2 * quietZone;

// The path of an SVG that is `fullSide` units wide.
export function pathOf(text) {
  let path = "";
  modulesOf(text).forEach((row, y) =>
    row.forEach((dark, x) => {
      if (dark) path += `M${x + quietZone} ${y + quietZone}h1v1h-1z`;
    }));
  return path;
}

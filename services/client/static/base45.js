// Base45 (RFC 9285), as in the codes of tickets: docs/ticket-code.md.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const values = new Map([...alphabet].map((character, value) => [character, value]));

export function encode(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 2) {
    const pair = i + 1 < bytes.length;
    let number = pair ? bytes[i] * 256 + bytes[i + 1] : bytes[i];
    for (let digits = pair ? 3 : 2; digits > 0; digits -= 1) {
      text += alphabet[number % 45];
      number = Math.floor(number / 45);
    }
  }
  return text;
}

// The bytes, or undefined if the text is not Base45: each sequence of bytes has one spelling.
export function decode(text) {
  if (text.length % 3 === 1) return undefined;
  const bytes = [];
  for (let i = 0; i < text.length; i += 3) {
    const digits = [...text.slice(i, i + 3)].map((character) => values.get(character));
    if (digits.includes(undefined)) return undefined;
    const number = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    if (number >= (digits.length === 3 ? 65_536 : 256)) return undefined;
    if (digits.length === 3) bytes.push(number >> 8);
    bytes.push(number & 255);
  }
  return new Uint8Array(bytes);
}

export function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

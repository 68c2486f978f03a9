// Base45 (RFC 9285), in its strict sense: every byte string has exactly one text.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

export function encode(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const pair = bytes.subarray(at, at + 2);
    let value = pair.length === 2 ? pair[0]! * 256 + pair[1]! : pair[0]!;
    // The least significant digit comes first.
    for (let digits = pair.length + 1; digits > 0; --digits) {
      text += alphabet[value % 45]!;
      value = Math.floor(value / 45);
    }
  }
  return text;
}

// Undefined if the text is not Base45.
export function decode(text: string): Uint8Array | undefined {
  if (text.length % 3 === 1) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 3) {
    const digits = [...text.slice(at, at + 3)].map((character) => alphabet.indexOf(character));
    if (digits.includes(-1)) return undefined;
    const value = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    if (digits.length === 3) {
      if (value > 65_535) return undefined;
      bytes.push(value >> 8, value & 255);
    } else {
      if (value > 255) return undefined;
      bytes.push(value);
    }
  }
  return Uint8Array.from(bytes);
}

// A USB scanner is a keyboard that types a code within a moment and presses Enter. Returns what to do with each key.
const maxGap = 100;  // ms between two keys; people are slower
const minLength = 100;  // of a code

export class KeyboardScanner {
  constructor() {
    this.text = "";
    this.last = -Infinity;
  }

  // {swallow: the page must not see the key, code: a whole one}
  press(key, at) {
    if (at - this.last > maxGap) this.text = "";
    this.last = at;
    if (key === "Enter" && this.text.length >= minLength) {
      const code = this.text.toUpperCase();  // Caps Lock turns letters round; codes have capital ones only
      this.text = "";
      return { swallow: true, code };
    }
    if (key.length !== 1) return { swallow: false };
    this.text += key;
    // The first key may be anything. From the second on, a space would press a button.
    return { swallow: this.text.length > 1 };
  }
}

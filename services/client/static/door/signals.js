// What a steward hears and feels, so that nobody has to look at the screen.
const patterns = {
  good: { tones: [[880, 0.12], [1320, 0.18]], vibration: [80] },
  ask: { tones: [[660, 0.14], [0, 0.06], [660, 0.14]], vibration: [80, 80, 80] },
  stop: { tones: [[220, 0.55]], vibration: [400] },
};

let audio;
// Browsers allow sound only after somebody has touched the page.
export function allowSound() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

export function signal(tone) {
  const { tones, vibration } = patterns[tone];
  navigator.vibrate?.(vibration);
  if (!audio || audio.state !== "running") return;
  let at = audio.currentTime;
  for (const [frequency, seconds] of tones) {
    if (frequency) {
      const oscillator = audio.createOscillator(), volume = audio.createGain();
      oscillator.frequency.value = frequency;
      volume.gain.setValueAtTime(0.3, at);
      volume.gain.exponentialRampToValueAtTime(0.01, at + seconds);
      oscillator.connect(volume).connect(audio.destination);
      oscillator.start(at);
      oscillator.stop(at + seconds);
    }
    at += seconds;
  }
}

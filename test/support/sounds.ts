/** Sounds that are no speech, made here, the same at every run; 16 kHz, −1…1. */
const RATE_HZ = 16_000;

function samplesFor(seconds: number, sample: (t: number) => number): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * RATE_HZ) }, (_, i) => sample(i / RATE_HZ));
}

/** White noise up to `peak` (Numerical Recipes' linear congruential generator). */
function whiteNoise(peak: number, seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * peak;
  };
}

export function silence(seconds: number): Float32Array {
  return new Float32Array(seconds * RATE_HZ);
}

export function noise(seconds: number, peak: number): Float32Array {
  return samplesFor(seconds, whiteNoise(peak));
}

/** Chords of three plucked strings with five partials each, two a second. */
export function music(seconds: number): Float32Array {
  const chords = [
    [262, 330, 392],
    [220, 262, 330],
    [175, 220, 262],
    [196, 247, 294],
  ];
  return samplesFor(seconds, (t) => {
    const chord = chords[Math.floor(t * 2) % chords.length] ?? [];
    const decay = Math.exp(-4 * (t % 0.5));
    let sum = 0;
    for (const pitch of chord)
      for (let harmonic = 1; harmonic <= 5; harmonic++)
        sum += Math.sin(2 * Math.PI * pitch * harmonic * t) / harmonic;
    return 0.08 * decay * sum;
  });
}

/** Coughs: noise that bursts open in 10 ms, rings in a throat at 500 and 1500 Hz and dies away in a third of a second. */
export function coughs(seconds: number): Float32Array {
  const breath = whiteNoise(1);
  const resonances = [500, 1500].map((hz) => resonator(hz));
  return samplesFor(seconds, (t) => {
    const since = t % 1.6;
    const envelope = since < 0.35 ? Math.min(1, since / 0.01) * Math.exp(-9 * since) : 0;
    const source = breath() * envelope;
    return 0.25 * resonances.reduce((sum, ring) => sum + ring(source), 0.3 * source);
  });
}

/** “Mhm”: a voice through closed lips, twice a seventh of a second, the second time higher. */
export function hum(): Float32Array {
  const nasal = resonator(250);
  return samplesFor(0.36, (t) => {
    const [since, hz] = t < 0.18 ? [t, 120] : [t - 0.2, 150];
    const envelope = since > 0 && since < 0.15 ? Math.sin((Math.PI * since) / 0.15) : 0;
    let voice = 0;
    for (let harmonic = 1; harmonic <= 8; harmonic++)
      voice += Math.sin(2 * Math.PI * hz * harmonic * since) / harmonic;
    return 0.03 * nasal(voice * envelope);
  });
}

/** A two-pole resonance, 200 Hz wide. */
function resonator(hz: number): (input: number) => number {
  const radius = Math.exp((-Math.PI * 200) / RATE_HZ);
  const turn = 2 * radius * Math.cos((2 * Math.PI * hz) / RATE_HZ);
  let [last, before] = [0, 0];
  return (input) => {
    [last, before] = [input * (1 - radius) + turn * last - radius * radius * before, last];
    return last;
  };
}

export function joined(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

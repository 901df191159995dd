/** `12 s`, `7 min`, `3 h`, `2 days`: as exact as somebody who looks wants it. Never negative: clocks are set back. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** How long something took: after a power cut in the middle that may be days. */
export const span = (ms: number): string => (ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : age(ms));

/** `2026-03-01 14:05 UTC`: for what is written down, where an age would be another one in every cycle. */
export const utc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** `2026-03-01 14:05:30 UTC`: where seconds count. */
export const utcSeconds = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

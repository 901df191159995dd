import type { StateDirectory } from '../host/host.ts';

/** In the runtime directory: gone after a boot, so that a power cut is not taken for a template's doing. */
export type Marker = Pick<StateDirectory, 'read' | 'replace' | 'remove'>;

const FILE = 'rendering';
/** Once may have been a kill that came at the wrong moment. */
const DEATHS = 2;

/**
 * Templates run code, and code can end the agent or eat its memory. What is being rendered is therefore written down:
 * found again by the agent that systemd started next, it was not survived. Gives back a sentence instead of rendering
 * a commit that has ended the agent twice; the generation in force goes on.
 */
export async function withMarker<T>(
  marker: Marker,
  sha: string,
  render: () => Promise<T>,
): Promise<T | string> {
  const deaths = await deathsOf(marker, sha);
  if (deaths >= DEATHS)
    return `Holdfast was ended ${deaths} times while it rendered this commit: a template that ends the program, or needs more memory than there is? It is not tried again on this host before another commit comes or the host boots. See it with: holdfast render . --host NAME --out DIR`;
  // Without room for the marker the commit is rendered all the same: it is only a guard.
  await marker.replace(FILE, JSON.stringify({ sha, deaths: deaths + 1 })).catch(() => undefined);
  try {
    return await render();
  } finally {
    await marker.remove(FILE).catch(() => undefined);
  }
}

async function deathsOf(marker: Marker, sha: string): Promise<number> {
  try {
    const bytes = await marker.read(FILE);
    if (bytes === null) return 0;
    const found = JSON.parse(new TextDecoder().decode(bytes)) as {
      readonly sha?: unknown;
      readonly deaths?: unknown;
    };
    return found.sha === sha && typeof found.deaths === 'number' ? found.deaths : 0;
  } catch {
    return 0;
  }
}

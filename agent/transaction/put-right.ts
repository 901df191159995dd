import type { HandOverTools } from './hand-over-tools.ts';

/** Behind everybody, and yet better than nobody: this host has it if all others die. */
export const lastResort = (priority: number): number => 1 - priority;

/** Whether this host gave the virtual IP away and would have it back now. */
export async function wantsItBack(
  { port }: Pick<HandOverTools, 'port'>,
  priority: number | null,
): Promise<boolean> {
  const offset = await port.offset();
  return priority !== null && offset < 0 && offset > lastResort(priority);
}

/**
 * Nothing is under way on this host: what an agent that died has left of a handover ends here, and this host counts
 * for what it is again. `hasPart`: not after a release, where that says nothing.
 */
export async function putRight(tools: HandOverTools | null, hasPart = true): Promise<void> {
  await tools?.alone(() => standAgain(tools, hasPart));
}

async function standAgain({ port, log }: HandOverTools, hasPart: boolean): Promise<void> {
  try {
    await port.letIn();
    if ((await port.offset()) === 0) return;
    await port.setOffset(0);
    if (!hasPart) return;
    log.info({
      event: 'vip-stands-again',
      sentence: 'This host had stepped back from the virtual IP, and has its own VRRP priority again.',
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    log.info({
      event: 'vip-stands-back',
      sentence: `Whether this host has stepped back from the virtual IP could not be seen or ended: ${why}`,
    });
  }
}

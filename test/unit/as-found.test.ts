import { expect, it } from 'vitest';
import { notAsFound } from '../support/as-found.ts';
import type { Host } from '../support/lab.ts';

/** A host of which this is all that anybody sees. */
const seen = (text: string): Host => ({ shell: () => ({ stdout: text }) }) as unknown as Host;

it('a chain of Holdfast’s own that is left in the kernel is not passed over as the program’s', () => {
  const before = `== kernel firewall\n`;
  expect(notAsFound(before, seen(`${before}iptables filter chain holdfast-track -\n`))).toEqual([
    'kernel firewall: + iptables filter chain holdfast-track -',
  ]);
  expect(notAsFound(`== all paths\n`, seen(`== all paths\n/usr/lib/holdfast d 755\n`))).toEqual([]);
});

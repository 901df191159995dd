import { readFileSync } from 'node:fs';
import type { HandOverPort } from '../../agent/host/hand-over.ts';
import type { HandOverTools, Place } from '../../agent/transaction/hand-over-tools.ts';
import type { LogEvent } from '../../agent/report/event.ts';
import { clusterWith, GOOD, HERE, probesOf, VIP } from '../unit/health/probes.ts';
import { fakeTime } from '../unit/health/fake-time.ts';

/** keepalived.conf as the template has it, with what the handover needs of it. */
export const CONF = readFileSync(
  new URL('../../desired-state/files/keepalived.conf.eta', import.meta.url),
  'utf8',
)
  .replaceAll(/<%[^=].*%>\n/g, '')
  // Of its two sides, the one of a node that preempts.
  .replace(/^ *nopreempt\n/m, '')
  .replaceAll(/<%= it\.cluster\.vip %>/g, VIP)
  .replaceAll(/<%=.*?%>/g, '1');

const UNREADY = { ...GOOD, reply: { status: 503, body: '' } };

/** What becomes of the address, in milliseconds since keepalived was told. As measured at adverts of one second. */
const LETS_GO_MS = 20;
const TAKES_MS = 620;
const PREEMPTS_MS = 3_620;
const HEARS_MS = 3_000;

/**
 * The virtual IP in a cluster of two, pi-1 at priority 100 and pi-2 at 99, as far as a handover goes: time passes only
 * where somebody waits, and keepalived does what the offset says.
 */
export class FakeHandOver {
  readonly time = fakeTime();
  readonly place: Place = { ...HERE, cluster: { ...clusterWith() } };
  readonly did: string[] = [];
  readonly events: (LogEvent & { readonly at: string })[] = [];
  holder: 'here' | 'there' | 'nobody' = 'here';
  isHeldBack = false;
  offset = 0;
  conf = CONF;
  /** How the other node is. `deaf`: its agent does not run. */
  other: 'well' | 'dead' | 'without keepalived' | 'deaf' = 'well';
  obeys = true;
  hasIptables = true;
  /** Whether this host's own way to an API server works. */
  isReady = (): boolean => true;
  #due: { readonly atMs: number; readonly act: () => void }[] = [];
  readonly #pass: (what: string, act: () => void) => void;

  constructor(pass: (what: string, act: () => void) => void = (_, act) => act()) {
    this.#pass = pass;
  }

  tools(): HandOverTools {
    let last: Promise<unknown> = Promise.resolve();
    const at = (level: string) => (event: LogEvent) => void this.events.push({ ...event, at: level });
    return {
      port: this.#port(),
      probes: async () => ({
        ...probesOf({ texts: { '/etc/keepalived/keepalived.conf': this.conf } }),
        addresses: () => this.#addresses(),
        http: async () => (this.isReady() ? GOOD : UNREADY),
        tcp: async (address) => {
          const answers = address === VIP ? this.holder === 'there' : this.other !== 'dead';
          return answers ? 'open' : { failed: 'no answer' };
        },
      }),
      addresses: () => this.#addresses(),
      time: { ...this.time, sleep: async (ms) => this.#wait(ms) },
      log: { debug: at('debug'), info: at('info') },
      alone: (act) => {
        const next = last.then(act, act);
        last = next.catch(() => undefined);
        return next;
      },
    };
  }

  #port(): HandOverPort {
    const effect = async (what: string, act: () => void): Promise<void> =>
      this.#pass(what, () => {
        this.did.push(what);
        act();
      });
    return {
      file: '/run/holdfast/handover',
      offset: async () => this.offset,
      setOffset: (value) =>
        effect(`offset ${value}`, () => {
          this.offset = value;
          this.#keepalived();
        }),
      holdBack: async () => {
        if (!this.hasIptables) return false;
        await effect('hold back', () => (this.isHeldBack = true));
        return true;
      },
      letIn: async () => {
        if (this.isHeldBack) await effect('let in', () => (this.isHeldBack = false));
      },
    };
  }

  #addresses(): ReadonlyMap<string, readonly string[]> {
    return new Map([['eth0', this.holder === 'here' ? ['10.1.1.1', VIP] : ['10.1.1.1']]]);
  }

  #keepalived(): void {
    if (!this.obeys) return;
    this.#due = [];
    const after = (ms: number, act: () => void): void =>
      void this.#due.push({ atMs: this.time.now + ms, act });
    const takes = this.other === 'well' || this.other === 'deaf';
    if (this.offset <= -254 && this.holder === 'here') {
      after(LETS_GO_MS, () => (this.holder = 'nobody'));
      if (takes) after(TAKES_MS, () => (this.holder = 'there'));
    } else if (this.offset === 0 || this.holder === 'nobody')
      after(PREEMPTS_MS, () => (this.holder = 'here'));
    else if (this.offset === -1 && this.other === 'well') after(HEARS_MS, () => (this.holder = 'here'));
  }

  #wait(ms: number): void {
    this.time.now += ms;
    const due = this.#due.filter(({ atMs }) => atMs <= this.time.now);
    this.#due = this.#due.filter((one) => !due.includes(one));
    for (const { act } of due) act();
  }
}

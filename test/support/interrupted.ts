import type { LastChange } from '../../agent/report/status.ts';
import type { Entry } from '../../agent/transaction/phase.ts';
import { afterAll, beforeAll } from 'vitest';
import { allAt, CYCLES_MS, reportOf, type HostStatus } from './cluster.ts';
import { HOSTS, lab, waitFor, type Changes, type Host } from './lab.ts';

/** A host in the middle of a change: how it gets there, what it has on disk then, and how that ended. */

/** What one host gets on top of the template's. */
export const layerOf = (host: Host): string => `hosts/${host.name}.yaml`;

/** Commits, and has these hosts look at it at once: at most one cycle may be under way. */
export function committed(changes: Changes, subject: string, hosts: readonly Host[]): string {
  const sha = lab.commit(changes, subject);
  for (const host of hosts) host.run(['systemctl', 'reload-or-restart', 'holdfast']);
  return sha;
}

/** The state repository says again what it said at an older commit. */
export function committedAsAt(head: string, hosts: readonly Host[]): string {
  lab.git('read-tree', '-u', '--reset', head);
  return committed({}, 'As it was', hosts);
}

/** What `tried-haproxy.cfg.eta` is: the template, changed. */
export const triedHaproxy = (change: (old: string) => string): Changes => ({
  'files/tried-haproxy.cfg.eta': change(`${lab.git('show', 'HEAD:files/haproxy.cfg.eta')}\n`),
});

/** HAProxy's configuration, changed: the daemon is reloaded, and judged for ten seconds at least. */
export const haproxyWith = (host: Host, change: (old: string) => string): Changes => ({
  [layerOf(host)]: 'files: { /etc/haproxy/haproxy.cfg: { template: tried-haproxy.cfg.eta } }\n',
  ...triedHaproxy(change),
});

/** A service of one's own, in the words of systemd.service(5). */
type Service = { readonly name: string; readonly unit?: string; readonly service: string };

const UNTIL_GO_ON =
  "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'until test -e /run/go-on; do sleep 0.1; done'";

const NOTED: Service = { name: 'noted', service: 'ExecStart=/bin/sleep infinity' };

/**
 * Of every kind something: files, one in folders of its own, a kernel parameter, a rule, a unit with its file, and a
 * reload of HAProxy with what `haproxy` makes of the template.
 */
export const everyKind = (
  host: Host,
  haproxy: (old: string) => string,
  note = 'new',
  { name, unit = '', service }: Service = NOTED,
): Changes => ({
  ...triedHaproxy(haproxy),
  [layerOf(host)]: `
files:
  /etc/haproxy/haproxy.cfg: { template: tried-haproxy.cfg.eta }
  /etc/new/folder/note: { content: "${note}\\n" }
  /etc/systemd/system/${name}.service:
    content: ${JSON.stringify(`${unit}[Service]\n${service}\n[Install]\nWantedBy=multi-user.target\n`)}
sysctls: { net.ipv4.tcp_keepalive_time: 1234 }
ufw: { rules: [allow 8099/tcp] }
units: { ${name}.service: { enabled: true, running: true } }
`,
});

/** The servers are elsewhere, where nobody listens. */
export const deadServers = (old: string): string =>
  old.replace(/^( {2}server .*):<%= it\.cluster\.apiPort %>$/gm, '$1:6444');

/**
 * A change that gets as far as the start of a unit, and waits there until /run/go-on exists: by then files, kernel
 * parameters, rules and enablement are changed, and HAProxy has not been told yet that its servers are elsewhere.
 */
export const slowChange = (host: Host, description: string): Changes =>
  everyKind(host, deadServers, 'new', {
    name: 'slow',
    unit: `[Unit]\nDescription=${description} ${lab.head().slice(0, 12)}\n`,
    service: UNTIL_GO_ON,
  });

/** A unit that takes its time, and nothing else: the layer of a host. */
export const SLOW_UNIT = `files:
  /etc/systemd/system/slow.service: { content: ${JSON.stringify(`[Service]\n${UNTIL_GO_ON}\n`)} }
units: { slow.service: { running: true } }
`;

/** While a file of tests interrupts `host`: afterwards the repository says again what it said before. */
export function asItWasAfterwards(host: Host): () => string {
  let before = '';
  beforeAll(async () => {
    before = lab.head();
    await allAt(before);
  });
  afterAll(async () => {
    await allAt(committedAsAt(before, [host]), HOSTS, END_MS);
  });
  return () => before;
}

export const END_MS = 180_000;
export const INTERRUPTED = /interrupted in the middle/;

const JOURNAL = '/var/lib/holdfast/journal';

/** What the journal of the open transaction says last; `null`: none is open. */
export function lastEntry(host: Host): Entry | null {
  const { stdout, exitCode } = host.run(['cat', JOURNAL], { allowFail: true });
  if (exitCode !== 0) return null;
  const whole = stdout.slice(0, stdout.lastIndexOf('\n'));
  return JSON.parse(whole.slice(whole.lastIndexOf('\n') + 1).slice(9)) as Entry;
}

const isVerifying = (entry: Entry | null): boolean => entry?.t === 'verify' || entry?.t === 'live';

/** All steps are done, and there is no verdict yet. */
export const untilVerifying = (host: Host): Promise<unknown> =>
  waitFor(
    `${host.name} to be verifying`,
    () => lastEntry(host)?.t,
    CYCLES_MS,
    () => isVerifying(lastEntry(host)),
  );
export const stillVerifying = (host: Host): boolean => isVerifying(lastEntry(host));

export const property = (host: Host, unit: string, name: string): string =>
  host.run(['systemctl', 'show', '-p', name, '--value', unit]).stdout.trim();

export const mainPid = (host: Host): string => property(host, 'holdfast', 'MainPID');

/** `kill -9` for the agent: systemd starts it again two seconds later. */
export const killAgent = (host: Host): void => void host.run(['kill', '-9', mainPid(host)]);

export const untilUnit = (host: Host, unit: string, state: string): Promise<unknown> =>
  waitFor(
    `${unit} on ${host.name} to be ${state}`,
    () => property(host, unit, 'ActiveState'),
    CYCLES_MS,
    (now) => now === state,
  );

/** The history of this host, of one commit. */
export const historyOf = (host: Host, sha: string): readonly LastChange[] =>
  (JSON.parse(host.run(['holdfast', 'history', '--json']).stdout) as readonly LastChange[]).filter(
    ({ commit }) => commit?.sha === sha,
  );

export const endsOf = (host: Host, sha: string): readonly LastChange['end'][] =>
  historyOf(host, sha).map(({ end }) => end);

export const untilReport = (
  host: Host,
  what: string,
  isSo: (status: HostStatus) => boolean,
  deadlineMs: number = CYCLES_MS,
): Promise<HostStatus> => waitFor(`${host.name} to say: ${what}`, () => reportOf(host), deadlineMs, isSo);

/**
 * A small disk of its own over a folder, with what was in there. Nothing of the host may use the folder meanwhile:
 * `whileStopped` for Holdfast's own.
 */
export function ownDisk(host: Host, folder: string, { whileStopped = false } = {}) {
  const kept = `/root/kept${folder.replaceAll('/', '-')}`;
  const filler = `${folder}/filler`;
  const quietly = (line: string): void =>
    void host.shell(
      whileStopped ? `set -e; systemctl stop holdfast; ${line}; systemctl start holdfast` : `set -e; ${line}`,
    );
  return {
    filler,
    mount: () =>
      quietly(`cp -a ${folder} ${kept}
        mount -t tmpfs -o size=8m,mode=$(stat -c %a ${folder}) tmpfs ${folder}
        cp -a ${kept}/. ${folder}/`),
    unmount: () =>
      quietly(`rm -f ${filler}
        rm -rf ${kept} && cp -a ${folder} ${kept}
        umount ${folder}
        find ${folder} -mindepth 1 -delete
        cp -a ${kept}/. ${folder}/
        rm -rf ${kept}`),
    /** To the last byte: dd ends because there is no more. */
    fill: () => void host.shell(`dd if=/dev/zero of=${filler} bs=4k status=none; test -s ${filler}`),
    makeRoom: () => void host.run(['rm', '-f', filler]),
    readOnly: () => void host.run(['mount', '-o', 'remount,ro', folder]),
    writable: () => void host.run(['mount', '-o', 'remount,rw', folder]),
  };
}

/** A lab test that fails says what its hosts said meanwhile: the hosts go on, and what happened is soon over. */
import { beforeEach } from 'vitest';
import { HOSTS, lab } from './lab.ts';

const UNITS = ['holdfast', 'holdfast-recover', 'keepalived', 'haproxy', 'ufw', 'lab-kubelet'];
const LINES = 120;

beforeEach(({ onTestFailed, task }) => {
  const sinceSeconds = Math.floor(Date.now() / 1000);
  onTestFailed(() => {
    for (const n of HOSTS) console.error(`--- ${task.name}: ${saidBy(n, sinceSeconds)}`);
  });
});

function saidBy(n: number, sinceSeconds: number): string {
  const units = UNITS.map((unit) => `-u ${unit}`).join(' ');
  const { stdout, stderr } = lab
    .host(n)
    .shell(`journalctl -o short-precise --no-pager -n ${LINES} --since=@${sinceSeconds} ${units}`, {
      allowFail: true,
    });
  return `host ${n} since then:\n${stdout || stderr}`;
}

import { expect, test } from 'vitest';
import { plan } from '../../../agent/plan/plan.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import type { Resource } from '../../../agent/resources/kind.ts';
import { apply, NotAsPlanned } from '../../../agent/transaction/apply.ts';
import { candidate, daemonReload, file, reload, unit, UNKNOWN } from '../../support/desired.ts';
import { FakeHost } from '../../support/fake-host.ts';

async function applyTo(
  host: FakeHost,
  resources: readonly Resource[],
  announced: string[] = [],
): Promise<void> {
  const made = await plan(candidate(host, 1, resources), UNKNOWN, KINDS, host.host());
  await apply(made, KINDS, host.host(), async (step) => void announced.push(step.do));
}
const boot = (): FakeHost => {
  const host = new FakeHost().unit('a.service', true, true);
  host.kernel.set('net/ipv4/ip_forward', '0');
  return host;
};

test('it does what the plan says, each step announced before its effect', async () => {
  const host = boot();
  const announced: string[] = [];
  host.beforeEffect = (what) => void announced.push(what);
  await applyTo(
    host,
    [file(host, '/etc/a', 'x', { notify: [reload('a.service'), daemonReload] })],
    announced,
  );
  expect(announced).toEqual([
    'enforce',
    'write /etc/a',
    'daemon-reload',
    'systemctl daemon-reload',
    'refresh',
    'systemctl reload -- a.service',
  ]);
});

test('a step that fails is named with what was seen, and nothing is built upon it', async () => {
  const host = boot().unit('z.service', false, false);
  host.beforeEffect = (what) => {
    if (what === 'write /etc/b') throw new Error('EINVAL');
  };
  const applied = applyTo(host, [
    file(host, '/etc/a', 'x', { notify: [reload('a.service')] }),
    file(host, '/etc/b', 'x'),
    unit('z.service', { running: true }),
  ]);
  await expect(applied).rejects.toThrow('file[/etc/b]: EINVAL');
  expect(host.log).toEqual(['write /etc/a']);
});

test('when every step succeeded and the host is not as planned, that is a failure', async () => {
  const host = boot();
  host.afterEffect = (what) => {
    if (what.startsWith('write')) host.put('/etc/a', 'somebody else', 0o600);
    if (what.includes('start')) host.units.get('b.service')!.running = false;
  };
  host.unit('b.service', true, false);
  const applied = applyTo(host, [
    file(host, '/etc/a', 'x', { secret: true }),
    unit('b.service', { running: true }),
  ]);
  await expect(applied).rejects.toBeInstanceOf(NotAsPlanned);
  await expect(applied).rejects.toThrow(
    'after the change the host is not what was planned: file[/etc/a] still needs: content (secret), mode 0600 → 0644; unit[b.service] still needs: started',
  );
});

test('what cannot be looked at afterwards is a failure, too', async () => {
  const host = boot();
  host.afterEffect = () => {
    host.files.delete('/etc/a');
    host.makeFolders('/etc/a');
  };
  await expect(applyTo(host, [file(host, '/etc/a', 'x')])).rejects.toThrow(
    'file[/etc/a]: /etc/a is a directory',
  );
});

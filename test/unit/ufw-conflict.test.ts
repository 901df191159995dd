import { expect, test } from 'vitest';
import { resource } from '../support/desired.ts';
import { FakeCycle } from '../support/fake-cycle.ts';
import { FakeHost } from '../support/fake-host.ts';
import { installUfw } from '../support/fake-ufw.ts';

test('one rule that somebody replaced by hand is said, and the drift of the others and of the firewall is put right', async () => {
  const host = new FakeHost();
  const ufw = installUfw(host);
  const cycle = new FakeCycle(host);
  const rules = resource('ufw-rules', 'host', { rules: ['allow 22/tcp', 'allow 6443/tcp'] });
  const firewall = resource('ufw', 'host', { enabled: true }, { requires: [rules.id] });
  await cycle.commit(1, [rules, firewall]).run();
  const text = host.text('/etc/ufw/user.rules')!;
  const byHand = text
    .replace(/### tuple ### allow tcp 6443[^\n]*\n[^\n]*\n/, '')
    .replace(/allow (tcp 22 [^\n]* in) comment=\w+/, 'limit $1');
  host.put('/etc/ufw/user.rules', byHand, 0o640);
  ufw.kernel[''] = ufw.kernel[''].replace('-A INPUT -j ufw-before-input\n', '');
  const { status } = await cycle.run();
  expect(host.text('/etc/ufw/user.rules')).toContain('allow tcp 6443');
  expect(host.text('/etc/ufw/user.rules')).toContain('limit tcp 22');
  expect(ufw.kernel['']).toContain('-A INPUT -j ufw-before-input\n');
  expect(JSON.stringify(status)).toContain('would replace');
});

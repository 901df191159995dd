import { afterAll, describe, expect, it } from 'vitest';
import { allAt, messages, statusOf } from '../support/cluster.ts';
import { lab } from '../support/lab.ts';

const host = lab.host(3);

describe('packages', () => {
  afterAll(
    () =>
      void host.shell(
        'rm -rf /srv/apt /etc/apt/sources.list.d/local.list; apt-get -qq purge -y holdfast-lab-greeter || true; rm -f /etc/greeter.made',
      ),
  );

  it('a package comes first, what needs it in the same cycle, and the package stays when nobody asks for it any more', async () => {
    host.shell(`
      set -e
      mkdir -p /srv/apt/greeter/DEBIAN /srv/apt/greeter/lib/systemd/system /srv/apt/greeter/etc
      printf 'Package: holdfast-lab-greeter\\nVersion: 1\\nArchitecture: all\\nMaintainer: Lab <lab@example.org>\\nDescription: says hello\\n' > /srv/apt/greeter/DEBIAN/control
      printf '/etc/greeter.conf\\n' > /srv/apt/greeter/DEBIAN/conffiles
      echo 'greeting=hello' > /srv/apt/greeter/etc/greeter.conf
      printf '#!/bin/sh\\n[ -n "$2" ] || [ -e /etc/greeter.made ] || echo made >/etc/greeter.made\\n' > /srv/apt/greeter/DEBIAN/postinst
      chmod 755 /srv/apt/greeter/DEBIAN/postinst
      printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' > /srv/apt/greeter/lib/systemd/system/greeter.service
      cd /srv/apt && dpkg-deb -b greeter . >/dev/null
      printf 'Package: holdfast-lab-greeter\\nVersion: 1\\nArchitecture: all\\nFilename: ./holdfast-lab-greeter_1_all.deb\\nSize: %s\\nSHA256: %s\\nDescription: says hello\\n' \
        "$(stat -c %s holdfast-lab-greeter_1_all.deb)" "$(sha256sum holdfast-lab-greeter_1_all.deb | cut -d' ' -f1)" > Packages
      echo 'deb [trusted=yes] file:/srv/apt ./' > /etc/apt/sources.list.d/local.list
      apt-get update -qq -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/local.list -o Dir::Etc::sourceparts=- 2>/dev/null
      echo 'greeting=my own' > /etc/greeter.conf`);
    const cursor = host.cursor();
    const node = `packages: { holdfast-lab-greeter: present }\nunits: { greeter.service: { enabled: true, running: true } }\n`;
    const old = lab.git('show', 'HEAD:hosts/kubernetes-node-3.yaml');
    await allAt(lab.commit({ 'hosts/kubernetes-node-3.yaml': node }, 'A greeter on node 3'));
    const said = messages(host.journal(cursor)).join('\n');
    expect(said).toContain('package[holdfast-lab-greeter]: installed');
    expect(said).toContain('unit[greeter.service]: enabled at boot, started');
    expect(host.run(['systemctl', 'is-active', 'greeter']).stdout.trim()).toBe('active');
    // An edited conffile stays (--force-confold).
    expect(host.read('/etc/greeter.conf')).toBe('greeting=my own\n');

    await allAt(lab.commit({ 'hosts/kubernetes-node-3.yaml': `${old}\n` }, 'No greeter'));
    expect(host.run(['dpkg-query', '-W', '-f', '${db:Status-Status}', 'holdfast-lab-greeter']).stdout).toBe(
      'installed',
    );
    // The unit is as it was when it was first seen: the package had brought it, and nobody had started it.
    expect(host.shell('systemctl is-active greeter', { allowFail: true }).stdout.trim()).toBe('inactive');
    expect(statusOf(host).waiting).toEqual([]);
  });

  it('a package whose files a power cut has emptied is whole again after the next apt-get, and nothing else is touched', () => {
    const made = ['/etc/greeter.conf', '/etc/greeter.made', '/etc/empty-on-purpose', '/etc/profile'];
    // As the cut leaves them: installed says dpkg, and what was written last never reached the disk.
    host.shell(`
      set -e
      : >/var/lib/holdfast-apt-get
      cp -p /etc/profile /root/profile
      until touch /var/lib/dpkg/info/holdfast-lab-greeter.list && [ /var/lib/dpkg/info/holdfast-lab-greeter.list -nt /var/lib/holdfast-apt-get ]; do :; done
      for file in ${made.join(' ')}; do : >$file; done`);
    host.run([
      '/usr/lib/holdfast/apt-get-durably',
      '--assume-yes',
      '--quiet=2',
      'install',
      'holdfast-lab-greeter',
    ]);
    expect(made.map((file) => host.read(file))).toEqual(['greeting=hello\n', 'made\n', '', '']);
    expect(host.exists('/var/lib/holdfast-apt-get')).toBe(false);
    expect(host.shell('find /etc -name "*.holdfast-emptied"').stdout).toBe('');
    host.shell('mv /root/profile /etc/profile; rm /etc/empty-on-purpose');
  });
});

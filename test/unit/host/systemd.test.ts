import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { openSystemd } from '../../../agent/host/systemd.ts';
import { bundled } from './bundled.ts';
import { freshFolder } from './fresh-folder.ts';
import { underSystemd } from './under-systemd.ts';

describe('under systemd', () => {
  it('says that it is ready, what it does, that it is alive, and that it goes', () => {
    const { notify } = underSystemd(
      bundled(
        freshFolder(),
        `import { openSystemd } from './agent/host/systemd.ts';
         const systemd = openSystemd(process.env, process.pid);
         systemd.ready('In desired state at abc1234.');
         systemd.status('two\\nlines\\x1b[0m');
         systemd.watchdog();
         systemd.reloading();
         systemd.stopping();`,
      ),
    );
    expect(notify.map((message) => message.toString().replace(/=\d{6,}$/, '=…'))).toEqual([
      'READY=1\nSTATUS=In desired state at abc1234.',
      'STATUS=two lines [0m',
      'WATCHDOG=1',
      'RELOADING=1\nMONOTONIC_USEC=…',
      'STOPPING=1',
    ]);
  });

  it('hands none of its descriptors, nor LISTEN_*, to the commands it starts', () => {
    const { journal } = underSystemd(
      bundled(
        freshFolder(),
        `import { askCommand } from './agent/host/ask-command.ts';
         import { runCommand } from './agent/host/run-command.ts';
         import { openSystemd } from './agent/host/systemd.ts';
         const { journal } = openSystemd(process.env, process.pid);
         const look = ['sh', '-c', 'env | grep LISTEN; ls /proc/$$/fd | tr "\\\\n" " "'];
         journal(Buffer.from((await askCommand(look)).stdout));
         journal(Buffer.from(await runCommand(look)));`,
      ),
    );
    // 10 is where dash keeps a script; 3 and 4, the sockets, are not among them.
    for (const seen of journal) expect(seen.toString()).toMatch(/^0 1 2 (10 )?$/);
    expect(journal).toHaveLength(2);
  });

  it('takes nothing that was meant for another process, as when a wrapper stands between', () => {
    const { notify, output } = underSystemd(
      bundled(
        freshFolder(),
        `import { openSystemd } from './agent/host/systemd.ts';
         const systemd = openSystemd(process.env, process.pid + 1);
         systemd.ready('x');
         process.stdout.write(String(systemd.journal));`,
      ),
    );
    expect([notify, output]).toEqual([[], 'null']);
  });

  it('does not mind that the receiving end is gone', () => {
    const { output } = underSystemd(
      bundled(
        freshFolder(),
        `import { openSystemd } from './agent/host/systemd.ts';
         const systemd = openSystemd(process.env, process.pid);
         systemd.watchdog();
         process.stdout.write(String(systemd.journal(Buffer.from('MESSAGE=x\\n'))));`,
      ),
      { deaf: true },
    );
    expect(output).toBe('false');
  });
});

describe('elsewhere', () => {
  it('says nothing to anybody', () => {
    const systemd = openSystemd({}, process.pid);
    systemd.ready('x');
    systemd.watchdog();
    expect(systemd.journal).toBeNull();
    expect(systemd.watchdogMs).toBeNull();
  });

  it('leaves descriptors alone that are no sockets', () => {
    const names = { LISTEN_FDS: '2', LISTEN_FDNAMES: 'journal:notify' };
    const program = bundled(
      freshFolder(),
      `import { openSystemd } from './agent/host/systemd.ts';
       const names = ${JSON.stringify(names)};
       const systemd = openSystemd({ ...names, LISTEN_PID: String(process.pid) }, process.pid);
       systemd.ready('x');
       process.stdout.write(String(systemd.journal));`,
    );
    const command = `"${process.execPath}" "${program}" 3>"$0.3" 4>"$0.4"; cat "$0.3" "$0.4"`;
    expect(execFileSync('sh', ['-c', command, program], { encoding: 'utf8' })).toBe('null');
  });
});

describe('the watchdog', () => {
  it('is to be fed twice in the time that systemd gives', () => {
    expect(openSystemd({ WATCHDOG_USEC: '60000000' }, 5).watchdogMs).toBe(30_000);
    expect(openSystemd({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '5' }, 5).watchdogMs).toBe(30_000);
    expect(openSystemd({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '6' }, 5).watchdogMs).toBeNull();
  });
});
